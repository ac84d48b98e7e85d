"""What goes on, told line by line by a tool that lasts."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from types import TracebackType
from typing import ClassVar, Generic, TypeVar

from netns_kit.machines.dry_run import DryProcess
from netns_kit.machines.process import Process

Event = TypeVar("Event")
Itself = TypeVar("Itself")


class Events(Generic[Event]):
    """Events as they come: a context manager, and an iterator that ends with it."""

    listens_by: ClassVar[str] = "socket:"
    """What the tool has open once it listens."""

    def __init__(self, process: Process) -> None:
        self._process = process
        # What happens before it listens is missed, and it does not say when it does.
        deadline = time.monotonic() + (0 if isinstance(process, DryProcess) else 2)
        while not _has(process.pid, self.listens_by) and process.running and time.monotonic() < deadline:
            time.sleep(0.005)

    def read(self, line: str) -> Event | None:
        """The event that a line tells of, if it does."""
        raise NotImplementedError

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """The events, until it is stopped or `timeout` seconds have passed."""
        return (event for line in self._process.lines(timeout) if (event := self.read(line)) is not None)

    def __iter__(self) -> Iterator[Event]:
        return self.events()

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def __enter__(self: Itself) -> Itself:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _has(pid: int, what: str) -> bool:
    folder = f"/proc/{pid}"
    with contextlib.suppress(OSError):
        found = [fd for fd in os.listdir(f"{folder}/fd") if what in os.readlink(f"{folder}/fd/{fd}")]
        # It has one before it is told what to look at, and nothing to wait for until then.
        asleep = _told(f"{folder}/stat").rpartition(")")[2].split()[0] == "S"
        return asleep and any(what != "inotify" or "inotify wd" in _told(f"{folder}/fdinfo/{fd}") for fd in found)
    return False


def _told(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
