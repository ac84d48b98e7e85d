"""What a snapshot says of a network, held to the same network written down by hand."""

from __future__ import annotations

import threading
import xml.dom.minidom
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from netns_kit import Bridge, Host, InvalidArgumentError, Lab, Macvlan, Namespace, VethPair, VxlanLink
from netns_kit.views.changes import Change, compare
from netns_kit.views.nodes import Edge, LinkNode, PlaceNode
from netns_kit.views.topology import Topology
from tests.conftest import needs_tool

ODD = 'a<b>&"c'
needs_dot = needs_tool("dot")


def summary(topology: Topology) -> list[tuple[object, ...]]:
    """What a person would write down of each link: where, what, up or not, addresses, master and the other end."""
    return [
        (link.id, link.kind, link.up, link.addresses, link.master, link.peer)
        for link in topology.links
        if link.kind != "loopback"
    ]


def bridged() -> None:
    """A bridge and two namespaces, on the current host."""
    br0 = Bridge("br0").add()
    br0.up()
    br0.addr.add("10.0.1.254/24")
    for number in (0, 1):
        net = Namespace(f"net{number}").add()
        outer, inner = VethPair(f"veth{number}", "eth0", peer_netns=net).add()
        inner.addr.add(f"10.0.1.{number + 1}/24")
        inner.up()
        outer.set(master=br0)
        if number == 0:
            outer.up()


@pytest.fixture
def machine() -> Iterator[Host]:
    """A private host with a bridge and two namespaces."""
    with Host.private("machine") as host:
        bridged()
        yield host


def test_bridge(machine: Host) -> None:
    """Links, states, addresses, masters and the other ends of a bridge with two namespaces."""
    assert summary(Topology.of(machine)) == [
        ("machine/br0", "bridge", True, ("10.0.1.254/24",), None, None),
        ("machine/veth0", "veth", True, (), "br0", "machine/net0/eth0"),
        ("machine/veth1", "veth", False, (), "br0", "machine/net1/eth0"),
        ("machine/net0/eth0", "veth", True, ("10.0.1.1/24",), None, "machine/veth0"),
        ("machine/net1/eth0", "veth", True, ("10.0.1.2/24",), None, "machine/veth1"),
    ]


def test_edges(machine: Host) -> None:
    """Each pair and each port is one edge."""
    assert set(Topology.of(machine).edges) == {
        Edge("veth", "machine/veth0", "machine/net0/eth0"),
        Edge("veth", "machine/veth1", "machine/net1/eth0"),
        Edge("port", "machine/veth0", "machine/br0"),
        Edge("port", "machine/veth1", "machine/br0"),
    }


def test_reading_leaves_no_trace(machine: Host) -> None:
    """Two snapshots of the same network are equal, and the transcript has nothing of them."""
    before = len(machine.transcript)
    assert Topology.of(machine) == Topology.of(machine)
    assert len(machine.transcript) == before


def test_a_batch_runs_first() -> None:
    """What a batch has gathered is in the snapshot."""
    with Host.private() as host, host.batch():
        Bridge("br7").add()
        assert "host/br7" in {link.id for link in Topology.of(host).links}


def test_routes(machine: Host) -> None:
    """Routes that somebody chose are told apart from those that come with an address."""
    net0 = Namespace("net0")
    net0.route.add("default", via="10.0.1.254")
    place = Topology.of(machine).place("machine/net0")
    assert [(route.dst, route.gateway) for route in place.chosen_routes] == [("default", "10.0.1.254")]
    assert "10.0.1.0/24" in {route.dst for route in place.routes}


def test_same_names_and_indexes_everywhere() -> None:
    """Ends are matched by the kernel's ids: four hosts of one look, wired crosswise, keep their cables apart."""
    with Lab() as lab:
        a, b, c, d = (lab.host(name) for name in "abcd")
        lab.cable(a, c)
        lab.cable(b, d)
        peers = {link.id: link.peer for link in Topology.of(lab).links if link.kind == "veth"}
    assert peers == {"a/eth0": "c/eth0", "c/eth0": "a/eth0", "b/eth0": "d/eth0", "d/eth0": "b/eth0"}


