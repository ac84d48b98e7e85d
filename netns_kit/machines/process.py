"""Processes that last: servers in the background, monitors, live pings. Carried by `sh`."""

from __future__ import annotations

import codecs
import contextlib
import os
import queue
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from attrs import evolve

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import CommandError, NotYetError, TimedOutError
from netns_kit.machines import signals
from netns_kit.machines.descriptors import numbers_above_standard, room_for_descriptors
from netns_kit.machines.hearing import Hearing
from netns_kit.machines.surroundings import exhausted, forking_is_meant, too_many_threads

ENCODING = "netns_kit_bytes"
"""UTF-8 whose words may hold any bytes, for sh has no way to ask for that where it hands them over."""

PATIENCE = 5.0
"""Seconds for the last words of a process that has ended: others may still hold its outputs."""

_NEVER_ARRIVED = re.compile(r'exec of "|Cannot open network namespace |setting the network namespace |nsenter: |env: ')

SignalGroup = Callable[[int, int], None]
"""Sends a signal to a process group: (group, signal)."""


class Process:
    """A process that lasts until its block, or its host, ends.

    A context manager: it is running on entry, and has ended on exit. Iterate it for its output, line by line.
    `argv` is the command as it is executed here, with whatever leads it to its place; `command` as it is typed;
    `become` is what a new process does first.
    With `check`, the end of its block raises the error of one that has ended by itself, and failed.
    """

    check = False

    def __init__(
        self,
        command: Command,
        host: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        terminal: bool,
        signal_group: SignalGroup,
        become: Callable[[], None] = signals.clean,
    ) -> None:
        self.command, self.host = command, host
        self._signal_group, self._become = signal_group, become
        self._typed: queue.Queue[bytes | None] = queue.Queue()
        self._heard = Hearing()
        self._stopped = False
        self._running: Any = None
        self._ended: Callable[[Result], None] | None = None
        self.started = time.time()
        program = self._program(argv, environment)
        try:
            with signals.held():
                self._begin(program, argv[1:], environment, terminal)
            leading = len(argv) - len(command.argv) + command.leading
            # env, too, becomes another program.
            self._arrive(argv, leading + (argv[leading] == "env"))
        except BaseException:
            # Nobody would know of it.
            if self._running is not None:
                self._signal_group(self.pid, signal.SIGKILL)
            raise
        if self._heard.failed:
            self._check_arrived()

    def _program(self, argv: tuple[str, ...], environment: Mapping[str, str]) -> Any:
        # sh costs 15 ms to import, and most scripts start nothing that lasts.
        import sh

        for name in (self.command.argv[0], argv[0]):
            try:
                program = sh.Command(name, search_paths=environment["PATH"].split(":"))
            except sh.CommandNotFound:
                raise self._refusal(127, f"{name}: command not found") from None
        return program

    def _begin(self, program: Any, words: tuple[str, ...], environment: Mapping[str, str], terminal: bool) -> None:
        with contextlib.ExitStack() as awaited:
            awaited.enter_context(signals.awaited())
            self._running = self._started(program, words, environment, terminal)
            follower = threading.Thread(
                target=_follow, args=(self._running, self._heard, awaited.pop_all()), daemon=True
            )
        try:
            follower.start()
        except RuntimeError:
            raise too_many_threads() from None

    def _started(self, program: Any, words: tuple[str, ...], environment: Mapping[str, str], terminal: bool) -> Any:
        import sh

        try:
            # What sh has opened when it fails it leaves open, so it is not to fail.
            with room_for_descriptors(16), numbers_above_standard(), forking_is_meant():
                return program(
                    *words,
                    _bg=True,
                    _bg_exc=False,
                    _in=self._typed,
                    _out=self._heard.hear_output,
                    _err=self._heard.hear_error,
                    _env=dict(environment),
                    _new_session=True,
                    _tty_out=terminal,
                    _ok_code=range(-64, 256),
                    _return_cmd=True,
                    _encoding=ENCODING,
                    _preexec_fn=self._become,
                )
        except sh.ForkException as error:
            raise self._refusal(126, str(error).strip().rpartition("\n")[2]) from None
        except RuntimeError:
            raise too_many_threads() from None
        except OSError as error:
            raise exhausted(error) or error from None

    def _refusal(self, status: int, said: str) -> CommandError:
        return error_for(Result(self.command, self.host, status, stderr=f"{said}\n", started=self.started))

    def _arrive(self, argv: tuple[str, ...], leading: int) -> None:
        """Wait until the programs that lead to its place have become the program itself; sudo and ssh never do."""
        if argv[0] in ("sudo", "ssh"):
            return
        # The first is started by its path, the others by their names.
        ways = {"\0".join((argv[word].rpartition("/")[2], *argv[word + 1 :], "")) for word in range(leading)}
        deadline = time.monotonic() + 10
        while self.running and time.monotonic() < deadline:
            with contextlib.suppress(OSError), open(f"/proc/{self.pid}/cmdline", errors="surrogateescape") as file:
                # On its way from one program to the next it has none.
                program, nul, words = file.read().partition("\0")
                if program and program.rpartition("/")[2] + nul + words not in ways:
                    return
            time.sleep(0.001)

    def _check_arrived(self) -> None:
        """Raise what kept it from its place: no such namespace there, or no such program."""
        self._heard.until_ended(PATIENCE)
        result = self._result()
        if not result.ok and _NEVER_ARRIVED.match(result.stderr):
            raise error_for(result)

    def __repr__(self) -> str:
        state = "running" if self.running else "ended"
        return f"Process({str(self.command)!r}, pid={self.pid}, {state})"

    @property
    def pid(self) -> int:
        """Its process id on this machine."""
        return int(self._running.pid)

    @property
    def error_text(self) -> str:
        """What it has printed as errors so far."""
        return self._heard.errors

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._heard.ended is None

    def lines(self, timeout: float | None = None) -> Iterator[str]:
        """Its output, line by line as it comes, until it ends or `timeout` seconds have passed."""
        return self._heard.lines(timeout)

    def __iter__(self) -> Iterator[str]:
        return self.lines()

    def write(self, text: str) -> None:
        """Type `text` into it."""
        self._typed.put(text.encode(errors="surrogateescape"))

    def close_input(self) -> None:
        """End its input, as Ctrl-D does."""
        self._typed.put(None)

    def signal(self, number: int) -> None:
        """Send it, and what it started in its session, a signal."""
        if self.running:
            self._stopped = True
            self._signal_group(self.pid, number)

    def wait(self, timeout: float | None = None) -> Result:
        """Wait for its end and say what came of it.

        Raises TimedOutError if it has not ended after `timeout` seconds; it goes on then.
        """
        if not self._heard.until_ended(timeout):
            raise TimedOutError(self._result(timed_out=True), "It still runs: `.stop()` ends it.")
        self.close_input()
        result = self._result()
        if self._ended:
            # What it printed is its reader's.
            self._ended(evolve(result, stdout=""))
            self._ended = None
        return result

    def stop(self, patience: float = 2.0) -> Result:
        """End it: SIGTERM, and SIGKILL after `patience` seconds. Says what came of it."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(TimedOutError):
            return self.wait(patience if self.running else None)
        self.signal(signal.SIGKILL)
        return self.wait()

    def _result(self, timed_out: bool = False) -> Result:
        return Result(
            self.command,
            self.host,
            self._running.process.exit_code,
            self._heard.output,
            self._heard.errors,
            started=self.started,
            duration=(self._heard.ended or time.time()) - self.started,
            timed_out=timed_out,
            background=True,
            stopped=self._stopped,
        )

    def when_ended(self, ended: Callable[[Result], None]) -> None:
        """Have `ended` called once with the result."""
        self._ended = ended

    def wait_for(self, text: str, timeout: float = 10.0) -> None:
        """Wait until it has said `text`, on either output, since it was started.

        Raises NotYetError after `timeout` seconds, and the error of a process that ended without having said it.
        """
        if self._heard.until_said(text, timeout):
            return
        if self.running:
            raise NotYetError(f"{self.command} has not said {text!r} in {timeout:g} s.")
        result = self.wait(PATIENCE)
        raise error_for(result) if not result.ok else NotYetError(f"{self.command} ended, and never said {text!r}.")

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        result = self.stop()
        if self.check and kind is None and not result.ok and not result.stopped:
            raise error_for(result)


def _follow(running: Any, heard: Hearing, awaited: contextlib.ExitStack) -> None:
    """See a process end, and then its outputs."""
    with awaited:
        try:
            ended = os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
            heard.end(ended is not None and ended.si_status != 0)
        except ChildProcessError:
            # A thread of sh was the first to see it.
            heard.end(running.process.exit_code != 0)
        with contextlib.suppress(Exception):
            running.wait()
    heard.fall_silent()


def _codec(name: str) -> codecs.CodecInfo | None:
    if name != ENCODING:
        return None
    utf8 = codecs.lookup("utf-8")
    return codecs.CodecInfo(
        lambda text, errors="strict": utf8.encode(text, "surrogateescape"),
        lambda data, errors="strict": utf8.decode(data, "surrogateescape"),
        name=ENCODING,
    )


codecs.register(_codec)
