"""Queueing disciplines shape what goes over a cable."""

from __future__ import annotations

import pytest
from attrs import evolve

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


LINES = {
    "tc qdisc add dev eth0 root handle 1: htb default 30 r2q 5": "htb",
    "tc qdisc add dev eth0 root handle 1: prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 3 3": "prio",
    "tc qdisc add dev eth0 root tbf rate 1000000bit burst 4096 latency 400ms": "veth",
    "tc qdisc add dev eth0 root handle a: sfq perturb 10": "sfq",
    "tc qdisc add dev eth0 root fq_codel limit 100 flows 64 target 6ms interval 50ms noecn": "fq_codel",
    "tc qdisc add dev eth0 root pfifo limit 7": "veth",
    "tc qdisc add dev eth0 ingress": "veth",
    "tc qdisc add dev eth0 clsact": "veth",
    "tc qdisc add dev eth0 root netem delay 100ms 10ms 25% loss 2% duplicate 1% rate 1000000bit limit 500": "netem",
}


@pytest.mark.parametrize("line", [pytest.param(one, marks=pytest.mark.needs_kernel(LINES[one])) for one in LINES])
def test_a_line_for_each(line: str, host: Host) -> None:
    """What is told of a discipline is, as a text, the command that made it, or one that makes the same."""
    eth0, _ = VethPair("eth0", "eth1").add()
    host.exec(*line.split())
    (told,) = (one for one in eth0.qdisc.show() if one.handle != "0:")
    host.exec("tc", "qdisc", "del", "dev", "eth0", *(("root",) if "root" in line else ("parent", told.parent or "")))
    host.exec(*str(told).split())
    (again,) = (one for one in eth0.qdisc.show() if one.handle != "0:")
    assert evolve(again, handle="", raw={}) == evolve(told, handle="", raw={})
    assert str(told) == line


def test_a_line_for_a_class(host: Host) -> None:
    """The same of a class, whose parent the tool calls the root where it is the discipline."""
    eth0, _ = VethPair("eth0", "eth1").add()
    eth0.qdisc.add("htb", handle="1:")
    eth0.class_.add("htb", parent="1:", classid="1:1", rate="10mbit", ceil="20mbit", prio=2)
    (told,) = eth0.class_.show()
    assert str(told) == "tc class add dev eth0 root classid 1:1 htb rate 10000000bit ceil 20000000bit prio 2"
