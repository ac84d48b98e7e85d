"""Which VLANs a bridge lets through which port: `bridge vlan`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from attrs import field as attribute
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, Number, OneZero, Present, whole
from netns_kit.commands.word import Word
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table, complete_with_link


@frozen
class VlanFilterInfo(Row):
    """A VLAN, or those up to `vlan_end`, of a port. `pvid`: what comes in untagged gets it; `untagged`: goes out so.

    `tunnel_id` is the network of a VXLAN that it is joined to, which `tunnelshow` tells; `details` tells `state` and
    `mcast_router`, `statistics` the counters.
    """

    dev: str
    vlan: int
    vlan_end: int | None = None
    pvid: bool = False
    untagged: bool = False
    tunnel_id: int | None = None
    state: str | None = None
    mcast_router: int | None = None
    rx_bytes: int | None = None
    rx_packets: int | None = None
    tx_bytes: int | None = None
    tx_packets: int | None = None
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, dev: str, entry: Entry) -> VlanFilterInfo:
        """From an entry of a port's `vlans`, or of its `tunnels`."""
        flags = entry.get("flags") or ()
        # With counters it has another name.
        vlan = entry["vlan" if "vlan" in entry else "vid"]
        return cls(
            dev,
            vlan,
            entry.get("vlanEnd"),
            "PVID" in flags,
            "Egress Untagged" in flags,
            entry.get("tunid"),
            entry.get("state"),
            entry.get("mcast_router"),
            entry.get("rx_bytes"),
            entry.get("rx_packets"),
            entry.get("tx_bytes"),
            entry.get("tx_packets"),
            entry,
        )


def _checked_vid(argument: str, value: Any) -> str:
    return _checked_range(argument, value, 1, 4094)


def _checked_range(argument: str, value: Any, low: int, high: int) -> str:
    found = re.fullmatch(r"(\d+)-(\d+)", values.written(argument, value))
    if not found:
        return str(values.integer(argument, value, low, high))
    first = values.integer(argument, int(found[1]), low, high)
    return f"{first}-{values.integer(argument, int(found[2]), first, high)}"


def checked_vnis(argument: str, value: Any) -> str:
    """A network's number, or several, such as "100-110"."""
    return _checked_range(argument, value, 0, 2**24 - 1)


Vids = Annotated[int | str, Word(_checked_vid, "VID")]
"""A VLAN, 1 to 4094, or several, such as "10-20"."""


