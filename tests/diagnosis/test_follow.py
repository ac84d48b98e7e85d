"""Following a packet: each link that it crosses, out and back, over bridges, routers, NAT and tunnels."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from netns_kit import (
    Bridge,
    Host,
    InvalidArgumentError,
    Lab,
    Namespace,
    PlaceClosedError,
    VethPair,
    VxlanLink,
    Walk,
    follow,
)
from netns_kit.views.drawing import dot
from tests.conftest import needs_tool
from tests.networks import wait_for_ipv6


def cable(*ends: tuple[Namespace, str, str]) -> None:
    """Join two namespaces: each with the name and the address of its end."""
    (first, name, _), (second, other, _) = ends
    for end, (_, _, address) in zip(VethPair(name, other, peer_netns=second, at=first).add(), ends, strict=True):
        end.site.run("ip", "addr", "add", address, "dev", end.name, *(["nodad"] if ":" in address else []))
        end.up()


def bridge() -> None:
    """Three namespaces on a bridge."""
    br0 = Bridge("br0").add()
    br0.up()
    for number in (1, 2, 3):
        br0.plug(Namespace(f"net{number}").add(), address=f"10.0.1.{number}/24")


@pytest.fixture
def routed(host: Host) -> Namespace:
    """A client, whose two routers lead to a server; the second one hides the client's network."""
    client, r1, r2, server = (Namespace(name).add() for name in ("client", "r1", "r2", "server"))
    cable((client, "eth0", "10.0.0.2/24"), (r1, "lan", "10.0.0.1/24"))
    cable((r1, "wan", "172.16.0.1/24"), (r2, "lan", "172.16.0.2/24"))
    cable((r2, "wan", "192.0.2.1/24"), (server, "eth0", "192.0.2.9/24"))
    client.route.add("default", via="10.0.0.1")
    r1.route.add("default", via="172.16.0.2")
    r2.route.add("10.0.0.0/24", via="172.16.0.1")
    for router in (r1, r2):
        router.sysctl.set("net.ipv4.ip_forward", 1)
    return client


def crossed(walk: Walk, kind: str) -> list[str]:
    """The links that a message crossed, the first of its kind: ">" stands for out of a place."""
    leg = next(leg for leg in walk.legs if leg.kind == kind)
    return [f"{'> ' if one.direction == 'out' else ''}{walk.label(one.link)}" for one in leg.crossings]


def test_a_pair(host: Host) -> None:
    """Two namespaces on one cable: a question, its answer, the ping out, and back, with times that only grow."""
    net1, net2 = Namespace("net1").add(), Namespace("net2").add()
    cable((net1, "eth0", "10.0.0.1/24"), (net2, "eth0", "10.0.0.2/24"))
    before = len(host.transcript)
    walk = follow(net1, "10.0.0.2")
    assert (walk.ok, bool(walk), walk.sent, walk.answer.answered) == (True, True, 1, 1)
    assert [leg.kind for leg in walk.legs] == ["asking", "asking", "out", "back"]
    assert walk.legs[0].message == "ARP who has 10.0.0.2? tell 10.0.0.1"
    assert crossed(walk, "out") == ["> net1/eth0", "net2/eth0"]
    assert crossed(walk, "back") == ["> net2/eth0", "net1/eth0"]
    times = [one.time for one in walk.crossings]
    assert times[0] == 0
    assert times == sorted(times)
    assert re.match(r"net1 → 10\.0\.0\.2: answered after \d\.\d{3} ms\n", str(walk))
    assert re.search(r"^ +0\.\d{3} ms  net1/eth0 → net2/eth0$", str(walk), re.MULTILINE)
    assert len(host.transcript) == before


def test_a_bridge(host: Host) -> None:
    """A question is flooded to all ports; what was asked for goes straight. The picture has the way in it."""
    bridge()
    walk = follow(Namespace("net1"), Namespace("net3"))
    assert {"net2/eth0", "net3/eth0", "br0"} < set(crossed(walk, "asking"))
    assert crossed(walk, "out") == ["> net1/eth0", "net1-eth0", "> net3-eth0", "net3/eth0"]
    drawn = str(walk.picture)
    assert [line[0] for line in drawn.splitlines() if "eth0 veth" in line] == ["*", " ", "*", "*", " ", "*"]
    assert walk.picture.as_mermaid().count("]:::way") == 5  # the fifth is in the legend


def test_what_a_bridge_does_not_pass_on(host: Host) -> None:
    """Where the way ends, the walk says what was last seen, and it is no error."""
    bridge()
    host.link("net3-eth0").down()
    walk = follow(Namespace("net1"), "10.0.1.3")
    assert not walk
    assert not walk.ok
    assert "not answered; the last that was seen: ARP who has 10.0.1.3? tell 10.0.1.1" in str(walk)
    assert "net3" not in str(walk).partition("\n\n")[2]


