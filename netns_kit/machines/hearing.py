"""What a lasting process says on both of its outputs, as it comes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

KEPT = 10_000
"""Lines that are kept of those that somebody has read already."""


class Hearing:
    """Takes the lines of both outputs from other threads, hands those of the first on, and keeps them for later."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._out: deque[str] = deque()
        self._err: list[str] = []
        self._read = 0  # of those in _out
        self._silent = False
        self.ended: float | None = None
        self.failed = False

    def hear_output(self, line: str) -> None:
        """Take a line of standard output."""
        with self._news:
            self._out.append(line)
            self._news.notify_all()

    def hear_error(self, line: str) -> None:
        """Take a line of standard error."""
        with self._news:
            self._err.append(line)
            self._news.notify_all()

    def end(self, failed: bool) -> None:
        """Note that the process has ended, and whether it failed; more may be heard of it."""
        with self._news:
            self.failed = failed
            self.ended = time.time()
            self._news.notify_all()

    def fall_silent(self) -> None:
        """Note that there will be no more."""
        with self._news:
            self._silent = True
            self._news.notify_all()

    @property
    def output(self) -> str:
        """What was said on standard output: all, or the last of it if that was much and somebody has read it."""
        with self._news:
            return "".join(self._out)

    @property
    def errors(self) -> str:
        """What was said on standard error."""
        with self._news:
            return "".join(self._err)

    def lines(self, timeout: float | None) -> Iterator[str]:
        """The lines of standard output that nobody has read, until there are no more or the time is over."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._news:
                if not self._until(lambda: self._read < len(self._out) or self._silent, deadline):
                    return
                if self._read == len(self._out):
                    return
                line = self._out[self._read]
                self._read += 1
                if self._read > KEPT:
                    self._out.popleft()
                    self._read -= 1
            yield line.rstrip("\r\n")

    def until_ended(self, timeout: float | None) -> bool:
        """Wait until the process has ended and there will be no more; False if that takes longer."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._news:
            return self._until(lambda: self._silent, deadline)

    def until_said(self, text: str, timeout: float) -> bool:
        """Wait until a line with this text was said on either output; False if none was in time, or will be."""
        deadline = time.monotonic() + timeout

        def said() -> bool:
            return any(text in line for line in (*self._out, *self._err))

        with self._news:
            self._until(lambda: said() or self._silent, deadline)
            return said()

    def _until(self, true: Callable[[], bool], deadline: float | None) -> bool:
        return self._news.wait_for(true, None if deadline is None else max(0.0, deadline - time.monotonic()))