class _Phrase(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Several words before the value."""
        return (*self.token.split(), str(value))


TunnelInfo = Annotated[int | str, _Phrase(checked_vnis, "VNI", "tunnel_info id")]
"""A VXLAN's network, or as many as there are VLANs."""


@words
class VlanFilterWords:
    """VLANs."""

    dev: LinkName | None = None  # the port, or the bridge
    vid: Vids = field(kw_only=False)  # a VLAN, or several, such as "10-20"
    tunnel_info: TunnelInfo | None = None  # a VXLAN's networks
    pvid: Present = False  # what comes in untagged gets it
    untagged: Present = False  # it goes out untagged
    self_: Present = False  # the link itself is meant, as for a bridge
    master: Present = False  # the bridge of which the link is a port, which is meant unless something else is said

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Untagged packets get one VLAN."""
        complete_with_link(given)
        if given.get("pvid") and "-" in str(given.get("vid")):
            raise InvalidArgumentError("pvid", True, "untagged packets get one VLAN, not a range of them")


@words
class VlanSetWords:
    """What a port does with VLANs."""

    dev: LinkName | None = None  # the port
    vid: Vids = field(kw_only=False)  # a VLAN, or several, such as "10-20"
    state: Annotated[int, whole(0, 4)] | None = None  # 0 disabled, 1 listens, 2 learns, 3 forwards, 4 blocks
    mcast_router: Annotated[int, whole(0, 2)] | None = None  # towards routers: 0 never, 1 if there is one, 2 always

    complete = staticmethod(complete_with_link)


@words
class VlanGlobalWords:
    """What a bridge does with VLANs. Times are in hundredths of a second."""

    dev: LinkName | None = None  # the bridge
    vid: Vids = field(kw_only=False)  # a VLAN, or several, such as "10-20"
    mcast_snooping: OneZero | None = None  # whether multicast goes only where somebody listens
    mcast_querier: OneZero | None = None  # whether it asks who listens
    mcast_igmp_version: Annotated[int, whole(2, 3)] | None = None  # 2 or 3
    mcast_mld_version: Annotated[int, whole(1, 2)] | None = None  # 1 or 2
    mcast_last_member_count: Number | None = None  # queries before a group is left
    mcast_last_member_interval: Number | None = None  # between those
    mcast_startup_query_count: Number | None = None  # queries in the beginning
    mcast_startup_query_interval: Number | None = None  # between those
    mcast_membership_interval: Number | None = None  # after which a member is forgotten
    mcast_querier_interval: Number | None = None  # after which another querier is forgotten
    mcast_query_interval: Number | None = None  # between queries
    mcast_query_response_interval: Number | None = None  # for the answers

    complete = staticmethod(complete_with_link)


@words
class VlanSelector:
    """Which VLANs."""

    dev: LinkName | None = None  # those of this link
    vid: Annotated[int, whole(1, 4094)] | None = None  # only this one


@frozen
class VlanGlobalInfo(Row):
    """What a bridge does with a VLAN, or those up to `vlan_end`. Times are in hundredths of a second."""

    dev: str
    vlan: int
    vlan_end: int | None = None
    mcast_snooping: bool = False
    mcast_querier: bool = False
    mcast_igmp_version: int | None = None
    mcast_mld_version: int | None = None
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, dev: str, entry: Entry) -> VlanGlobalInfo:
        """From an entry of a bridge's `vlans`."""
        return cls(
            dev,
            entry.get("vlan", 0),
            entry.get("vlanEnd"),
            bool(entry.get("mcast_snooping")),
            bool(entry.get("mcast_querier")),
            entry.get("mcast_igmp_version"),
            entry.get("mcast_mld_version"),
            entry,
        )


class VlanFilterTable(Table):
    """The VLANs of all links, `place.vlan`, of a bridge's port, `link.vlan`, or of the bridge itself, `bridge.vlan`.

    They count on a bridge with `vlan_filtering`. For a link's, `dev` need not be given.
    """

    def __init__(self, at: At | None = None, dev: str | None = None, *, bridge: bool = False) -> None:
        super().__init__(at)
        self._bound = {"dev": dev, **({"self_": True} if bridge else {})} if dev else {}

    @verb("bridge vlan add {dev}", VlanFilterWords)
    def add(self, said: Said) -> None:
        """Let a VLAN through, or several.

        Raises InvalidArgumentError, NotFoundError, MissingModuleError (no port of a bridge, or a kernel without it).
        """
        self._site.change(*said)

    @verb("bridge vlan del {dev}", VlanFilterWords)
    def delete(self, said: Said) -> None:
        """Let a VLAN, or several, through no more."""
        self._site.change(*said)

    @verb("bridge vlan set {dev}", VlanSetWords)
    def set(self, said: Said) -> None:
        """Change what a port does with VLANs that it lets through."""
        self._site.change(*said)

    @verb("bridge vlan global set {dev}", VlanGlobalWords)
    def global_set(self, said: Said) -> None:
        """Change what the bridge does with VLANs."""
        self._site.change(*said)

    @verb("bridge vlan show", VlanSelector)
    def show(self, said: Said) -> Rows[VlanFilterInfo]:
        """The VLANs that are let through."""
        return self._rows(said)

    list = show.spelt("list")

    @verb("bridge -d vlan show", VlanSelector)
    def details(self, said: Said) -> Rows[VlanFilterInfo]:
        """The VLANs that are let through, with their states."""
        return self._rows(said)

    @verb("bridge -s vlan show", VlanSelector)
    def statistics(self, said: Said) -> Rows[VlanFilterInfo]:
        """The VLANs that are let through, with their counters."""
        return self._rows(said)

    @verb("bridge vlan tunnelshow", VlanSelector)
    def tunnelshow(self, said: Said) -> Rows[VlanFilterInfo]:
        """The VLANs that are joined to a VXLAN's networks."""
        return self._rows(said, "tunnels")

    @verb("bridge vlan global show", VlanSelector)
    def global_show(self, said: Said) -> Rows[VlanGlobalInfo]:
        """What bridges do with VLANs."""
        return Rows(
            VlanGlobalInfo.from_json(entry.get("ifname", ""), vlan)
            for entry in self._site.read(*said)
            for vlan in entry.get("vlans", ())
        )

    def _rows(self, said: Said, key: str = "vlans") -> Rows[VlanFilterInfo]:
        return Rows(
            VlanFilterInfo.from_json(entry.get("ifname", said.given.get("dev", "")), vlan)
            for entry in self._site.read(*said)
            for vlan in entry.get(key, ())
        )
