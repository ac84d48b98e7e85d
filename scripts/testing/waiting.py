"""Waiting for what must come: as long as a busy machine may need for it, and no longer than it takes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LONG = 60.0
"""Seconds that a busy machine may need for what comes at once on an idle one."""


def wait_for(what: Callable[[], T], seconds: float = LONG) -> T:
    """Ask again and again until there is something; gives it."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
    return found


def stop(pid: int) -> None:
    """Stop a process, and wait until each of its threads stands still: the signal itself waits for nobody."""
    os.kill(pid, signal.SIGSTOP)
    tasks = list(Path(f"/proc/{pid}/task").glob("*/stat"))
    wait_for(lambda: all(task.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T" for task in tasks))


def left_of(what: Callable[[], list[T]], seconds: float = LONG) -> list[T]:
    """What is still there after all the time that it had to go."""
    deadline = time.monotonic() + seconds
    while (found := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
