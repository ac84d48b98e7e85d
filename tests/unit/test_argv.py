"""The exact argv of every verb of the tables: one row a verb, run for real (as far as `subprocess`) and dry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_subprocess import FakeProcess

from netns_kit import Host, Link, Namespace, NextHop
from netns_kit.sites import site

MAC = "02:00:00:00:00:01"
HOPS = (NextHop(via="10.0.0.2", dev="a", weight=2), NextHop(dev="b", onlink=True))
Call = Callable[[Host], Any]

ADDRESS: list[tuple[str, Call]] = [
    ("ip addr add 10.0.0.1/24 dev a", lambda host: host.addr.add("10.0.0.1/24", dev="a")),
    ("ip addr add 10.0.0.1/24 dev a", lambda host: host.link("a").addr.add("10.0.0.1/24")),
    (
        "ip addr add 10.0.0.1 peer 10.0.0.2/32 broadcast + scope link label a:1 dev a",
        lambda host: host.addr.add(
            "10.0.0.1", peer="10.0.0.2/32", broadcast="+", scope="link", label="a:1", dev=host.link("a")
        ),
    ),
    ("ip addr replace fd00::1/64 dev a", lambda host: host.addr.replace("fd00::1/64", dev="a")),
    ("ip addr delete 10.0.0.1/24 dev a", lambda host: host.addr.delete("10.0.0.1/24", dev="a")),
    ("ip addr flush dev a", lambda host: host.link("a").addr.flush()),
    ("ip -6 addr flush dev a", lambda host: host.addr.flush(dev="a", family=6)),
    ("ip -j -d addr", lambda host: host.addr.show()),
    ("ip -j -d -4 addr", lambda host: host.addr.show(family=4)),
    ("ip -j -d addr show dev a", lambda host: host.addr.show(dev="a")),
    ("ip -j -d addr show dev a", lambda host: host.link("a").addr.show()),
    ("ip -j -d addr list", lambda host: host.addr.list()),
    ("ip -j -d -6 addr list dev a", lambda host: host.link("a").addr.list(family=6)),
]
ROUTE: list[tuple[str, Call]] = [
    ("ip route add default via 10.0.0.1", lambda host: host.route.add("default", via="10.0.0.1")),
    ("ip route add default via fd00::1", lambda host: host.route.add("default", via="fd00::1")),
    ("ip route add any via fd00::1", lambda host: host.route.add("any", via="fd00::1")),
    ("ip route add 10.1.0.0/16 via inet6 fd00::1", lambda host: host.route.add("10.1.0.0/16", via="fd00::1")),
    ("ip route add fd01::/64 via fd00::1 dev a", lambda host: host.route.add("fd01::/64", via="fd00::1", dev="a")),
    (
        "ip route add 10.1.0.0/16 via 10.0.0.1 dev a src 10.0.0.9 metric 5 table 100 scope link proto static"
        " mtu 1400 onlink",
        lambda host: host.route.add(
            "10.1.0.0/16",
            via="10.0.0.1",
            dev="a",
            src="10.0.0.9",
            metric=5,
            table=100,
            scope="link",
            proto="static",
            mtu=1400,
            onlink=True,
        ),
    ),
    ("ip route add blackhole 10.2.0.0/16", lambda host: host.route.add("10.2.0.0/16", type="blackhole")),
    ("ip -6 route add unreachable default", lambda host: host.route.add("default", type="unreachable", family=6)),
    (
        "ip route add 10.3.0.0/16 nexthop via 10.0.0.2 dev a weight 2 nexthop dev b onlink",
        lambda host: host.route.add("10.3.0.0/16", nexthops=HOPS),
    ),
    ("ip route append 10.0.0.0/8 dev a", lambda host: host.route.append("10.0.0.0/8", dev="a")),
    ("ip route replace 10.0.0.0/8 dev a", lambda host: host.route.replace("10.0.0.0/8", dev=Link("a", at=host))),
    ("ip route change 10.0.0.0/8 dev a", lambda host: host.route.change("10.0.0.0/8", dev="a")),
    ("ip route delete default", lambda host: host.route.delete("default")),
    ("ip route flush table main", lambda host: host.route.flush()),
    ("ip -6 route flush dev a table 7", lambda host: host.route.flush(dev="a", table=7, family=6)),
    ("ip -j -d route", lambda host: host.route.show()),
    ("ip -j -d -6 route", lambda host: host.route.show(family=6)),
    (
        "ip -j -d route show 10.0.0.0/8 dev a table main vrf red",
        lambda host: host.route.show("10.0.0.0/8", dev="a", table="main", vrf="red"),
    ),
    ("ip -j -d route list table 100", lambda host: host.route.list(table=100)),
    ("ip -j -d route get 8.8.8.8", lambda host: host.route.get("8.8.8.8")),
    (
        "ip -j -d route get 8.8.8.8 from 10.0.0.1 iif a oif b mark 16 vrf red",
        lambda host: host.route.get("8.8.8.8", from_="10.0.0.1", iif="a", oif="b", mark=16, vrf="red"),
    ),
]
RULE: list[tuple[str, Call]] = [
    ("ip rule add from 10.0.0.0/8 table 100", lambda host: host.rule.add(from_="10.0.0.0/8", table=100)),
    (
        "ip rule add not to 10.0.0.1 fwmark 0x10/0xff iif a oif b priority 9 blackhole",
        lambda host: host.rule.add(
            not_=True, to="10.0.0.1", fwmark="0x10/0xff", iif="a", oif="b", priority=9, action="blackhole"
        ),
    ),
    ("ip rule add priority 9 goto 100", lambda host: host.rule.add(priority=9, goto=100)),
    ("ip -6 rule add from fd00::/8 table main", lambda host: host.rule.add(from_="fd00::/8", table="main")),
    ("ip -6 rule delete priority 9", lambda host: host.rule.delete(priority=9, family=6)),
    ("ip rule flush", lambda host: host.rule.flush()),
    ("ip -j rule", lambda host: host.rule.show()),
    ("ip -j -6 rule list", lambda host: host.rule.list(family=6)),
]
NEIGHBOUR: list[tuple[str, Call]] = [
    (
        f"ip neigh add 10.0.0.2 lladdr {MAC} nud permanent router dev a",
        lambda host: host.neigh.add("10.0.0.2", lladdr=MAC, nud="permanent", router=True, dev="a"),
    ),
    ("ip neigh add proxy 10.0.0.2 dev a", lambda host: host.neigh.add("10.0.0.2", proxy=True, dev="a")),
    (f"ip neigh replace fd00::2 lladdr {MAC} dev a", lambda host: host.neigh.replace("fd00::2", lladdr=MAC, dev="a")),
    ("ip neigh delete 10.0.0.2 dev a", lambda host: host.neigh.delete("10.0.0.2", dev="a")),
    ("ip neigh delete proxy 10.0.0.2 dev a", lambda host: host.neigh.delete("10.0.0.2", dev="a", proxy=True)),
    ("ip -6 neigh flush dev a", lambda host: host.neigh.flush(dev="a", family=6)),
    ("ip -j neigh", lambda host: host.neigh.show()),
    ("ip -j -4 neigh show dev a nud all", lambda host: host.neigh.show(dev="a", nud="all", family=4)),
    ("ip -j neigh list", lambda host: host.neigh.list()),
]
FDB: list[tuple[str, Call]] = [
    (f"bridge fdb add {MAC} dev a", lambda host: host.link("a").fdb.add(MAC)),
    (
        f"bridge fdb append {MAC} dev a dst 10.0.0.2 vni 100 port 4789 via b vlan 7 self master static",
        lambda host: host.link("a").fdb.append(
            MAC, dst="10.0.0.2", vni=100, port=4789, via="b", vlan=7, self_=True, master=True, state="static"
        ),
    ),
    (f"bridge fdb replace {MAC} dev a dst fd00::2", lambda host: host.link("a").fdb.replace(MAC, dst="fd00::2")),
    (f"bridge fdb del {MAC} dev a", lambda host: host.link("a").fdb.delete(MAC)),
    ("bridge -j fdb show dev a", lambda host: host.link("a").fdb.show()),
]
NETNS: list[tuple[str, Call]] = [
    ("ip -j netns list", lambda host: host.netns.list()),
    ("ip netns add net0", lambda host: host.netns.add("net0")),
    ("ip netns attach net0 42", lambda host: host.netns.attach("net0", 42)),
    ("ln -s /proc/42/ns/net /var/run/netns/net0", lambda host: host.netns.symlink("net0", 42)),
    ("ip netns set net0 7", lambda host: host.netns.set("net0", 7)),
    ("ip netns set net0 auto", lambda host: host.netns.set("net0", "auto")),
    ("ip netns delete net0", lambda host: host.netns.delete("net0")),
    ("ip -all netns delete", lambda host: host.netns.delete_all()),
    ("ip netns identify 42", lambda host: host.netns.identify(42)),
    ("ip netns pids net0", lambda host: host.netns.pids("net0")),
    ("ip -all netns exec ip addr", lambda host: host.netns.exec_all("ip", "addr")),
    ("ip -j netns list-id", lambda host: host.netns.list_id()),
    ("ip -j netns list-id nsid 7", lambda host: host.netns.list_id(nsid=7)),
    ("ip netns help", lambda host: host.netns.help()),
    ("ip netns add net0", lambda host: Namespace("net0", at=host).add()),
    ("ip netns attach net0 42", lambda host: Namespace("net0", at=host).attach(42)),
    ("ln -s /proc/42/ns/net /var/run/netns/net0", lambda host: Namespace("net0", at=host).symlink(42)),
    ("ip netns set net0 7", lambda host: Namespace("net0", at=host).set(7)),
    ("ip netns delete net0", lambda host: Namespace("net0", at=host).delete()),
    ("ip netns pids net0", lambda host: Namespace("net0", at=host).pids()),
    ("ip -j netns list", lambda host: Namespace("net0", at=host).exists()),
]
IPTABLES: list[tuple[str, Call]] = [
    ("iptables -A FORWARD -i br0 -j ACCEPT", lambda host: host.iptables.append("FORWARD", "-i", "br0", "-j", "ACCEPT")),
    (
        "iptables -t nat -A POSTROUTING -s 10.0.0.0/24 ! -o br0 -j MASQUERADE",
        lambda host: host.iptables.append(
            "POSTROUTING", source="10.0.0.0/24", out_interface="! br0", jump="MASQUERADE", table="nat"
        ),
    ),
    (
        "iptables -A INPUT -p tcp -m comment --dport 80 --comment a\\ b -j DROP",
        lambda host: host.iptables.append(
            "INPUT", protocol="tcp", match="comment", dport=80, comment="a b", jump="DROP"
        ),
    ),
    ("iptables -A INPUT --syn", lambda host: host.iptables.append("INPUT", syn=True)),
    ("iptables -I FORWARD -j ACCEPT", lambda host: host.iptables.insert("FORWARD", "-j", "ACCEPT")),
    ("iptables -I FORWARD 3 -j ACCEPT", lambda host: host.iptables.insert("FORWARD", "-j", "ACCEPT", number=3)),
    ("iptables -D FORWARD -j ACCEPT", lambda host: host.iptables.delete("FORWARD", jump="ACCEPT")),
    ("iptables -D FORWARD 3", lambda host: host.iptables.delete("FORWARD", number=3)),
    ("iptables -C FORWARD -j ACCEPT", lambda host: host.iptables.check("FORWARD", "-j", "ACCEPT")),
    ("ip6tables -P FORWARD DROP", lambda host: host.ip6tables.policy("FORWARD", "DROP")),
    ("iptables -F", lambda host: host.iptables.flush()),
    ("iptables -t nat -F PREROUTING", lambda host: host.iptables.flush("PREROUTING", table="nat")),
    ("iptables -N MINE", lambda host: host.iptables.new_chain("MINE")),
    ("iptables -X MINE", lambda host: host.iptables.delete_chain("MINE")),
    ("iptables -L FORWARD", lambda host: host.iptables.list("FORWARD")),
    ("iptables -S", lambda host: host.iptables.rules()),
    ("iptables -S FORWARD -v", lambda host: host.iptables.rules("FORWARD", counters=True)),
    (
        "iptables -t nat -L POSTROUTING -n -v --line-numbers -x",
        lambda host: host.iptables.list(
            "POSTROUTING", numeric=True, verbose=True, line_numbers=True, exact=True, table="nat"
        ),
    ),
    ("iptables -R FORWARD 2 -j DROP", lambda host: host.iptables.replace("FORWARD", 2, jump="DROP")),
    ("iptables -Z", lambda host: host.iptables.zero()),
    ("iptables -X", lambda host: host.iptables.delete_chain()),
    ("iptables -E OLD NEW", lambda host: host.iptables.rename_chain("OLD", "NEW")),
    ("iptables-save -c -t nat", lambda host: host.iptables.save(counters=True, table="nat")),
    ("ip6tables-restore -n", lambda host: host.ip6tables.restore("*filter", noflush=True)),
    (
        "iptables -A INPUT -p tcp -m conntrack -m comment --ctstate NEW --comment 'web server' -j ACCEPT",
        lambda host: host.iptables.append(
            "INPUT", protocol="tcp", match=("conntrack", "comment"), ctstate="NEW", comment="web server", jump="ACCEPT"
        ),
    ),
    (
        "iptables -A INPUT ! -s 10.0.0.0/8 --tcp-flags SYN,ACK SYN ! --syn -j DROP",
        lambda host: host.iptables.append(
            "INPUT", source="! 10.0.0.0/8", tcp_flags="SYN,ACK SYN", syn="!", jump="DROP"
        ),
    ),
    ("ip6tables -t raw -S OUTPUT", lambda host: host.ip6tables.rules("OUTPUT", table="raw")),
]
OTHERS: list[tuple[str, Call]] = [
    ("sysctl -n net.ipv4.ip_forward", lambda host: host.sysctl["net.ipv4.ip_forward"]),
    ("sysctl -w net.ipv4.ip_forward=1", lambda host: host.sysctl.set("net.ipv4.ip_forward", True)),
    (
        "sysctl -w net.ipv4.conf.bond1/1810.forwarding=1",
        lambda host: host.sysctl.set("net.ipv4.conf.bond1/1810.forwarding", 1),
    ),
    (
        "sysctl -w 'net.ipv4.ping_group_range=0 1'",
        lambda host: host.sysctl.set("net.ipv4.ping_group_range", "0 1"),
    ),
    ("brctl addbr br0", lambda host: host.brctl.addbr("br0")),
    ("brctl delbr br0", lambda host: host.brctl.delbr("br0")),
    ("brctl addif br0 a", lambda host: host.brctl.addif("br0", host.link("a"))),
    ("brctl delif br0 a", lambda host: host.brctl.delif("br0", "a")),
    ("brctl stp br0 on", lambda host: host.brctl.stp("br0", True)),
    ("brctl show", lambda host: host.brctl.show()),
    ("lsmod", lambda host: host.module.list()),
    ("modprobe ipip", lambda host: host.module.load("ipip")),
    ("ping -n -c 3 -W 2 10.0.0.2", lambda host: host.ping("10.0.0.2")),
    (
        "ping -n -c 2 -i 0.2 -s 1000 -w 5 -W 1.5 -t 9 fd00::2 -I a",
        lambda host: host.ping(
            "fd00::2", count=2, interface=host.link("a"), interval=0.2, size=1000, deadline=5, wait=1.5, ttl=9
        ),
    ),
    ("ethtool -i 'a b'", lambda host: host.exec("ethtool", "-i", "a b")),
]
ROWS = [*ADDRESS, *ROUTE, *RULE, *NEIGHBOUR, *FDB, *NETNS, *IPTABLES, *OTHERS]


@pytest.mark.parametrize(("line", "call"), ROWS, ids=[line for line, _ in ROWS])
def test_dry(line: str, call: Call) -> None:
    """A dry run records just the one command that the verb is named for."""
    host = Host.dry_run()
    call(host)
    assert commands(host) == [line.replace("a\\ b", "'a b'").replace(" ! ", " '!' ")]


def commands(host: Host) -> list[str]:
    """The command lines of a host's transcript."""
    return [str(result.command) for result in host.transcript]