def test_cable_between_namespaces_of_two_hosts() -> None:
    """Namespaces of one name on two hosts, wired to each other."""
    with Lab() as lab:
        places = [Namespace("ns0", at=lab.host(name)).add() for name in ("node1", "node2")]
        lab.cable(*places, name="eth0")
        peers = {link.id: link.peer for link in Topology.of(lab).links if link.kind == "veth"}
    assert peers == {"node1/ns0/eth0": "node2/ns0/eth0", "node2/ns0/eth0": "node1/ns0/eth0"}


def test_a_link_that_stands_on_one_of_another_namespace(machine: Host) -> None:
    """A macvlan in a namespace is joined to the host's link that it stands on."""
    Macvlan("mac0", link="br0").add().set(netns="net0")
    topology = Topology.of(machine)
    assert topology.link("machine/net0/mac0").peer == "machine/br0"
    assert Edge("on", "machine/net0/mac0", "machine/br0") in topology.edges


@pytest.mark.parametrize("by", ["remote", "fdb"])
def test_vxlan_between_hosts(by: str) -> None:
    """A VXLAN on each of two hosts is one edge, whether the link or its forwarding database knows the other."""
    with Lab() as lab:
        hosts = [lab.host(name) for name in ("node1", "node2")]
        lab.cable(*hosts, addresses=("100.73.10.31/24", "100.73.10.36/24"))
        for host, here, there in ((hosts[0], 31, 36), (hosts[1], 36, 31)):
            remote = f"100.73.10.{there}"
            options = {"remote": remote} if by == "remote" else {}
            link = VxlanLink(
                "vxlan0", id=100, dstport=4789, local=f"100.73.10.{here}", dev="eth0", at=host, **options
            ).add()
            if by == "fdb":
                link.fdb.append("00:00:00:00:00:00", dst=remote)
        topology = Topology.of(lab)
    assert Edge("tunnel", "node1/vxlan0", "node2/vxlan0", "vxlan 100") in topology.edges
    assert topology.link("node1/vxlan0").about["remote"] == "100.73.10.36"


def test_a_namespace_of_two_names(machine: Host) -> None:
    """Second names, be they for the host's own namespace, draw nothing twice and leave peers where they are."""
    before = Topology.of(machine)
    machine.exec("ln", "-s", "net0", "/run/netns/zero")
    machine.netns.attach("me", machine.pid)
    assert Topology.of(machine) == before


