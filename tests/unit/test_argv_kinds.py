"""The exact argv of each kind's words, and of the words that all kinds share."""

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
    InvalidArgumentError,
    Ip6erspanTunnel,
    Ip6gretapTunnel,
    Ip6greTunnel,
    Ip6tnlTunnel,
    IpipTunnel,
    Ipoib,
    Ipvtap,
    IsatapTunnel,
    Link,
    Macsec,
    Macvlan,
    Macvtap,
    Rmnet,
    SitTunnel,
    Tuntap,
    VethPair,
    VirtWifi,
    Vlan,
    Vti6Tunnel,
    VtiTunnel,
    VxcanPair,
    VxlanLink,
    Wwan,
    XfrmLink,
)

MAC = "02:00:00:00:00:01"
FOUR = {"remote": "10.0.0.2", "local": "10.0.0.1"}
SIX = {"remote": "fd00::2", "local": "fd00::1"}
WRAPPED = {
    "encap": "gue",
    "encap_sport": "auto",
    "encap_dport": 5555,
    "encap_csum": True,
    "encap_csum6": False,
    "encap_remcsum": True,
}
WRAP = "encap gue encap-sport auto encap-dport 5555 encap-csum noencap-udp6-csum encap-remcsum"
Call = Callable[[], Any]

