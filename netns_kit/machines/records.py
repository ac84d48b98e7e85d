"""The records of scopes, a file each: what a scope has changed, so that it can be undone when its process is gone.

A line of JSON is written before each change, and one after it. Only root can write there, and so root can trust it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

FOLDER = "/run/netns_kit"
"""Where the records lie."""

Entry = dict[str, Any]


@define
class Record:
    """A record that was read: whose it is, and what it tells of each change, by the change's number."""

    path: str
    head: Entry
    changes: dict[int, Entry] = field(factory=dict)
    ended: bool = False
    """Whether its scope is over, and what is left is left on purpose: it is in use by others."""

    @property
    def pid(self) -> int:
        """The process whose scope it is."""
        return int(self.head.get("pid", 0))

    @property
    def left(self) -> list[Entry]:
        """The changes that are not undone, in order."""
        return [one for one in self.changes.values() if not one.get("undone") and one.get("ok") is not False]

    def made(self, what: str) -> dict[str, Entry]:
        """The namespaces, or links, of the host itself that it made, by name."""
        return {one[what]: one for one in self.left if one.get(what) and not one.get("place")}


def read_record(path: str, lines: Iterable[str]) -> Record | None:
    """A record from its lines; None if it has no beginning. Of a line that was cut off nothing had come yet."""
    found: Record | None = None
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if not isinstance(told, dict) or not isinstance(told.get("n", 0), int):
            continue
        if found is None:
            found = Record(path, told)
        elif "n" in told:
            found.changes.setdefault(told["n"], {}).update(told)
        found.ended |= "ended" in told
    return found


def start_of(stat: str) -> str:
    """When a process began, in what its `/proc/PID/stat` tells; nothing for one that has ended and is not buried."""
    words = stat.rpartition(")")[2].split()
    return "" if words[0] in ("Z", "X") else words[19]


def kept_apart(stat: os.stat_result) -> str:
    """What tells a namespace's file from others: numbers are given again, and not at the same time."""
    return f"{stat.st_ino}.{stat.st_ctime_ns}"


def identity() -> dict[str, int | str]:
    """What tells this process from all others, and where it stands: its networks and its processes are its own."""
    return {
        "pid": os.getpid(),
        "started": start_of(Path("/proc/self/stat").read_text()),
        "net": os.stat("/proc/self/ns/net").st_ino,
        "pids": os.stat("/proc/self/ns/pid").st_ino,
    }


class OwnRecord:
    """The record of a scope of this process."""

    def __init__(self) -> None:
        os.makedirs(FOLDER, 0o755, exist_ok=True)
        number = 1
        while True:
            self.path = f"{FOLDER}/{os.getpid()}-{number}.jsonl"
            try:
                self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
                break
            except FileExistsError:
                # Of a scope within a scope, or of a process that had this number before.
                number += 1
        whose = identity()
        self.mark = f"scope-{whose['started']}-{os.path.basename(self.path).removesuffix('.jsonl')}-"
        """What the processes of its scope have in their environment."""
        self.write([{**whose, "mark": self.mark}])

    def write(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Tell something, at once."""
        os.write(self._fd, "".join(f"{json.dumps(one)}\n" for one in told).encode("ascii"))

    def close(self, *, keep: bool) -> None:
        """End it; what is not kept is gone."""
        os.close(self._fd)
        if not keep:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


def debris(words: Iterable[str]) -> bool:
    """Whether one of these words names what a scope of a process that is gone has left on this machine."""
    wanted, here = set(words), identity()
    for path in Path(FOLDER).glob("*.jsonl"):
        with contextlib.suppress(OSError):
            record = read_record(str(path), path.read_text(encoding="ascii", errors="replace").splitlines())
            if record and record.head.get("net") == here["net"] and not _lives(record):
                links, spaces = record.made("link"), record.made("netns")
                if any(_is_link(name, links[name]) for name in wanted & links.keys()):
                    return True
                if any(_is_netns(name, spaces[name]) for name in wanted & spaces.keys()):
                    return True
    return False


def _lives(record: Record) -> bool:
    try:
        return not record.ended and start_of(Path(f"/proc/{record.pid}/stat").read_text()) == record.head["started"]
    except OSError:
        return False


def _is_link(name: str, entry: Entry) -> bool:
    try:
        return socket.if_nametoindex(name) == entry.get("index")
    except OSError:
        return False


def _is_netns(name: str, entry: Entry) -> bool:
    try:
        return kept_apart(os.stat(f"/run/netns/{name}")) == entry.get("inode")
    except OSError:
        return False
