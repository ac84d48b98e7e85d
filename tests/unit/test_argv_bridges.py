"""The exact argv of the tool `bridge`, ports, databases, VLANs and networks, and what its answers hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from netns_kit import Bridge, Host, InvalidArgumentError, Link, VxlanLink
from netns_kit.tables.fdb import FdbInfo

MAC = "02:00:00:00:00:01"
Call = Callable[[Host], Any]

LINES: list[tuple[str, Call]] = [
    (
        "bridge link set dev p cost 5 priority 7 state 3 guard on hairpin on fastleave on root_block off learning on"
        " flood on mcast_router 2 mcast_flood on bcast_flood on mcast_to_unicast on neigh_suppress on vlan_tunnel on"
        " isolated on locked off backup_port q learning_sync on hwmode veb self",
        lambda host: Link("p").brport.set(
            cost=5,
            priority=7,
            state=3,
            guard=True,
            hairpin=True,
            fastleave=True,
            root_block=False,
            learning=True,
            flood=True,
            mcast_router=2,
            mcast_flood=True,
            bcast_flood=True,
            mcast_to_unicast=True,
            neigh_suppress=True,
            vlan_tunnel=True,
            isolated=True,
            locked=False,
            backup_port=Link("q"),
            learning_sync=True,
            hwmode="veb",
            self_=True,
        ),
    ),
    (
        "bridge link set dev p nobackup_port master",
        lambda host: host.brport.set(dev="p", nobackup_port=True, master=True),
    ),
    ("bridge -j -d link show dev p", lambda host: Link("p").brport.show()),
    ("bridge -j -d link show", lambda host: host.brport.show()),
    (
        "ip link set dev p type bridge_slave state blocking isolated on fdb_flush proxy_arp on proxy_arp_wifi off"
        " mcast_fast_leave on group_fwd_mask 8",
        lambda host: Link("p").bridge_slave(
            state="blocking",
            isolated=True,
            fdb_flush=True,
            proxy_arp=True,
            proxy_arp_wifi=False,
            mcast_fast_leave=True,
            group_fwd_mask=8,
        ),
    ),
    (
        f"bridge fdb append {MAC} dev vx dst 10.0.0.2 vni 5 port 4790 via eth0 src_vni 7 vlan 3 self use router"
        " extern_learn sticky dynamic",
        lambda host: Link("vx").fdb.append(
            MAC,
            dst="10.0.0.2",
            vni=5,
            port=4790,
            via="eth0",
            src_vni=7,
            vlan=3,
            self_=True,
            use=True,
            router=True,
            extern_learn=True,
            sticky=True,
            state="dynamic",
        ),
    ),
    (f"bridge fdb add {MAC} dev vx nhid 6", lambda host: host.fdb.add(MAC, dev="vx", nhid=6)),
    (f"bridge fdb add {MAC} dev br0 self local", lambda host: Bridge("br0").fdb.add(MAC, self_=True, state="local")),
    ("bridge -j fdb show", lambda host: host.fdb.show()),
    (
        "bridge -j fdb show br br0 brport p vlan 3 state static dynamic",
        lambda host: Bridge("br0").fdb.show(brport="p", vlan=3, state="static", dynamic=True),
    ),
    (
        "bridge fdb flush dev br0 brport p vlan 3 master nopermanent static nodynamic added_by_user"
        " noextern_learn nosticky offloaded",
        lambda host: Bridge("br0").fdb.flush(
            brport="p",
            vlan=3,
            master=True,
            static=True,
            dynamic=False,
            permanent=False,
            added_by_user=True,
            extern_learn=False,
            sticky=False,
            offloaded=True,
        ),
    ),
    (
        "bridge vlan add dev p vid 10-12 tunnel_info id 100-102 master",
        lambda host: Link("p").vlan.add("10-12", tunnel_info="100-102", master=True),
    ),
    ("bridge vlan add dev p vid 5 self", lambda host: host.vlan.add(5, dev="p", self_=True)),
    ("bridge vlan set dev p vid 5 state 3 mcast_router 1", lambda host: Link("p").vlan.set(5, state=3, mcast_router=1)),
    (
        "bridge vlan global set dev br0 vid 5 mcast_snooping 1 mcast_querier 0 mcast_igmp_version 3 mcast_mld_version 2"
        " mcast_last_member_count 1 mcast_last_member_interval 2 mcast_startup_query_count 3"
        " mcast_startup_query_interval 4 mcast_membership_interval 5 mcast_querier_interval 6 mcast_query_interval 7"
        " mcast_query_response_interval 8",
        lambda host: Bridge("br0").vlan.global_set(
            5,
            mcast_snooping=True,
            mcast_querier=False,
            mcast_igmp_version=3,
            mcast_mld_version=2,
            mcast_last_member_count=1,
            mcast_last_member_interval=2,
            mcast_startup_query_count=3,
            mcast_startup_query_interval=4,
            mcast_membership_interval=5,
            mcast_querier_interval=6,
            mcast_query_interval=7,
            mcast_query_response_interval=8,
        ),
    ),
    ("bridge -j vlan show vid 5", lambda host: host.vlan.show(vid=5)),
    ("bridge -j -d vlan show dev p", lambda host: Link("p").vlan.details()),
    ("bridge -j -s vlan show dev p vid 5", lambda host: Link("p").vlan.statistics(vid=5)),
    ("bridge -j vlan tunnelshow dev p", lambda host: Link("p").vlan.tunnelshow()),
    ("bridge -j vlan global show dev br0", lambda host: Bridge("br0").vlan.global_show()),
    (
        "bridge mdb add dev br0 port p grp 239.1.1.1 src 10.0.0.4 permanent vid 5",
        lambda host: Bridge("br0").mdb.add(port="p", grp="239.1.1.1", src="10.0.0.4", state="permanent", vid=5),
    ),
    (
        "bridge mdb del dev br0 port p grp 01:00:5e:00:00:09",
        lambda host: host.mdb.delete(dev="br0", port="p", grp="01:00:5E:00:00:09"),
    ),
    ("bridge -j mdb show dev br0 vid 5", lambda host: Bridge("br0").mdb.show(vid=5)),
    ("bridge -j mdb show", lambda host: host.mdb.show()),
    (
        "bridge vni add vni 100-105 remote 10.0.0.2 dev vx",
        lambda host: VxlanLink("vx").vni.add("100-105", remote="10.0.0.2"),
    ),
    ("bridge vni delete vni 100 dev vx", lambda host: host.vni.delete(100, dev="vx")),
    ("bridge -j vni show dev vx", lambda host: VxlanLink("vx").vni.show()),
    ("bridge -j -s vni show", lambda host: host.vni.statistics()),
]


@pytest.mark.parametrize(("line", "call"), LINES, ids=[line[:40] for line, _ in LINES])
def test_typed(line: str, call: Call) -> None:
    """Each verb types one command, word by word."""
    with Host.dry_run() as host:
        call(host)
    assert [" ".join(result.argv) for result in host.transcript] == [line]


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("dev", lambda host: host.fdb.add(MAC)),
        ("dev", lambda host: host.fdb.flush()),
        ("dev", lambda host: host.fdb.get(MAC)),
        ("dev", lambda host: host.vlan.add(5)),
        ("dev", lambda host: host.mdb.add(port="p", grp="239.1.1.1")),
        ("dev", lambda host: host.vni.add(5)),
        ("dst", lambda host: Link("vx").fdb.add(MAC, dst="10.0.0.2", nhid=5)),
        ("state", lambda host: Link("vx").fdb.add(MAC, state="stable")),
        ("options", lambda host: Link("p").brport.set()),
        ("nobackup_port", lambda host: Link("p").brport.set(backup_port="q", nobackup_port=True)),
        ("state", lambda host: Link("p").brport.set(state=5)),
        ("tunnel_info", lambda host: Link("p").vlan.add(5, tunnel_info=2**24)),
        ("grp", lambda host: Bridge("br0").mdb.add(port="p", grp="everybody")),
        ("remote", lambda host: VxlanLink("vx").vni.add(5, group="239.1.1.1", remote="10.0.0.2")),
    ],
)
def test_refused(argument: str, call: Call) -> None:
    """What cannot be right is refused by name, and nothing is typed."""
    with Host.dry_run() as host, pytest.raises(InvalidArgumentError) as caught:
        call(host)
    assert caught.value.argument == argument
    assert not len(host.transcript)


def test_answers() -> None:
    """What the tool says is typed, as Debian's kernel and iproute2 6.1 say it."""
    vlans = {"vid": 1, "flags": ["PVID"], "rx_bytes": 7, "tx_packets": 2}
    port = {"ifname": "p", "flags": ["UP"], "master": "br", "state": "forwarding", "cost": 5, "hairpin": True}
    answers = {
        "bridge -j -s vlan show dev p": [{"ifname": "p", "vlans": [vlans]}],
        "bridge -j -d vlan show dev p": [{"ifname": "p", "vlans": [{"vlan": 30, "state": "forwarding"}]}],
        "bridge -j vlan tunnelshow": [{"ifname": "vx", "tunnels": [{"vlan": 10, "vlanEnd": 12, "tunid": 1000}]}],
        "bridge -j vlan global show": [{"ifname": "br", "vlans": [{"vlan": 1, "mcast_snooping": 1}]}],
        "bridge -j mdb show": [
            {"mdb": [{"dev": "br", "port": "p", "grp": "239.1.1.1", "state": "temp"}], "router": {}}
        ],
        "bridge -j -s vni show": [{"ifname": "vx", "vnis": [{"vni": 101, "stats": {"rx_bytes": 5, "tx_pkts": 6}}]}],
        "bridge -j -d link show": [{**port, "isolated": True, "mcast_router": 1}],
        f"bridge -j fdb get {MAC} br br vlan 30": [{"mac": MAC, "ifname": "p", "vlan": 30, "flags": ["sticky"]}],
        "bridge -j fdb show dev vx": [{"mac": MAC, "dst": "10.0.0.9", "src_vni": 7, "via": "eth0", "nhid": 6}],
    }
    with Host.fake({line: json.dumps(said) for line, said in answers.items()}) as host:
        (counted,), (detailed,) = Link("p").vlan.statistics(), Link("p").vlan.details()
        (joined,), (everywhere,) = host.vlan.tunnelshow(), host.vlan.global_show()
        (listener,), (network,), (shown,) = host.mdb.show(), host.vni.statistics(), host.brport.show()
        found, (entry,) = Bridge("br").fdb.get(MAC, vlan=30), Link("vx").fdb.show()
    assert (counted.vlan, counted.pvid, counted.rx_bytes, counted.tx_packets) == (1, True, 7, 2)
    assert (detailed.vlan, detailed.state) == (30, "forwarding")
    assert (joined.dev, joined.vlan, joined.vlan_end, joined.tunnel_id) == ("vx", 10, 12, 1000)
    assert (everywhere.dev, everywhere.vlan, everywhere.mcast_snooping) == ("br", 1, True)
    assert (listener.dev, listener.port, listener.grp, listener.state) == ("br", "p", "239.1.1.1", "temp")
    assert (network.vni, network.rx_bytes, network.tx_packets) == (101, 5, 6)
    assert (shown.dev, shown.master, shown.cost, shown.hairpin, shown.isolated) == ("p", "br", 5, True, True)
    assert found == FdbInfo(MAC, "p", vlan=30, flags=("sticky",))
    assert (entry.dev, entry.via, entry.src_vni, entry.nhid) == ("vx", "eth0", 7, 6)
