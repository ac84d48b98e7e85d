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
KEY = ("01", "ab" * 16)
OBJECTS: list[tuple[str, Call]] = [
    (
        "ip nexthop add id 5 encap mpls 100 via 10.0.0.1 dev a onlink protocol static",
        lambda host: host.nexthop.add(
            5, via="10.0.0.1", dev="a", onlink=True, encap="mpls 100", protocol="static", exists_ok=True
        ),
    ),
    (
        "ip nexthop replace id 8 group 5/6,3 fdb type resilient buckets 8 idle_timer 60 unbalanced_timer 9",
        lambda host: host.nexthop.replace(
            8, group=[5, (6, 3)], fdb=True, type="resilient", buckets=8, idle_timer=60, unbalanced_timer=9
        ),
    ),
    (
        "ip -j -d nexthop show protocol static id 5 dev a vrf red master br0 groups fdb",
        lambda host: host.nexthop.show(
            protocol="static", id=5, dev="a", vrf="red", master="br0", groups=True, fdb=True
        ),
    ),
    ("ip -j nexthop bucket list id 8 dev a nhid 5", lambda host: host.nexthop.bucket.list(id=8, dev="a", nhid=5)),
    (f"ip maddr add {MAC} dev a", lambda host: host.maddress.add(MAC, dev="a")),
    ("ip -j -6 maddr show dev a", lambda host: host.maddress.show(family=6, dev="a")),
    ("ip -j netconf show dev a", lambda host: host.netconf.show(dev="a")),
    ("ip token set ::5 dev a", lambda host: host.token.set("::5", dev="a")),
    ("ip token del dev a", lambda host: host.token.delete(dev="a")),
    (
        "ip addrlabel add prefix fd00::/8 dev a label 9",
        lambda host: host.addrlabel.add(prefix=ip_network("fd00::/8"), dev="a", label=9),
    ),
    ("ip addrlabel flush", lambda host: host.addrlabel.flush()),
    (
        "ip -6 fou add port 5555 local fd00::1 peer fd00::2 peer_port 7 dev a gue",
        lambda host: host.fou.add(
            port=5555, gue=True, local="fd00::1", peer="fd00::2", peer_port=7, dev="a", family=6
        ),
    ),
    ("ip fou del port 5555", lambda host: host.fou.delete(port=5555, missing_ok=True)),
    (
        f"ip macsec add m tx sa 0 pn 1 on key {' '.join(KEY)}",
        lambda host: host.macsec.add("m", "tx", sa=0, pn=1, on=True, key=KEY),
    ),
    (
        f"ip macsec set m rx port 1 address {MAC} sa 2 off",
        lambda host: host.macsec.set("m", "rx", port=1, address=MAC, sa=2, on=False),
    ),
    ("ip macsec del m rx sci 9", lambda host: host.macsec.delete("m", "rx", sci=9)),
    ("ip macsec offload m mac", lambda host: host.macsec.offload("m", "mac")),
    (
        "ip mptcp endpoint add 10.0.0.1 dev a id 3 port 7 signal subflow backup fullmesh",
        lambda host: host.mptcp.endpoint.add(
            "10.0.0.1", dev="a", id=3, port=7, signal=True, subflow=True, backup=True, fullmesh=True
        ),
    ),
    (
        "ip mptcp endpoint change id 3 nobackup fullmesh",
        lambda host: host.mptcp.endpoint.change(id=3, backup=False, fullmesh=True),
    ),
    (
        "ip mptcp limits set subflows 4 add_addr_accepted 2",
        lambda host: host.mptcp.limits.set(subflows=4, add_addr_accepted=2),
    ),
    ("ip -j vrf show red", lambda host: host.vrf.show("red")),
    ("ip vrf exec red true", lambda host: host.vrf.exec("red", "true")),
    (
        "ip -6 ntable change name ndisc_cache dev a thresh1 1 gc_int 2 queue 3 locktime 4",
        lambda host: host.ntable.change("ndisc_cache", dev="a", thresh1=1, gc_int=2, queue=3, locktime=4, family=6),
    ),
    (
        "ip -j -s mroute show to 224.0.0.0/4 from 10.0.0.0/8 iif a table all",
        lambda host: host.mroute.show(to="224.0.0.0/4", from_="10.0.0.0/8", iif="a", table="all", statistics=True),
    ),
    ("ip tcp_metrics delete 10.0.0.1", lambda host: host.tcp_metrics.delete("10.0.0.1")),
    ("ip sr tunsrc set fd00::1", lambda host: host.sr.tunsrc.set("fd00::1")),
    (
        "ip l2tp add tunnel remote 10.0.0.2 local 10.0.0.1 tunnel_id 3 peer_tunnel_id 4 encap udp udp_sport 5"
        " udp_dport 6 udp_csum off",
        lambda host: host.l2tp.tunnel.add(
            remote="10.0.0.2", local="10.0.0.1", tunnel_id=3, peer_tunnel_id=4, encap="udp", udp_sport=5, udp_dport=6,
            udp_csum=False,
        ),
    ),
    (
        "ip l2tp add session name l tunnel_id 3 session_id 5 peer_session_id 6 cookie 01234567 seq both",
        lambda host: host.l2tp.session.add(
            name="l", tunnel_id=3, session_id=5, peer_session_id=6, cookie="01234567", seq="both"
        ),
    ),
    (
        "ip ila add loc_match fd00:0:0:1 loc fd00:0:0:2 dev a csum-mode no-action ident-type luid",
        lambda host: host.ila.add(
            loc_match="fd00:0:0:1", loc="fd00:0:0:2", dev="a", csum_mode="no-action", ident_type="luid"
        ),
    ),
    (
        "ip -4 monitor label link route all-nsid dev a",
        lambda host: host.monitor(("link", "route"), family=4, all_nsid=True, dev="a"),
    ),
    (
        "ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 5 replay-window 32 flag noecn esn"
        " sel src 10.0.0.0/8 limit byte-hard 9 limit time-soft 8 encap espinudp 1 2 0.0.0.0 extra-flag oseq-may-wrap"
        " offload dev a dir out output-mark 4 mask 0xf if_id 7 auth-trunc h 0x2b 96",
        lambda host: host.xfrm.state.add(
            "10.0.0.1", "10.0.0.2", spi=5, replay_window=32, flag=["noecn", "esn"], sel="src 10.0.0.0/8",
            limit={"byte-hard": 9, "time-soft": 8}, encap="espinudp 1 2 0.0.0.0", extra_flag="oseq-may-wrap",
            offload="dev a dir out", output_mark="4/0xf", if_id=7, auth_trunc=("h", "0x2b", 96),
        ),
    ),
    (
        "ip xfrm policy setdefault in block",
        lambda host: host.xfrm.policy.setdefault("in", "block"),
    ),
    ("ip xfrm policy set hthresh4 24 32", lambda host: host.xfrm.policy.set(hthresh4=(24, 32))),
    ("ethtool -K a tso off rx-gro-list on", lambda host: host.ethtool.set_features("a", tso=False, rx_gro_list=True)),
    ("ethtool -L a rx 1 combined 2", lambda host: host.ethtool.set_channels("a", rx=1, combined=2)),
    ("modprobe -r ipip", lambda host: host.module.remove("ipip")),
    ("modprobe dummy numdummies=2", lambda host: host.module.load("dummy", numdummies=2)),
    ("sysctl -w a.b=1 c.d=x", lambda host: host.sysctl.update({"a.b": True, "c.d": "x"})),
    ("tc -j -s qdisc show", lambda host: host.qdisc.show(statistics=True)),
    ("bridge -j -s fdb show", lambda host: host.fdb.show(statistics=True)),
    ("ip token set ::5/64 dev a", lambda host: host.token.set("::5/64", dev="a")),
    ("ss -H -n -t state established dst ::1",
     lambda host: host.ss.show(tcp=True, state="established", filter="dst ::1")),
    ("ss -H -n -t -u state listening state closed", lambda host: host.ss.show(state=("listening", "closed"))),
    ("sysctl -a -r forwarding$", lambda host: host.sysctl.list("forwarding$")),
    ("brctl setpathcost br0 a 4", lambda host: host.brctl.setpathcost("br0", "a", 4)),
]  # fmt: skip
ROWS = [*ADDRESS, *ROUTE, *RULE, *NEIGHBOUR, *NETNS, *PING, *OBJECTS]


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
    ("via", lambda host: host.route.add("default")),
    ("encap", lambda host: NextHop(via="10.0.0.1", encap="mlps 100")),
    ("rtt", lambda host: host.route.add("10.0.0.0/8", dev="a", rtt="3 s")),
    ("vrf", lambda host: host.route.add("10.0.0.0/8", dev="a", vrf="red", table=7)),
    ("tos", lambda host: host.rule.add(tos=256, table=7)),
    ("sport", lambda host: host.rule.add(sport="6-5", table=7)),
    ("goto", lambda host: host.rule.add(goto=7, table=7)),
    ("options", lambda host: host.rule.add(family=4, exists_ok=True)),
    ("group", lambda host: host.nexthop.add(5, group=5)),
    ("group", lambda host: host.nexthop.add(5, via="10.0.0.1", group=[6])),
    ("ipproto", lambda host: host.fou.add(port=5)),
    ("direction", lambda host: host.macsec.add("m", "rx", sa=0)),
    ("key", lambda host: host.macsec.add("m", "tx", sa=0, key=("01", "secret"))),
    ("cookie", lambda host: host.l2tp.session.add(tunnel_id=1, session_id=2, peer_session_id=3, cookie="1")),
    ("loc_match", lambda host: host.ila.add(loc_match="fd00::1")),
    ("objects", lambda host: host.monitor("routes")),
    ("limit", lambda host: host.xfrm.state.add("10.0.0.1", "10.0.0.2", spi=1, limit={"bytes": 5})),
    ("features", lambda host: host.ethtool.set_features("a")),
    ("rx", lambda host: host.ethtool.set_channels("a")),
    ("parameters", lambda host: host.sysctl.update({})),
    ("value", lambda host: host.sysctl.update({"a.b": "1\n"})),
    ("state", lambda host: host.ss.show(state="open")),
    ("filter", lambda host: host.ss.show(filter="-K")),
    ("wait", lambda host: host.ping("10.0.0.1", wait="long")),
    ("fromm", lambda host: host.rule.add(fromm="10.0.0.1")),
]


@pytest.mark.parametrize(("argument", "call"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_refused(argument: str, call: Call) -> None:
    """What cannot be is refused by the argument's name, and nothing runs."""
    host = Host.dry_run()
    with pytest.raises(InvalidArgumentError) as refused:
        call(host)
    assert (refused.value.argument, len(host.transcript)) == (argument, 0)
