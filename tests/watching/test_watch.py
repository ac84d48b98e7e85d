"""Watching: what crosses links in many places, in order; what is not seen is said."""

from __future__ import annotations

import socket
import time

import pytest

from netns_kit import Bridge, Host, Lab, Namespace, NetnsKitError, PermissionDeniedError, VethPair, VxlanLink
from netns_kit.watching.frames import Arp, Icmp
from netns_kit.watching.watch import Sighting, Watch
from tests.conftest import needs_user


@pytest.fixture
def nets(host: Host) -> tuple[Namespace, Namespace]:
    """Two namespaces on a bridge of the host."""
    br0 = Bridge("br0").add()
    br0.up()
    for number in (1, 2):
        br0.plug(Namespace(f"net{number}").add(), address=f"10.0.0.{number}/24")
    return Namespace("net1"), Namespace("net2")


def echoes(seen: tuple[Sighting, ...], name: str) -> list[tuple[str, str]]:
    """Where echo requests, or replies, were seen, and in which direction."""
    return [
        (one.id, one.direction)
        for one in seen
        if one.frame.packets and isinstance(said := one.frame.packets[-1].payload, Icmp) and said.name == name
    ]


def test_the_way_over_a_bridge(host: Host, nets: tuple[Namespace, Namespace]) -> None:
    """An echo is seen on each link of its way, there and back, in order, with its times; ARP before it."""
    net1, net2 = nets
    began = time.time()
    with Watch([host, net1, net2]) as watch:
        net1.ping("10.0.0.2", count=1)
    seen = watch.sightings
    there = [("net1/eth0", "out"), ("port1", "in"), ("port2", "out"), ("net2/eth0", "in")]
    names = {f"host/{port.name}": f"port{number}" for number, port in enumerate(Bridge("br0").ports(), 1)}

    def told(name: str) -> list[tuple[str, str]]:
        return [(names.get(one, one.removeprefix("host/")), way) for one, way in echoes(seen, name)]

    assert told("echo request") == there
    assert told("echo reply") == [(one, "out" if way == "in" else "in") for one, way in reversed(there)]
    first = next(one for one in seen if isinstance(one.frame.payload, Arp))
    assert first.id == "host/net1/eth0"
    assert str(first.frame) == "ARP who has 10.0.0.2? tell 10.0.0.1"
    assert [one.time for one in seen] == sorted(one.time for one in seen)
    assert all(began <= one.time <= time.time() for one in seen)
    assert (watch.lost, watch.dropped, watch.full) == ((), 0, None)


def test_two_hosts_and_a_tunnel() -> None:
    """What travels in a VXLAN is seen in it, on the links of both hosts."""
    with Lab() as lab:
        nodes = [lab.host("node1"), lab.host("node2")]
        lab.cable(*nodes, name="eth0", addresses=("192.168.0.1/24", "192.168.0.2/24"))
        for number, node in enumerate(nodes, 1):
            vxlan0 = VxlanLink("vxlan0", id=88, dstport=4790, remote=f"192.168.0.{3 - number}", dev="eth0", at=node)
            vxlan0.add().addr.add(f"10.0.0.{number}/24")
            vxlan0.up()
        with Watch(nodes) as watch:
            nodes[0].ping("10.0.0.2", count=1)
        assert echoes(watch.sightings, "echo request") == [
            ("node1/vxlan0", "out"), ("node1/eth0", "out"), ("node2/eth0", "in"), ("node2/vxlan0", "in"),
        ]  # fmt: skip
        (carried,) = [one for one in watch.sightings if one.id == "node2/eth0" and "echo request" in str(one)]
        assert "vxlan 88: 10.0.0.1 > 10.0.0.2" in str(carried)


def test_only_what_comes_within_the_block(nets: tuple[Namespace, Namespace]) -> None:
    """Nothing from before the block, and nothing from after it."""
    net1, _ = nets
    net1.ping("10.0.0.2", count=1)
    with Watch([net1]) as watch:
        net1.ping("10.0.0.2", count=1)
    net1.ping("10.0.0.2", count=1)
    assert len(echoes(watch.sightings, "echo request")) == 1


def test_while_it_lasts(nets: tuple[Namespace, Namespace]) -> None:
    """What was seen so far can be asked for within the block."""
    net1, _ = nets
    with Watch([net1]) as watch:
        net1.ping("10.0.0.2", count=1)
        assert len(echoes(watch.sightings, "echo reply")) == 1
        net1.ping("10.0.0.2", count=1)
        assert len(echoes(watch.sightings, "echo reply")) == 2
    assert len(echoes(watch.sightings, "echo reply")) == 2


