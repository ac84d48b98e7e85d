"""Named network namespaces of a host: `ip netns`."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Literal

from attrs import evolve, field, frozen

from netns_kit.commands import values
from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import ExistsError, NotFoundError, OutputError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.machines.process import Process
from netns_kit.tables.table import Table

RUN_DIR = "/var/run/netns"
"""Where the files of named namespaces lie."""


@frozen
class NetnsInfo(Row):
    """A named namespace; `id` is the one it has in the namespace that was asked, if any."""

    name: str
    id: int | None = None
    raw: Entry = field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return self.name


@frozen
class NetnsId(Row):
    """A namespace id, as `link-netnsid` shows it, and the name of the namespace, if it has one."""

    nsid: int
    name: str | None = None
    raw: Entry = field(factory=dict, repr=False, eq=False)


@frozen
class NetnsEvent:
    """What `ip netns monitor` saw: "add" or "delete", and the name."""

    action: str
    name: str


class NetnsMonitor:
    """The events of `ip netns monitor`, as they come: a context manager, and an iterator that ends with it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        # What happens before it listens is missed, and it does not say when it does.
        deadline = time.monotonic() + 2
        while not _listens(process.pid) and process.running and time.monotonic() < deadline:
            time.sleep(0.005)

    def events(self, timeout: float | None = None) -> Iterator[NetnsEvent]:
        """The events, until it is stopped or `timeout` seconds have passed."""
        for line in self._process.lines(timeout):
            action, _, name = line.partition(" ")
            if action in ("add", "delete"):
                yield NetnsEvent(action, name)

    def __iter__(self) -> Iterator[NetnsEvent]:
        return self.events()

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def __enter__(self) -> NetnsMonitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listens(pid: int) -> bool:
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        return any("inotify" in os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder))
    return False