MADE: list[tuple[str, Call]] = [
    (
        "name a type amt mode gateway local 10.0.0.1 discovery 10.0.0.9 dev eth0 relay_port 1 gateway_port 2"
        " max_tunnels 3",
        lambda: Amt(
            "a",
            mode="gateway",
            local="10.0.0.1",
            discovery="10.0.0.9",
            dev="eth0",
            relay_port=1,
            gateway_port=2,
            max_tunnels=3,
        ),
    ),
    (
        "name b type bareudp dstport 6635 ethertype mpls_uc srcportmin 5000 multiproto",
        lambda: Bareudp("b", dstport=6635, ethertype="mpls_uc", srcportmin=5000, multiproto=True),
    ),
    ("name b type batadv ra BATMAN_V", lambda: Batadv("b", ra="BATMAN_V")),
    ("name g type gtp role ggsn hsize 5 restart_count 6", lambda: Gtp("g", role="ggsn", hsize=5, restart_count=6)),
    (
        "name h type hsr slave1 a slave2 b supervision 45 version 1 proto 0",
        lambda: Hsr("h", slave1="a", slave2=Link("b"), supervision=45, version=1, proto=0),
    ),
    (
        "link ib0 name i type ipoib pkey 32769 mode connected umcast 1",
        lambda: Ipoib("i", link="ib0", pkey=0x8001, mode="connected", umcast=True),
    ),
    ("link eth0 name r type rmnet mux_id 5", lambda: Rmnet("r", link="eth0", mux_id=5)),
    ("link eth0 name v type virt_wifi", lambda: VirtWifi("v", link="eth0")),
    ("name w parentdev wwan0 type wwan linkid 5", lambda: Wwan("w", parentdev="wwan0", linkid=5)),
    ("name x type xfrm dev eth0 if_id 7", lambda: XfrmLink("x", dev="eth0", if_id=7)),
    (
        f"link eth0 name m type macsec address {MAC} port 5 cipher gcm-aes-xpn-256 icvlen 16 encrypt on send_sci off"
        " end_station on scb on protect on replay on window 32 validate strict encodingsa 3 offload phy",
        lambda: Macsec(
            "m",
            link="eth0",
            sci_address=MAC,
            port=5,
            cipher="gcm-aes-xpn-256",
            icvlen=16,
            encrypt=True,
            send_sci=False,
            end_station=True,
            scb=True,
            protect=True,
            replay=True,
            window=32,
            validate="strict",
            encodingsa=3,
            offload="phy",
        ),
    ),
    ("link eth0 name m type macsec sci 0200000000010005", lambda: Macsec("m", link="eth0", sci=0x0200000000010005)),
    (
        f"link eth0 name m type macvlan mode source flag nodst macaddr set {MAC} bcqueuelen 9",
        lambda: Macvlan("m", link="eth0", mode="source", flag="nodst", macaddr=("set", MAC), bcqueuelen=9),
    ),
    ("link eth0 name m type macvtap mode bridge", lambda: Macvtap("m", link="eth0", mode="bridge")),
    ("link eth0 name i type ipvtap mode l2 vepa", lambda: Ipvtap("i", link="eth0", mode="l2", flag="vepa")),
    ("name a type vxcan peer name b netns net0", lambda: VxcanPair("a", "b", peer_netns="net0")),
    ("name a netns net1 type veth peer name b netns net0", lambda: VethPair("a", "b", netns="net1", peer_netns="net0")),
    (
        "link eth0 name v type vlan id 5 bridge_binding on ingress-qos-map 1:2 3:4 egress-qos-map 5:6",
        lambda: Vlan("v", link="eth0", id=5, bridge_binding=True, ingress_qos_map={1: 2, 3: 4}, egress_qos_map={5: 6}),
    ),
    (
        "name b type bond mode active-backup active_slave a peer_notify_delay 1 use_carrier 0 arp_interval 2"
        " arp_validate backup arp_all_targets all arp_ip_target 10.0.0.2,10.0.0.3 ns_ip6_target fd00::2 primary b"
        " tlb_dynamic_lb 0 lacp_active off ad_user_port_key 3 ad_actor_sys_prio 4"
        f" ad_actor_system {MAC} arp_missed_max 5",
        lambda: Bond(
            "b",
            mode="active-backup",
            active_slave="a",
            peer_notify_delay=1,
            use_carrier=False,
            arp_interval=2,
            arp_validate="backup",
            arp_all_targets="all",
            arp_ip_target=["10.0.0.2", "10.0.0.3"],
            ns_ip6_target="fd00::2",
            primary=Link("b"),
            tlb_dynamic_lb=False,
            lacp_active=False,
            ad_user_port_key=3,
            ad_actor_sys_prio=4,
            ad_actor_system=MAC,
            arp_missed_max=5,
        ),
    ),
    (
        "name b type bridge mcast_vlan_snooping 1 mcast_hash_elasticity 4",
        lambda: Bridge("b", mcast_vlan_snooping=True, mcast_hash_elasticity=4),
    ),
    (
        "name g type geneve id 5 remote 10.0.0.2 innerprotoinherit",
        lambda: Geneve("g", id=5, remote="10.0.0.2", innerprotoinherit=True),
    ),
    (
        "name g type gretap remote 10.0.0.2 local 10.0.0.1 seq csum fwmark 9 ignore-df",
        lambda: GretapTunnel("g", **FOUR, seq=True, csum=True, ignore_df=True, fwmark=9),
    ),
    (
        "name e type erspan remote 10.0.0.2 local 10.0.0.1 key 5 seq erspan_ver 2 erspan_dir egress erspan_hwid 3",
        lambda: ErspanTunnel("e", **FOUR, key=5, seq=True, erspan_ver=2, erspan_dir="egress", erspan_hwid=3),
    ),
    (
        "name e type ip6erspan remote fd00::2 local fd00::1 key 5 seq erspan_ver 1 erspan 77",
        lambda: Ip6erspanTunnel("e", **SIX, key=5, seq=True, erspan_ver=1, erspan=77),
    ),
    (
        f"name g type ip6gretap remote fd00::2 local fd00::1 dev eth0 ikey 5 okey 6 external {WRAP}",
        lambda: Ip6gretapTunnel("g", **SIX, dev="eth0", ikey=5, okey=6, external=True, **WRAPPED),
    ),
    (
        f"name d mtu 1400 broadcast {MAC} index 9 numtxqueues 2 numrxqueues 3 alias 'a b' addrgenmode none master br0"
        " link-netns net0 type dummy",
        lambda: Dummy(
            "d",
            mtu=1400,
            broadcast=MAC,
            index=9,
            numtxqueues=2,
            numrxqueues=3,
            alias="a b",
            addrgenmode="none",
            master="br0",
            link_netns="net0",
        ),
    ),
]


@pytest.mark.parametrize(("words", "make"), MADE, ids=[words[:40] for words, _ in MADE])
def test_made(words: str, make: Call) -> None:
    """`add` types all that was asked for, in the order in which the kind says its words."""
    with Host.dry_run() as host:
        make().add()
    assert [shlex.join(result.argv) for result in host.transcript] == [f"ip link add {words}"]


