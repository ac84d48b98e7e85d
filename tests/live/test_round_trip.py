"""What is asked of the kernel is what it then shows, for every kind of link there is."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest

import netns_kit
from netns_kit import (
    Amt,
    Bareudp,
    Batadv,
    Bond,
    Bridge,
    Dsa,
    Dummy,
    ErspanTunnel,
    Geneve,
    GretapTunnel,
    GreTunnel,
    Gtp,
    Host,
    Hsr,
    Ifb,
    Ip6erspanTunnel,
    Ip6gretapTunnel,
    Ip6greTunnel,
    Ip6tnlTunnel,
    IpipTunnel,
    Ipoib,
    Ipvlan,
    Ipvtap,
    IsatapTunnel,
    Link,
    Macsec,
    Macvlan,
    Macvtap,
    Netdevsim,
    Nlmon,
    Rmnet,
    SitTunnel,
    Team,
    Tuntap,
    Vcan,
    Veth,
    VethPair,
    VirtWifi,
    Vlan,
    Vrf,
    Vti6Tunnel,
    VtiTunnel,
    Vxcan,
    VxcanPair,
    VxlanLink,
    Wireguard,
    Wwan,
    XfrmLink,
)
from netns_kit.links.tunnel import Tunnel

MAC = "02:00:00:00:00:09"
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
    Batadv: ({}, {"ra": "BATMAN_V"}),
    Bond: (
        {"mode": "active-backup", "miimon": 100, "updelay": 200, "downdelay": 300, "primary_reselect": "better"},
        {"mode": "active-backup", "fail_over_mac": "active", "num_grat_arp": 3, "all_slaves_active": True},
        {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast", "ad_select": "bandwidth", "min_links": 1},
        {"mode": "balance-xor", "xmit_hash_policy": "layer3+4", "resend_igmp": 4, "use_carrier": True},
        {"mode": "balance-rr", "packets_per_slave": 3, "arp_interval": 100},
        {"mode": "balance-tlb", "lp_interval": 2, "tlb_dynamic_lb": False},
        {"mode": "active-backup", "arp_interval": 100, "arp_ip_target": ["10.9.0.2", "10.9.0.3"], "arp_missed_max": 4},
        {"mode": "active-backup", "arp_interval": 100, "ns_ip6_target": "fd00::2", "arp_validate": "active"},
        {
            "mode": "802.3ad",
            "lacp_active": False,
            "ad_user_port_key": 5,
            "ad_actor_sys_prio": 7,
            "ad_actor_system": MAC,
        },
        {"mode": "active-backup", "miimon": 100, "peer_notify_delay": 200, "arp_all_targets": "all"},
    ),
    Bridge: (
        {**BRIDGE, "priority": 4096, "nf_call_iptables": True, "nf_call_ip6tables": True, "nf_call_arptables": False},
        {"group_fwd_mask": 0xFFF8, "group_address": "01:80:C2:00:00:0F", "no_linklocal_learn": True, **MULTICAST},
        {"mcast_snooping": False, "mtu": 1400, "address": "02:00:00:00:00:09", "txqueuelen": 7},
    ),
    Dummy: ({}, {"mtu": 1300, "address": "02:00:00:00:00:01", "txqueuelen": 50}),
    ErspanTunnel: (
        {**ENDS, "seq": True, "key": 5, "erspan_ver": 1, "erspan": 77},
        {**ENDS, "seq": True, "key": 5, "erspan_ver": 2, "erspan_dir": "egress", "erspan_hwid": 3},
    ),
    Geneve: (
        {"id": 5, "remote": "10.9.0.2", "ttl": 4, "tos": 8, "df": "set", "dstport": 7000, "udpcsum": False},
        {"id": 5, "remote": "fd00::2", "ttl": "auto", "flowlabel": 9, "udp6zerocsumtx": True, "udp6zerocsumrx": True},
        {"external": True},
    ),
    GreTunnel: (
        {**ENDS, "ttl": 64, "tos": 16, "key": "1.2.3.4", "pmtudisc": True},
        {**ENDS, "ttl": "inherit", "tos": "inherit", "ikey": 5, "okey": 6, "pmtudisc": False},
        {**ENDS, "iseq": True, "ocsum": True, "ikey": 5, "ignore_df": True, "pmtudisc": False, "fwmark": 9},
        {**ENDS, "seq": True, "csum": True, "key": False},
        {**ENDS, "encap": "gue", "encap_sport": "auto", "encap_dport": 5555, "encap_csum": True, "encap_remcsum": True},
        {"external": True},
    ),
    GretapTunnel: (
        {**ENDS, "ttl": 64, "tos": 16, "key": 7, "pmtudisc": True},
        {**ENDS, "ikey": 5, "okey": 6, "pmtudisc": False},
    ),
    Gtp: ({"role": "sgsn", "hsize": 100, "restart_count": 5},),
    Ifb: ({}, {"mtu": 1300}),
    Ip6erspanTunnel: ({**ENDS6, "seq": True, "key": 5, "erspan_ver": 2, "erspan_dir": "ingress", "erspan_hwid": 3},),
    Ip6greTunnel: ({**ENDS6, "key": 5, "hoplimit": 9}, {**ENDS6, "iseq": True, "ocsum": True, "encaplimit": 3}),
    Ip6gretapTunnel: ({**ENDS6, "dev": "low", "ikey": 5, "okey": 6, "fwmark": 8}, {**ENDS6, "tclass": 16}),
    Ip6tnlTunnel: (
        {**ENDS6, "dev": "low", "mode": "ip6ip6", "encaplimit": "none", "hoplimit": 5, "tclass": 16, "flowlabel": 5},
        {**ENDS6, "mode": "any", "dscp": "inherit", "tclass": "inherit", "flowlabel": "inherit"},
        {**ENDS6, "mode": "ipip6", "allow_localremote": True},
        {**ENDS6, "encap": "fou", "encap_dport": 5555, "encap_csum6": True, "fwmark": 7},
    ),
    IpipTunnel: (
        {**ENDS, "ttl": 64, "tos": 16},
        {**ENDS, "ttl": "inherit", "tos": "inherit", "pmtudisc": False},
        {**ENDS, "mode": "ipip", "encap": "fou", "encap_sport": 4444, "encap_dport": 5555, "fwmark": 5},
    ),
    Ipvlan: ({"link": "low", "mode": "l2"}, {"link": "low", "mode": "l3s", "flag": "private"}),
    Ipvtap: ({"link": "low", "mode": "l2", "flag": "private"},),
    IsatapTunnel: ({"local": "10.9.0.1", "dev": "low", "ttl": 64}, {"local": "10.9.0.1", "pmtudisc": False}),
    Macvlan: (
        {"link": "low", "mode": "bridge"},
        {"link": "low", "mode": "private", "address": "02:00:00:00:00:02"},
        {"link": "low", "mode": "source", "macaddr": ("set", MAC, "02:00:00:00:00:0a"), "bcqueuelen": 99},
        {"link": "low", "mode": "passthru", "flag": "nopromisc"},
    ),
    Macsec: (
        {"link": "low", "port": 11, "cipher": "gcm-aes-256", "encrypt": True, "replay": True, "window": 32},
        {"link": "low", "sci": "0200000000010005", "validate": "check", "encodingsa": 1, "send_sci": True},
        {"link": "low", "sci_address": MAC, "port": 5, "icvlen": 16, "end_station": False, "protect": True},
    ),
    Macvtap: ({"link": "low", "mode": "bridge"},),
    Nlmon: ({},),
    SitTunnel: (
        {**ENDS, "mode": "ip6ip", "sixrd_prefix": "2001:db8::/32", "sixrd_relay_prefix": "10.0.0.0/8"},
        {"local": "10.9.0.1", "isatap": True},
        {**ENDS, "ttl": 64, "tos": 16, "pmtudisc": True},
        {**ENDS, "ttl": "inherit", "pmtudisc": False},
    ),
    Team: ({},),
    Tuntap: ({"mode": "tun"}, {"mode": "tap", "user": "root", "pi": True, "vnet_hdr": True, "multi_queue": True}),
    Vcan: ({}, {"mtu": 72}),
    Veth: ({},),
    Vlan: (
        {"link": "low", "id": 1810},
        {"link": "low", "id": 7, "protocol": "802.1ad", "reorder_hdr": False, "gvrp": True, "loose_binding": True},
        {"link": "low", "id": 8, "bridge_binding": True, "ingress_qos_map": {1: 2, 3: 4}, "egress_qos_map": {5: 6}},
    ),
    Vrf: ({"table": 10},),
    Vti6Tunnel: ({**ENDS6, "dev": "low", "key": 5}, {**ENDS6, "ikey": 5, "okey": 6}, {**ENDS6, "fwmark": 5}),
    VtiTunnel: ({**ENDS, "key": 5}, {**ENDS, "ikey": 5, "okey": 6}, {**ENDS, "fwmark": 5}),
    Vxcan: ({},),
    VxlanLink: (
        {"id": 100, "dstport": 4789, **ENDS},
        {"id": 5, "dstport": 4789, "group": "239.1.1.1", "dev": "low", "ttl": "inherit"},
        {"id": 5, "dstport": 4789, **ENDS6, "ttl": "auto", "flowlabel": 3, **OFFLOADS},
        {"id": 5, "dstport": 4789, **ENDS, "ttl": 5, "tos": 8, "df": "set", "srcport": (4000, 5000), "gbp": True},
        {"id": 5, "dstport": 4789, "learning": False, "proxy": True, "rsc": True, "l2miss": True, "l3miss": True},
        {"id": 5, "dstport": 4789, "ageing": 20, "maxaddress": 9, "remcsumtx": True, "remcsumrx": True},
        {"dstport": 4789, "external": True, "gpe": True, "learning": False},
        {"dstport": 4789, "external": True, "vnifilter": True},
    ),
    Wireguard: ({}, {"mtu": 1380}),
    XfrmLink: ({"dev": "low", "if_id": 7}, {"external": True}),
}


UNMADE = {Amt, Bareudp, Dsa, Hsr, Ipoib, Netdevsim, Rmnet, VirtWifi, Wwan}
"""Kinds that Debian's kernel does not make, or only for hardware."""


