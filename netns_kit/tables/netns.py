"""Named network namespaces of a host: `ip netns`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import attrs
from attrs import evolve, frozen

from netns_kit.commands import values
from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import OutputError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Namespaced, NetnsName, whole
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.events import Events
from netns_kit.tables.table import Added, Removed, Table

NetnsNumber = Annotated[int, whole(0, 2**31 - 1)]
"""A namespace's id."""

TargetId = Annotated[NetnsNumber, spelled(token="target-nsid")]
"""A namespace's id, of one that is asked."""

RUN_DIR = "/var/run/netns"
"""Where the files of named namespaces lie."""


@words
class NetnsAdded(Added):
    """A namespace that is made."""

    name: NetnsName = field(kw_only=False)  # 1 to 255 bytes


@words
class NetnsGone(Removed):
    """A namespace that is deleted."""

    name: NetnsName = field(kw_only=False)  # the namespace, or its name


@words
class NetnsAttached(NetnsAdded):
    """A namespace of a process, which is given a name."""

    pid: Annotated[int, Word(values.pid, "PID", alone=True)] = field(kw_only=False)  # the process


@words
class NetnsIds:
    """Which ids."""

    target_nsid: TargetId | None = None  # the ids that another one gave, which has this id here
    nsid: NetnsNumber | None = None  # only this one


@frozen
class NetnsInfo(Row):
    """A named namespace; `id` is the one it has in the namespace that was asked, if any."""

    name: str
    id: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return self.name


@frozen
class NetnsId(Row):
    """A namespace id, as `link-netnsid` shows it, and the name of the namespace, if it has one."""

    nsid: int
    name: str | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


@frozen
class NetnsEvent:
    """What `ip netns monitor` saw: "add" or "delete", and the name."""

    action: str
    name: str


class NetnsMonitor(Events[NetnsEvent]):
    """The events of `ip netns monitor`, as they come: a context manager, and an iterator that ends with it."""

    listens_by = "inotify"

    def read(self, line: str) -> NetnsEvent | None:
        """The event that a line tells of."""
        action, _, name = line.partition(" ")
        return NetnsEvent(action, name) if action in ("add", "delete") else None


class NetnsTable(Table):
    """Named namespaces of a host, `host.netns`; of a namespace, `net.netns`, with the ids that it gives to others."""

    def list(self) -> Rows[NetnsInfo]:
        """The named namespaces, newest first as `ip` lists them. Equivalent to: `ip netns list`"""
        return Rows(
            NetnsInfo(entry["name"], entry.get("id"), entry) for entry in self._site.read("ip", "netns", "list")
        )

    show = list

    @verb("ip netns add", NetnsAdded)
    def add(self, said: Said) -> None:
        """Make a namespace.

        Raises InvalidArgumentError, ExistsError, PermissionDeniedError.
        """
        self._make(said)

    @verb("ip netns attach", NetnsAttached)
    def attach(self, said: Said) -> None:
        """Give the namespace of a process a name. Raises ExistsError."""
        self._make(said)

    def symlink(self, name: str | Namespaced, pid: int) -> None:
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

    def set(self, name: str | Namespaced, nsid: int | Literal["auto"]) -> None:
        """Give a namespace an id in this one. Equivalent to: `ip netns set NAME NETNSID`"""
        number = nsid if nsid == "auto" else values.integer("nsid", nsid, 0, 2**31 - 1)
        named = self._site.namespace(values.netns_name("name", name))
        self._site.change("ip", "netns", "set", named.name, number, also=named)

    @verb("ip netns delete", NetnsGone)
    def delete(self, said: Said) -> None:
        """Take a namespace's name away; it is gone once no process is in it. Raises NotFoundError."""
        self._on_host._carry_out(said, ends=True)

    def delete_all(self) -> None:
        """Delete all named namespaces. Equivalent to: `ip -all netns delete`"""
        self._site.host.change("ip", "-all", "netns", "delete")

    def identify(self, pid: int | None = None) -> tuple[str, ...]:
        """The names of the namespace that a process is in; without one, of this place's.

        Equivalent to: `ip netns identify [PID]`
        """
        site, words = (self._site, ()) if pid is None else (self._site.host, (values.pid("pid", pid),))
        return tuple(filter(None, site.run("ip", "netns", "identify", *words).stdout.split("\n")))

    def pids(self, name: str | Namespaced) -> tuple[int, ...]:
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

    @verb("ip netns list-id", NetnsIds)
    def list_id(self, said: Said) -> Rows[NetnsId]:
        """The ids that this namespace gave to others."""
        nsid = said.given.get("nsid")
        found = self._site.read(*said)
        ids = Rows(NetnsId(_nsid(entry), entry.get("name"), entry) for entry in found)
        # Up to 5.3 the number is ignored.
        return ids if nsid is None else Rows(known for known in ids if known.nsid == nsid)

    @property
    def _on_host(self) -> NetnsTable:
        # Typed in a namespace it would mount a file that no other process sees.
        return NetnsTable(self._site.host)

    def _make(self, said: Said) -> None:
        self._on_host._carry_out(said, also=self._site.namespace(said.given["name"]))

    def help(self) -> Result:
        """The usage text. Equivalent to: `ip netns help`"""
        return self._site.run("ip", "netns", "help", check=False)


def _nsid(entry: Entry) -> int:
    if "nsid" not in entry:
        raise OutputError(f"`ip netns list-id` gave an entry without an id: {entry}")
    return int(entry["nsid"])