HOPS = "encaplimit none hoplimit 5 tclass 0x10 flowlabel inherit dscp inherit allow-localremote"
HOP = {"encaplimit": "none", "hoplimit": 5, "tclass": 16, "flowlabel": "inherit", "dscp": "inherit"}
TYPED: list[tuple[str, Call]] = [
    (
        f"ip -6 tunnel add t remote fd00::2 local fd00::1 {HOPS} mode ipip6",
        lambda: Ip6tnlTunnel("t", **SIX, **HOP, allow_localremote=True, mode="ipip6").add(),
    ),
    (
        f"ip link add name t type ip6tnl remote fd00::2 local fd00::1 {HOPS} fwmark 7 {WRAP}",
        lambda: Ip6tnlTunnel("t", **SIX, **HOP, allow_localremote=True, fwmark=7, **WRAPPED).link_add(),
    ),
    ("ip -6 tunnel change t remote fd00::3 hoplimit 6", lambda: Ip6tnlTunnel("t").change(remote="fd00::3", hoplimit=6)),
    (
        "ip link set dev t type ip6tnl noallow-localremote encap none",
        lambda: Ip6tnlTunnel("t").link_change(allow_localremote=False, encap="none"),
    ),
    (
        "ip -6 tunnel add t mode ip6gre remote fd00::2 local fd00::1 key 5 iseq ocsum",
        lambda: Ip6greTunnel("t", **SIX, key=5, iseq=True, ocsum=True).add(),
    ),
    ("ip -6 tunnel change t mode ip6gre okey 6", lambda: Ip6greTunnel("t", key=5).change(okey=6)),
    (
        "ip -6 tunnel add t mode vti6 remote fd00::2 local fd00::1 ikey 5 okey 6",
        lambda: Vti6Tunnel("t", **SIX, ikey=5, okey=6).add(),
    ),
    ("ip link add name t type vti fwmark 5", lambda: VtiTunnel("t", fwmark=5).link_add()),
    (
        "ip link add name t type ipip fwmark 5 encap fou encap-dport 5555 mode mplsip",
        lambda: IpipTunnel("t", fwmark=5, encap="fou", encap_dport=5555, mode="mplsip").link_add(),
    ),
    (
        "ip link set dev t type gre noikey noseq nocsum",
        lambda: GreTunnel("t", ikey=5).link_change(ikey=False, seq=False, csum=False),
    ),
    ("ip link add name t type gre nokey", lambda: GreTunnel("t", key=False).link_add()),
    (
        "ip link add name t type sit mode ip6ip 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8 isatap",
        lambda: SitTunnel(
            "t", mode="ip6ip", sixrd_prefix="2001:db8::/32", sixrd_relay_prefix="10.0.0.0/8", isatap=True
        ).link_add(),
    ),
    ("ip link set dev t type sit 6rd-reset", lambda: SitTunnel("t").link_change(sixrd_reset=True)),
    (
        "ip tunnel 6rd dev t 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8",
        lambda: SitTunnel("t").sixrd(sixrd_prefix="2001:db8::/32", sixrd_relay_prefix="10.0.0.0/8"),
    ),
    ("ip tunnel 6rd dev t 6rd-reset", lambda: SitTunnel("t").sixrd(sixrd_reset=True)),
    ("ip tunnel prl dev t prl-default 10.0.0.7", lambda: IsatapTunnel("t").prl(prl_default="10.0.0.7")),
    ("ip tunnel prl dev t prl-delete 10.0.0.7", lambda: IsatapTunnel("t").prl(prl_delete="10.0.0.7")),
    ("ip link set dev b type bridge fdb_flush", lambda: Bridge("b").change(fdb_flush=True)),
    (
        "ip link set dev b type bond primary d clear_active_slave",
        lambda: Bond("b").change(clear_active_slave=True, primary="d"),
    ),
    (f"ip link set dev m type macvlan macaddr add {MAC}", lambda: Macvlan("m").change(macaddr=("add", MAC))),
    ("ip link set dev m type macvlan macaddr flush", lambda: Macvlan("m").change(macaddr="flush")),
    ("ip link set dev lan0 type dsa conduit eth1", lambda: Dsa("lan0").change(conduit="eth1")),
    (
        "ip tuntap add dev t mode tap user 1000 group users one_queue pi vnet_hdr multi_queue",
        lambda: Tuntap(
            "t", mode="tap", user=1000, group="users", one_queue=True, pi=True, vnet_hdr=True, multi_queue=True
        ).add(),
    ),
    ("ip tuntap del dev t mode tap multi_queue", lambda: Tuntap("t", mode="tap", multi_queue=True).delete()),
    ("ip link delete dev t", lambda: Tuntap("t").delete()),
    ("ip link delete dev t type bridge", lambda: Link("t").delete(type="bridge")),
    (
        f"ip link set dev a vrf red broadcast {MAC} dynamic on trailers off carrier off addrgenmode eui64"
        " link-netnsid 5 protodown on protodown_reason 3 off gso_max_size 1 gso_max_segs 2 gro_max_size 3",
        lambda: Link("a").set(
            vrf="red",
            broadcast=MAC,
            dynamic=True,
            trailers=False,
            carrier=False,
            addrgenmode="eui64",
            link_netnsid=5,
            protodown=True,
            protodown_reason=(3, False),
            gso_max_size=1,
            gso_max_segs=2,
            gro_max_size=3,
        ),
    ),
    (
        f"ip link set dev a vf 1 mac {MAC} vlan 5 qos 2 proto 802.1ad rate 1 max_tx_rate 2 min_tx_rate 3 spoofchk on"
        " query_rss off state enable trust on node_guid 00:11 port_guid 00:12",
        lambda: Link("a").vf(
            1,
            mac=MAC,
            vlan=5,
            qos=2,
            proto="802.1ad",
            rate=1,
            max_tx_rate=2,
            min_tx_rate=3,
            spoofchk=True,
            query_rss=False,
            state="enable",
            trust=True,
            node_guid="00:11",
            port_guid="00:12",
        ),
    ),
    (
        "ip link set dev a xdp object prog.o section xdp verbose",
        lambda: Link("a").xdp(object="prog.o", section="xdp", verbose=True),
    ),
    ("ip link set dev a xdpgeneric off", lambda: Link("a").xdp("xdpgeneric", off=True)),
    ("ip link set dev a type bond_slave queue_id 3 prio -5", lambda: Link("a").bond_slave(queue_id=3, prio=-5)),
    (
        "ip link property add dev a altname first-long-name altname second-long-name",
        lambda: Link("a").altname.add(["first-long-name", "second-long-name"]),
    ),
    ("ip link property del dev a altname first-long-name", lambda: Link("a").altname.delete("first-long-name")),
]


