"""What is said of a bridge's port, by `bridge link` and by `ip link`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import LinkName, OnOff, Present, whole
from netns_kit.commands.word import Word
from netns_kit.commands.words import refuse_together, words

STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def _checked_state(argument: str, value: Any) -> str:
    return value if value in STATES else str(values.integer(argument, value, 0, 4))


PortState = Annotated[
    int | Literal["disabled", "listening", "learning", "forwarding", "blocking"], Word(_checked_state, "STATE")
]
"""A state of the spanning tree protocol, or its number, 0 to 4."""


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
class BridgeSlaveWords(SlaveWords):
    """What `ip link` says of a port."""

    fdb_flush: Present = False  # what was learnt at it is forgotten
    proxy_arp: OnOff | None = None  # whether the bridge answers ARP for those behind it
    proxy_arp_wifi: OnOff | None = None  # so for a wireless port
    mcast_fast_leave: OnOff | None = None  # whether a group is left at once
    group_fwd_mask: Annotated[int, whole(0, 65535)] | None = None  # a bit for each 01:80:c2:00:00:0X to forward
