"""Addresses, routes, rules, neighbours and modules, as the kernel has them."""

from __future__ import annotations

import pytest

from netns_kit import (
    Bridge,
    ExistsError,
    Host,
    InvalidArgumentError,
    MissingModuleError,
    Namespace,
    NextHop,
    NotFoundError,
    UnreachableError,
    VethPair,
)
from netns_kit.links.veth import Veth


@pytest.fixture
def eth0(host: Host) -> Veth:
    """A link that is up and works, with 10.0.0.1/24 and fd00::1/64."""
    eth0, other = VethPair("eth0", "other").add()
    other.up()
    eth0.up()
    eth0.addr.add("10.0.0.1/24")
    host.exec("ip", "addr", "add", "fd00::1/64", "dev", "eth0", "nodad")
    return eth0


def test_addresses(eth0: Veth, host: Host) -> None:
    """Peer, scope, broadcast and label are read back as they were given."""
    eth0.addr.add("10.1.0.1", peer="10.1.0.2")
    eth0.addr.add("10.2.0.1/24", broadcast="+", label="eth0:two")
    eth0.addr.add("10.3.0.1/24", scope="link", broadcast="10.3.0.254")
    found = {address.local: address for address in eth0.addr.show(family=4)}
    assert found["10.1.0.1"].peer == "10.1.0.2"
    assert (found["10.2.0.1"].broadcast, found["10.2.0.1"].label) == ("10.2.0.255", "eth0:two")
    assert (found["10.3.0.1"].scope, found["10.3.0.1"].broadcast) == ("link", "10.3.0.254")
    assert (found["10.0.0.1"].dev, str(found["10.0.0.1"].interface)) == ("eth0", "10.0.0.1/24")
    assert found["10.0.0.1"].peer is None
    with pytest.raises(ExistsError):
        eth0.addr.add("10.0.0.1/24")
    eth0.addr.replace("10.0.0.1/24", broadcast="10.0.0.255")
    eth0.addr.delete("10.1.0.1", peer="10.1.0.2")
    with pytest.raises(NotFoundError):
        eth0.addr.delete("10.9.9.9/24")
    assert {address.dev for address in host.addr.show(family=4)} == {"lo", "eth0"}
    assert host.addr.show(dev="eth0") == eth0.addr.list()


def test_addresses_of_ipv6(eth0: Veth) -> None:
    """IPv6 addresses are added, listed by family, and flushed by family."""
    eth0.addr.add("fd00:1::1/64")
    found = {str(address) for address in eth0.addr.show(family=6)}
    assert {"fd00::1/64", "fd00:1::1/64"} <= found
    eth0.addr.flush(family=6)
    assert [address.family for address in eth0.addr.show()] == ["inet"]
    eth0.addr.flush()
    assert eth0.addr.show() == ()


def test_routes(eth0: Veth, host: Host) -> None:
    """A gateway, a source, a metric, a protocol and a scope are read back as they were given."""
    route = host.route
    route.add("default", via="10.0.0.254")
    route.add("10.5.0.0/16", via="10.0.0.253", dev=eth0, src="10.0.0.1", metric=50, proto="static", mtu=1300)
    route.add("10.6.0.0/16", dev="eth0", scope="link")
    found = {one.dst: one for one in route.show()}
    assert (found["default"].gateway, found["default"].dev) == ("10.0.0.254", "eth0")
    five = found["10.5.0.0/16"]
    assert (five.gateway, five.prefsrc, five.metric, five.protocol) == ("10.0.0.253", "10.0.0.1", 50, "static")
    assert five.raw["metrics"] == [{"mtu": 1300}]
    assert (found["10.6.0.0/16"].scope, found["10.0.0.0/24"].protocol) == ("link", "kernel")
    assert route.get("10.5.1.1").gateway == "10.0.0.253"
    assert route.get("8.8.8.8").gateway == "10.0.0.254"
    with pytest.raises(ExistsError):
        route.add("default", via="10.0.0.254")
    route.replace("default", via="10.0.0.252")
    assert route.show("default")[0].gateway == "10.0.0.252"
    route.delete("default")
    with pytest.raises(NotFoundError):
        route.delete("default")
    with pytest.raises(UnreachableError):
        route.get("8.8.8.8")


def test_routes_of_all_types(eth0: Veth, host: Host) -> None:
    """Blackhole and its like keep their type, and what they do to a packet is said."""
    for number, kind in enumerate(("blackhole", "unreachable", "prohibit", "throw")):
        host.route.add(f"10.{number + 20}.0.0/16", type=kind)
    found = {one.dst: one.type for one in host.route.list()}
    assert [found[f"10.{number + 20}.0.0/16"] for number in range(4)] == [
        "blackhole",
        "unreachable",
        "prohibit",
        "throw",
    ]
    host.route.delete("10.20.0.0/16", type="blackhole")
    assert "10.20.0.0/16" not in {one.dst for one in host.route.list()}
    with pytest.raises(UnreachableError):
        host.route.get("10.21.0.1")


