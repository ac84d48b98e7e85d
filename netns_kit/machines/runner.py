"""How a command reaches a machine: the protocol, and this machine itself."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from attrs import Factory, evolve, frozen

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command, Result
from netns_kit.machines import signals
from netns_kit.machines.descriptors import room_for_descriptors
from netns_kit.machines.process import Process
from netns_kit.machines.records import debris
from netns_kit.machines.surroundings import exhausted, forking_is_meant, too_many_threads
from netns_kit.machines.terminal import interact


@runtime_checkable
class Far(Protocol):
    """What the runner of a machine far away can do besides: each way there and back takes its time."""

    @property
    def lane(self) -> Hashable:
        """Those runners that have the same can be asked together."""

    def run_each(self, commands: Sequence[tuple[Any, Command]]) -> list[Result]:
        """Run commands one after the other until one fails, all in one round trip; the results of those that ran.

        Each comes with its runner, which may be another one of the same lane.
        """


class Runner(Protocol):
    """What a machine must be able to do: run a command to its end, and start a lasting one."""

    @property
    def host(self) -> str:
        """The host's name, for errors and transcripts."""

    @property
    def pid(self) -> int:
        """A process whose namespaces are the host's own, as `ip link set … netns PID` takes it."""

    @property
    def machine(self) -> str:
        """Names the installation whose tools are run: hosts with the same one share its versions."""

    @property
    def batches(self) -> bool:
        """Whether it can be handed a batch, on its standard input."""

    def run(self, command: Command) -> Result:
        """Run a command to its end. A failing command is a result, not an error."""

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts; with `terminal`, its output is a terminal (lines come at once)."""

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""


class ClosableRunner(Runner, Protocol):
    """One whose host ends when it is told to."""

    @property
    def closed(self) -> bool:
        """Whether the host is gone."""

    def close(self) -> None:
        """End the host and all that runs on it."""


@runtime_checkable
class Machine(Protocol):
    """The runner of a machine that private hosts can be made on."""

    def open_host(self, name: str) -> ClosableRunner:
        """Make a private host there, and say how commands reach it."""


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, with the folders of the system's tools in PATH, and `extra`."""
    result = {**_inherited(), **extra}
    result["PATH"] = _searchable(result.get("PATH", os.defpath))
    return result


_known: tuple[dict[bytes, bytes], dict[str, str]] = ({}, {})
"""The environment as it was asked for last: as bytes, and as text."""


def _inherited() -> dict[str, str]:
    """This process's environment. To decode it takes as long as a tenth of a command, so that is done once."""
    global _known
    raw: dict[bytes, bytes] = vars(os.environ)["_data"]
    if raw != _known[0]:
        _known = (dict(raw), dict(os.environ))
    return _known[1]


@functools.lru_cache
def _searchable(path: str) -> str:
    # A folder that may not be searched would make a missing program look like a forbidden one.
    folders = [folder for folder in path.split(":") if not _is_forbidden(folder or ".")]
    # An ordinary user's PATH on Debian lacks the folders that hold ip, bridge and iptables.
    return ":".join([*folders, *(folder for folder in ("/usr/sbin", "/sbin") if folder not in folders)])


def _is_forbidden(folder: str) -> bool:
    try:
        os.stat(folder)
    except OSError as error:
        return isinstance(error, PermissionError)
    return not os.access(folder, os.X_OK)


def not_found(command: Command, host: str, started: float) -> Result:
    """The result of a command whose program is missing, as a shell reports it."""
    return Result(command, host, 127, stderr=f"{command.argv[0]}: command not found\n", started=started)


def refused(command: Command, host: str, started: float, reason: str | None) -> Result:
    """The result of a command whose program may not be run, as a shell reports it."""
    return Result(command, host, 126, stderr=f"{command.argv[0]}: {reason}\n", started=started)


_lasting: list[tuple[DirectRunner, Process]] = []
"""What lasts on this machine: it ends with its host, or with this process."""


def _end_lasting(runner: DirectRunner | None = None) -> None:
    mine = [process for owner, process in _lasting if owner is runner or runner is None]
    for process in mine:
        process.signal(signal.SIGTERM)
    for process in reversed(mine):
        process.stop()


atexit.register(_end_lasting)
os.register_at_fork(after_in_child=_lasting.clear)


