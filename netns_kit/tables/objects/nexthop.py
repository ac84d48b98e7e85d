"""Next hops that routes share: `ip nexthop`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, ByteName, Family, LinkName, Number, Present
from netns_kit.commands.word import Word
from netns_kit.commands.words import field, refuse_together, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable, filled
from netns_kit.tables.route import wrapped
from netns_kit.tables.route_words import Encap
from netns_kit.tables.table import Added, Removed, the_one


def _group(argument: str, value: Any) -> str:
    members = value.split("/") if isinstance(value, str) else value
    if not isinstance(members, Sequence) or not members:
        raise InvalidArgumentError(argument, value, 'it must be ids, some with a weight: [5, (6, 3)], or "5/6,3"')
    parts = (one.split(",") if isinstance(one, str) else one if isinstance(one, tuple) else (one,) for one in members)
    return "/".join(",".join(str(values.integer(argument, part, 0, 2**32 - 1)) for part in one) for one in parts)


def _known_group(known: Any) -> str:
    return "/".join(",".join(str(one[part]) for part in ("id", "weight") if part in one) for one in known)


Group = Annotated[str | Sequence[int | tuple[int, int]], Word(_group, "ID[,WEIGHT]/…")]
"""Next hops by their ids, some with a weight: `[5, (6, 3)]`, or "5/6,3"."""


@words
class NexthopWords:
    """A next hop."""

    family: Family | None = None  # 4 or 6, where nothing else tells
    id: Number = field(kw_only=False)  # its number, by which routes know it
    encap: Encap | None = None  # in what packets are wrapped, such as "mpls 100"
    via: Address | None = None  # the gateway
    dev: LinkName | None = None  # the link to leave by
    onlink: Present = False  # the gateway is on the link, whatever its address
    blackhole: Present = False  # packets are swallowed
    group: Group | None = None  # several others, one of which each packet takes
    fdb: Present = False  # it is for forwarding entries of a VXLAN
    type: Literal["mpath", "resilient"] | None = None  # "resilient": a way is kept as long as packets go it
    buckets: Number | None = None  # into how many parts a resilient group's traffic is divided
    idle_timer: Number | None = None  # seconds of silence after which such a part may take another way
    unbalanced_timer: Number | None = None  # seconds of imbalance after which it must
    protocol: ByteName | None = None  # who made it, such as "static"

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A way of its own, a group, or nowhere."""
        refuse_together(given, "via", "group", "blackhole")


@words
class NexthopAdded(Added, NexthopWords):
    """A next hop that is added."""


@words
class NexthopId:
    """One next hop."""

    id: Number = field(kw_only=False)  # its number


@words
class NexthopGone(Removed, NexthopId):
    """A next hop that is deleted."""


@words
class NexthopSelector:
    """Which next hops."""

    family: Family | None = None  # 4 or 6
    protocol: ByteName | None = None  # only those made so, such as "static"
    id: Number | None = None  # only this one
    dev: LinkName | None = None  # only those through this link
    vrf: LinkName | None = None  # only those through links in this VRF
    master: LinkName | None = None  # only those through links that belong to this one
    groups: Present = False  # only groups
    fdb: Present = False  # only those for forwarding entries


@words
class BucketSelector:
    """Which parts of resilient groups."""

    id: Number | None = None  # only those of this group
    dev: LinkName | None = None  # only those that go through this link
    nhid: Number | None = None  # only those that go this way


@words
class BucketIndex:
    """One part of a resilient group."""

    id: Number = field(kw_only=False)  # the group
    index: Number = field(kw_only=False)  # which of its parts


@frozen
class NexthopInfo(Row):
    """A next hop as the kernel has it; `group` is such as "5/6,3". As text it is the command that adds it."""

    id: int
    gateway: str | None = None
    dev: str | None = None
    group: str | None = None
    type: str | None = None
    blackhole: bool = False
    fdb: bool = False
    encap: str | None = None
    scope: str | None = None
    protocol: str | None = None
    flags: tuple[str, ...] = ()
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> NexthopInfo:
        """From an entry of `ip -j nexthop`."""
        group = _known_group(entry["group"]) if "group" in entry else None
        return attrs.evolve(filled(cls, entry), group=group, encap=wrapped(entry))

    def __str__(self) -> str:
        resilient = self.raw.get("resilient_args", {})
        known = {name: value for name, value in self.items() if value not in ("unspec", "mpath")}
        return NexthopTable.add.line(
            {**resilient, **dict.fromkeys(self.flags, True), **known, "via": self.gateway, "encap": self.encap}
        )


@frozen
class BucketInfo(Row):
    """A part of a resilient group: which way it goes, and for how many seconds it was idle."""

    id: int
    index: int = 0
    nhid: int = 0
    idle_time: float = 0.0
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class BucketTable(ObjectTable):
    """The parts of resilient groups, `place.nexthop.bucket`."""

    @verb("ip nexthop bucket list", BucketSelector)
    def list(self, said: Said) -> Rows[BucketInfo]:
        """The parts."""
        return Rows(_bucket(entry) for entry in self._site.read("ip", *said[1:]))

    show = list.spelt("show")

    @verb("ip nexthop bucket get", BucketIndex)
    def get(self, said: Said) -> BucketInfo:
        """One part. Raises NotFoundError."""
        return the_one(Rows(_bucket(entry) for entry in self._site.read("ip", *said[1:])))


def _bucket(entry: Entry) -> BucketInfo:
    return filled(BucketInfo, {**entry, **entry.get("bucket", {})})


class NexthopTable(ObjectTable):
    """Next hops of a place, `place.nexthop`, which several routes may share: `place.route.add(…, nhid=5)`."""

    @property
    def bucket(self) -> BucketTable:
        """The parts of resilient groups."""
        return BucketTable(self._site)

    @verb("ip {family} nexthop add", NexthopAdded)
    def add(self, said: Said) -> None:
        """Add a next hop. Raises InvalidArgumentError, ExistsError, UnreachableError (its link is down)."""
        self._carry_out(said)

    @verb("ip {family} nexthop replace", NexthopWords)
    def replace(self, said: Said) -> None:
        """Add a next hop, or change the one that is there."""
        self._carry_out(said)

    @verb("ip nexthop delete", NexthopGone)
    def delete(self, said: Said) -> None:
        """Delete a next hop, and the routes that go by it. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip {family} nexthop flush", NexthopSelector)
    def flush(self, said: Said) -> None:
        """Delete many next hops: all, or those that are selected."""
        self._site.run(*said)

    @verb("ip {family} nexthop [show]", NexthopSelector)
    def show(self, said: Said) -> Rows[NexthopInfo]:
        """The next hops."""
        return self._known(said)

    list = show.spelt("list")

    @verb("ip nexthop get", NexthopId)
    def get(self, said: Said) -> NexthopInfo:
        """One next hop. Raises NotFoundError."""
        return the_one(self._known(said))

    def _known(self, said: Said) -> Rows[NexthopInfo]:
        return Rows(NexthopInfo.from_json(entry) for entry in self._site.read("ip", "-d", *said[1:]))