def link_classes() -> set[type[Link]]:
    """The classes of links that the package has, those without a kind of their own apart."""
    public = (getattr(netns_kit, name) for name in netns_kit.__all__)
    return {each for each in public if isinstance(each, type) and issubclass(each, Link) and each.kind}


def test_no_class_is_left_out() -> None:
    """Whoever adds a kind of link adds it here."""
    assert {*CASES, *UNMADE} == link_classes()


@pytest.mark.parametrize("kind", [pytest.param(each, marks=pytest.mark.needs_kernel(each.kind)) for each in CASES])
def test_round_trip(kind: type[Link], host: Host) -> None:
    """The kernel shows what was asked for, however it was typed; deleting it leaves nothing."""
    low, _ = VethPair("low", "far").add()
    low.addr.add("10.9.0.1/24")
    before = {info.name for info in host.link.list() if not info.fallback}
    for options in CASES[kind]:
        try_parts(host, options)
        link = kind("it", **options)
        for make in spellings(link):
            make()
            info = link.show()
            assert info.kind == kind.kind
            assert not info.fallback
            assert link.differences(info) == {}, f"{make} {options}"
            assert type(host.link.get("it")) is (SitTunnel if kind is IsatapTunnel else kind)
            link.delete()
            # As text it is the command that makes such a link.
            host.exec(*shlex.split(str(info)))
            different = link.differences().keys() - {"mtu", "address", "txqueuelen"}
            assert different == set(), str(info)
            link.delete()
    assert {info.name for info in host.link.list() if not info.fallback} == before


