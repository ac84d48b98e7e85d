"""Captures: what crosses a link, as rows and as a file, for everybody."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest

from netns_kit import Host, InvalidArgumentError, Namespace, NotFoundError, ToolMissingError, VethPair
from netns_kit.watching import filters
from netns_kit.watching.watch import Watch
from scripts.testing.waiting import LONG
from tests.conftest import needs_package, needs_tool

tcpdump = needs_tool("tcpdump")


@pytest.fixture
def nets(host: Host) -> tuple[Namespace, Namespace]:
    """Two namespaces, joined."""
    net1, net2 = Namespace("net1").add(), Namespace("net2").add()
    for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=net2, at=net1).add(), 1):
        end.set(address=f"02:00:00:00:00:0{number}")
        end.addr.add(f"10.0.0.{number}/24")
        end.up()
    return net1, net2


def lines(path: Path, *words: str) -> list[str]:
    """What tcpdump reads in a file."""
    done = subprocess.run(
        ("tcpdump", "-nn", "-t", "-r", path, *words), capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.splitlines()


@tcpdump
def test_what_a_ping_is(nets: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    """A ping is four packets, each with its time, ends, protocol and tcpdump's words; in a file as they were."""
    net1, _ = nets
    with net1.capture("eth0", "arp or icmp") as packets:
        net1.ping("10.0.0.2", count=1)
    assert [(one.link, one.direction, one.source, one.destination, one.protocol) for one in packets] == [
        ("eth0", "out", "10.0.0.1", "10.0.0.2", "ARP"),
        ("eth0", "in", "10.0.0.2", "10.0.0.1", "ARP"),
        ("eth0", "out", "10.0.0.1", "10.0.0.2", "ICMP"),
        ("eth0", "in", "10.0.0.2", "10.0.0.1", "ICMP"),
    ]
    assert packets[0].info == "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"
    assert packets[3].info.startswith("ICMP echo reply, id ")
    assert [one.time for one in packets] == sorted(one.time for one in packets)
    assert 0 <= packets[0].time < 60
    assert str(packets).startswith("time ")
    assert "<table>" in packets._repr_html_()
    read = lines(packets.save(tmp_path / "ping.pcap"))
    assert read[0] == packets[0].info
    assert read[3] == f"IP 10.0.0.2 > 10.0.0.1: {packets[3].info}"


@tcpdump
def test_ports_stay(nets: tuple[Namespace, Namespace]) -> None:
    """What tcpdump says of TCP and UDP has the ports; without a link it is all of them."""
    net1, _ = nets
    with net1.capture(filter="udp port 9") as packets, net1.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("", 4000))
        sender.sendto(b"hello", ("10.0.0.2", 9))
        time.sleep(0.05)
    (sent,) = packets
    assert (sent.protocol, sent.info) == ("UDP", "4000 > 9: UDP, length 5")


