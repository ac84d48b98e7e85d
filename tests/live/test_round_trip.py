"""What is asked of the kernel is what it then shows, for every kind of link there is."""

from __future__ import annotations

from typing import Any

import pytest

import netns_kit
from netns_kit import (
    Bond,
    Bridge,
    Dummy,
    Geneve,
    GretapTunnel,
    GreTunnel,
    Host,
    Ifb,
    IpipTunnel,
    Ipvlan,
    IsatapTunnel,
    Link,
    Macvlan,
    SitTunnel,
    Veth,
    VethPair,
    Vlan,
    Vrf,
    VtiTunnel,
    VxlanLink,
    Wireguard,
)
from netns_kit.links.tunnel import Tunnel

ENDS = {"remote": "10.9.0.2", "local": "10.9.0.1", "dev": "low"}
ENDS6 = {"remote": "fd00::2", "local": "fd00::1"}
BRIDGE = {"forward_delay": 300, "hello_time": 100, "max_age": 700, "ageing_time": 1000, "stp_state": True}
MULTICAST = {
    "mcast_querier": True,
    "mcast_router": 2,
    "mcast_query_use_ifaddr": True,
    "mcast_hash_max": 1024,
    "mcast_last_member_count": 3,
    "mcast_startup_query_count": 4,
    "mcast_last_member_interval": 200,
    "mcast_membership_interval": 30000,
    "mcast_querier_interval": 31000,
    "mcast_query_interval": 13000,
    "mcast_query_response_interval": 900,
    "mcast_startup_query_interval": 3000,
    "mcast_stats_enabled": True,
    "mcast_igmp_version": 3,
    "mcast_mld_version": 2,
}
OFFLOADS = {"udpcsum": False, "udp6zerocsumtx": True, "udp6zerocsumrx": True}

