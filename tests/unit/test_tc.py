"""Traffic control: what is typed for disciplines, classes and filters, what is refused, and what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netns_kit import ClassInfo, Host, Ifb, InvalidArgumentError, Link, Mirred, QdiscInfo


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (lambda eth: eth.qdisc.add("htb", handle="1:", default=30), "qdisc add dev e root handle 1: htb default 30"),
        (
            lambda eth: eth.qdisc.add("prio", bands=3, priomap=(1, 2, 2)),
            "qdisc add dev e root prio bands 3 priomap 1 2 2",
        ),
        (
            lambda eth: eth.qdisc.add("fq_codel", parent="1:10", limit=1000, target="5ms", ecn=False),
            "qdisc add dev e parent 1:10 fq_codel limit 1000 target 5ms noecn",
        ),
        (lambda eth: eth.qdisc.add("pfifo", limit=5), "qdisc add dev e root pfifo limit 5"),
        (lambda eth: eth.qdisc.add("ingress"), "qdisc add dev e ingress"),
        (lambda eth: eth.qdisc.add("clsact"), "qdisc add dev e clsact"),
        (
            lambda eth: eth.qdisc.add("netem", delay=0.1, jitter=0.01, distribution="normal", loss=(1, 25), gap=5),
            "qdisc add dev e root netem delay 100ms 10ms distribution normal loss 1% 25% gap 5",
        ),
        (
            lambda eth: eth.qdisc.add("netem", loss_gemodel=(1, 10), limit=5),
            "qdisc add dev e root netem loss gemodel 1% 10% limit 5",
        ),
        (lambda eth: eth.qdisc.delete(parent="ingress"), "qdisc del dev e ingress"),
        (
            lambda eth: eth.class_.add("htb", parent="1:", classid="1:10", rate="5mbit", ceil="10mbit", prio=1),
            "class add dev e parent 1: classid 1:10 htb rate 5mbit ceil 10mbit prio 1",
        ),
        (
            lambda eth: eth.class_.add("hfsc", parent="1:", classid="1:1", sc="rate 1mbit", ul="rate 2mbit"),
            "class add dev e parent 1: classid 1:1 hfsc sc rate 1mbit ul rate 2mbit",
        ),
        (lambda eth: eth.class_.delete(classid="1:10"), "class del dev e classid 1:10"),
        (
            lambda eth: eth.filter.add(
                "u32", parent="1:", protocol="ip", prio=1, match=["ip dst 10.0.0.2/32", "ip dport 80 0xffff"],
                flowid="1:10",
            ),
            "filter add dev e parent 1: protocol ip prio 1 u32 match ip dst 10.0.0.2/32 match ip dport 80 0xffff"
            " flowid 1:10",
        ),
        (
            lambda eth: eth.filter.add("matchall", parent="ingress", protocol="all", action=Mirred(Ifb("ifb0"))),
            "filter add dev e ingress protocol all matchall action mirred egress redirect dev ifb0",
        ),
        (
            lambda eth: eth.filter.add("flower", protocol="ip", ip_proto="tcp", dst_port="80-90", action="drop"),
            "filter add dev e protocol ip flower ip_proto tcp dst_port 80-90 action drop",
        ),
        (
            lambda eth: eth.filter.add("u32", match="u32 0 0", police="rate 1mbit burst 10k drop", flowid=":1"),
            "filter add dev e u32 match u32 0 0 police rate 1mbit burst 10k drop flowid :1",
        ),
        (lambda eth: eth.filter.add("fw", parent="1:", handle="6", classid="1:6"),
         "filter add dev e parent 1: handle 6 fw classid 1:6"),
        (lambda eth: eth.filter.delete(parent="1:", prio=1), "filter del dev e parent 1: prio 1"),
    ],
)  # fmt: skip
def test_typed(run: Callable[[Link], Any], line: str) -> None:
    """Each verb types one command, word by word."""
    with Host.dry_run() as host:
        run(host.link("e"))
    assert [" ".join(result.argv) for result in host.transcript] == [f"tc {line}"]


@pytest.mark.parametrize(
    ("argument", "run"),
    [
        ("kind", lambda eth: eth.qdisc.add("htbb")),
        ("delay", lambda eth: eth.qdisc.add("tbf", rate=1, burst=2, latency=1, delay=5)),
        ("rate", lambda eth: eth.qdisc.add("htb", rate=5)),
        ("loss", lambda eth: eth.qdisc.add("netem", loss=(1, 2, 3))),
        ("latency", lambda eth: eth.qdisc.add("tbf", rate=1, burst=2, latency=1, limit=5)),
        ("distribution", lambda eth: eth.qdisc.add("netem", delay=1, distribution="odd")),
        ("priomap", lambda eth: eth.qdisc.add("prio", priomap=(99,))),
        ("default", lambda eth: eth.class_.add("htb", default=5)),
        ("match", lambda eth: eth.filter.add("u32", match=5)),
        ("action", lambda eth: eth.filter.add("u32", action=5)),
        ("police", lambda eth: eth.filter.add("u32", police="drop")),
        ("direction", lambda eth: Mirred("ifb0", direction="up")),
        ("dst_port", lambda eth: eth.filter.add("flower", dst_port="90-80")),
        ("rat", lambda eth: eth.class_.add("htb", rat="1mbit")),
    ],
)
def test_refused(argument: str, run: Callable[[Link], Any]) -> None:
    """A value that cannot be right, and a word that the kind does not know, are refused by name."""
    with Host.dry_run() as host, pytest.raises(InvalidArgumentError) as caught:
        run(host.link("e"))
    assert caught.value.argument == argument
    assert not len(host.transcript)


ANSWERS = {
    "tc -j -s qdisc show dev e": '[{"kind":"tbf","handle":"1:","root":true,"options":{"rate":125000,"burst":4096},'
    '"bytes":10,"packets":2,"drops":1,"overlimits":3,"requeues":0,"backlog":7,"qlen":1}]',
    "tc -s class show dev e": "class htb 1:10 parent 1:1 prio 0 rate 1Mbit ceil 2500Kbit burst 1600b cburst 1600b \n"
    " Sent 294 bytes 3 pkt (dropped 1, overlimits 0 requeues 0) \n backlog 5b 0p requeues 0\n lended: 3 borrowed: 0\n\n"
    "class hfsc 1: root \n",
    "tc -j filter show dev e parent 1:": '[{"protocol":"ip","pref":1,"kind":"u32","chain":0},{"protocol":"ip",'
    '"pref":1,"kind":"u32","chain":0,"options":{"fh":"800::800","flowid":"1:10"}}]',
}


def test_of_unknown_kinds() -> None:
    """What the library does not know can be told all the same."""
    entry = {"kind": "taprio", "dev": "e", "handle": "100:", "options": {"tc": 3}}
    assert str(QdiscInfo.from_json({**entry, "root": True})) == "tc qdisc add dev e root taprio"
    assert str(QdiscInfo.from_json({**entry, "parent": "1:3"})) == "tc qdisc add dev e parent 1:3 taprio"
    assert str(ClassInfo("qfq", "e", "1:1", "1:")) == "tc class add dev e parent 1: qfq"
    assert str(QdiscInfo("noqueue", "lo", "0:")) == "tc qdisc add dev lo root noqueue"


def test_read() -> None:
    """What `tc` answers is typed: rates in bits per second, and what was counted."""
    with Host.fake(ANSWERS) as host:
        eth = host.link("e")
        (qdisc,) = eth.qdisc.show(statistics=True)
        known, root = eth.class_.show(statistics=True)
        filters = eth.filter.show(parent="1:")
    assert (qdisc.dev, qdisc.rate, qdisc.bytes, qdisc.packets, qdisc.dropped) == ("e", 1_000_000, 10, 2, 1)
    assert (qdisc.overlimits, qdisc.backlog) == (3, 7)
    assert (known.kind, known.handle, known.parent, known.rate, known.ceil) == ("htb", "1:10", "1:1", 10**6, 2_500_000)
    assert (known.bytes, known.packets, known.dropped, known.backlog) == (294, 3, 1, 5)
    assert (root.kind, root.parent, root.rate, root.bytes) == ("hfsc", "root", None, None)
    assert [one.options.get("flowid") for one in filters] == [None, "1:10"]
