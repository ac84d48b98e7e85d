"""Neighbours, that is ARP and NDP: `ip neigh`."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal, get_args

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError, OutputError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, ByteName, Family, LinkName, Network, Present, Statistics
from netns_kit.commands.word import ALONE, Word, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Added, Removed, Table

State = Literal["permanent", "noarp", "stale", "reachable", "none", "incomplete", "delay", "probe", "failed"]
"""What is known of a neighbour."""

Searched = Literal[State, "all"]
"""What is known of a neighbour, or anything."""


def _lladdr(argument: str, value: Any) -> str:
    # A GRE tunnel of many ends has addresses of IPv4 below.
    return values.mac(argument, value) if ":" in str(value) else values.address(argument, value)


Below = Annotated[str | IPv4Address | IPv6Address, Word(_lladdr, "LLADDR")]
"""An address of the layer below: Ethernet's, or a tunnel's, such as "192.0.2.1"."""

Neighbour = Annotated[Address, ALONE, spelled(keys=("dst",))]
"""A neighbour's address."""


@words
class NeighbourWords:
    """A neighbour."""

    family: Family | None = None  # 4 or 6
    proxy: Present = False  # this machine answers for it
    dst: Neighbour = field(kw_only=False)  # its address
    lladdr: Below | None = None  # its address on the link, such as "02:00:00:00:00:01"
    nud: Annotated[State, spelled(keys=("nud",))] | None = None  # what is known of it, such as "permanent"
    router: Present = False  # it is a router
    use: Present = False  # it is asked for at once
    managed: Present = False  # the kernel asks for it again and again
    extern_learn: Present = False  # somebody else than the kernel learnt it
    protocol: ByteName | None = None  # who made it, such as "static"
    dev: LinkName = field(kw_only=True)  # the link that it is on


@words
class NeighbourAdded(Added, NeighbourWords):
    """A neighbour that is added."""


@words
class NeighbourAsked:
    """One neighbour."""

    family: Family | None = None  # 4 or 6
    proxy: Present = False  # one that this machine answers for
    dst: Neighbour = field(kw_only=False)  # its address
    dev: LinkName = field(kw_only=True)  # the link that it is on


@words
class NeighbourGone(Removed, NeighbourAsked):
    """A neighbour that is deleted."""


@words
class NeighbourSelector:
    """Which neighbours."""

    family: Family | None = None  # 4 or 6
    proxy: Present = False  # those that this machine answers for
    to: Network | None = None  # only those in this network
    dev: LinkName | None = None  # only those on this link
    nud: Annotated[Searched, spelled(keys=("nud",))] | None = None  # only those of this state; without it, not "noarp"
    vrf: LinkName | None = None  # only those on links in this VRF
    nomaster: Present = False  # only those on links that belong to no other


@words
class NeighbourShown(NeighbourSelector):
    """Which neighbours to show."""

    statistics: Statistics = False  # True: how long ago each was used, confirmed and changed, too


@words
class NeighbourFlushed(NeighbourSelector):
    """Which neighbours to delete."""

    all: Present = False  # all of them

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """All are not deleted by mistake."""
        if not given.keys() - {"family"}:
            raise InvalidArgumentError("dev", None, "say on which link, or which neighbours")


@frozen
class NeighbourInfo(Row):
    """A neighbour as the kernel has it. `state` such as ("REACHABLE",); `flags` such as router or proxy.

    With statistics it has how many seconds ago it was `used`, `confirmed` and `updated`, and the `probes` that were
    sent. As text it is the command that adds it.
    """

    dst: str
    dev: str | None = None
    lladdr: str | None = None
    state: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    protocol: str | None = None
    used: int | None = None
    confirmed: int | None = None
    updated: int | None = None
    probes: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> NeighbourInfo:
        """From an entry of `ip -j neigh`, where a flag is a key whose value is null."""
        flags = tuple(key for key, value in entry.items() if value is None and key != "protocol")
        state = tuple(entry.get("state") or ())
        counts = {key: entry.get(key) for key in ("protocol", "used", "confirmed", "updated", "probes")}
        return cls(entry.get("dst", ""), entry.get("dev"), entry.get("lladdr"), state, flags, **counts, raw=entry)

    def __str__(self) -> str:
        known = {"nud": self.state[0].lower()} if self.state else {}
        return NeighbourTable.add.line({**dict.fromkeys(self.flags, True), **self, **known})


class NeighbourTable(Table):
    """Neighbours of a place, `place.neigh`."""

    @verb("ip {family} neigh add", NeighbourAdded)
    def add(self, said: Said) -> None:
        """Add a neighbour.

        Raises InvalidArgumentError, ExistsError, NotFoundError (no such link).
        """
        self._carry_out(said)

    @verb("ip {family} neigh change", NeighbourWords)
    def change(self, said: Said) -> None:
        """Change a neighbour. Raises NotFoundError if it is not there."""
        self._carry_out(said)

    @verb("ip {family} neigh replace", NeighbourWords)
    def replace(self, said: Said) -> None:
        """Add a neighbour, or change the one that is there."""
        self._carry_out(said)

    @verb("ip {family} neigh delete", NeighbourGone)
    def delete(self, said: Said) -> None:
        """Delete a neighbour. Raises NotFoundError if it is not there."""
        self._carry_out(said)

    @verb("ip {family} neigh flush", NeighbourFlushed)
    def flush(self, said: Said) -> None:
        """Delete many neighbours: all on a link, or those that are selected; permanent ones only if `nud` says so."""
        self._carry_out(said)

    @verb("ip {statistics} {family} neigh [show]", NeighbourShown)
    def show(self, said: Said) -> Rows[NeighbourInfo]:
        """The neighbours; those without ARP only with `nud="all"`."""
        return self._rows(said)

    list = show.spelt("list")

    @verb("ip {family} neigh get", NeighbourAsked)
    def get(self, said: Said) -> NeighbourInfo:
        """One neighbour. Raises NotFoundError if it is not there."""
        # The answer is no JSON.
        return parse_neighbour(self._site.run(*said).stdout)

    def _rows(self, said: Said) -> Rows[NeighbourInfo]:
        dev = said.given.get("dev")
        # The answer leaves out the link that was asked for.
        bound = {"dev": dev} if dev else {}
        return Rows(NeighbourInfo.from_json({**bound, **entry}) for entry in self._site.read("ip", *said[1:]))


def parse_neighbour(text: str) -> NeighbourInfo:
    """The neighbour in what `ip neigh get` printed."""
    told = dict(re.findall(r" (dev|lladdr|proto) (\S+)", text))
    if not text.split():
        raise OutputError("`ip neigh get` told of no neighbour")
    entry: Entry = {"dst": text.split()[0], **told, "protocol": told.get("proto")}
    states = (one.upper() for one in get_args(State))
    entry["state"] = [one for one in states if re.search(rf" {one}\b", text)]
    flags = ("router", "proxy", "offload", "managed", "extern_learn")
    return NeighbourInfo.from_json(entry | {one: None for one in flags if re.search(rf" {one}\b", text)})