CASES: dict[type[Link], tuple[dict[str, Any], ...]] = {
    Bond: (
        {"mode": "active-backup", "miimon": 100, "updelay": 200, "downdelay": 300, "primary_reselect": "better"},
        {"mode": "active-backup", "fail_over_mac": "active", "num_grat_arp": 3, "all_slaves_active": True},
        {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast", "ad_select": "bandwidth", "min_links": 1},
        {"mode": "balance-xor", "xmit_hash_policy": "layer3+4", "resend_igmp": 4, "use_carrier": True},
        {"mode": "balance-rr", "packets_per_slave": 3, "arp_interval": 100},
        {"mode": "balance-tlb", "lp_interval": 2},
    ),
    Bridge: (
        {**BRIDGE, "priority": 4096, "nf_call_iptables": True, "nf_call_ip6tables": True, "nf_call_arptables": False},
        {"group_fwd_mask": 0xFFF8, "group_address": "01:80:C2:00:00:0F", "no_linklocal_learn": True, **MULTICAST},
        {"mcast_snooping": False, "mtu": 1400, "address": "02:00:00:00:00:09", "txqueuelen": 7},
    ),
    Dummy: ({}, {"mtu": 1300, "address": "02:00:00:00:00:01", "txqueuelen": 50}),
    Geneve: (
        {"id": 5, "remote": "10.9.0.2", "ttl": 4, "tos": 8, "df": "set", "dstport": 7000, "udpcsum": False},
        {"id": 5, "remote": "fd00::2", "ttl": "auto", "flowlabel": 9, "udp6zerocsumtx": True, "udp6zerocsumrx": True},
        {"external": True},
    ),
    GreTunnel: (
        {**ENDS, "ttl": 64, "tos": 16, "key": "1.2.3.4", "pmtudisc": True},
        {**ENDS, "ttl": "inherit", "tos": "inherit", "ikey": 5, "okey": 6, "pmtudisc": False},
    ),
    GretapTunnel: (
        {**ENDS, "ttl": 64, "tos": 16, "key": 7, "pmtudisc": True},
        {**ENDS, "ikey": 5, "okey": 6, "pmtudisc": False},
    ),
    Ifb: ({}, {"mtu": 1300}),
    IpipTunnel: ({**ENDS, "ttl": 64, "tos": 16}, {**ENDS, "ttl": "inherit", "tos": "inherit", "pmtudisc": False}),
    Ipvlan: ({"link": "low", "mode": "l2"}, {"link": "low", "mode": "l3s", "flag": "private"}),
    IsatapTunnel: ({"local": "10.9.0.1", "dev": "low", "ttl": 64}, {"local": "10.9.0.1", "pmtudisc": False}),
    Macvlan: ({"link": "low", "mode": "bridge"}, {"link": "low", "mode": "private", "address": "02:00:00:00:00:02"}),
    SitTunnel: ({**ENDS, "ttl": 64, "tos": 16, "pmtudisc": True}, {**ENDS, "ttl": "inherit", "pmtudisc": False}),
    Veth: ({},),
    Vlan: (
        {"link": "low", "id": 1810},
        {"link": "low", "id": 7, "protocol": "802.1ad", "reorder_hdr": False, "gvrp": True, "loose_binding": True},
    ),
    Vrf: ({"table": 10},),
    VtiTunnel: ({**ENDS, "key": 5}, {**ENDS, "ikey": 5, "okey": 6}),
    VxlanLink: (
        {"id": 100, "dstport": 4789, **ENDS},
        {"id": 5, "dstport": 4789, "group": "239.1.1.1", "dev": "low", "ttl": "inherit"},
        {"id": 5, "dstport": 4789, **ENDS6, "ttl": "auto", "flowlabel": 3, **OFFLOADS},
        {"id": 5, "dstport": 4789, **ENDS, "ttl": 5, "tos": 8, "df": "set", "srcport": (4000, 5000), "gbp": True},
        {"id": 5, "dstport": 4789, "learning": False, "proxy": True, "rsc": True, "l2miss": True, "l3miss": True},
        {"id": 5, "dstport": 4789, "ageing": 20, "maxaddress": 9, "remcsumtx": True, "remcsumrx": True},
        {"dstport": 4789, "external": True, "gpe": True, "learning": False},
    ),
    Wireguard: ({}, {"mtu": 1380}),
}


def link_classes() -> set[type[Link]]:
    """The classes of links that the package has, those without a kind of their own apart."""
    public = (getattr(netns_kit, name) for name in netns_kit.__all__)
    return {each for each in public if isinstance(each, type) and issubclass(each, Link) and each.kind}


def test_no_class_is_left_out() -> None:
    """Whoever adds a kind of link adds it here."""
    assert set(CASES) == link_classes()


@pytest.mark.parametrize("kind", [pytest.param(each, marks=pytest.mark.needs_kernel(each.kind)) for each in CASES])
def test_round_trip(kind: type[Link], host: Host) -> None:
    """The kernel shows what was asked for, however it was typed; deleting it leaves nothing."""
    low, _ = VethPair("low", "far").add()
    low.addr.add("10.9.0.1/24")
    before = {info.name for info in host.link.list() if not info.fallback}
    for options in CASES[kind]:
        link = kind("it", **options)
        for make in ("add", "link_add") if isinstance(link, Tunnel) else ("add",):
            if kind is Veth:
                VethPair("it", "peer").add()
            else:
                getattr(link, make)()
            info = link.show()
            assert info.kind == kind.kind
            assert not info.fallback
            assert link.differences(info) == {}, f"{make} {options}"
            link.delete()
    assert {info.name for info in host.link.list() if not info.fallback} == before


@pytest.mark.needs_kernel("vlan")
def test_round_trip_of_vlan_filtering(host: Host) -> None:
    """A bridge's options for VLANs come back as they were asked for."""
    statistics = {"vlan_stats_enabled": True, "vlan_stats_per_port": True}
    with Bridge("br0", vlan_filtering=True, vlan_protocol="802.1ad", vlan_default_pvid=2, **statistics) as br0:
        assert br0.differences(br0.show()) == {}


@pytest.mark.needs_kernel("dummy", "vlan")
def test_change_is_shown(host: Host) -> None:
    """What `change` asks for is shown, too."""
    Dummy("low").add()
    for link, options in (
        (VxlanLink("vx", id=5, dstport=4789, remote="10.9.0.2"), {"ageing": 30, "remote": "10.9.0.3"}),
        (Bridge("br0"), {"ageing_time": 4000, "stp_state": True}),
        (Vlan("low.5", link="low", id=5), {"gvrp": True}),
    ):
        link.add()
        link.change(**options)
        assert {**link.asked(), **options} == link.asked()
        assert link.differences(link.show()) == {}