@pytest.mark.parametrize("second", ["aaa", "zzz"])
def test_a_namespace_of_two_names_on_another_machine(
    second: str, machine: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a namespace has to be asked what it calls another, only the name that is shown counts."""
    VethPair("one", "two", peer_netns="net1", at=Namespace("net0")).add()
    for name in ("net0", "net1"):
        machine.exec("ln", "-s", name, f"/run/netns/{second}{name}")
    monkeypatch.setattr(type(machine.site.runner.runner), "machine", "another machine")
    net0, net1 = (f"machine/{min(name, second + name)}" for name in ("net0", "net1"))
    assert Topology.of(machine).link(f"{net0}/one").peer == f"{net1}/two"


def test_namespaces_that_come_and_go(machine: Host) -> None:
    """A topology can be read while another thread makes and deletes namespaces."""
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            net = Namespace("comes", at=machine).add()
            VxlanLink("vxlan0", id=5, dstport=4789, at=net).add()
            net.delete()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(30):
            assert {"machine/net0", "machine/net1"} <= {place.id for place in Topology.of(machine).places}
    finally:
        done.set()
        thread.join()


def test_closed_hosts_of_a_lab_are_left_out() -> None:
    """What is closed is gone from the picture."""
    with Lab() as lab:
        lab.host("node1")
        lab.host("node2").close()
        assert Topology.of(lab).hosts == ("node1",)


def test_what_a_step_did(machine: Host) -> None:
    """Adding, setting up and addressing links is told, link by link, and nothing else."""
    before = Topology.of(machine)
    VethPair("one", "two").add()
    machine.link("one").addr.add("10.9.9.1/24")
    machine.link("one").set(master="br0")
    machine.link("one").up()
    assert before.compare(Topology.of(machine)).changes == (
        Change("added", "link", "machine/two"),
        Change("added", "link", "machine/one"),
        Change("added", "up", "machine/one", after=True),
        Change("added", "addresses", "machine/one", after="10.9.9.1/24"),
        Change("added", "master", "machine/one", after="br0"),
    )


def test_a_changed_mtu(machine: Host) -> None:
    """Another MTU is a change, and two snapshots that differ in it are not equal."""
    before = Topology.of(machine)
    machine.link("veth1").set(mtu=1400)
    after = Topology.of(machine)
    assert before != after
    assert Change("changed", "mtu", "machine/veth1", 1500, 1400) in before.compare(after).changes


@pytest.mark.parametrize("what", ["net1", None, 5, Namespace])
def test_what_is_no_topology(what: Any) -> None:
    """What cannot be read, or compared with, is refused by name."""
    with pytest.raises(InvalidArgumentError, match=r"what.*it must be a Host or a Lab"):
        Topology.of(what)
    with pytest.raises(InvalidArgumentError, match=r"after.*it must be a Topology"):
        Topology(()).compare(what)


def test_an_end_that_is_elsewhere(machine: Host) -> None:
    """Of a cable into a namespace without a name, such as a container's, the text says that it leads elsewhere."""
    VethPair("port", "far").add()
    Namespace("nameless").add()
    machine.link("far").set(netns="nameless")
    with machine.start("ip", "netns", "exec", "nameless", "sh", "-c", "echo; sleep 60") as process:
        next(process.lines(10))
        Namespace("nameless").delete()
        told = str(Topology.of(machine))
    assert "port veth down ── elsewhere\n" in told
    assert told.count("elsewhere") == 1


def test_renamed_and_moved(machine: Host) -> None:
    """A link that was renamed is the same link, and so is one that went to another namespace."""
    VethPair("one", "two").add()
    before = Topology.of(machine)
    machine.link("one").set(name="first")
    machine.link("two").set(netns="net0")
    told = {(change.mark, change.what, change.id) for change in before.compare(Topology.of(machine)).changes}
    assert ("changed", "name", "machine/first") in told
    assert ("changed", "place", "machine/net0/two") in told
    assert {mark for mark, _, _ in told} == {"changed"}


def test_what_is_gone_is_drawn(machine: Host) -> None:
    """A namespace that was deleted is gone in words, and still in the picture of the comparison."""
    before = Topology.of(machine)
    machine.link("veth1").delete()
    Namespace("net1").delete()
    comparison = before.compare(Topology.of(machine))
    assert str(comparison) == "- place machine/net1\n- link machine/veth1\n- link machine/net1/eth0\n"
    assert "- └─ namespace net1" in comparison.as_text()
    assert "net1" in comparison.as_dot()
    assert "gone\n" in comparison.as_mermaid()


def test_nothing_changed(machine: Host) -> None:
    """A comparison of equal snapshots is false, and says so."""
    same = Topology.of(machine).compare(Topology.of(machine))
    assert not same
    assert str(same) == "nothing changed\n"


def test_text(machine: Host) -> None:
    """The tree that a terminal shows."""
    assert str(Topology.of(machine)) == (
        "host machine\n"
        "├─ br0 bridge up 10.0.1.254/24\n"
        "│  ├─ veth0 veth up ── machine/net0/eth0\n"
        "│  └─ veth1 veth down ── machine/net1/eth0\n"
        "├─ namespace net0\n"
        "│  └─ eth0 veth up 10.0.1.1/24 ── machine/veth0\n"
        "└─ namespace net1\n"
        "   └─ eth0 veth up, no carrier 10.0.1.2/24 ── machine/veth1\n"
    )


@pytest.fixture
def odd() -> Topology:
    """A network in which every name is full of what HTML, SVG, Mermaid and DOT hold dear."""
    with Host.private() as host:
        Bridge(ODD).add().addr.add("10.0.0.1/24")
        net = Namespace('n"<&;]end').add()
        outer, _ = VethPair('v\\"<', "x`y|z{}", peer_netns=net).add()
        outer.set(master=ODD)
        return Topology.of(host)


def test_odd_names_in_mermaid(odd: Topology) -> None:
    """Between the quotes of a label, odd characters stand only as numbers."""
    text = odd.as_mermaid()
    assert "a#60;b#62;#38;#34;c<br/>bridge<br/>10.0.0.1/24" in text
    labels = [line.split('["')[1].rsplit('"]')[0] for line in text.splitlines() if '["' in line]
    assert len(labels) == 5
    assert not any(set('"\\`|{}&') & set(label.replace("<br/>", "")) for label in labels)


@needs_dot
def test_odd_names_in_svg(odd: Topology) -> None:
    """The SVG is sound XML, and shows the names as they are."""
    picture = xml.dom.minidom.parseString(odd.as_svg())
    words = {node.firstChild.data for node in picture.getElementsByTagName("text") if node.firstChild}
    assert {ODD, 'v\\"<', "x`y|z{}", 'n"<&;]end'} <= {word.strip() for word in words}


def test_names_that_are_no_text() -> None:
    """Bytes that are no UTF-8, and control characters, can be drawn and written."""
    topology = Topology((PlaceNode("host", None, (LinkNode("host", "\udcff\x07x", "bridge"),)),))
    for text in (topology.as_text(), topology.as_mermaid(), topology.as_dot()):
        assert text.encode()
        assert "\x07" not in text


@needs_dot
def test_notebooks_get_the_best_form(machine: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """SVG where there is Graphviz, else Mermaid; the text always."""
    topology = Topology.of(machine)
    assert set(topology._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}
    monkeypatch.setenv("PATH", "/nonexistent")
    assert set(topology._repr_mimebundle_()) == {"text/vnd.mermaid", "text/plain"}


@needs_dot
def test_thirty_namespaces_stay_legible() -> None:
    """A bridge with thirty namespaces is drawn with cables that run straight, half of them on each side."""
    with Host.private() as host:
        br0 = Bridge("br0").add()
        for number in range(30):
            net = Namespace(f"net{number}").add()
            outer, _ = VethPair(f"veth{number}", "eth0", peer_netns=net).add()
            outer.set(master=br0)
        text = Topology.of(host).as_dot()
    assert text.count(":w -- ") + text.count(":w [") == 15
    assert text.count(":e -- ") == 15


def test_dry_run() -> None:
    """A host that is none has nothing to show, and says so without an error."""
    with Host.dry_run() as host:
        Bridge("br0").add()
        assert str(Topology.of(host)) == "host host\n"


def test_words_for_one_state(host: Host) -> None:
    """On another machine the kernel may say the same of a link by another word, which is no difference."""
    Bridge("br0").add()

    def said(state: str) -> list[PlaceNode]:
        places = Topology.of(host).places
        return [evolve(one, links=tuple(evolve(link, state=state) for link in one.links)) for one in places]

    assert compare(said("UP"), said("UNKNOWN"), by_name=True) == ()
    assert compare(said("DOWN"), said("LOWERLAYERDOWN"), by_name=True) == ()
    assert {one.what for one in compare(said("UP"), said("DOWN"), by_name=True)} == {"state"}
