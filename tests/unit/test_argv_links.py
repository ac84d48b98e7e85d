"""The exact argv of every verb of the links, and of the options of each kind: one row a verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netns_kit import Bridge, Dummy, Host, Ifb, Link, Macvlan, Namespace, Veth, VethPair, Vlan

MAC = "02:00:00:00:00:01"
Call = Callable[[Host], Any]

VERBS: list[tuple[str, Call]] = [
    ("ip link delete dev a", lambda host: Link("a", at=host).delete()),
    ("ip link set dev a up", lambda host: Link("a", at=host).up()),
    ("ip link set dev a down", lambda host: host.link("a").down()),
    ("ip link set dev a name b", lambda host: Link("a", at=host).set(name="b")),
    ("ip link set dev a master br0", lambda host: Link("a", at=host).set(master=Bridge("br0", at=host))),
    ("ip link set dev a nomaster", lambda host: Link("a", at=host).set(nomaster=True)),
    ("ip link set dev a netns net0", lambda host: Link("a", at=host).set(netns="net0")),
    ("ip link set dev a netns net0", lambda host: Link("a", at=host).set(netns=Namespace("net0", at=host))),
    ("ip link set dev a netns 1", lambda host: Link("a", at=host).set(netns=host)),
    (
        f"ip link set dev a mtu 1400 address {MAC} txqueuelen 10 alias 'two words' group 7 arp off multicast on"
        " allmulticast on promisc off",
        lambda host: Link("a", at=host).set(
            mtu=1400,
            address=MAC,
            txqueuelen=10,
            alias="two words",
            group=7,
            arp=False,
            multicast=True,
            allmulticast=True,
            promisc=False,
        ),
    ),
    ("ip link set dev br0 type bridge stp_state 1", lambda host: Bridge("br0", at=host).change(stp_state=True)),
    ("ip -j -d link show dev a", lambda host: Link("a", at=host).show()),
    ("ip -j -d link show dev a", lambda host: Link("a", at=host).exists()),
    ("ip -j -s link show dev a", lambda host: Link("a", at=host).statistics()),
    ("ip -j -d link", lambda host: host.link.show()),
    ("ip -j -d link show up master br0 type veth", lambda host: host.link.show(up=True, master="br0", type="veth")),
    ("ip -j -d link list", lambda host: host.link.list()),
    ("ip -j -d link show master br0", lambda host: Bridge("br0", at=host).ports()),
    ("bridge -j fdb show br br0", lambda host: Bridge("br0", at=host).fdb.show()),
    ("ethtool -S a", lambda host: Veth("a", at=host).ethtool()),
    ("ip link delete dev a", lambda host: VethPair("a", "b", at=host).delete()),
]
KINDS: list[tuple[str, Call]] = [
    ("name a type veth peer name b", lambda host: VethPair("a", "b", at=host)),
    ("name a type veth peer name a netns net0", lambda host: VethPair("a", "a", peer_netns="net0", at=host)),
    ("name a type veth peer name b netns /proc/42/ns/net", lambda host: VethPair("a", "b", peer_netns=42, at=host)),
    ("-echo -j link add type veth", lambda host: VethPair(at=host)),
    ("name d type dummy", lambda host: Dummy("d", at=host)),
    (
        f"name d mtu 1400 address {MAC} txqueuelen 9 type dummy",
        lambda host: Dummy("d", mtu=1400, address=MAC, txqueuelen=9, at=host),
    ),
    ("name i type ifb", lambda host: Ifb("i", at=host)),
    ("link a name m type macvlan mode bridge", lambda host: Macvlan("m", link="a", mode="bridge", at=host)),
    (
        "link a name a.7 mtu 1400 type vlan protocol 802.1ad id 7 reorder_hdr off gvrp on mvrp on loose_binding on",
        lambda host: Vlan(
            "a.7",
            link="a",
            mtu=1400,
            protocol="802.1ad",
            id=7,
            reorder_hdr=False,
            gvrp=True,
            mvrp=True,
            loose_binding=True,
            at=host,
        ),
    ),
    ("name br0 type bridge", lambda host: Bridge("br0", at=host)),
    (
        "name br0 type bridge forward_delay 200 hello_time 100 max_age 600 ageing_time 0 stp_state 1 priority 5"
        " vlan_filtering 0 vlan_protocol 802.1q vlan_default_pvid 1 mcast_snooping 0 mcast_querier 1"
        " nf_call_iptables 1 nf_call_ip6tables 0 nf_call_arptables 1",
        lambda host: Bridge(
            "br0",
            forward_delay=200,
            hello_time=100,
            max_age=600,
            ageing_time=0,
            stp_state=True,
            priority=5,
            vlan_filtering=False,
            vlan_protocol="802.1q",
            vlan_default_pvid=1,
            mcast_snooping=False,
            mcast_querier=True,
            nf_call_iptables=True,
            nf_call_ip6tables=False,
            nf_call_arptables=True,
            at=host,
        ),
    ),
]


def commands(host: Host) -> list[str]:
    """The command lines of a host's transcript."""
    return [str(result.command) for result in host.transcript]


@pytest.mark.parametrize(("line", "call"), VERBS, ids=[line for line, _ in VERBS])
def test_verb(line: str, call: Call) -> None:
    """A verb types just the one command that it is named for."""
    host = Host.dry_run()
    call(host)
    assert commands(host) == [line]


@pytest.mark.parametrize(("words", "build"), KINDS, ids=[words for words, _ in KINDS])
def test_add(words: str, build: Call) -> None:
    """Building a link types nothing; `add` types all that was asked for, in iproute2's order, and gives it back."""
    host = Host.dry_run()
    link = build(host)
    assert commands(host) == []
    assert link.add() is link
    assert commands(host) == [f"ip {words}" if words.startswith("-") else f"ip link add {words}"]


def test_block() -> None:
    """As a context manager a link is made on entry and deleted on exit, by the name that it has then."""
    host = Host.dry_run()
    with Bridge("br0", at=host) as bridge:
        bridge.set(name="br1")
    assert commands(host) == [
        "ip link add name br0 type bridge",
        "ip link set dev br0 name br1",
        "ip link delete dev br1",
    ]


def test_follows_its_link() -> None:
    """After a move and a new name, the next command is typed where the link is, by the name it has."""
    host = Host.dry_run()
    link = Link("a", at=host)
    link.set(netns="net0")
    link.set(name="eth0")
    link.up()
    link.set(netns=host)
    assert commands(host) == [
        "ip link set dev a netns net0",
        "ip -n net0 link set dev a name eth0",
        "ip -n net0 link set dev eth0 up",
        "ip -n net0 link set dev eth0 netns 1",
    ]


def test_plug() -> None:
    """Leading a cable from a bridge to a place types what a person would, each command by itself."""
    host = Host.dry_run()
    Bridge("br0", at=host).plug(Namespace("net0", at=host), address="10.0.0.1/24")
    assert sorted(commands(host)) == [
        "ip -n net0 addr add 10.0.0.1/24 dev eth0",
        "ip -n net0 link set dev eth0 up",
        "ip link add name net0-eth0 type veth peer name eth0 netns net0",
        "ip link set dev net0-eth0 master br0",
        "ip link set dev net0-eth0 up",
    ]