def test_routers_and_nat(routed: Namespace) -> None:
    """Over two routers, the packet is known again behind address translation, and so is its answer."""
    r2 = Namespace("r2")
    r2.iptables.append("POSTROUTING", table="nat", out_interface="wan", jump="MASQUERADE")
    walk = follow(routed, "192.0.2.9", count=2)
    there = ["> client/eth0", "r1/lan", "> r1/wan", "r2/lan", "> r2/wan", "server/eth0"]
    assert walk.ok
    assert crossed(walk, "out") == there
    assert crossed(walk, "back") == [one[2:] if one.startswith(">") else f"> {one}" for one in reversed(there)]
    assert [leg.kind for leg in walk.legs if leg.kind != "asking"] == ["out", "back", "out", "back"]
    out = next(leg for leg in walk.legs if leg.kind == "out")
    assert [one.packet.partition(" > ")[0] for one in out.crossings] == ["10.0.0.2"] * 4 + ["192.0.2.1"] * 2
    assert "now 192.0.2.1 > 192.0.2.9 ICMP echo request" in str(walk)
    said = walk.as_mermaid()
    assert re.findall(r"participant \w+ as (\w+)", said) == ["client", "r1", "r2", "server"]
    assert re.search(r"^  Note over p2: now 192\.0\.2\.1 → 192\.0\.2\.9 ICMP echo request", said, re.MULTILINE)


def test_errors_that_come_back(routed: Namespace) -> None:
    """Who does not pass a packet on says so in an ICMP error, which is followed home."""
    Namespace("r2").exec("ip", "route", "add", "unreachable", "198.51.100.0/24")
    walk = follow(routed, "198.51.100.7")
    assert not walk.ok
    assert crossed(walk, "back") == ["> r2/lan", "r1/wan", "> r1/lan", "client/eth0"]
    assert "host unreachable (of 10.0.0.2 > 198.51.100.7 ICMP echo request" in str(walk)
    assert "Destination Host Unreachable" in walk.verdict


def test_a_packet_that_goes_round(routed: Namespace) -> None:
    """Routers that send a packet to each other are told in a bounded number of lines."""
    Namespace("r2").route.add("198.51.100.0/24", via="172.16.0.1")
    walk = follow(routed, "198.51.100.7")
    out = [leg for leg in walk.legs if leg.kind == "out"]
    assert len(out) == 1
    assert len(out[0].crossings) > 100
    assert "more\n" in str(walk)
    assert len(str(walk).splitlines()) < 200
    assert "time to live exceeded" in str(walk) or "Time to live exceeded" in str(walk)


def test_an_answer_that_does_not_come_home(routed: Namespace) -> None:
    """If only the way back is broken, that is what is said."""
    Namespace("r1").iptables.append("FORWARD", in_interface="wan", jump="DROP")
    Namespace("server").route.add("default", via="192.0.2.1")
    walk = follow(routed, "192.0.2.9")
    assert "not answered; the answer was last seen coming in by r1/wan" in str(walk)


def test_ports(routed: Namespace) -> None:
    """A connection's packets are known by their numbers, a datagram by what it carries, refusals by what they quote."""
    server = Namespace("server")
    server.route.add("default", via="192.0.2.1")
    with server.socket() as listening:
        listening.bind(("", 8080))
        listening.listen()
        walk = follow(routed, "192.0.2.9", port=8080)
    assert walk.ok
    own = [leg.message.rpartition(" ")[2] for leg in walk.legs if leg.kind != "asking"]
    assert own[:3] == ["SYN", "SYN,ACK", "ACK"]
    refused = follow(routed, "192.0.2.9", port=8081)
    assert not refused.ok
    assert "Connection refused" in refused.verdict
    assert [leg.message.rpartition(" ")[2] for leg in refused.legs if leg.kind == "back"] == ["RST,ACK"]
    datagram = follow(routed, "192.0.2.9", port=9, protocol="udp")
    assert "ICMP port unreachable (of 10.0.0.2" in str(datagram)
    server.iptables.append("INPUT", protocol="udp", jump="DROP")
    silent = follow(routed, "192.0.2.9", port=9, protocol="udp")
    assert "no answer, which a datagram need not have; last seen coming in by server/eth0" in str(silent)


def test_ipv6(host: Host) -> None:
    """Over IPv6, neighbour discovery asks, and the ping is followed just so."""
    net1, net2 = Namespace("net1").add(), Namespace("net2").add()
    cable((net1, "eth0", "fd00::1/64"), (net2, "eth0", "fd00::2/64"))
    wait_for_ipv6(net1, net2)
    walk = follow(net1, "fd00::2")
    assert walk.ok
    assert any("neighbour solicitation who has fd00::2?" in leg.message for leg in walk.legs if leg.kind == "asking")
    assert crossed(walk, "out") == ["> net1/eth0", "net2/eth0"]


