"""The signals that a caller blocks or ignores: no child of ours does, and none ends unseen. Stdlib only."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_OURS = {signal.SIGPIPE, signal.SIGXFSZ, 32, 33}
"""What Python itself ignores, and gives back to each child, and what is the C library's own business."""

_lock = threading.Lock()
_awaited = 0


def are_clean() -> bool:
    """Whether a child of this thread begins with all signals as they are by default."""
    with open("/proc/thread-self/status", "rb") as file:
        lines = file.read().partition(b"SigBlk:")[2].split()
    ours = sum(1 << number - 1 for number in _OURS)
    return int(lines[0], 16) == 0 and int(lines[2], 16) & ~ours == 0


def clean() -> None:
    """Block and ignore no signal. For a process that is new."""
    for number in signal.valid_signals():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let a block be whole: what a signal raises, such as Ctrl-C, is raised at its end. Only main threads hear any."""
    came: list[tuple[int, FrameType | None]] = []
    main = threading.current_thread() is threading.main_thread()
    minded = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if main}
    handlers = {number: handler for number, handler in minded.items() if callable(handler)}
    try:
        for number in handlers:
            signal.signal(number, lambda number, frame: came.append((number, frame)))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for one, frame in came[:1]:
            handlers[signal.Signals(one)](one, frame)


_PR_SET_PDEATHSIG = 1


def tied() -> Callable[[], None]:
    """What makes a new process clean, and ends it with the thread that starts it, even by SIGKILL."""
    import ctypes

    prctl = ctypes.CDLL(None).prctl

    def become() -> None:
        clean()
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)

    return become


@contextlib.contextmanager
def awaited() -> Iterator[None]:
    """Have the exit status of children told, for the time of the block, although the caller may ignore SIGCHLD."""
    global _awaited
    if signal.getsignal(signal.SIGCHLD) != signal.SIG_IGN:
        yield
        return
    with _lock:
        _awaited += 1
        _handle(signal.SIG_DFL)
    try:
        yield
    finally:
        with _lock:
            _awaited -= 1
            if _awaited == 0 and signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
                _handle(signal.SIG_IGN)
                # Those that ended meanwhile, whoever started them, would have left nothing either.
                with contextlib.suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0]:
                        pass


def _handle(action: signal.Handlers) -> None:
    # Python lets its main thread alone do this.
    import ctypes

    ctypes.CDLL(None).signal(int(signal.SIGCHLD), ctypes.c_void_p(int(action)))


os.register_at_fork(after_in_child=lambda: globals().update(_lock=threading.Lock(), _awaited=0))
