"""The calls for what a bridge's ports do, where somebody chose it."""

from __future__ import annotations

from typing import Any

from netns_kit.conversion.calls import call
from netns_kit.conversion.network.plan import Plan
from netns_kit.conversion.network.state import PlaceState, Rest
from netns_kit.links.info import LinkInfo

_USUAL = {
    "priority": 32, "guard": False, "hairpin": False, "fastleave": False, "root_block": False, "learning": True,
    "flood": True, "mcast_router": 1, "mcast_flood": True, "bcast_flood": True, "mcast_to_unicast": False,
    "neigh_suppress": False, "vlan_tunnel": False, "isolated": False, "locked": False, "proxy_arp": False,
    "proxy_arp_wifi": False,
}  # fmt: skip
"""What a new port does."""

_CALLED = {"mcast_router": "multicast_router"}
"""What the kernel's answer calls them."""

_COSTS = (2, 4, 19, 100)
"""What the kernel takes for the cost of a port, by its speed."""


def ports(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """What each port does that a new one would not."""
    bridges = {info.name for info in state.snapshot.links if info.kind == "bridge"}
    for link in plan.links_of(state):
        chosen = _chosen(link.info) if link.info.master in bridges else {}
        if chosen:
            plan.say(state.id, call(f"{link.variable}.bridge_slave", **chosen))


def _chosen(info: LinkInfo) -> dict[str, Any]:
    told = info.port_data
    found = {name: told.get(_CALLED.get(name, name), usual) for name, usual in _USUAL.items()}
    chosen = {name: value for name, value in found.items() if value != _USUAL[name]}
    if told.get("cost", _COSTS[0]) not in _COSTS:
        chosen["cost"] = told["cost"]
    mask = int(str(told.get("group_fwd_mask", "0")), 16)
    return {**chosen, **({"group_fwd_mask": mask} if mask else {})}