def vxlan(lab: Lab) -> tuple[Namespace, Namespace]:
    """Two machines, whose namespaces are neighbours by a VXLAN."""
    nodes = [lab.host("node1"), lab.host("node2")]
    lab.cable(*nodes, name="eth0", addresses=("192.168.0.1/24", "192.168.0.2/24"))
    for number, node in enumerate(nodes, 1):
        remote, local = f"192.168.0.{3 - number}", f"192.168.0.{number}"
        vxlan0 = VxlanLink("vxlan0", id=88, dstport=4789, remote=remote, local=local, dev="eth0", at=node).add()
        br0 = Bridge("br0", at=node).add()
        br0.up()
        vxlan0.set(master=br0)
        vxlan0.up()
        br0.plug(Namespace("ns0", at=node).add(), address=f"172.66.1.{number + 1}/24")
    return Namespace("ns0", at=nodes[0]), Namespace("ns0", at=nodes[1])


def test_a_tunnel_between_two_hosts(lab: Lab) -> None:
    """A place's lab is watched as a whole: the packet is seen in its tunnel on the way between the hosts."""
    here, there = vxlan(lab)
    walk = follow(here, there)
    assert crossed(walk, "out") == [
        "> node1/ns0/eth0", "node1/ns0-eth0", "> node1/vxlan0", "> node1/eth0", "node2/eth0", "node2/vxlan0",
        "> node2/ns0-eth0", "node2/ns0/eth0",
    ]  # fmt: skip
    assert "in vxlan 88 192.168.0.1 > 192.168.0.2" in str(walk)
    assert "out of vxlan 88" in str(walk)
    assert "Note over p1: in vxlan 88 192.168.0.1 → 192.168.0.2" in walk.as_mermaid()


def test_among_others(lab: Lab) -> None:
    """Hosts of no lab are watched if they are named."""
    with Host.private("alone") as alone:
        net = Namespace("net1", at=alone).add()
        net.link("lo").up()
        (end, _) = VethPair("eth0", "eth0", peer_netns=lab.host("other"), at=net).add()
        end.addr.add("10.0.0.1/24")
        end.up()
        other = lab.hosts["other"].link("eth0")
        other.addr.add("10.0.0.2/24")
        other.up()
        assert crossed(follow(net, "10.0.0.2"), "out") == ["> net1/eth0"]
        assert crossed(follow(net, "10.0.0.2", among=[lab]), "out") == ["> alone/net1/eth0", "other/eth0"]


@needs_tool("dot")
def test_it_plays(lab: Lab) -> None:
    """The SVG is sound, has a dot for each message, which moves along the links within one film, and no script."""
    here, there = vxlan(lab)
    walk = follow(here, there)
    svg = walk.as_svg()
    tree = ElementTree.fromstring(svg)
    assert "script" not in svg
    moves = [one for one in tree.iter() if one.tag.endswith("animateMotion")]
    assert len(moves) == len(walk.legs)
    assert len({one.get("dur") for one in moves}) == 1
    for one in moves:
        keys = [float(key) for key in str(one.get("keyTimes")).split(";")]
        assert keys == sorted(keys)
        assert (keys[0], keys[-1]) == (0, 1)
        assert len(keys) == len(str(one.get("values")).split(";"))
    told = [one.text for one in tree.iter() if one.tag.endswith("text") and len(one)]
    assert set(told) == {leg.message for leg in walk.legs}
    shown = walk._repr_mimebundle_()
    assert shown["image/svg+xml"] == dot.fitted(svg)
    assert shown["text/plain"] == str(walk)


@needs_tool("dot")
def test_odd_names_are_drawn(host: Host) -> None:
    """Names that mean something in SVG, in Mermaid and in a terminal are only names."""
    net1, net2 = Namespace('a<b>&"c').add(), Namespace("end").add()
    cable((net1, 'x<y>&"z', "10.0.0.1/24"), (net2, "l;#1", "10.0.0.2/24"))
    walk = follow(net1, "10.0.0.2")
    ElementTree.fromstring(walk.as_svg())
    assert walk.as_svg().count("<animateMotion") == len(walk.legs)
    assert "participant p0 as a#60;b#62;#38;#34;c" in walk.as_mermaid()
    assert 'a<b>&"c/x<y>&"z → end/l;#1' in str(walk)


def test_a_large_network_shows_only_the_way(host: Host) -> None:
    """Of a hundred namespaces, those on the way are watched and drawn."""
    br0 = Bridge("br0").add()
    with host.batch():
        for number in range(1, 101):
            br0.plug(Namespace(f"net{number}").add(), address=f"10.0.0.{number}/24")
    br0.up()
    walk = follow(Namespace("net1"), "10.0.0.77")
    assert crossed(walk, "out") == ["> net1/eth0", "net1-eth0", "> net77-eth0", "net77/eth0"]
    assert {place.name for place in walk.places} == {"host", "net1", "net77"}
    assert len(walk.as_mermaid().splitlines()) < 40