def test_routes_by_several_ways(eth0: Veth, host: Host) -> None:
    """Several next hops are read back with their weights; onlink needs no network of the gateway."""
    hops = (NextHop(via="10.0.0.10", weight=2), NextHop(via="10.0.0.11", dev="eth0"))
    host.route.add("10.7.0.0/16", nexthops=hops)
    (route,) = host.route.show("10.7.0.0/16")
    assert [(hop.via, hop.dev, hop.weight) for hop in route.nexthops] == [
        ("10.0.0.10", "eth0", 2),
        ("10.0.0.11", "eth0", 1),
    ]
    host.route.add("10.8.0.0/16", via="192.0.2.1", dev="eth0", onlink=True)
    (route,) = host.route.show("10.8.0.0/16")
    assert (route.gateway, "onlink" in route.flags) == ("192.0.2.1", True)


def test_routes_of_other_tables_and_families(eth0: Veth, host: Host) -> None:
    """Routes of other tables and of IPv6 are apart; an empty table is an empty list; flush empties."""
    assert host.route.show(table=100) == ()
    assert Namespace("fresh").add().route.show() == ()
    host.route.add("10.9.0.0/16", via="10.0.0.9", table=100)
    assert [one.dst for one in host.route.show(table=100)] == ["10.9.0.0/16"]
    assert "10.9.0.0/16" not in {one.dst for one in host.route.show()}
    host.route.flush(table=100)
    assert host.route.show(table=100) == ()
    host.route.add("fd05::/64", via="fd00::2")
    host.route.add("default", via="fd00::9", family=6)
    found = {one.dst: one.gateway for one in host.route.show(family=6)}
    assert (found["fd05::/64"], found["default"]) == ("fd00::2", "fd00::9")
    assert host.route.get("fd05::1").gateway == "fd00::2"
    host.route.add("10.11.0.0/16", via="fd00::2", dev="eth0")
    assert host.route.show("10.11.0.0/16")[0].gateway == "fd00::2"


def test_rules(eth0: Veth, host: Host) -> None:
    """Rules are read back as they were given, in order, and decide."""
    assert [rule.priority for rule in host.rule.show()] == [0, 32766, 32767]
    host.route.add("10.9.0.0/16", via="10.0.0.9", table=100)
    host.rule.add(from_="10.0.0.1/32", to="10.9.0.0/16", table=100, priority=1000)
    host.rule.add(fwmark="0x10", iif="eth0", action="blackhole", priority=1001)
    host.rule.add(not_=True, from_="10.3.0.0/16", table=100, priority=1002)
    host.rule.add(from_="fd09::/64", table=100, priority=1003)
    found = {rule.priority: rule for rule in host.rule.list()}
    assert (found[1000].src, found[1000].dst, found[1000].table) == ("10.0.0.1", "10.9.0.0/16", "100")
    assert (found[1001].fwmark, found[1001].iif, found[1001].action) == ("0x10", "eth0", "blackhole")
    assert (found[1002].negated, found[1002].src) == (True, "10.3.0.0/16")
    assert host.rule.show(family=6)[1].src == "fd09::/64"
    assert host.route.get("10.9.1.1", from_="10.0.0.1").gateway == "10.0.0.9"
    host.rule.delete(priority=1001)
    with pytest.raises(NotFoundError):
        host.rule.delete(priority=1001)
    host.rule.flush()
    assert [rule.priority for rule in host.rule.list()] == [0]


def test_neighbours(eth0: Veth, host: Host) -> None:
    """Neighbours are read back with state and flags; one twice, and none, are errors."""
    host.neigh.add("10.0.0.7", lladdr="02:00:00:00:00:07", dev=eth0, nud="permanent")
    host.neigh.add("fd00::7", lladdr="02:00:00:00:00:08", dev=eth0, nud="stale", router=True)
    host.neigh.add("10.0.0.8", dev=eth0, proxy=True)
    found = {one.dst: one for one in host.neigh.show(dev="eth0")}
    assert (found["10.0.0.7"].lladdr, found["10.0.0.7"].state) == ("02:00:00:00:00:07", ("PERMANENT",))
    assert (found["fd00::7"].state, found["fd00::7"].flags) == (("STALE",), ("router",))
    assert {one.dev for one in found.values()} == {"eth0"}
    with pytest.raises(ExistsError):
        host.neigh.add("10.0.0.7", lladdr="02:00:00:00:00:09", dev="eth0")
    host.neigh.replace("10.0.0.7", lladdr="02:00:00:00:00:09", dev="eth0", nud="permanent")
    assert host.neigh.show(nud="permanent")[0].lladdr == "02:00:00:00:00:09"
    host.neigh.delete("10.0.0.7", dev="eth0")
    with pytest.raises(NotFoundError):
        host.neigh.delete("10.0.0.99", dev="eth0")
    host.neigh.flush(dev="eth0")


def test_modules(host: Host) -> None:
    """What this kernel has is said right, whether it loads modules or not."""
    assert host.module.state("veth") in ("loaded", "built in")
    assert host.module.state("bridge") in ("loaded", "built in")
    assert host.module.state("no_such_module") == "missing"
    if host.exec("test", "-e", "/proc/modules", check=False).ok:
        assert all(module.size > 0 for module in host.module.list())
    else:
        with pytest.raises(MissingModuleError, match="built in"):
            host.module.list()
    with pytest.raises(MissingModuleError):
        host.module.load("no_such_module")
    with pytest.raises(InvalidArgumentError, match="name"):
        host.module.state("-r")
    assert [link.name for link in host.link.list()] == ["lo"]
    assert Bridge("br0").add().exists()
