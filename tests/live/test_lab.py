"""Labs: hosts, cables and switches."""

from __future__ import annotations

from typing import Any

import pytest

from netns_kit import (
    Bridge,
    ExistsError,
    Host,
    InvalidArgumentError,
    Lab,
    MissingModuleError,
    Namespace,
    NotFoundError,
    PlaceClosedError,
    Vrf,
    VxlanLink,
)
from netns_kit.views import kernel


def test_a_cable(lab: Lab) -> None:
    """A cable's ends have the name, the addresses and the MTU that were asked for, and are up."""
    one, two = lab.host("one"), lab.host("two")
    ends = lab.cable(one, two, name="bond1.1810", addresses=("100.73.10.31/24", "100.73.10.36/24"), mtu=1400)
    for end, host, address in zip(ends, (one, two), ("100.73.10.31/24", "100.73.10.36/24"), strict=True):
        info = end.show()
        assert (info.name, info.mtu, info.state) == ("bond1.1810", 1400, "UP")
        assert [str(found) for found in host.link("bond1.1810").addr.show(family=4)] == [address]
    assert one.ping("100.73.10.36", count=1).ok


def test_ipv6_works_at_once(lab: Lab) -> None:
    """The addresses of cables, switches and plugs need not be waited for, IPv6 no more than IPv4."""
    one, two = lab.host("one"), lab.host("two")
    lab.cable(one, two, addresses=("fd00::1/64", "fd00::2/64"))
    lab.switch("switch", one, two, addresses=("fd01::1/64", "fd01::2/64"))
    net = Namespace("net", at=one).add()
    br0 = Bridge("br0", at=one).add(up=True)
    br0.plug(net, address="fd02::2/64")
    for place, link in ((one, "eth0"), (two, "eth1"), (net, "eth0")):
        (own,) = (address for address in place.link(link).addr.show(family=6) if address.scope == "global")
        assert "tentative" not in own.flags


def test_names_of_cables(lab: Lab) -> None:
    """Without names the ends are the first free ethN of each place; `names` gives each its own."""
    one, two, three = (lab.host(name) for name in ("one", "two", "three"))
    assert [end.name for end in lab.cable(one, two)] == ["eth0", "eth0"]
    assert [end.name for end in lab.cable(one, three)] == ["eth1", "eth0"]
    assert [end.name for end in lab.cable(two, three, names=("left", "right"))] == ["left", "right"]


def test_a_cable_between_namespaces(lab: Lab) -> None:
    """A cable leads to namespaces of hosts, too."""
    one, two = lab.host("one"), lab.host("two")
    net0, net1 = Namespace("net0", at=one).add(), Namespace("net0", at=two).add()
    lab.cable(net0, net1, addresses=("10.0.0.1/24", "10.0.0.2/24"))
    assert net0.ping("10.0.0.2", count=1).ok
    assert not one.link("eth0").exists()


def test_a_cable_that_cannot_be(lab: Lab) -> None:
    """A taken name, a bad address, a closed host, and a host of another lab are refused; nothing half-made stays."""
    one, two, three = (lab.host(name) for name in ("one", "two", "three"))
    lab.cable(one, two, name="eth0")
    with pytest.raises(ExistsError):
        lab.cable(three, two, name="eth0")
    assert not three.link("eth0").exists()
    for wrong in ({"addresses": ("nonsense", None)}, {"mtu": 1}, {"name": "x" * 16}, {"names": ("a", "b/c")}):
        with pytest.raises(InvalidArgumentError):
            lab.cable(one, three, **wrong)  # type: ignore[arg-type]
    assert [link.name for link in three.link.list()] == ["lo"]
    with Lab() as other, Host.private() as lone:
        for stranger in (other.host("one"), lone):
            with pytest.raises(InvalidArgumentError, match="no place of this lab"):
                lab.cable(one, stranger)
    with pytest.raises(NotFoundError, match="net9"):
        lab.cable(one, Namespace("net9", at=two))
    three.close()
    with pytest.raises(PlaceClosedError, match="three"):
        lab.cable(one, three)


