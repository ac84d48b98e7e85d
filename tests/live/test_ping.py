"""Ping, typed, to its end and live."""

from __future__ import annotations

import threading
import time

import pytest

from netns_kit import Host, Namespace, TimedOutError, UnreachableError
from tests.networks import wait_for_ipv6


def test_answers(nets: tuple[Namespace, Namespace]) -> None:
    """All is counted and measured: packets, loss, each reply and the times."""
    answer = nets[0].ping("10.0.0.2", count=3, interval=0.01, size=120, ttl=9, interface="eth0")
    assert (answer.sent, answer.received, answer.loss, answer.duplicates) == (3, 3, 0.0, 0)
    assert answer.ok
    assert [reply.seq for reply in answer.replies] == [1, 2, 3]
    assert {(reply.source, reply.bytes, reply.ttl, reply.duplicate) for reply in answer.replies} == {
        ("10.0.0.2", 128, 64, False)
    }
    assert all(reply.time is not None and reply.time < 1000 for reply in answer.replies)
    assert answer.minimum <= answer.average <= answer.maximum  # type: ignore[operator]
    assert answer.deviation is not None
    assert answer.errors == ()


def test_ipv6(nets: tuple[Namespace, Namespace]) -> None:
    """IPv6 is pinged by the same call, link-local with its interface."""
    net0, net1 = nets
    wait_for_ipv6(*nets)
    answer = net0.ping("fd00::2", count=1)
    assert (answer.ok, answer.replies[0].source) == (True, "fd00::2")
    (local,) = (one.local for one in net1.link("eth0").addr.show(family=6) if one.scope == "link")
    assert net0.ping(f"{local}%eth0", count=1).ok


def test_nobody_answers(nets: tuple[Namespace, Namespace]) -> None:
    """Who says unreachable is told; with `check=False` it is a result that is false."""
    net0, _ = nets
    # It is lo that brings the kernel's own complaint.
    net0.link("lo").up()
    net0.sysctl["net.ipv4.neigh.eth0.retrans_time_ms"] = 100
    with pytest.raises(UnreachableError, match=r"10\.0\.0\.1 says: Destination Host Unreachable"):
        net0.ping("10.0.0.99", count=1)
    answer = net0.ping("10.0.0.99", count=1, wait=0.2, check=False)
    assert not answer
    assert (answer.sent, answer.received, answer.loss) == (1, 0, 100.0)
    with pytest.raises(UnreachableError):
        net0.ping("10.9.9.9", count=1)
    answer = net0.ping("10.9.9.9", count=1, check=False)
    assert not answer
    assert answer.errors[0].message.endswith("Network is unreachable")


def test_a_router_says_unreachable(nets: tuple[Namespace, Namespace]) -> None:
    """The error names the router that found no way."""
    net0, net1 = nets
    net0.route.add("default", via="10.0.0.2")
    net1.sysctl["net.ipv4.ip_forward"] = 1
    answer = net0.ping("192.0.2.1", count=1, deadline=3, check=False)
    assert [(error.source, error.message) for error in answer.errors[:1]] == [
        ("10.0.0.2", "Destination Net Unreachable")
    ]


def test_a_deadline(nets: tuple[Namespace, Namespace]) -> None:
    """A deadline ends it."""
    started = time.monotonic()
    nets[0].ping("10.0.0.2", count=1000, interval=0.2, deadline=1, check=False)
    assert time.monotonic() - started < 100


def test_live(nets: tuple[Namespace, Namespace]) -> None:
    """Replies come one by one while it runs, stop while the link is down, and end with the block."""
    net0, net1 = nets
    with net0.ping.live("10.0.0.2", interval=0.05) as replies:
        first, second = next(iter(replies)), next(iter(replies))
        assert (first.seq, second.seq) == (1, 2)
        net1.link("eth0").down()
        for _ in replies.replies(1):
            """What was answered before."""
        assert list(replies.replies(0.4)) == []
        net1.link("eth0").up()
        assert next(replies.replies(10)).seq > 2
    assert net0.pids() == ()


def test_live_with_a_count(nets: tuple[Namespace, Namespace]) -> None:
    """A live ping with a count ends by itself."""
    with nets[0].ping.live("10.0.0.2", count=3, interval=0.01) as replies:
        assert [reply.seq for reply in replies] == [1, 2, 3]


def test_live_without_a_way(nets: tuple[Namespace, Namespace]) -> None:
    """Where no way leads there are no replies, and the result says why, within the block and after it."""
    with nets[0].ping.live("10.9.9.9", count=4) as replies:
        assert list(replies) == []
        assert [error.message for error in replies.result.errors] == ["Network is unreachable"]
    assert replies.result.loss == 100


def test_live_counts(nets: tuple[Namespace, Namespace]) -> None:
    """The result counts what was answered so far, and after the block also what nobody has read."""
    with nets[0].ping.live("10.0.0.2", interval=0.02) as replies:
        next(iter(replies))
        assert (replies.result.sent, replies.result.received, replies.result.loss) == (1, 1, 0)
        time.sleep(3)
    assert replies.result.received == replies.result.sent > 3


def test_longer_than_can_be_waited() -> None:
    """A ping that would last for ages is waited for no longer than a thread can wait."""
    dry = Host.dry_run()
    dry.ping("10.0.0.2", count=2**31, interval=1000)
    assert (dry.transcript[0].command.timeout or 0) < threading.TIMEOUT_MAX


def test_exec_of_a_ping_that_lasts(nets: tuple[Namespace, Namespace]) -> None:
    """A ping without an end, by `exec`, is ended by its time-out."""
    with pytest.raises(TimedOutError):
        nets[0].exec("ping", "10.0.0.2", timeout=0.3)
    assert nets[0].pids() == ()


def test_nobody_answers_soon(nets: tuple[Namespace, Namespace]) -> None:
    """A ping that nobody answers ends two seconds after its last packet, and says how to wait for longer."""
    net0, net1 = nets
    net1.sysctl["net.ipv4.icmp_echo_ignore_all"] = 1
    with pytest.raises(UnreachableError, match="It waited for 2 s: where the way takes longer, set `wait`"):
        net0.ping("10.0.0.2", count=1)
    answer = net0.ping("10.0.0.2", count=1, wait=0.3, check=False)
    assert str(answer) == "10.0.0.2: 1 sent, 0 received, 100% loss, no answer within 0.3 s"