class NetnsTable(Table):
    """Named namespaces of a host, `host.netns`; of a namespace, `net.netns`, with the ids that it gives to others."""

    def list(self) -> Rows[NetnsInfo]:
        """The named namespaces, newest first as `ip` lists them. Equivalent to: `ip netns list`"""
        return Rows(
            NetnsInfo(entry["name"], entry.get("id"), entry) for entry in self._site.read("ip", "netns", "list")
        )

    def add(self, name: str, *, exists_ok: bool = False) -> None:
        """Make a namespace. With `exists_ok`, one of this name that is there already will do.

        Equivalent to: `ip netns add NAME`

        Raises InvalidArgumentError, ExistsError, PermissionDeniedError.
        """
        if not values.truth("exists_ok", exists_ok):
            return self._add("add", name)
        # In a batch, nobody would learn in time that it is there already.
        with contextlib.suppress(ExistsError):
            self._site.host.run("ip", "netns", "add", values.netns_name("name", name))
        return None

    def attach(self, name: str, pid: int) -> None:
        """Give the namespace of a process a name. Equivalent to: `ip netns attach NAME PID`"""
        self._add("attach", name, values.pid("pid", pid))

    def symlink(self, name: str, pid: int) -> None:
        """Give the namespace of a process a name by hand, as long as the process lives.

        Equivalent to: `ln -s /proc/PID/ns/net /var/run/netns/NAME`
        """
        target = f"/proc/{values.pid('pid', pid)}/ns/net"
        self._site.host.run("ln", "-s", target, f"{RUN_DIR}/{values.netns_name('name', name)}")

    def dangling(self) -> tuple[str, ...]:
        """The names that were given by hand to namespaces of processes which have ended since.

        Equivalent to: `find -L /var/run/netns -type l`
        """
        found = self._site.run("find", "-L", RUN_DIR, "-type", "l", check=False)
        return tuple(path.rpartition("/")[2] for path in sorted(filter(None, found.stdout.split("\n"))))

    def set(self, name: str, nsid: int | Literal["auto"]) -> None:
        """Give a namespace an id in this one. Equivalent to: `ip netns set NAME NETNSID`"""
        number = nsid if nsid == "auto" else values.integer("nsid", nsid, 0, 2**31 - 1)
        named = self._site.namespace(values.netns_name("name", name))
        self._site.change("ip", "netns", "set", named.name, number, also=named)

    def delete(self, name: str, *, missing_ok: bool = False) -> None:
        """Take a namespace's name away; it is gone once no process is in it. With `missing_ok`, it need not be there.

        Equivalent to: `ip netns delete NAME`
        """
        words = ("ip", "netns", "delete", values.netns_name("name", name))
        if not values.truth("missing_ok", missing_ok):
            self._site.host.change(*words, ends=True)
            return
        with contextlib.suppress(NotFoundError):
            self._site.host.run(*words)

    def delete_all(self) -> None:
        """Delete all named namespaces. Equivalent to: `ip -all netns delete`"""
        self._site.host.change("ip", "-all", "netns", "delete")

    def identify(self, pid: int | None = None) -> tuple[str, ...]:
        """The names of the namespace that a process is in; without one, of this place's.

        Equivalent to: `ip netns identify [PID]`
        """
        site, words = (self._site, ()) if pid is None else (self._site.host, (values.pid("pid", pid),))
        return tuple(filter(None, site.run("ip", "netns", "identify", *words).stdout.split("\n")))

    def pids(self, name: str) -> tuple[int, ...]:
        """The processes in a namespace. Equivalent to: `ip netns pids NAME`"""
        said = self._site.host.run("ip", "netns", "pids", values.netns_name("name", name)).stdout
        return tuple(int(word) for word in said.split())

    def exec_all(self, *argv: Any, check: bool = True) -> dict[str, str]:
        """Run a command in every named namespace; what it printed, by name.

        Equivalent to: `ip -all netns exec CMD …`

        `ip` does not tell how the commands ended, only that one could not be started.
        Raises ToolMissingError, PermissionDeniedError, InvalidArgumentError.
        """
        result = self._site.host.run("ip", "-all", "netns", "exec", *values.argv(argv), check=check, environment={})
        # `ip` itself goes on, and ends well.
        if check and re.search(r'^exec of ".*" failed', result.stderr, re.MULTILINE):
            raise error_for(evolve(result, returncode=1))
        parts = re.split(r"\nnetns: (.*)\n", result.stdout)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def monitor(self) -> NetnsMonitor:
        """Watch namespaces come and go. Equivalent to: `ip netns monitor`

        `with host.netns.monitor() as events: for event in events: …`
        """
        return NetnsMonitor(self._site.host.start("ip", "netns", "monitor", terminal=True))

    def list_id(self, *, nsid: int | None = None) -> Rows[NetnsId]:
        """The ids that this namespace gave to others. Equivalent to: `ip netns list-id [nsid NUMBER]`"""
        chosen = () if nsid is None else ("nsid", values.integer("nsid", nsid, 0, 2**31 - 1))
        found = self._site.read("ip", "netns", "list-id", *chosen)
        ids = Rows(NetnsId(_nsid(entry), entry.get("name"), entry) for entry in found)
        # Up to 5.3 the number is ignored.
        return ids if nsid is None else Rows(known for known in ids if known.nsid == nsid)

    def _add(self, verb: str, name: str, *words: object) -> None:
        # Typed in a namespace it would mount a file that no other process sees.
        site = self._site.host.namespace(values.netns_name("name", name))
        site.host.change("ip", "netns", verb, site.name, *words, also=site)

    def help(self) -> Result:
        """The usage text. Equivalent to: `ip netns help`"""
        return self._site.run("ip", "netns", "help", check=False)


def _nsid(entry: Entry) -> int:
    if "nsid" not in entry:
        raise OutputError(f"`ip netns list-id` gave an entry without an id: {entry}")
    return int(entry["nsid"])