@pytest.fixture
def fp_host(fp: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> Host:
    """This machine, with every command faked as one that succeeds."""
    monkeypatch.setitem(site._versions, "this machine", (6, 1, 0))
    fp.register([fp.any()], occurrences=9)
    return Host.local()


@pytest.mark.parametrize(("line", "call"), ROWS, ids=[line for line, _ in ROWS])
def test_run(line: str, call: Call, fp: FakeProcess, fp_host: Host) -> None:
    """On a real machine the same argv, word by word and in no shell, reaches `subprocess`."""
    call(fp_host)
    (argv,) = fp.calls
    assert argv == fp_host.transcript[0].argv
    assert commands(fp_host) == [line.replace("a\\ b", "'a b'").replace(" ! ", " '!' ")]


def test_in_english() -> None:
    """What the library reads is printed in English, whatever the user's language; what the user runs is left alone."""
    host = Host.dry_run()
    for _, call in ROWS:
        call(host)
    own = ("ethtool -i 'a b'", "ip -all netns exec ip addr")
    assert {
        str(result.command) for result in host.transcript if result.command.environment.get("LC_ALL") != "C"
    } == set(own)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("ip -n net0 addr add 10.0.0.1/24 dev a", lambda net: net.addr.add("10.0.0.1/24", dev="a")),
        ("ip -n net0 -j -d route", lambda net: net.route.show()),
        ("bridge -n net0 -j fdb show dev a", lambda net: net.link("a").fdb.show()),
        ("ip netns exec net0 ping -n -c 1 -W 2 10.0.0.2", lambda net: net.ping("10.0.0.2", count=1)),
        ("ip netns exec net0 iptables -S", lambda net: net.iptables.rules()),
        ("ip netns exec net0 sysctl -n net.ipv4.ip_forward", lambda net: net.sysctl["net.ipv4.ip_forward"]),
        ("ip netns exec net0 brctl show", lambda net: net.brctl.show()),
        ("ip netns exec net0 route -n", lambda net: net.exec("route", "-n")),
        ("ip -n net0 -j netns list-id", lambda net: net.netns.list_id()),
    ],
)
def test_in_a_namespace(line: str, call: Callable[[Namespace], Any], fp: FakeProcess, fp_host: Host) -> None:
    """In a namespace, `ip` and `bridge` take -n, and all else goes through `ip netns exec`."""
    call(Namespace("net0", at=fp_host))
    assert commands(fp_host) == [line]


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/run/x", lambda host: Namespace.of_path("/run/x", at=host)),
        ("/proc/42/ns/net", lambda host: Namespace.of_pid(42, at=host)),
    ],
)
def test_in_a_namespace_without_a_name(path: str, call: Callable[[Host], Any]) -> None:
    """A namespace without a name is entered by its file."""
    host = Host.dry_run()
    call(host).addr.flush(dev="a")
    assert commands(host) == [f"nsenter --net={path} ip addr flush dev a"]


def test_sudo(fp: FakeProcess, fp_host: Host) -> None:
    """With sudo, each command runs under `sudo -n`, which never asks for a password."""
    host = Host.local(sudo=True)
    host.netns.add("net0")
    assert fp.calls[0] == ("sudo", "-n", "ip", "netns", "add", "net0")
