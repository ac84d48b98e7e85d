"""The exact argv of what the objects of `ip` understand beside the usual: one row for each group of words."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network
from typing import Any

import pytest

from netns_kit import Host, InvalidArgumentError, Link, Namespace, NextHop

MAC = "02:00:00:00:00:01"
Call = Callable[[Host], Any]

ADDRESS: list[tuple[str, Call]] = [
    (
        "ip addr add fd00::1/64 dev a valid_lft 9 preferred_lft forever home nodad mngtmpaddr noprefixroute autojoin",
        lambda host: host.link("a").addr.add(
            "fd00::1/64", valid_lft=9, preferred_lft="forever", nodad=True, home=True, mngtmpaddr=True,
            noprefixroute=True, autojoin=True,
        ),
    ),
    (
        "ip -4 addr change 10.0.0.1/24 anycast 10.0.0.9 metric 5 dev a proto 7",
        lambda host: host.addr.change(
            ip_interface("10.0.0.1/24"), family=4, anycast=ip_address("10.0.0.9"), metric=5, proto=7, dev="a"
        ),
    ),
    (
        "ip addr add 10.0.0.1/24 dev a",
        lambda host: host.addr.add("10.0.0.1/24", dev=Link("a", at=host), exists_ok=True),
    ),
    (
        "ip addr delete fd00::1/64 dev a mngtmpaddr",
        lambda host: host.addr.delete("fd00::1/64", dev="a", mngtmpaddr=True, missing_ok=True),
    ),
    (
        "ip -j -d addr show scope link to 10.0.0.0/8 up dynamic -tentative deprecated master br0 type veth vrf red",
        lambda host: host.addr.show(
            scope="link", to=ip_network("10.0.0.0/8"), up=True, dynamic=True, tentative=False, deprecated=True,
            master="br0", type="veth", vrf="red",
        ),
    ),
    ("ip addr flush label a:* primary", lambda host: host.addr.flush(label="a:*", primary=True)),
]  # fmt: skip
ROUTE: list[tuple[str, Call]] = [
    (
        "ip route add 10.1.0.0/16 tos 0x10 via 10.0.0.1 mtu 1400 advmss 1360 rtt 3s rttvar 3ms rto_min 20ms"
        " reordering 4 window 1000 cwnd 4 initcwnd 10 initrwnd 7 ssthresh 5 realms 5/6 hoplimit 9 features ecn"
        " quickack 1 congctl bbr fastopen_no_cookie 0",
        lambda host: host.route.add(
            "10.1.0.0/16", via="10.0.0.1", tos=16, mtu=1400, advmss=1360, rtt="3s", rttvar="3ms", rto_min="20ms",
            reordering=4, window=1000, cwnd=4, initcwnd=10, initrwnd=7, ssthresh=5, realms="5/6", hoplimit=9,
            features="ecn", quickack=True, congctl="bbr", fastopen_no_cookie=False,
        ),
    ),
    (
        "ip route add fd05::/16 via fd00::9 from fd01::/64 pref high expires 600",
        lambda host: host.route.add("fd05::/16", via="fd00::9", from_="fd01::/64", pref="high", expires=600),
    ),
    ("ip route add 10.1.0.0/16 nhid 7 vrf red", lambda host: host.route.add("10.1.0.0/16", nhid=7, vrf="red")),
    (
        "ip route add 10.1.0.0/16 encap mpls 100/200 via inet6 fd00::1 ttl-propagate disabled",
        lambda host: host.route.add("10.1.0.0/16", encap="mpls 100/200", via="fd00::1", ttl_propagate="disabled"),
    ),
    (
        "ip -M route add 100 as 200/300 via inet 10.0.0.1 dev a",
        lambda host: host.route.add(100, family="mpls", as_="200/300", via=IPv4Address("10.0.0.1"), dev="a"),
    ),
    (
        "ip route add 10.1.0.0/16 nexthop encap mpls 100 via 10.0.0.1 pervasive",
        lambda host: host.route.add(
            "10.1.0.0/16", nexthops=[NextHop(encap="mpls 100", via="10.0.0.1", pervasive=True)]
        ),
    ),
    ("ip route delete default", lambda host: host.route.delete("default", missing_ok=True)),
    (
        "ip -j -d route show root 10.0.0.0/8 match 10.1.0.0/16 exact 10.2.0.0/16 via 10.0.0.1 src 10.0.0.2 proto static"
        " type blackhole scope link",
        lambda host: host.route.show(
            root="10.0.0.0/8", match="10.1.0.0/16", exact="10.2.0.0/16", via="10.0.0.1", src="10.0.0.2",
            proto="static", type="blackhole", scope="link",
        ),
    ),
    ("ip -j -d -M route", lambda host: host.route.show(family="mpls")),
    ("ip route flush cache", lambda host: host.route.flush(cache=True)),
    (
        "ip -j -d route get fibmatch 8.8.8.8 tos 0x10 uid 0 ipproto tcp sport 1 dport 80",
        lambda host: host.route.get("8.8.8.8", fibmatch=True, tos=16, uid=0, ipproto="tcp", sport=1, dport=80),
    ),
]  # fmt: skip
RULE: list[tuple[str, Call]] = [
    (
        "ip rule add tos 0x10 uidrange 1-9 ipproto tcp sport 5-6 dport 80 table 7 protocol static realms 3/4"
        " suppress_prefixlength 0 suppress_ifgroup 3",
        lambda host: host.rule.add(
            tos=16, uidrange="1-9", ipproto="tcp", sport="5-6", dport=80, table=7, protocol="static", realms="3/4",
            suppress_prefixlength=0, suppress_ifgroup=3,
        ),
    ),
    ("ip rule add priority 9 l3mdev", lambda host: host.rule.add(l3mdev=True, priority=9, exists_ok=True)),
    ("ip rule add from 10.0.0.1 nat 10.0.0.5", lambda host: host.rule.add(from_="10.0.0.1", nat="10.0.0.5")),
    ("ip rule delete priority 9", lambda host: host.rule.delete(priority=9, missing_ok=True)),
    ("ip -j -6 rule show from fd00::/8 table 7", lambda host: host.rule.show(from_=ip_network("fd00::/8"), table=7)),
]  # fmt: skip
NEIGHBOUR: list[tuple[str, Call]] = [
    (
        f"ip neigh change 10.0.0.2 lladdr {MAC} nud reachable use managed extern_learn protocol static dev a",
        lambda host: host.neigh.change(
            "10.0.0.2", lladdr=MAC, nud="reachable", use=True, managed=True, extern_learn=True, protocol="static",
            dev="a",
        ),
    ),
    (
        "ip neigh add 10.0.0.2 lladdr 192.0.2.1 dev gre1",
        lambda host: host.neigh.add("10.0.0.2", lladdr="192.0.2.1", dev="gre1", exists_ok=True),
    ),
    (
        "ip -j -s neigh show proxy to 10.0.0.0/8 nud noarp vrf red nomaster",
        lambda host: host.neigh.show(
            proxy=True, to="10.0.0.0/8", nud="noarp", vrf="red", nomaster=True, statistics=True
        ),
    ),
    ("ip neigh flush nud failed", lambda host: host.neigh.flush(nud="failed")),
]  # fmt: skip
NETNS: list[tuple[str, Call]] = [
    ("ip netns add x", lambda host: host.netns.add(Namespace("x", at=host), exists_ok=True)),
    ("ip netns delete x", lambda host: Namespace("x", at=host).delete(missing_ok=True)),
    ("ip -j netns list-id target-nsid 3 nsid 4", lambda host: host.netns.list_id(target_nsid=3, nsid=4)),
]
PING: list[tuple[str, Call]] = [
    (
        "ping -n -6 -c 1 -W 2 -Q 0x10 -m 7 -M do -p ff00 -l 3 -e 9 -S 4096 -F 7 -N name -b -A -O -D -q -v"
        " -B -C -d -a -L -U host1 -I 10.0.0.1",
        lambda host: host.ping(
            "host1", count=1, interface=IPv4Address("10.0.0.1"), family=6, tclass=16, mark=7, pmtudisc="do",
            pattern="ff00", preload=3, identifier=9, sndbuf=4096, flowlabel=7, nodeinfo="name", broadcast=True,
            adaptive=True, outstanding=True, timestamps=True, quiet=True, verbose=True, sticky=True, connect=True,
            debug=True, audible=True, no_loopback=True, user_latency=True,
        ),
    ),
    (
        "ping -n -c 1 -W 2 -T tsonly -R -f 10.0.0.1",
        lambda host: host.ping("10.0.0.1", count=1, timestamp="tsonly", record_route=True, flood=True),
    ),
    ("ping -n -i 0.2 10.0.0.1 -I a", lambda host: host.ping.live("10.0.0.1", interval=0.2, interface=host.link("a"))),
]  # fmt: skip
ROWS = [*ADDRESS, *ROUTE, *RULE, *NEIGHBOUR, *NETNS, *PING]


@pytest.mark.parametrize(("line", "call"), ROWS, ids=[line for line, _ in ROWS])
def test_argv(line: str, call: Call) -> None:
    """A verb types its words in the order of the tool's usage text, each once."""
    host = Host.dry_run()
    call(host)
    assert [" ".join(result.argv) for result in host.transcript] == [line]


