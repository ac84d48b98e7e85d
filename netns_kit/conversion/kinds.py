"""Which class a link is of, and which of its options somebody chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netns_kit.commands.words import spec
from netns_kit.links.bond import Bond
from netns_kit.links.bridge import Bridge
from netns_kit.links.dummy import Dummy
from netns_kit.links.geneve import Geneve
from netns_kit.links.gre import GreTunnel
from netns_kit.links.gretap import GretapTunnel
from netns_kit.links.ifb import Ifb
from netns_kit.links.info import LinkInfo
from netns_kit.links.ipip import IpipTunnel
from netns_kit.links.ipvlan import Ipvlan
from netns_kit.links.isatap import IsatapTunnel
from netns_kit.links.link import Link
from netns_kit.links.macvlan import Macvlan
from netns_kit.links.sit import SitTunnel
from netns_kit.links.vlan import Vlan
from netns_kit.links.vrf import Vrf
from netns_kit.links.vti import VtiTunnel
from netns_kit.links.vxlan import VxlanLink
from netns_kit.links.wireguard import Wireguard

CLASSES: Mapping[str, type[Link]] = {
    cls.__name__: cls
    for cls in (
        Bond,
        Bridge,
        Dummy,
        Geneve,
        GreTunnel,
        GretapTunnel,
        Ifb,
        IpipTunnel,
        Ipvlan,
        IsatapTunnel,
        Macvlan,
        SitTunnel,
        Vlan,
        Vrf,
        VtiTunnel,
        VxlanLink,
        Wireguard,
    )
}
ETHERNET = ("veth", "bridge", "bond", "vlan", "macvlan", "vxlan", "geneve", "gretap")
"""Kinds that speak ARP and multicast unless somebody says otherwise."""

_TUNNEL = {
    "ttl": "inherit",
    "tos": "0x0",
    "pmtudisc": True,
    "remote": "any",
    "local": "any",
    "ikey": 0,
    "okey": 0,
    "key": 0,
}
_OVER_UDP = {"ttl": "auto", "tos": "0x0", "df": "unset"}
USUAL: Mapping[str, Mapping[str, Any]] = {
    "bridge": {
        "forward_delay": 1500,
        "hello_time": 200,
        "max_age": 2000,
        "ageing_time": 30000,
        "priority": 32768,
        "group_fwd_mask": 0,
        "group_address": "01:80:c2:00:00:00",
        "vlan_protocol": "802.1q",
        "vlan_default_pvid": 1,
        "mcast_snooping": True,
        "mcast_router": 1,
        "mcast_hash_elasticity": 16,
        "mcast_hash_max": 4096,
        "mcast_last_member_count": 2,
        "mcast_startup_query_count": 2,
        "mcast_last_member_interval": 100,
        "mcast_membership_interval": 26000,
        "mcast_querier_interval": 25500,
        "mcast_query_interval": 12500,
        "mcast_query_response_interval": 1000,
        "mcast_startup_query_interval": 3124,
        "mcast_igmp_version": 2,
        "mcast_mld_version": 1,
    },
    "bond": {
        "mode": "balance-rr",
        "miimon": 0,
        "updelay": 0,
        "downdelay": 0,
        "use_carrier": True,
        "arp_interval": 0,
        "arp_validate": "none",
        "arp_all_targets": "any",
        "arp_missed_max": 2,
        "primary_reselect": "always",
        "fail_over_mac": "none",
        "xmit_hash_policy": "layer2",
        "resend_igmp": 1,
        "num_grat_arp": 1,
        "min_links": 0,
        "lp_interval": 1,
        "packets_per_slave": 1,
        "lacp_rate": "slow",
        "lacp_active": True,
        "tlb_dynamic_lb": True,
        "ad_select": "stable",
    },
    "vxlan": {**_OVER_UDP, "udpcsum": True, "srcport": (0, 0), "learning": True, "ageing": 300, "maxaddress": 0},
    "geneve": {**_OVER_UDP, "flowlabel": 0, "udp6zerocsumrx": True},
    "vlan": {"protocol": "802.1q", "reorder_hdr": True},
    "macvlan": {"mode": "vepa", "bcqueuelen": 1000},
    "ipvlan": {"mode": "l3", "flag": "bridge"},
    "ipip": {**_TUNNEL, "mode": "ipip"},
    "sit": {**_TUNNEL, "mode": "ip6ip"},
    **dict.fromkeys(("gre", "gretap", "vti"), _TUNNEL),
}
"""The options that a link has if nobody says otherwise. An option that is off is not told, but for those here."""

_OVERHEADS = {"vxlan": 50, "geneve": 50, "vlan": 0, "macvlan": 0, "ipvlan": 0}
TUNNELS = {"ipip": 20, "sit": 20, "vti": 20, "gre": 24, "gretap": 38}
"""Tunnels over IPv4, and the bytes that they add to a packet."""


def class_of(info: LinkInfo) -> type[Link] | None:
    """The class that makes such a link; None for one that cannot be made, such as a physical card."""
    if info.kind == "sit":
        return IsatapTunnel if "isatap" in info.data.get("flags", ()) or info.data.get("isatap") else SitTunnel
    return next((cls for cls in CLASSES.values() if cls.kind == info.kind), None)


def chosen(cls: type[Link], info: LinkInfo) -> dict[str, Any]:
    """The options of its kind that are not as they are by themselves."""
    usual = USUAL.get(info.kind, {})
    options: dict[str, Any] = {}
    for name, word in spec(cls).known.items():
        value = info.lower if name == "link" else word.known(info.data)
        if name in spec(Link).known or value is None or value == usual.get(name, False):
            continue
        if value in ("0.0.0.0", "::", "any", "0.0.0.0/0"):
            continue
        options[name] = value
    if options.get("external"):
        options.pop("id", None)
        options = {name: value for name, value in options.items() if (name, value) != ("learning", False)}
    if "key" in options:
        options = {name: value for name, value in options.items() if name not in ("ikey", "okey")}
    return options


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