def test_hosts_of_a_lab(lab: Lab) -> None:
    """A name is used once; a closed lab has no more hosts; each command is told with its host."""
    one = lab.host("one")
    with pytest.raises(InvalidArgumentError, match="one"):
        lab.host("one")
    with pytest.raises(InvalidArgumentError, match="name"):
        lab.host("a b")
    two = lab.host("two")
    one.exec("true")
    two.exec("true")
    assert [result.host for result in lab.transcript] == ["one", "two"]
    assert len(one.transcript) == 1
    lab.close()
    with pytest.raises(PlaceClosedError):
        lab.host("three")
    with pytest.raises(PlaceClosedError):
        one.exec("true")
    lab.close()


def test_the_lab_of_a_place(lab: Lab, host: Host) -> None:
    """A host of a lab, and a namespace there, belong to it; a host of its own belongs to none."""
    one = lab.host("one")
    with Lab() as other:
        assert Lab.of(other.host("one")) is other
        assert Lab.of(one) is lab
        assert Lab.of(Namespace("net0", at=one)) is lab
    assert Lab.of(host) is None


def test_a_switch(lab: Lab) -> None:
    """Places on a switch reach each other, with the addresses in order; more are plugged in later."""
    hosts = [lab.host(f"host{number}") for number in range(4)]
    switch = lab.switch("switch", *hosts[:3], link="eth7", addresses=[f"10.0.0.{number + 1}/24" for number in range(3)])
    assert len(switch.bridge.ports()) == 3
    assert hosts[0].ping("10.0.0.3", count=1).ok
    end = switch.plug(hosts[3], address="10.0.0.4/24")
    assert (end.name, hosts[1].ping("10.0.0.4", count=1).ok) == ("eth0", True)
    with pytest.raises(InvalidArgumentError, match="more addresses"):
        lab.switch("other", hosts[0], addresses=["10.1.0.1/24", "10.1.0.2/24"])


def test_a_switch_that_fails_leaves_nothing() -> None:
    """Addresses that are none, and more of them than places, leave no switch behind: the name is free again."""
    with Lab() as lab:
        node1 = lab.host("node1")
        for addresses in (["nonsense"], ["10.0.0.1/24", "10.0.0.2/24"]):
            with pytest.raises(InvalidArgumentError, match="addresses"):
                lab.switch("sw", node1, addresses=addresses)
        with pytest.raises(ExistsError):
            lab.switch("sw", node1, link="lo")
        lab.switch("sw", node1, addresses=["10.0.0.1/24"])
        assert [link.name for link in node1.link.list()] == ["lo", "eth0"]


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("addresses", {"addresses": ("10.0.0.1/24",)}),
        ("names", {"names": "ab"}),
        ("names", {"names": ("a",)}),
    ],
)
def test_a_cable_has_two_ends(argument: str, options: dict[str, Any]) -> None:
    """One address or one name is refused, by its argument."""
    with Lab() as lab, pytest.raises(InvalidArgumentError, match=argument):
        lab.cable(lab.host("a"), lab.host("b"), **options)


def test_vrf_without_its_module_is_an_error_that_names_it() -> None:
    """D1.6d and e without the lines about the VRF: the namespaces reach each other. With them, the error names vrf."""
    with Lab() as lab:
        nodes = [lab.host(name) for name in ("node1", "node2")]
        addresses = ("100.73.10.31", "100.73.10.36")
        lab.cable(*nodes, name="bond1.1810", addresses=tuple(f"{one}/24" for one in addresses))
        for number, node in enumerate(nodes):
            with node.enter():
                vxlan0 = VxlanLink(
                    "vxlan0", id=88, dstport=4788, local=addresses[number], remote=addresses[1 - number],
                    dev="bond1.1810",
                ).add()  # fmt: skip
                br0 = Bridge("br0").add()
                vxlan0.set(master=br0)
                vxlan0.up()
                br0.up()
                br0.plug(Namespace("ns0").add(), address=f"172.66.1.{number + 2}/24")
        assert Namespace("ns0", at=nodes[0]).ping("172.66.1.3", count=2).ok
        if kernel.lacks("vrf"):
            with pytest.raises(MissingModuleError, match=r"\(vrf\)"):
                Vrf("vrf0", table=10, at=nodes[0]).add()