REFUSED: list[tuple[str, Call]] = [
    ("dev", lambda host: host.addr.add("10.0.0.1/24")),
    ("dev", lambda host: host.addr.flush(family=4)),
    ("dev", lambda host: host.neigh.flush()),
    ("valid_lft", lambda host: host.addr.add("10.0.0.1/24", dev="a", valid_lft="long")),
    ("dst", lambda host: host.route.add(100, dev="a")),
    ("dst", lambda host: host.route.add("10.0.0.0/8", dev="a", family="mpls")),
    ("encap", lambda host: host.route.add("10.0.0.0/8", dev="a", encap="mpls")),
    ("encap", lambda host: NextHop(via="10.0.0.1", encap="mlps 100")),
    ("rtt", lambda host: host.route.add("10.0.0.0/8", dev="a", rtt="3 s")),
    ("vrf", lambda host: host.route.add("10.0.0.0/8", dev="a", vrf="red", table=7)),
    ("tos", lambda host: host.rule.add(tos=256, table=7)),
    ("sport", lambda host: host.rule.add(sport="6-5", table=7)),
    ("goto", lambda host: host.rule.add(goto=7, table=7)),
    ("options", lambda host: host.rule.add(family=4, exists_ok=True)),
    ("fromm", lambda host: host.rule.add(fromm="10.0.0.1")),
]


@pytest.mark.parametrize(("argument", "call"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_refused(argument: str, call: Call) -> None:
    """What cannot be is refused by the argument's name, and nothing runs."""
    host = Host.dry_run()
    with pytest.raises(InvalidArgumentError) as refused:
        call(host)
    assert (refused.value.argument, len(host.transcript)) == (argument, 0)
