"""How commands reach a private host: its agent starts them, so that entering costs next to nothing."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import struct
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from netns_kit.commands.command import IPROUTE2, Command, Result
from netns_kit.commands.errors import LimitError, PlaceClosedError, TimedOutError
from netns_kit.machines.private.messages import GONE, LONGEST, answered
from netns_kit.machines.private.outputs import Outputs
from netns_kit.machines.private.sweeping import COOKIE, sweep
from netns_kit.machines.process import Process
from netns_kit.machines.runner import environment, not_found, refused
from netns_kit.machines.surroundings import exhausted
from netns_kit.machines.terminal import interact

PATIENCE = 2.0
"""Seconds for what an agent always does at once; one that does not is ended, and its host with it."""


class PrivateRunner:
    """Runs commands in a private host.

    `control` and `run` are descriptors: the socket of the host's agent, which is process `pid`, and the host's /run.
    What is `held` lives as long as anything that can be typed at, be it only a noun.
    """

    machine = "this machine"
    batches = True

    def __init__(
        self, host: str, pid: int, cookie: str, control: int, run: int, *, user_namespace: bool, held: object
    ) -> None:
        self.host, self.pid = host, pid
        self._control, self._run = socket.socket(fileno=control), run
        # To be asked after whether the socket is closed or not.
        self._number = control
        # An agent that was stopped takes nothing any more.
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(PATIENCE), 0))
        self._cookie, self._user_namespace, self._held = cookie, user_namespace, held
        self._processes: list[Process] = []
        self._owner, self._closing = os.getpid(), threading.RLock()
        self._finalizer = weakref.finalize(self, _hang_up, self._control, run, self._owner)

    @property
    def closed(self) -> bool:
        """Whether the host is gone."""
        return not self._finalizer.alive

    def run(self, command: Command) -> Result:
        """Run a command to its end; it is killed on a time-out and on Ctrl-C."""
        self._check_open()
        started, clock = time.time(), time.perf_counter()
        try:
            with contextlib.closing(Outputs()) as outputs:
                answer, timed_out = self._ask(command, outputs)
                duration = time.perf_counter() - clock
                texts = outputs.texts()
        except OSError as error:
            raise exhausted(error) or error from None
        if "errno" not in answer:
            code = answer["returncode"]
            return Result(command, self.host, code, *texts, started, duration, timed_out, private=True)
        if answer["errno"] in (errno.ENOENT, errno.ENOTDIR):
            return not_found(command, self.host, started)
        limit = exhausted(OSError(answer["errno"], answer["message"]))
        if limit:
            raise limit
        return refused(command, self.host, started, answer["message"])

    def _ask(self, command: Command, outputs: Outputs) -> tuple[dict[str, Any], bool]:
        """Have the agent run a command: what it answers, and whether that took too long."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, contextlib.ExitStack() as files:
            fds = [files.enter_context(theirs).fileno(), *outputs.theirs]
            files.callback(outputs.hand_over)
            if command.stdin is not None:
                fds.append(command.stdin)
            elif command.input is not None:
                fds.append(files.enter_context(_memory_file(command.input.encode(errors="surrogateescape"))))
            self._send(self._request(command), fds)
            files.close()
            return self._wait(ours, outputs, command.timeout)

    def _send(self, asked: dict[str, Any], fds: list[int]) -> None:
        request = json.dumps(asked).encode()
        with contextlib.ExitStack() as files:
            if len(request) > LONGEST:
                fds = [*fds, files.enter_context(_memory_file(request))]
                request = b"file"
            try:
                socket.send_fds(self._control, [request], fds)
            except BlockingIOError:
                raise self.silent() from None
            except OSError as error:
                raise exhausted(error) or self._gone() from None

    def have_sockets_made(self, channel: int, kind: tuple[int, int, int], files: Sequence[str]) -> None:
        """Have the agent make a socket in each of these namespaces, which come on the other end of a channel."""
        self._check_open()
        self._send({"sockets": [*map(int, kind)], "files": [*files]}, [channel])

    def _request(self, command: Command) -> dict[str, Any]:
        """What the agent must know. It enters a namespace by itself, which is cheaper than `ip -n` does it."""
        tool, *words = command.argv
        named = tool in IPROUTE2 and words[:1] == ["-n"] and len(words) > 1
        return {
            "argv": command.argv,
            "folder": _folder(),
            "environment": environment(command.environment),
            "netns": words[1] if named else None,
            "inside": (tool, *words[2:]) if named else (),
        }

    def _wait(self, status: socket.socket, outputs: Outputs, timeout: float | None) -> tuple[dict[str, Any], bool]:
        timed_out = False
        try:
            timed_out = not outputs.until(status, self._number, timeout)
            message = self._killed(status) if timed_out else _said(status)
        except BaseException:
            self._killed(status)
            raise
        if message:
            return answered(message), timed_out
        if timed_out and not self._hung_up():
            raise self.silent()
        # An agent that ends lets go of the command first, and its keeper may not have seen it yet.
        if self._hung_up(PATIENCE) or self._is_dead():
            raise self._gone()
        raise LimitError(f"{self.host} takes no command: its agent, process {self.pid}, has too many open files.")

    def _killed(self, status: socket.socket) -> bytes:
        """Have the agent kill a command, and wait until it has; what it says, or nothing if it does not answer."""
        with contextlib.suppress(OSError):
            status.send(b"k")
            poll = select.poll()
            poll.register(status, select.POLLIN)
            poll.register(self._number, 0)
            poll.poll(1000 * PATIENCE)
            return _said(status)
        return b""

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts; it ends with its block, or with the host."""
        self._check_lives()
        argv, variables = self._entering(command)
        process = Process(command, self.host, argv, variables, terminal, _signal_group)
        self._processes = [*(one for one in self._processes if one.running), process]
        try:
            self._check_lives()
        except PlaceClosedError:
            # It may have come in when the last look round had been taken.
            process.signal(signal.SIGKILL)
            raise
        return process

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""
        self._check_lives()
        started = time.time()
        status = interact(*self._entering(command))
        if status:
            self._check_lives()
        return Result(command, self.host, status, started=started, duration=time.time() - started)

    def _entering(self, command: Command) -> tuple[tuple[str, ...], dict[str, str]]:
        """What leads a process of this machine into the host, and its environment."""
        user = ("-U",) if self._user_namespace else ()
        folder = _folder()
        # nsenter opens it, which takes more than to be in it does.
        where = (f"--wd={folder}",) if os.access(folder, os.R_OK | os.X_OK) else ()
        enter = ("nsenter", "--preserve-credentials", *user, "-t", str(self.pid), "-n", "-m", *where)
        return (*enter, *command.argv), {**environment(command.environment), COOKIE: self._cookie}

    def close(self) -> None:
        """End the host and all that runs on it, and wait until it is gone."""
        if os.getpid() != self._owner:
            self._finalizer()
            return
        with self._closing:
            if self.closed:
                return
            processes = self._processes
            for process in processes:
                process.signal(signal.SIGKILL)
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
            self._see_gone()
            self._finalizer()
        for process in processes:
            with contextlib.suppress(TimedOutError):
                process.wait(PATIENCE)

    def _see_gone(self) -> None:
        """Wait for the word that the host is gone; without it, take down the host by its process ids."""
        word = self._last_word(PATIENCE)
        if word is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            word = self._last_word(PATIENCE / 4)
        if word != GONE:
            sweep(self._cookie, (self._run,))

    def _last_word(self, seconds: float) -> bytes | None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(1000 * seconds):
            return None
        # That some requests were never read is told first.
        with contextlib.suppress(ConnectionResetError):
            return self._control.recv(len(GONE))
        return self._control.recv(len(GONE))

    def _check_open(self) -> None:
        if self.closed:
            raise PlaceClosedError(f"{self.host} is closed: all that was on it is gone.")

    def _check_lives(self) -> None:
        self._check_open()
        # An agent that was killed has no namespaces any more, even while its parent does not know yet.
        if self._hung_up() or self._is_dead():
            raise self._gone()

    def _is_dead(self) -> bool:
        # Of one that has ended, and that nobody has looked after, the namespaces are gone already.
        return not os.path.exists(f"/proc/{self.pid}/ns/net")

    def _hung_up(self, seconds: float = 0) -> bool:
        poll = select.poll()
        poll.register(self._number, 0)
        return self.closed or bool(poll.poll(1000 * seconds))

    def _gone(self) -> PlaceClosedError:
        return PlaceClosedError(f"{self.host} is gone: it was closed, or its agent was killed.")

    def silent(self) -> PlaceClosedError:
        """End a host whose agent does not answer, and say so."""
        self.close()
        return PlaceClosedError(f"{self.host} is gone: its agent, process {self.pid}, did not answer and was ended.")


@contextlib.contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    with os.fdopen(os.memfd_create("given"), "r+b", 0) as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"


def _said(status: socket.socket) -> bytes:
    """What was said on a socket, if anything was."""
    with contextlib.suppress(OSError):
        return status.recv(4096, socket.MSG_DONTWAIT)
    return b""


def _hang_up(control: socket.socket, run: int, owner: int) -> None:
    """Have an agent end. A copy of its socket in a process that was forked neither ends it nor keeps it."""
    with contextlib.suppress(OSError):
        if os.getpid() == owner:
            control.shutdown(socket.SHUT_WR)
    control.close()
    os.close(run)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