def test_without_tcpdump(nets: tuple[Namespace, Namespace], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without tcpdump the library tells what packets are; a filter is refused, and the error names the package."""
    net1, _ = nets
    with net1.capture("eth0") as packets:
        net1.ping("10.0.0.2", count=1)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("netns_kit.machines.runner._searchable", lambda path: path)
        said = [one.info for one in packets if one.protocol in ("ARP", "ICMP")]
        assert said[0] == "ARP who has 10.0.0.2? tell 10.0.0.1"
        assert said[2].startswith("10.0.0.1 > 10.0.0.2 ICMP echo request id")
        with pytest.raises(ToolMissingError, match="apt-get install tcpdump"):
            net1.capture("eth0", "arp")


@tcpdump
@pytest.mark.parametrize("wrong", ["arpp", "icmp and", "-w /etc/passwd", "", "port 70000"])
def test_wrong_filters_are_refused(nets: tuple[Namespace, Namespace], wrong: str) -> None:
    """A filter that tcpdump does not understand is refused before anything is captured, with what it says."""
    with pytest.raises(InvalidArgumentError, match=r"^filter=") as caught:
        nets[0].capture("eth0", wrong)
    assert caught.value.reason


def test_wrong_links_and_bounds(nets: tuple[Namespace, Namespace]) -> None:
    """A link that cannot be, or is not there, and bounds that are none are refused by their names."""
    net1, _ = nets
    with pytest.raises(NotFoundError, match="eth9"), net1.capture("eth9"):
        pass
    for words in ({"link": "a/b"}, {"count": 0}, {"seconds": -1}, {"size": "big"}):
        with pytest.raises(InvalidArgumentError, match=next(iter(words))):
            net1.capture(**words)  # type: ignore[arg-type]


@tcpdump
def test_bounds_count_what_passes_the_filter(nets: tuple[Namespace, Namespace]) -> None:
    """It ends after `count` packets of those that pass the filter."""
    net1, _ = nets
    with net1.capture("eth0", "icmp", count=3) as packets:
        net1.ping("10.0.0.2", count=3, interval=0.01)
    assert [one.protocol for one in packets] == ["ICMP"] * 3
    assert packets.full == "count"


@tcpdump
def test_it_may_be_looked_at_meanwhile(nets: tuple[Namespace, Namespace]) -> None:
    """The packets up to now are there within the block, and none comes after it."""
    net1, _ = nets
    with net1.capture("eth0", "icmp") as packets:
        assert not packets
        net1.ping("10.0.0.2", count=1)
        assert len(packets) == 2
    net1.ping("10.0.0.2", count=1)
    assert len(packets) == 2
    assert [one.time for one in packets[:1]] == [packets[0].time]


@tcpdump
def test_a_link_that_is_down(nets: tuple[Namespace, Namespace]) -> None:
    """A link that is down at first is captured from when it is up."""
    net1, _ = nets
    net1.link("eth0").down()
    with net1.capture("eth0", "icmp") as packets:
        net1.link("eth0").up()
        net1.ping("10.0.0.2", count=1)
    assert len(packets) == 2


@tcpdump
def test_filters_for_vlans(host: Host, tmp_path: Path) -> None:
    """A filter that asks for VLANs finds tags, although the kernel takes them off; so does one beside it."""
    for end in VethPair("first", "second").add():
        end.up()
    tagged = bytes.fromhex("ffffffffffff0200000000018100000a") + bytes.fromhex(
        "08060001080006040001020000000001c0000201000000000000c0000202"
    )
    with (
        host.capture("second", "vlan 10 and arp") as wanted,
        host.capture("second", "vlan 11") as others,
        host.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender,
    ):
        sender.bind(("first", 0))
        sender.send(tagged)
        time.sleep(0.05)
    assert [one.raw.frame.vlans for one in wanted] == [(10,)]
    assert len(others) == 0
    assert len(lines(wanted.save(tmp_path / "vlan.pcap"), "vlan", "10")) == 1


@tcpdump
@pytest.mark.needs_kernel("ipip")
def test_links_with_and_without_ethernet(nets: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    """A filter judges the packets of a tunnel's link and of the one beneath it, each by its kind; a file has both."""
    net1, net2 = nets
    for number, net in enumerate((net1, net2), 1):
        words = f"ip link add name tun0 type ipip remote 10.0.0.{3 - number} local 10.0.0.{number}"
        net.exec(*words.split())
        net.exec(*f"ip addr add 172.16.0.{number}/24 dev tun0".split())
        net.exec(*["ip", "link", "set", "dev", "tun0", "up"])
    with net1.capture(filter="icmp or proto 4") as both, net1.capture("tun0", "icmp") as inner:
        net1.ping("172.16.0.2", count=1)
    assert [(one.link, one.protocol) for one in both if one.direction == "out"] == [("tun0", "ICMP"), ("eth0", "IPIP")]
    assert [one.protocol for one in inner] == ["ICMP", "ICMP"]
    assert len(lines(both.save(tmp_path / "both.pcap"))) == 4
    assert len(lines(inner.save(tmp_path / "inner.pcap"))) == 2


@tcpdump
@needs_package("pandas")
def test_as_a_data_frame(nets: tuple[Namespace, Namespace]) -> None:
    """pandas takes a capture as it is."""
    import pandas

    with nets[0].capture("eth0", "icmp") as packets:
        nets[0].ping("10.0.0.2", count=1)
    table = pandas.DataFrame(packets)
    assert list(table["protocol"]) == ["ICMP", "ICMP"]


@tcpdump
def test_programs_judge_by_the_kind_of_link() -> None:
    """What only Ethernet has passes on no other link; what asks for VLANs is left to tcpdump."""
    assert filters.compiled("vlan").program is None
    arp = filters.compiled("arp").program
    assert arp is not None
    assert len(arp) % 8 == 0
    assert arp.endswith(filters.NOTHING)


def test_what_is_no_chatter(host: Host) -> None:
    """Of what comes when links come up, what IPv6 says to all is left out; who asks for an address is not."""
    net1, net2 = Namespace("net1").add(), Namespace("net2").add()
    with Watch([net2], filter=filters.without_chatter()) as watch, Watch([net2]) as everything:
        for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=net2, at=net1).add(), 1):
            end.site.run("ip", "addr", "add", f"fd00::{number}/64", "dev", "eth0", "nodad")
            end.addr.add(f"10.0.0.{number}/24")
            end.up()
        deadline = time.monotonic() + LONG
        while not net1.ping("fd00::2", count=1, wait=1, check=False):
            assert time.monotonic() < deadline
        net1.ping("10.0.0.2", count=1)
        with net1.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"hello", ("fd00::2", 133 * 256))
            time.sleep(0.05)
    said, all_said = (" ".join(str(one.frame) for one in seen.sightings) for seen in (watch, everything))
    for kept in ("ICMPv6 echo request", "neighbour solicitation who has fd00::2?", "ARP who has", "UDP"):
        assert kept in said
    assert "listener report" in all_said
    assert "listener report" not in said
    assert "router solicitation" not in said
    assert ":: >" not in said


@tcpdump
def test_nothing_is_recorded(host: Host, nets: tuple[Namespace, Namespace]) -> None:
    """Nobody types what captures: the transcript does not have it, not even where there is no such link."""
    before = len(host.transcript)
    with nets[0].capture("eth0", "icmp") as packets:
        pass
    assert len(packets) == 0
    with pytest.raises(NotFoundError), nets[0].capture("eth9"):
        pass
    assert len(host.transcript) == before
