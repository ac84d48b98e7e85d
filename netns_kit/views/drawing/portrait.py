"""What a picture tells of a place: its node, from all that the kernel told of it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from netns_kit.conversion.network.state import PlaceState
from netns_kit.links.info import LinkInfo
from netns_kit.tables.address import AddressInfo
from netns_kit.views.drawing.deciding import Deciding
from netns_kit.views.nodes import PAIRS, UPPER, LinkNode, PlaceNode

_KEYS = {
    "vxlan": ("id", "local", "remote", "group", "link", "port"),
    "vlan": ("id",),
    "vrf": ("table",),
    "bond": ("mode",),
    "macvlan": ("mode",),
    "ipvlan": ("mode",),
}
_TUNNEL_KEYS = ("local", "remote", "ikey", "okey", "link")
_TUNNELS = ("ipip", "gre", "gretap", "sit", "vti", "ip6tnl", "ip6gre", "vti6", "geneve")


def portrait(state: PlaceState, deciding: Deciding | None = None) -> PlaceNode:
    """The node of a place; what decides there is what was read of it, unless it is given."""
    deciding = Deciding.of(state) if deciding is None else deciding
    remotes = _remotes(state)
    known = {info.name: info for info in state.snapshot.links}
    addresses: dict[str, list[AddressInfo]] = {}
    for one in state.snapshot.addresses:
        addresses.setdefault(one.dev, []).append(one)
    links = (
        evolve(
            _link(state, info, remotes.get(info.name, ()), addresses.get(info.name, ())),
            decides=deciding.of_link(info, known),
        )
        for info in known.values()
        if info.up or not info.fallback
    )
    # Multicast and link-local routes only repeat the addresses.
    routes = (one for one in state.snapshot.routes if not one.dst.startswith(("fe80::", "ff00::")))
    return PlaceNode(state.host, state.netns, tuple(links), tuple(routes), deciding.of_place(state), state)


def _remotes(state: PlaceState) -> dict[str, tuple[str, ...]]:
    """Where a VXLAN without a remote of its own sends what it knows no address for, by link."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in state.fdb:
        if entry.get("mac") == "00:00:00:00:00:00" and "dst" in entry:
            found[entry["ifname"]] = (*found.get(entry["ifname"], ()), entry["dst"])
    return found


def _link(state: PlaceState, info: LinkInfo, remotes: Iterable[str], addresses: Iterable[AddressInfo]) -> LinkNode:
    given = [
        str(one) if one.peer is None else f"{one.local} peer {one.peer}/{one.prefixlen}"
        for one in addresses
        if not (one.local.startswith("fe80:") and one.prefixlen == 64)
        and not (info.kind == "loopback" and one.local in ("127.0.0.1", "::1"))
    ]
    return LinkNode(
        state.id,
        info.name,
        info.kind,
        info.up,
        info.state,
        tuple(given),
        info.master,
        state.peers.get(info.name) if info.kind in (*UPPER, *PAIRS) else None,
        about=_about(info, remotes),
        mtu=info.mtu,
        info=info,
    )


def _about(info: LinkInfo, remotes: Iterable[str]) -> dict[str, str | int]:
    keys = _TUNNEL_KEYS if info.kind in _TUNNELS else _KEYS.get(info.kind, ())
    # The IPv6 of a VXLAN has keys of its own.
    about = {key: info.data.get(key) or info.data.get(f"{key}6") for key in keys}
    about["remote"] = " ".join(dict.fromkeys([*filter(None, [about.get("remote")]), *remotes]))
    if info.kind == "vlan" and info.data.get("protocol") not in (None, "802.1Q"):
        about["protocol"] = info.data["protocol"]
    return {key: value for key, value in about.items() if value not in (None, "", "any", "0.0.0.0", "::", "0.0.0.0/0")}
