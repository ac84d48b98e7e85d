"""A signal that would end the process ends a block in good order first."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


class Ended(SystemExit):
    """A signal came that ends the process."""


@contextlib.contextmanager
def ending() -> Iterator[Callable[[], None]]:
    """Have SIGTERM and SIGHUP, where nobody else minds them, leave a block before they end the process.

    What it gives leaves again, if a signal came and somebody has swallowed what it raised. Python lets its main thread
    alone do this: in others nothing is changed.
    """
    came: list[int] = []

    def leave(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise Ended(128 + number)

    def check() -> None:
        if came:
            raise Ended(128 + came[0])

    minded = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if threading.current_thread() is threading.main_thread() and signal.getsignal(number) == signal.SIG_DFL
    ]
    try:
        for number in minded:
            signal.signal(number, leave)
        yield check
    finally:
        for number in minded:
            signal.signal(number, signal.SIG_DFL)
        for one in came[:1]:
            # Now it does what it would have done.
            os.kill(os.getpid(), one)
