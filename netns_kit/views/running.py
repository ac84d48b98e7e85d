"""The private hosts that run on this machine, whichever process holds them."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Row, Rows

_KEEPER = "netns_kit/machines/private"


@frozen
class RunningInfo(Row):
    """A private host that runs: its name, as far as 15 bytes go, its process, whose it is, and its namespaces."""

    name: str
    pid: int
    owner: int
    program: str
    namespaces: tuple[str, ...] = ()


def running() -> Rows[RunningInfo]:
    """The private hosts of this user, all for root, in the order in which they were made."""
    return Rows(sorted(_found(), key=lambda one: (one.owner, one.pid)))


def find(name: str) -> RunningInfo:
    """The running host of that name, or of that process id. Raises InvalidArgumentError unless there is just one."""
    known = running()
    found = [one for one in known if name == str(one.pid)] or [one for one in known if name[:15] == one.name]
    if not found:
        names = ", ".join(one.name for one in known)
        raise InvalidArgumentError("name", name, f"there are {names}" if names else "no private host runs here")
    if len(found) > 1:
        pids = ", ".join(str(one.pid) for one in found)
        raise InvalidArgumentError("name", name, f"there are several: say which by its process, {pids}")
    return found[0]


def entering(host: RunningInfo, *argv: str, netns: str | None = None) -> tuple[str, ...]:
    """The command that runs another one in a running host, or in a namespace of it."""
    folder = f"/proc/{host.pid}/ns"
    user = ("--user", "--preserve-credentials")
    foreign = os.readlink(f"{folder}/user") != os.readlink("/proc/self/ns/user")
    inside = ("ip", "netns", "exec", netns) if netns else ()
    spaces = (*(user if foreign else ()), "--net", "--mount")
    return ("nsenter", "--target", str(host.pid), *spaces, f"--wd={os.getcwd()}", *inside, *argv)


def _found() -> Iterator[RunningInfo]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        # What ends meanwhile, or is another user's, is none of ours.
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = _words(int(folder.name))
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if len(words) < 3 or not words[-3].endswith(_KEEPER) or _words(parent) != words:
                continue
            owner = int(words[-1].partition("-")[0])
            inside = sorted(os.listdir(folder / "root/run/netns"))
            name = folder.joinpath("comm").read_text().rstrip("\n")
            yield RunningInfo(name, int(folder.name), owner, shlex.join(_words(owner)), tuple(inside))


def _words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
