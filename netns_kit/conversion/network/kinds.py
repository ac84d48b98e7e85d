"""Which class a link is of, and which of its options somebody chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netns_kit.commands.words import spec
from netns_kit.links import finding
from netns_kit.links.batadv import Batadv
from netns_kit.links.bond import Bond
from netns_kit.links.bridge import Bridge
from netns_kit.links.dummy import Dummy
from netns_kit.links.erspan import ErspanTunnel
from netns_kit.links.geneve import Geneve
from netns_kit.links.gre import GreTunnel
from netns_kit.links.gretap import GretapTunnel
from netns_kit.links.gtp import Gtp
from netns_kit.links.ifb import Ifb
from netns_kit.links.info import LinkInfo
from netns_kit.links.ip6erspan import Ip6erspanTunnel
from netns_kit.links.ip6gre import Ip6greTunnel
from netns_kit.links.ip6gretap import Ip6gretapTunnel
from netns_kit.links.ip6tnl import Ip6tnlTunnel
from netns_kit.links.ipip import IpipTunnel
from netns_kit.links.ipvlan import Ipvlan
from netns_kit.links.ipvtap import Ipvtap
from netns_kit.links.isatap import IsatapTunnel
from netns_kit.links.link import Link
from netns_kit.links.macsec import Macsec
from netns_kit.links.macvlan import Macvlan
from netns_kit.links.macvtap import Macvtap
from netns_kit.links.nlmon import Nlmon
from netns_kit.links.sit import SitTunnel
from netns_kit.links.team import Team
from netns_kit.links.tunnel import Tunnel
from netns_kit.links.vcan import Vcan
from netns_kit.links.vlan import Vlan
from netns_kit.links.vrf import Vrf
from netns_kit.links.vti import VtiTunnel
from netns_kit.links.vti6 import Vti6Tunnel
from netns_kit.links.vxlan import VxlanLink
from netns_kit.links.wireguard import Wireguard
from netns_kit.links.xfrm import XfrmLink

CLASSES: Mapping[str, type[Link]] = {
    cls.__name__: cls
    for cls in (
        Batadv,
        Bond,
        Bridge,
        Dummy,
        ErspanTunnel,
        Geneve,
        GreTunnel,
        GretapTunnel,
        Gtp,
        Ifb,
        Ip6erspanTunnel,
        Ip6greTunnel,
        Ip6gretapTunnel,
        Ip6tnlTunnel,
        IpipTunnel,
        Ipvlan,
        Ipvtap,
        IsatapTunnel,
        Macsec,
        Macvlan,
        Macvtap,
        Nlmon,
        SitTunnel,
        Team,
        Vcan,
        Vlan,
        Vrf,
        Vti6Tunnel,
        VtiTunnel,
        VxlanLink,
        Wireguard,
        XfrmLink,
    )
}
ETHERNET = ("veth", "bridge", "bond", "vlan", "macvlan", "vxlan", "geneve", "gretap")
"""Kinds that speak ARP and multicast unless somebody says otherwise."""

_OF_TUNNEL = {"ipip": "ipip", "sit": "ip6ip", "ip6tnl": "ip6ip6"}
"""What a tunnel of `ip tunnel` carries if nobody says otherwise; one of `ip link` carries anything."""

_OF_PORTS = ("primary",)
"""Options that name a port, which must be there before."""

_OVERHEADS = {"vxlan": 50, "geneve": 50, "vlan": 0, "macvlan": 0, "ipvlan": 0}
TUNNELS = {"ipip": 20, "sit": 20, "vti": 20, "gre": 24, "gretap": 38}
"""Tunnels over IPv4, and the bytes that they add to a packet."""


def class_of(info: LinkInfo) -> type[Link] | None:
    """The class that makes such a link; None for one that cannot be made, such as a physical card."""
    if info.kind == "sit":
        return IsatapTunnel if "isatap" in info.data.get("flags", ()) or info.data.get("isatap") else SitTunnel
    return next((cls for cls in CLASSES.values() if cls.kind == info.kind), None)


def chosen(cls: type[Link], info: LinkInfo) -> dict[str, Any]:
    """The options of its kind that are not as they are by themselves, but for those that name a port."""
    shared, known = spec(Link).known, spec(cls).known
    options = {name: value for name, value in finding.chosen(cls, info).items() if name not in shared}
    options = {name: value for name, value in options.items() if name not in _OF_PORTS}
    if info.kind in _OF_TUNNEL and "mode" in known:
        mode = known["mode"].known(info.data)
        options = {name: value for name, value in options.items() if name != "mode"}
        usual = _OF_TUNNEL[info.kind] if making(cls, options) == "add" else "any"
        options |= {} if mode in (None, usual) else {"mode": mode}
    return options


def chosen_of_ports(info: LinkInfo) -> dict[str, Any]:
    """The options of its kind that name one of its ports."""
    cls = class_of(info)
    options = finding.chosen(cls, info) if cls else {}
    return {name: value for name, value in options.items() if name in _OF_PORTS}


def making(cls: type[Link], options: Mapping[str, Any]) -> str:
    """The verb that makes it: `ip tunnel` does not know all that `ip link` knows."""
    if not issubclass(cls, Tunnel):
        return "add"
    known = cls.change.spec.known
    return (
        "add" if all(name in known and (value or name == "pmtudisc") for name, value in options.items()) else "link_add"
    )


def usual_mtu(info: LinkInfo, lower: int | None, ports: list[int], others: set[int]) -> int | None:
    """The MTU that such a link has by itself, on a link of MTU `lower` or with such ports; None if unknown.

    `others` are those of all links of the place: through one of them the kernel finds a tunnel's way.
    """
    if info.kind == "loopback":
        return 65536
    if info.kind == "bridge":
        return min(ports, default=1500)
    if info.kind in _OVERHEADS and lower is not None:
        over_ipv6 = any(":" in str(info.data.get(key, "")) for key in ("remote6", "local6", "group6"))
        return lower - _OVERHEADS[info.kind] - (20 if over_ipv6 else 0)
    if info.kind in TUNNELS and not {"ikey", "okey"} & set(info.data) and not others - {1500, 65536, info.mtu}:
        return 1500 - TUNNELS[info.kind]
    if info.kind == "wireguard":
        return 1420
    return 1500 if info.kind not in ("geneve", *TUNNELS) else None