def test_bad_input(host: Host) -> None:
    """What cannot be is refused by its name, before anything is sent."""
    net1 = Namespace("net1").add()
    for argument, call in {
        "place": lambda: follow("net1", "10.0.0.1"),  # type: ignore[arg-type]
        "destination": lambda: follow(net1, "nowhere"),
        "port": lambda: follow(net1, "10.0.0.1", protocol="tcp"),
        "protocol": lambda: follow(net1, "10.0.0.1", port=1, protocol="sctp"),
        "count": lambda: follow(net1, "10.0.0.1", count=0),
        "among": lambda: follow(net1, "10.0.0.1", among=host),  # type: ignore[arg-type]
    }.items():
        with pytest.raises(InvalidArgumentError, match=rf"^{argument}="):
            call()
    with pytest.raises(InvalidArgumentError, match="among='net2'"):
        follow(net1, "10.0.0.1", among=["net2"])  # type: ignore[list-item]
    with pytest.raises(InvalidArgumentError, match="it has no address"):
        follow(net1, Namespace("net1"))


def test_nothing_leads_there(host: Host) -> None:
    """Where no route leads on, nothing is sent, and the walk says what ping says."""
    walk = follow(Namespace("net1").add(), "10.0.0.1")
    assert not walk
    assert str(walk) == "net1 → 10.0.0.1: nothing was seen on any link (ping says: Network is unreachable)\n"
    assert walk.as_mermaid() == "sequenceDiagram\n"


def test_from_a_namespace_by_its_file_and_in_a_batch(host: Host) -> None:
    """A namespace of two names is watched once; what a batch has gathered is there before a packet is followed."""
    with host.batch():
        net1 = Namespace("net1").add()
        net1.link("lo").up()
        walk = follow(net1, "127.0.0.1")
    assert [len(leg.crossings) for leg in walk.legs] == [2, 2]
    again = follow(Namespace.of_path("/run/netns/net1"), "127.0.0.1")
    assert [len(leg.crossings) for leg in again.legs] == [2, 2]
    assert repr(walk).startswith("Walk(net1 → 127.0.0.1: answered after ")


def test_a_closed_host() -> None:
    """From a host that is closed nothing is sent."""
    with Host.private("gone") as host:
        pass
    with pytest.raises(PlaceClosedError):
        follow(host, "127.0.0.1")


@pytest.mark.needs_kernel("ipip", "vrf")
def test_ipip_and_vrf(host: Host) -> None:
    """A packet without Ethernet's header is seen on a tunnel's link, also where that belongs to a VRF."""
    net1, net2 = Namespace("net1").add(), Namespace("net2").add()
    cable((net1, "eth0", "192.168.0.1/24"), (net2, "eth0", "192.168.0.2/24"))
    for number, net in enumerate((net1, net2), 1):
        for words in (
            f"ip link add name tun0 type ipip remote 192.168.0.{3 - number} local 192.168.0.{number}",
            "ip link add name vrf0 type vrf table 10",
            "ip link set dev vrf0 up",
            *(["ip link set dev tun0 master vrf0"] if number == 2 else []),
            f"ip addr add 10.0.0.{number}/24 dev tun0",
            "ip link set dev tun0 up",
        ):
            net.exec(*words.split())
    walk = follow(net1, "10.0.0.2")
    assert walk.ok, str(walk)
    there = crossed(walk, "out")
    assert there[:4] == ["> net1/tun0", "> net1/eth0", "net2/eth0", "net2/tun0"]
    assert "in ipip 192.168.0.1 > 192.168.0.2" in str(walk)


@needs_tool("chromium")
@needs_tool("dot")
def test_in_a_browser(host: Host, tmp_path: Path) -> None:
    """A browser draws it, and the picture changes while it plays."""
    bridge()
    svg = follow(Namespace("net1"), "10.0.1.3").as_svg()
    drawn = svg[svg.index("<svg") :]
    pictures = []
    for moment in (0.1, 2.0):
        still = f"const it = document.querySelector('svg'); it.pauseAnimations(); it.setCurrentTime({moment});"
        page, picture = tmp_path / f"{moment}.html", tmp_path / f"{moment}.png"
        page.write_text(f"<!DOCTYPE html><body>{drawn}<script>{still}</script>", encoding="utf-8")
        subprocess.run(
            ("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
             "--window-size=1000,600", f"--screenshot={picture}", page.as_uri()),
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        pictures.append(picture.read_bytes())
    assert pictures[0] != pictures[1]