PARTS = {
    "encap": (
        "modprobe --all fou fou6",
        "ip link add name probe type ipip remote 10.9.0.2 local 10.9.0.1 encap fou encap-sport auto encap-dport 5555",
    ),
    "sixrd_prefix": (
        "ip link add name probe type sit local 10.9.0.1",
        "ip tunnel 6rd dev probe 6rd-prefix 2001:db8::/32",
    ),
}
"""Options that a kernel may have been built without, which only trying tells; it loads no module for them by itself."""


def try_parts(host: Host, options: dict[str, Any]) -> None:
    """Skip what needs a part of a kind that the kernel lacks."""
    for option in PARTS.keys() & options.keys():
        *_, tried = [host.exec(*command.split(), check=False) for command in PARTS[option]]
        host.exec("ip", "link", "delete", "dev", "probe", check=False)
        if not tried.ok:
            pytest.skip(f"no {option} in this kernel: the VM leg runs it")


def spellings(link: Link) -> list[Callable[[], object]]:
    """The ways to make it: `ip tunnel` does not know all words of `ip link`."""
    if isinstance(link, Veth | Vxcan):
        return [(VethPair if isinstance(link, Veth) else VxcanPair)("it", "peer").add]
    if not isinstance(link, Tunnel):
        return [link.add]
    known = type(link).change.spec.known
    both = all(name in known and (value is not False or name == "pmtudisc") for name, value in link.asked().items())
    return [link.add, link.link_add] if both else [link.link_add]


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