@pytest.mark.parametrize(("line", "call"), TYPED, ids=[line[:40] for line, _ in TYPED])
def test_typed(line: str, call: Call) -> None:
    """Each verb types one command, word by word."""
    with Host.dry_run() as host:
        call()
    assert [shlex.join(result.argv) for result in host.transcript] == [line]


PLACES: list[tuple[str, Callable[[Host], Any]]] = [
    (
        "ip -j -d link show dev a group 5 up vrf red nomaster",
        lambda host: host.link.show(dev="a", group=5, up=True, vrf="red", nomaster=True),
    ),
    ("ip -j -d link show dev a-name-of-more-than-15", lambda host: host.link.get("a-name-of-more-than-15")),
    ("ip link set group 5 up mtu 1400", lambda host: host.link.set(group=5, up=True, mtu=1400)),
    ("ip link delete group lab", lambda host: host.link.delete(group="lab")),
    ("ip -j link xstats type bridge dev br0", lambda host: host.link.xstats("bridge", dev="br0")),
    ("ip -j link afstats dev a", lambda host: host.link.afstats(dev="a")),
    ("ip -j tunnel show mode gre", lambda host: host.tunnel.show(mode="gre")),
    ("ip -j -6 tunnel show", lambda host: host.tunnel.show("t", family=6)),
    ("ip -j tuntap show mode tap", lambda host: host.tuntap.show(mode="tap")),
]


