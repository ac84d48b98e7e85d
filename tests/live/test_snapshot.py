"""Snapshots: one process a place, and the same typed answers as one query after the other."""

from __future__ import annotations

import threading

import pytest

from netns_kit import Bridge, Host, Namespace, NotFoundError, VethPair
from scripts.testing.waiting import wait_for


def populated(host: Host) -> Namespace:
    """A namespace with something of everything, on a bridge of the host."""
    br0 = Bridge("br0").add()
    br0.up()
    net = Namespace("net0").add()
    eth0 = br0.plug(net, address="10.0.0.1/24")
    eth0.addr.add("fd00::1/64")
    net.route.add("default", via="10.0.0.254")
    net.route.add("10.9.0.0/16", via="10.0.0.253", table=100)
    net.neigh.add("10.0.0.7", lladdr="02:00:00:00:00:07", dev="eth0")
    VethPair("a", "b", at=net).add()
    return net


def test_a_snapshot_is_what_one_query_after_the_other_says(host: Host) -> None:
    """Links, addresses, routes and neighbours of a snapshot equal those of `show()`."""
    net = populated(host)
    for place in (host, net):
        # The kernel looks after states in its own time.
        wait_for(lambda place=place: place.snapshot().links == tuple(place.link.list()))
        found = place.snapshot()
        assert found.addresses == tuple(place.addr.show())
        routes = [*place.route.show(table="all"), *place.route.show(table="all", family=6)]
        assert set(found.routes) == {route for route in routes if route.table != "local"}
        assert found.neighbours == tuple(place.neigh.show())
    assert {link.name for link in net.snapshot().links} == {"lo", "eth0", "a", "b"}
    assert [str(address.interface) for address in net.snapshot().addresses if address.scope == "global"] == [
        "10.0.0.1/24",
        "fd00::1/64",
    ]


def test_a_snapshot_has_the_routes_of_all_tables_and_both_families(host: Host) -> None:
    """A route of a table of its own and one of IPv6 are there; those that the kernel keeps for itself are not."""
    routes = populated(host).snapshot().routes
    assert {route.dst for route in routes} >= {"default", "10.0.0.0/24", "10.9.0.0/16", "fd00::/64"}
    assert all(route.table != "local" for route in routes)


def test_snapshots_of_a_host(host: Host) -> None:
    """`snapshots()` has the host itself, under None, and each of its namespaces, each as `snapshot()` has it."""
    net, other = populated(host), Namespace("net1").add()
    assert set(host.snapshots()) == {None, "net0", "net1"}
    # The kernel looks after states in its own time.
    wait_for(lambda: host.snapshots()["net0"] == net.snapshot())
    wait_for(lambda: host.snapshots()["net1"] == other.snapshot())
    wait_for(lambda: host.snapshots()[None].links == tuple(host.link.list()))


def test_a_snapshot_takes_one_process(host: Host) -> None:
    """However much there is to read, a place costs one command."""
    net = populated(host)
    before = len(host.transcript)
    net.snapshot()
    assert [result.argv for result in host.transcript[before:]] == [
        ("ip", "-n", "net0", "-j", "-d", "-batch", "-"),
    ]


def test_no_snapshot_of_what_is_not_there(host: Host) -> None:
    """A namespace that is gone is an error, not an empty snapshot."""
    with pytest.raises(NotFoundError):
        Namespace("gone").snapshot()


def test_files_that_are_no_namespaces_are_left_out(host: Host) -> None:
    """Neither a plain file nor a name whose process has ended keeps the others from being read."""
    Namespace("net0").add()
    host.exec("touch", "/run/netns/file")
    process = host.start("unshare", "--net", "sleep", "60")
    Namespace("ended").symlink(process.pid)
    process.stop()
    assert set(host.snapshots()) == {None, "net0"}


def test_a_namespace_of_two_names_is_read_once(host: Host) -> None:
    """The host's own namespace under a name, and a second name of another, are left out."""
    Namespace("a").add()
    host.exec("ln", "-s", "a", "/run/netns/b")
    host.netns.attach("me", host.pid)
    assert set(host.snapshots()) == {None, "a"}


def test_namespaces_that_come_and_go(host: Host) -> None:
    """One that is gone between the listing and the reading is left out; those that stay are always there."""
    Namespace("stays").add()
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            Namespace("comes", at=host).add().delete()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(30):
            assert {None, "stays"} <= set(host.snapshots()) <= {None, "stays", "comes"}
    finally:
        done.set()
        thread.join()


def test_a_thousand_names_cost_one_more_process(host: Host) -> None:
    """Telling namespaces apart takes one command, however many there are; a host that has none needs none."""
    host.snapshots()
    Namespace("a").add()
    Namespace("b").add()
    before = len(host.transcript)
    host.snapshots()
    assert [result.argv[0] for result in host.transcript[before:]].count("find") == 1
    assert len(host.transcript) - before == 5