@frozen
class DirectRunner:
    """Runs commands on this machine, by `subprocess`; with `sudo`, each of them under `sudo -n`."""

    host: str = "host"
    sudo: bool = False
    # Not 1: in a container, or where somebody typed `unshare`, that one is in another namespace.
    pid: int = Factory(os.getpid)
    machine: str = "this machine"
    batches: ClassVar[bool] = True

    def run(self, command: Command) -> Result:
        """Run a command to its end; it is killed on a time-out and on Ctrl-C."""
        command = self._prefixed(command)
        result = run_here(command, self.host, command.argv, environment(command.environment), self._kill)
        return (
            evolve(result, debris=debris(command.argv)) if result.returncode and "exists" in result.stderr else result
        )

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts."""
        command = self._prefixed(command)
        # The kernel minds the thread that starts it, and only the main one lasts as long as the process.
        ends_too = threading.current_thread() is threading.main_thread()
        become = signals.tied() if ends_too else signals.clean
        variables = environment(command.environment)
        process = Process(command, self.host, command.argv, variables, terminal, self._signal, become)
        _lasting[:] = [*((runner, one) for runner, one in _lasting if one.running), (self, process)]
        return process

    def close(self) -> None:
        """End what lasts."""
        _end_lasting(self)

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""
        command, started = self._prefixed(command), time.time()
        try:
            status = interact(command.argv, environment(command.environment))
        except FileNotFoundError:
            raise error_for(not_found(command, self.host, started)) from None
        return Result(command, self.host, status, started=started, duration=time.time() - started)

    def _prefixed(self, command: Command) -> Command:
        return evolve(command, argv=("sudo", "-n", *command.argv)) if self.sudo else command

    def _kill(self, group: int) -> None:
        self._signal(group, signal.SIGKILL)

    def _signal(self, group: int, number: int) -> None:
        if self.sudo:
            # What sudo started is root's, and only root may end it …
            kill = ("sudo", "-n", "kill", f"-{number}", "--", f"-{group}")
            if subprocess.run(kill, check=False, capture_output=True).returncode == 0:
                return
            # … but sudo itself, which is ours, passes on what can be passed on.
            number = signal.SIGTERM if number == signal.SIGKILL else number
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def run_here(
    command: Command, host: str, argv: tuple[str, ...], variables: Mapping[str, str], kill: Callable[[int], None]
) -> Result:
    """Run a command to its end by `argv`, which leads to where it belongs; `kill` ends a process group before time."""
    started, clock = time.time(), time.perf_counter()
    data = None if command.input is None else command.input.encode(errors="surrogateescape")
    process: subprocess.Popen[bytes] | None = None
    with signals.awaited():
        try:
            # What a signal raises in the midst of this would leave a process that nobody knows.
            with signals.held():
                process = _popen(command, argv, variables)
            with _deadline(command.timeout, functools.partial(kill, process.pid)) as expired:
                out, err = process.communicate(data)
        except BaseException as error:
            if process is None:
                return _not_started(command, host, started, error)
            kill(process.pid)
            process.communicate()
            raise
    duration = time.perf_counter() - clock
    return Result(command, host, process.returncode, decode(out), decode(err), started, duration, expired.is_set())


def _not_started(command: Command, host: str, started: float, error: BaseException) -> Result:
    """What came of a command that could not be started; raises what else happened."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return not_found(command, host, started)
    if isinstance(error, PermissionError):
        return refused(command, host, started, error.strerror)
    raise ((isinstance(error, OSError) and exhausted(error)) or error) from None


def _popen(command: Command, argv: tuple[str, ...], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    clean = signals.are_clean()
    # What Popen has opened when it fails it leaves open, on CPython before 3.12, so it is not to fail. Forking and
    # cleaning is costly, and most callers have nothing to clean.
    with room_for_descriptors(8), contextlib.nullcontext() if clean else forking_is_meant():
        return subprocess.Popen(
            argv,
            stdin=_stdin(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            start_new_session=True,
            preexec_fn=None if clean else signals.clean,
        )


@contextlib.contextmanager
def _deadline(seconds: float | None, kill: Callable[[], None]) -> Iterator[threading.Event]:
    """Kill what the block waits for when it takes longer; the event says whether that was so.

    A time-out of `communicate` itself costs half a command more: it asks in naps whether the process has ended.
    """
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        kill()

    if seconds is None:
        yield expired
        return
    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:
        raise too_many_threads() from None
    try:
        yield expired
    finally:
        timer.cancel()


def _stdin(command: Command) -> int:
    if command.input is not None:
        return subprocess.PIPE
    return subprocess.DEVNULL if command.stdin is None else command.stdin


def decode(data: bytes) -> str:
    """Text of a tool's output; bytes that are no UTF-8 are kept as surrogates."""
    return data.decode(errors="surrogateescape")