@pytest.mark.parametrize(("line", "call"), PLACES, ids=[line for line, _ in PLACES])
def test_of_a_place(line: str, call: Callable[[Host], Any]) -> None:
    """The tables of a place type one command each."""
    with Host.dry_run() as host:
        call(host)
    assert [shlex.join(result.argv) for result in host.transcript] == [line]


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("remote", lambda: Ip6tnlTunnel("t", remote="10.0.0.1")),
        ("remote", lambda: Ip6greTunnel("t", remote="fd00::1", local="fd00::1")),
        ("key", lambda: Ip6greTunnel("t", key=5, ikey=6)),
        ("seq", lambda: GreTunnel("t", seq=True, iseq=True)),
        ("encap", lambda: IpipTunnel("t", encap="fou").add()),
        ("key", lambda: GreTunnel("t", key=False).add()),
        ("encap", lambda: IpipTunnel("t", encap="esp")),
        ("encaplimit", lambda: Ip6tnlTunnel("t", encaplimit=256)),
        ("prl_default", lambda: IsatapTunnel("t").prl()),
        ("sixrd_reset", lambda: SitTunnel("t").sixrd(sixrd_prefix="2001:db8::/32", sixrd_reset=True)),
        ("window", lambda: Macsec("m", link="a", window=5)),
        ("port", lambda: Macsec("m", link="a", sci=5, port=5)),
        ("link", lambda: Macsec("m").add()),
        ("macaddr", lambda: Macvlan("m", link="a", macaddr=("add", MAC, MAC))),
        ("ingress_qos_map", lambda: Vlan("v", link="a", id=5, ingress_qos_map=[1, 2])),
        ("arp_ip_target", lambda: Bond("b", arp_ip_target="fd00::1")),
        ("mode", lambda: Tuntap("t").add()),
        ("mtu", lambda: Tuntap("t", mode="tun", mtu=1400).add()),
        ("netns", lambda: VethPair(netns="net0")),
        ("name", lambda: Host.dry_run().link.set(group=5, name="a")),
        ("options", lambda: Host.dry_run().link.set(group=5)),
        ("vrf", lambda: Link("a").set(master="br0", vrf="red")),
        ("protodown_reason", lambda: Link("a").set(protodown_reason=3)),
        ("object", lambda: Link("a").xdp()),
        ("altname", lambda: Link("a").altname.add("a" * 128)),
        ("if_id", lambda: XfrmLink("x", if_id=0)),
        ("exists_ok", lambda: Dummy("d").add(exists_ok=1)),
        ("missing_ok", lambda: Dummy("d").delete(missing_ok="yes")),
    ],
)
def test_refused(argument: str, call: Call) -> None:
    """What cannot be right is refused by name, and nothing is typed."""
    with Host.dry_run() as host, pytest.raises(InvalidArgumentError) as caught:
        call()
    assert caught.value.argument == argument
    assert not len(host.transcript)


def test_one_direction_s_key() -> None:
    """A change of one direction's key leaves the other's as it is, and the object knows."""
    with Host.dry_run() as host:
        tun = GreTunnel("t", key=5, at=host)
        tun.change(ikey=6)
        assert (tun.key, tun.ikey, tun.okey) == (None, 6, 5)
        tun.change(key=7)
        assert (tun.key, tun.ikey, tun.okey) == (7, None, None)


SHOW = "ip -j -d link show dev {}"
VXLAN = (
    '[{"ifindex":5,"ifname":"vx0","flags":["BROADCAST","UP"],"mtu":1450,"link_type":"ether","txqlen":1000,"altnames":'
    '["segment-of-the-lab"],"linkinfo":{"info_kind":"vxlan","info_data":{"id":100,"remote":"10.0.0.2","link":"eth0",'
    '"port_range":{"low":0,"high":0},"port":4789,"learning":false,"ttl":64,"df":"unset","ageing":300,"udp_csum":true}}}]'
)
VLAN = (
    '[{"ifname":"v","link_index":2,"link_netnsid":0,"flags":[],"link_type":"ether","linkinfo":{"info_kind":"vlan",'
    '"info_data":{"protocol":"802.1Q","id":5,"flags":["REORDER_HDR"]}}}]'
)


def test_get() -> None:
    """What is there is given as what it is, with its options; a kind without a class is a plain link."""
    odd = '[{"ifname":"o","linkinfo":{"info_kind":"openvswitch"}}]'
    # A module of the package that is no kind.
    sly = '[{"ifname":"s","linkinfo":{"info_kind":"table"}}]'
    answers = {SHOW.format("segment-of-the-lab"): VXLAN, SHOW.format("o"): odd, SHOW.format("s"): sly}
    with Host.fake(answers) as host:
        vxlan = host.link.get("segment-of-the-lab")
        assert type(host.link.get("o")) is type(host.link.get("s")) is Link
    assert isinstance(vxlan, VxlanLink)
    assert (vxlan.name, vxlan.id, vxlan.remote, vxlan.dev, vxlan.dstport) == ("vx0", 100, "10.0.0.2", "eth0", 4789)
    assert (vxlan.learning, vxlan.ageing, vxlan.mtu) == (False, 300, 1450)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (VXLAN, "ip link add name vx0 up type vxlan id 100 dstport 4789 remote 10.0.0.2 dev eth0 ttl 64 nolearning"),
        (VLAN, "ip link add name v type vlan id 5"),
        ('[{"ifname":"lo","link_type":"loopback","flags":["UP"]}]', "ip link set dev lo up"),
        ('[{"ifname":"eth0","link_type":"ether","flags":[]}]', "ip link set dev eth0 down"),
        (
            '[{"ifname":"a","link":"b","flags":[],"linkinfo":{"info_kind":"veth"}}]',
            "ip link add name a type veth peer name b",
        ),
        (
            '[{"ifname":"t","flags":["UP"],"linkinfo":{"info_kind":"gre","info_data":{"remote":"10.0.0.2","local":"any",'
            '"ttl":0,"pmtudisc":true,"ikey":"0.0.0.5","okey":"0.0.0.5","iseq":true}}}]',
            "ip link add name t up type gre remote 10.0.0.2 key 5 iseq",
        ),
        ('[{"ifname":"s","flags":[],"linkinfo":{"info_kind":"openvswitch"}}]', "ip link add name s type openvswitch"),
    ],
)
def test_as_text(said: str, line: str) -> None:
    """A link as text is the command that makes such a one, without what goes without saying."""
    with Host.fake({SHOW.format("x"): said}):
        assert str(Link("x").show()) == line


