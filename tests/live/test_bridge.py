"""Bridges by `ip`, by `bridge` and by `brctl`."""

from __future__ import annotations

import pytest

from netns_kit import Bridge, ExistsError, Host, Namespace, NotFoundError, VethPair
from tests.conftest import needs_tool


@pytest.fixture
def segment(host: Host) -> tuple[Bridge, list[Namespace]]:
    """A bridge that is up, with two namespaces on it."""
    br0 = Bridge("br0").add()
    br0.up()
    nets = [Namespace(f"net{number}").add() for number in range(2)]
    for number, net in enumerate(nets):
        outer, inner = VethPair(f"port{number}", "eth0", peer_netns=net).add()
        inner.set(address=f"02:00:00:00:00:0{number}")
        inner.addr.add(f"10.0.0.{number + 1}/24")
        inner.up()
        outer.set(master=br0)
        outer.up()
    return br0, nets


def test_ports_come_and_go(segment: tuple[Bridge, list[Namespace]], host: Host) -> None:
    """Ports are listed with what they are, put on, and taken off."""
    br0, nets = segment
    assert {port.name for port in br0.ports()} == {"port0", "port1"}
    assert {port.port_kind for port in br0.ports()} == {"bridge"}
    assert nets[0].ping("10.0.0.2", count=1).ok
    host.link("port1").set(nomaster=True)
    assert [port.name for port in br0.ports()] == ["port0"]
    host.link("port1").set(master="br0")
    assert len(br0.ports()) == 2


def test_it_learns(segment: tuple[Bridge, list[Namespace]], host: Host) -> None:
    """After a ping the forwarding database knows behind which port each address is."""
    br0, nets = segment
    nets[0].ping("10.0.0.2", count=1)
    learned = {entry.mac: entry.dev for entry in br0.fdb.show() if entry.state != "permanent"}
    assert learned == {"02:00:00:00:00:00": "port0", "02:00:00:00:00:01": "port1"}


def test_entries_by_hand(segment: tuple[Bridge, list[Namespace]], host: Host) -> None:
    """Entries are added, found again with their link, and deleted; twice is an error each."""
    port = host.link("port0")
    port.fdb.add("02:00:00:00:00:99", master=True, state="static")
    (entry,) = (entry for entry in port.fdb.show() if entry.mac == "02:00:00:00:00:99")
    assert (entry.dev, entry.master, entry.state) == ("port0", "br0", "static")
    with pytest.raises(ExistsError):
        port.fdb.add("02:00:00:00:00:99", master=True, state="static")
    port.fdb.replace("02:00:00:00:00:99", master=True, state="permanent")
    port.fdb.delete("02:00:00:00:00:99", master=True)
    with pytest.raises(NotFoundError):
        port.fdb.delete("02:00:00:00:00:99", master=True)


@needs_tool("brctl")
def test_brctl(host: Host) -> None:
    """brctl's verbs make, fill, switch, show, empty and delete a bridge, as `ip` sees it, too."""
    brctl = host.brctl
    assert brctl.show() == ()
    brctl.addbr("br0")
    brctl.addbr("br1")
    for name in ("left", "middle", "right"):
        VethPair(name, f"{name}-end").add()
        brctl.addif("br0", name)
    brctl.stp("br0", True)
    shown = {bridge.name: bridge for bridge in brctl.show()}
    assert set(shown) == {"br0", "br1"}
    assert set(shown["br0"].interfaces) == {"left", "middle", "right"}
    assert (shown["br0"].stp, shown["br1"].stp, shown["br1"].interfaces) == (True, False, ())
    assert shown["br0"].id.startswith("8000.")
    assert {port.name for port in Bridge("br0").ports()} == {"left", "middle", "right"}
    assert Bridge("br0", stp_state=True).differences(Bridge("br0").show()) == {}
    with pytest.raises(ExistsError):
        brctl.addif("br1", "left")
    brctl.delif("br0", "left")
    with pytest.raises(NotFoundError):
        brctl.addif("br0", "nothing")
    with pytest.raises(NotFoundError):
        brctl.addif("br9", "left")
    brctl.stp("br0", False)
    brctl.delbr("br1")
    assert [(bridge.name, bridge.stp) for bridge in brctl.show()] == [("br0", False)]


@needs_tool("brctl")
def test_brctl_in_a_namespace(host: Host) -> None:
    """brctl sees the bridges of the namespace where it is typed, and only those."""
    net = Namespace("net0").add()
    Bridge("outer").add()
    net.brctl.addbr("inner")
    assert [bridge.name for bridge in net.brctl.show()] == ["inner"]
    assert [bridge.name for bridge in host.brctl.show()] == ["outer"]
