"""Ports of bridges: `bridge link`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from attrs import field as attribute
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, OnOff, Present, whole
from netns_kit.commands.word import Word
from netns_kit.commands.words import refuse_together, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.fdb import complete_with_link
from netns_kit.tables.table import Table

STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def _checked_state(argument: str, value: Any) -> str:
    return value if value in STATES else str(values.integer(argument, value, 0, 4))


PortState = Annotated[
    int | Literal["disabled", "listening", "learning", "forwarding", "blocking"], Word(_checked_state, "STATE")
]
"""A state of the spanning tree protocol, or its number, 0 to 4."""


@frozen
class BrportInfo(Row):
    """A port of a bridge as `bridge -d link` shows it; what is no field here is in `raw`."""

    dev: str
    master: str | None = None
    state: str = ""
    priority: int | None = None
    cost: int | None = None
    hairpin: bool = False
    guard: bool = False
    root_block: bool = False
    fastleave: bool = False
    learning: bool = False
    flood: bool = False
    mcast_flood: bool = False
    bcast_flood: bool = False
    mcast_router: int | None = None
    mcast_to_unicast: bool = False
    neigh_suppress: bool = False
    vlan_tunnel: bool = False
    isolated: bool = False
    locked: bool = False
    backup_port: str | None = None
    hwmode: str | None = None
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> BrportInfo:
        """From an entry of `bridge -j -d link`."""
        told = {name: entry[name] for name in BrportInfo._names() if name in entry}
        return cls(dev=entry.get("ifname", ""), raw=entry, **told)


@words
class SlaveWords:
    """What both `bridge link` and `ip link` say of a port."""

    cost: Annotated[int, whole(1, 65535)] | None = None  # the way's cost for the spanning tree protocol
    priority: Annotated[int, whole(0, 63)] | None = None  # of ports of the same cost, that with the lowest is used
    state: PortState | None = None  # what it does with packets, unless the protocol decides it
    guard: OnOff | None = None  # whether the protocol's packets that come in set it down
    hairpin: OnOff | None = None  # whether packets may leave by the port that they came by
    fastleave: OnOff | None = None  # whether a group is left at once
    root_block: OnOff | None = None  # whether it may not lead to the root
    learning: OnOff | None = None  # whether it learns where addresses are
    flood: OnOff | None = None  # whether packets to addresses that nobody knows leave by it
    mcast_router: Annotated[int, whole(0, 3)] | None = None  # towards routers: 0 never, 1 if there is one, 2 always
    mcast_flood: OnOff | None = None  # whether multicast that nobody asked for leaves by it
    bcast_flood: OnOff | None = None  # whether broadcasts leave by it
    mcast_to_unicast: OnOff | None = None  # whether listeners get multicast each by their own address
    neigh_suppress: OnOff | None = None  # whether the bridge answers ARP for those behind it
    vlan_tunnel: OnOff | None = None  # whether VLANs are joined to a VXLAN's networks
    isolated: OnOff | None = None  # whether it may not talk to other isolated ports
    locked: OnOff | None = None  # whether only known addresses may send through it
    backup_port: LinkName | None = None  # the port that packets leave by while this one is down
    nobackup_port: Present = False  # no such port

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Something must be said, and not two things."""
        if not given.keys() - {"dev"}:
            raise InvalidArgumentError("options", None, "say what to set")
        refuse_together(given, "backup_port", "nobackup_port")


@words
class BrportWords(SlaveWords):
    """What `bridge link` says of a port."""

    dev: LinkName | None = None  # the port
    learning_sync: OnOff | None = None  # whether the card tells the bridge what it learns
    hwmode: Literal["vepa", "veb"] | None = None  # whether the card or the switch behind it joins virtual cards
    self_: Present = False  # the card itself is meant
    master: Present = False  # the bridge is meant, as it is unless something else is said

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It is a port's."""
        complete_with_link(given)
        SlaveWords.complete(given)


@words
class BridgeSlaveWords(SlaveWords):
    """What `ip link` says of a port."""

    fdb_flush: Present = False  # what was learnt at it is forgotten
    proxy_arp: OnOff | None = None  # whether the bridge answers ARP for those behind it
    proxy_arp_wifi: OnOff | None = None  # so for a wireless port
    mcast_fast_leave: OnOff | None = None  # whether a group is left at once
    group_fwd_mask: Annotated[int, whole(0, 65535)] | None = None  # a bit for each 01:80:c2:00:00:0X to forward


@words
class BrportSelector:
    """Which ports."""

    dev: LinkName | None = None  # only this one


class BrportTable(Table):
    """The ports of a place's bridges, `place.brport`, or what one link is as a port, `link.brport`.

    For a link's, `dev` need not be given.
    """

    def __init__(self, at: At | None = None, dev: str | None = None) -> None:
        super().__init__(at)
        self._bound = {"dev": dev} if dev else {}

    @verb("bridge link set {dev}", BrportWords)
    def set(self, said: Said) -> None:
        """Change what a port does. Raises NotFoundError, RefusedValueError (it is no port)."""
        self._site.change(*said)

    @verb("bridge -d link show", BrportSelector)
    def show(self, said: Said) -> Rows[BrportInfo]:
        """The ports, and what each does."""
        return Rows(BrportInfo.from_json(entry) for entry in self._site.read(*said))
