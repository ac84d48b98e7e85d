"""Queueing disciplines shape what goes over a cable."""

from __future__ import annotations

import pytest

from netns_kit import ExistsError, Host, Ifb, Lab, Mirred, Namespace, NetnsKitError, VethPair


@pytest.mark.needs_kernel("netem")
def test_netem(lab: Lab) -> None:
    """A delay is seen by ping, changed, shown and taken away; total loss loses all."""
    one, two = lab.host("one"), lab.host("two")
    (eth0, _) = lab.cable(one, two, addresses=("10.9.0.1/24", "10.9.0.2/24"))
    eth0.qdisc.add("netem", delay=0.3, jitter="1ms", duplicate=1, corrupt=0, rate="100mbit", limit=500)
    (shown,) = eth0.qdisc.show()
    assert (shown.kind, shown.delay, shown.jitter, shown.rate) == ("netem", 0.3, 0.001, 100_000_000)
    assert shown.duplicate == pytest.approx(1, rel=0.01)
    assert (one.ping("10.9.0.2", count=2).minimum or 0) > 290
    with pytest.raises(ExistsError):
        eth0.qdisc.add("netem", delay=0.1)
    eth0.qdisc.change("netem", loss=100)
    assert eth0.qdisc.show()[0].loss == 100
    assert not one.ping("10.9.0.2", count=1, wait=1, check=False).ok
    eth0.qdisc.replace("netem", delay=0.2, reorder=25)
    assert eth0.qdisc.show()[0].reorder == pytest.approx(25, rel=0.01)
    eth0.qdisc.delete()
    assert (one.ping("10.9.0.2", count=2).minimum or 999) < 200
    with pytest.raises(NetnsKitError):
        eth0.qdisc.delete()


def test_tbf(lab: Lab) -> None:
    """A token bucket holds what is sent to its rate."""
    one, two = lab.host("one"), lab.host("two")
    (eth0, _) = lab.cable(one, two, addresses=("10.9.0.1/24", "10.9.0.2/24"))
    eth0.qdisc.add("tbf", rate="80kbit", burst=2000, latency="2s")
    assert [(known.kind, known.rate, known.options["burst"]) for known in eth0.qdisc.show()] == [("tbf", 80000, 2000)]
    # Eight packets of 1,000 bytes and more, 64,000 bits, cannot all pass in one go.
    assert (one.ping("10.9.0.2", count=8, interval=0.01, size=1000).maximum or 0) > 200
    eth0.qdisc.change("tbf", rate="80mbit", burst=20000, limit=100000)
    assert eth0.qdisc.show()[0].rate == 80_000_000
    eth0.qdisc.delete()


@pytest.mark.needs_kernel("htb", "u32")
def test_classes_and_filters(host: Host) -> None:
    """An htb with two classes and a u32 that chooses: the packets are counted where they belong."""
    net = Namespace("net").add()
    outer, inner = VethPair("outer", "inner", peer_netns=net).add()
    for end, address in ((outer, "10.0.0.1/24"), (inner, "10.0.0.2/24")):
        end.addr.add(address)
        end.up()
    outer.qdisc.add("htb", handle="1:", default=20)
    for number in (10, 20):
        outer.class_.add("htb", parent="1:", classid=f"1:{number}", rate="10mbit", ceil="20mbit")
    outer.filter.add("u32", parent="1:", protocol="ip", prio=1, match="ip dst 10.0.0.2/32", flowid="1:10")
    assert host.ping("10.0.0.2", count=3, interval=0.01).ok
    counted = {known.handle: known.packets for known in outer.class_.show(statistics=True)}
    assert (counted["1:10"] or 0) >= 3
    assert [known.rate for known in outer.class_.show()] == [10_000_000, 10_000_000]
    assert "1:10" in {known.options.get("flowid") for known in outer.filter.show(parent="1:")}
    outer.filter.delete(parent="1:", prio=1)
    outer.class_.delete(classid="1:10")
    outer.qdisc.delete()


@pytest.mark.needs_kernel("ifb", "matchall", "mirred")
def test_what_comes_in_is_shaped(host: Host) -> None:
    """Ingress, redirected to an ifb: what comes in goes through its queue."""
    net = Namespace("net").add()
    outer, inner = VethPair("outer", "inner", peer_netns=net).add()
    for end, address in ((outer, "10.0.0.1/24"), (inner, "10.0.0.2/24")):
        end.addr.add(address)
        end.up()
    ifb0 = Ifb("ifb0").add(up=True)
    outer.qdisc.add("ingress")
    outer.filter.add("matchall", parent="ffff:", protocol="all", action=Mirred(ifb0))
    ifb0.qdisc.add("tbf", rate="10mbit", burst="10kb", latency="50ms")
    assert host.ping("10.0.0.2", count=3, interval=0.01).ok
    (queue,) = ifb0.qdisc.show(statistics=True)
    assert (queue.packets or 0) >= 3