def test_bounds(nets: tuple[Namespace, Namespace]) -> None:
    """It ends after so many frames, bytes or seconds, and says which it was."""
    net1, _ = nets
    with Watch([net1], count=2) as few, Watch([net1], size=100) as small, Watch([net1], seconds=0.01) as brief:
        time.sleep(0.2)
        net1.ping("10.0.0.2", count=3, interval=0.01)
    assert (len(few.sightings), few.full) == (2, "count")
    assert (0 < len(small.sightings) < 5, small.full) == (True, "size")
    assert (echoes(brief.sightings, "echo request"), brief.full) == ([], "0.01 seconds")


def test_it_is_entered_once(nets: tuple[Namespace, Namespace]) -> None:
    """A watch that has been is not entered again."""
    with Watch([nets[0]]) as watch, pytest.raises(NetnsKitError, match="make another"), watch:
        pass
    with pytest.raises(NetnsKitError, match="make another"), watch:
        pass


def test_one_link_only(host: Host, nets: tuple[Namespace, Namespace]) -> None:
    """With a link, the others of its place are left out."""
    net1, _ = nets
    port = next(iter(Bridge("br0").ports())).name
    with Watch([host], link=port) as watch:
        net1.ping("10.0.0.2", count=1)
    assert {one.link for one in watch.sightings} == {port}


def test_more_than_can_be_held(nets: tuple[Namespace, Namespace]) -> None:
    """A flood is no trouble: it is seen as far as the bounds allow, and what found no room is counted."""
    net1, _ = nets
    with Watch([net1]) as watch, net1.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        for _ in range(20_000):
            flood.sendto(b"flood", ("10.0.0.2", 9))
    datagrams = [one for one in watch.sightings if "UDP" in str(one.frame) and one.direction == "out"]
    assert datagrams
    assert len(watch.sightings) + watch.dropped >= 20_000


def test_a_place_that_is_not_there(nets: tuple[Namespace, Namespace]) -> None:
    """A namespace that is not there, or goes meanwhile, or is made anew, is named; the others are watched."""
    net1, net2 = nets
    net3 = Namespace("net3").add()
    with Watch([net1, net2, net3, Namespace("net9")]) as watch:
        net1.ping("10.0.0.2", count=1)
        net2.delete()
        net3.delete()
        net3.add()
    assert {site.name for site in watch.lost} == {"net2", "net3", "net9"}
    assert len(echoes(watch.sightings, "echo request")) >= 2


def test_a_host_that_ends_meanwhile() -> None:
    """A host that is closed within the block is named, and no error."""
    with Lab() as lab:
        stays, goes = lab.host("stays"), lab.host("goes")
        lab.cable(stays, goes, addresses=("10.0.0.1/24", "10.0.0.2/24"))
        with Watch([stays, goes]) as watch:
            stays.ping("10.0.0.2", count=1)
            goes.close()
        assert [site.where for site in watch.lost] == ["goes"]
        assert ("goes/eth0", "in") in echoes(watch.sightings, "echo request")


def test_many_namespaces_at_once(host: Host) -> None:
    """Hundreds of namespaces are watched by one helper's sockets."""
    br0 = Bridge("br0").add()
    with host.batch():
        nets = [Namespace(f"net{number}").add() for number in range(300)]
        for number, net in enumerate(nets[:3], 1):
            br0.plug(net, address=f"10.0.0.{number}/24")
    br0.up()
    with Watch(nets) as watch:
        nets[0].ping("10.0.0.3", count=1)
    assert echoes(watch.sightings, "echo request") == [("host/net0/eth0", "out"), ("host/net2/eth0", "in")]


@needs_user
def test_a_machine_whose_links_are_not_ours() -> None:
    """Whoever may not watch this machine's own links is told so."""
    with pytest.raises(PermissionDeniedError), Watch([Host.local()]):
        pass


def test_a_dry_run_has_no_frames() -> None:
    """Where nothing runs, nothing can be watched."""
    with pytest.raises(NetnsKitError, match="one machine only"), Watch([Host.dry_run()]):
        pass


def test_tagged_frames_have_their_tag(host: Host) -> None:
    """A VLAN tag, which the kernel takes off a frame, is there where it was."""
    first, second = VethPair("first", "second").add()
    first.up()
    second.up()
    tagged = bytes.fromhex("ffffffffffff020000000001" + "8100000a" + "88b5") + bytes(46)
    with Watch([host], link="second") as watch, host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind(("first", 0))
        sender.send(tagged)
        time.sleep(0.05)
    assert [one.data for one in watch.sightings if one.frame.vlans == (10,)] == [tagged]