def test_a_lower_link_elsewhere() -> None:
    """A lower link in another namespace has no name here: nobody says that it differs."""
    with Host.fake({SHOW.format("v"): VLAN}):
        assert Vlan("v", link="eth0", id=5).differences() == {}
        assert Vlan("v", link="eth0", id=6).differences() == {"id": (6, 5)}


EXISTS = (2, "", "RTNETLINK answers: File exists\n")
GONE = (1, "", 'Cannot find device "d"\n')
DUMMY = '[{"ifname":"d","linkinfo":{"info_kind":"dummy"},"mtu":1500}]'


def test_exists_ok() -> None:
    """One that is there already will do if it is the same; if it differs, the error says in what."""
    answers = {
        "ip link add name d type dummy": EXISTS,
        "ip link add name d mtu 1400 type dummy": EXISTS,
        "ip link add name d type bridge": EXISTS,
        SHOW.format("d"): DUMMY,
        "ip netns add net0": (1, "", 'Cannot create namespace file "/run/netns/net0": File exists\n'),
    }
    with Host.fake(answers) as host:
        link = Dummy("d")
        assert link.add(exists_ok=True) is link
        with pytest.raises(netns_kit.ExistsError, match="mtu is 1500, not 1400"):
            Dummy("d", mtu=1400).add(exists_ok=True)
        with pytest.raises(netns_kit.ExistsError, match="another kind: dummy"):
            Bridge("d").add(exists_ok=True)
        netns_kit.Namespace("net0").add(exists_ok=True)
        host.netns.add("net0", exists_ok=True)
        with pytest.raises(netns_kit.ExistsError):
            host.netns.add("net0")


def test_missing_ok() -> None:
    """What is not there need not be deleted, if one says so."""
    missing = (1, "", 'Cannot remove namespace file "/run/netns/net0": No such file or directory\n')
    with Host.fake({"ip link delete dev d": GONE, "ip netns delete net0": missing}):
        Dummy("d").delete(missing_ok=True)
        netns_kit.Namespace("net0").delete(missing_ok=True)
        with pytest.raises(netns_kit.NotFoundError):
            Dummy("d").delete()
        with pytest.raises(netns_kit.NotFoundError):
            netns_kit.Namespace("net0").delete()


def test_tuntap_elsewhere() -> None:
    """Where `ip tuntap` looks at the /sys of another namespace, nobody claims that there is nothing."""
    said = (0, "[]", "fopen /sys/class/net/t/tun_flags: No such file or directory\n")
    with Host.fake({"ip -j tuntap show": said}) as host, pytest.raises(netns_kit.OutputError, match=r"link\.show"):
        host.tuntap.show()


def test_tunnels_over_ipv6() -> None:
    """`ip -6 tunnel show` is typed; a single one is found among all, since `ip` speaks no JSON of one."""
    said = (
        '[{"ifname":"ip6tnl0","mode":"ipv6/ipv6","remote":"::","local":"::"},{"ifname":"t","mode":"gre/ipv6","remote":'
        '"fd00::2","local":"fd00::1","link":"eth0","hoplimit":9,"ikey":5}]'
    )
    with Host.fake({"ip -j -6 tunnel show": said}) as host:
        fallback, _ = host.tunnel.show(family=6)
        (gre,) = host.tunnel.show("t", family=6)
    assert fallback.fallback
    assert (gre.mode, gre.remote, gre.dev, gre.ttl, gre.ikey) == ("gre/ipv6", "fd00::2", "eth0", 9, 5)
    assert not gre.fallback
