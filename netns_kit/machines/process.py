"""Processes that last: servers in the background, monitors, live pings. Carried by `sh`."""

from __future__ import annotations

import contextlib
import errno
import queue
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import TimedOutError

SignalGroup = Callable[[int, int], None]
"""Sends a signal to a process group: (group, signal)."""


class Process:
    """A process that lasts until its block, or its host, ends.

    A context manager: it is running on entry, and has ended on exit. Iterate it for its output, line by line.
    `argv` is the command as it is executed here, with whatever leads it to its place; `command` as it is typed.
    """

    def __init__(
        self,
        command: Command,
        host: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        terminal: bool,
        signal_group: SignalGroup,
    ) -> None:
        # sh costs 15 ms to import, and most scripts start nothing that lasts.
        import sh

        self.command, self.host = command, host
        self._signal_group = signal_group
        self._typed: queue.Queue[str | None] = queue.Queue()
        self._errors: list[str] = []
        self._stopped = False
        self._ended: Callable[[Result], None] | None = None
        self.started = time.time()
        for name in (command.argv[0], argv[0]):
            try:
                program: Any = sh.Command(name, search_paths=environment["PATH"].split(":"))
            except sh.CommandNotFound:
                missing = Result(command, host, 127, stderr=f"{name}: command not found\n", started=self.started)
                raise error_for(missing) from None
        with warnings.catch_warnings():
            # sh forks, and from Python 3.12 on a fork beside other threads warns.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._running: Any = program(
                *argv[1:],
                _bg=True,
                _bg_exc=False,
                _iter_noblock=True,
                _in=self._typed,
                _err=self._hear,
                _env=dict(environment),
                _new_session=True,
                _tty_out=terminal,
                _ok_code=range(-64, 256),
                _return_cmd=True,
                _decode_errors="surrogateescape",
                _internal_bufsize=4096,
            )
        self._arrive(argv, len(argv) - len(command.argv) + command.leading)

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
        return "".join(self._errors)

    def _hear(self, said: str) -> None:
        self._errors.append(said)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return bool(self._running.is_alive())

    def lines(self, timeout: float | None = None) -> Iterator[str]:
        """Its output, line by line as it comes, until it ends or `timeout` seconds have passed."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while deadline is None or time.monotonic() < deadline:
            try:
                line = next(self._running)
            except StopIteration:
                return
            except Exception as error:
                if _is_signal(error):
                    return
                raise
            if line != errno.EWOULDBLOCK:
                yield str(line).rstrip("\r\n")

    def __iter__(self) -> Iterator[str]:
        return self.lines()

    def write(self, text: str) -> None:
        """Type `text` into it."""
        self._typed.put(text)

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
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.running:
            if deadline is not None and time.monotonic() >= deadline:
                raise TimedOutError(self._result(timed_out=True), "It still runs: `.stop()` ends it.")
            time.sleep(0.01)
        return self._finish()

    def stop(self, patience: float = 2.0) -> Result:
        """End it: SIGTERM, and SIGKILL after `patience` seconds. Says what came of it."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(TimedOutError):
            return self.wait(patience)
        self.signal(signal.SIGKILL)
        return self.wait()

    def _finish(self) -> Result:
        self.close_input()
        with contextlib.suppress(Exception):
            self._running.wait()
        result = self._result()
        if self._ended:
            self._ended(result)
            self._ended = None
        return result

    def _result(self, timed_out: bool = False) -> Result:
        return Result(
            self.command,
            self.host,
            self._running.process.exit_code,
            stderr=self.error_text,
            started=self.started,
            duration=time.time() - self.started,
            timed_out=timed_out,
            background=True,
            stopped=self._stopped,
        )

    def when_ended(self, ended: Callable[[Result], None]) -> None:
        """Have `ended` called once with the result."""
        self._ended = ended

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def interact(argv: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Run a command on this process's own terminal, for a person to talk to; its exit status."""
    import sh

    program: Any = sh.Command(argv[0], search_paths=environment["PATH"].split(":"))
    with _ignored(signal.SIGINT, signal.SIGQUIT):
        try:
            program(*argv[1:], _fg=True, _env=dict(environment))
        except sh.ErrorReturnCode as error:
            return int(error.exit_code)
    return 0


@contextlib.contextmanager
def _ignored(*numbers: int) -> Iterator[None]:
    """Leave the terminal's signals to the program that the person talks to."""

    def nothing(number: int, frame: object) -> None:
        """A handler, unlike SIG_IGN, is not passed on to the program."""

    if threading.current_thread() is not threading.main_thread():
        # Python allows handlers in the main thread alone, which gets the signals.
        yield
        return
    before = {number: signal.signal(number, nothing) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_signal(error: Exception) -> bool:
    import sh

    return isinstance(error, sh.ErrorReturnCode)
