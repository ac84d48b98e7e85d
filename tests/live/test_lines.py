"""What an answer says as text is the command that makes it, and what scripts do with `|| true` is no error."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import pytest

from netns_kit import (
    ExistsError,
    Host,
    MissingModuleError,
    Namespace,
    NextHop,
    NotFoundError,
    Veth,
    VethPair,
    XfrmTemplate,
)
from netns_kit.tables.objects.monitor import Monitor


@pytest.fixture
def v0(host: Host) -> Veth:
    """One of two links that are up."""
    first, second = VethPair("v0", "v1", at=host).add()
    second.up()
    first.up()
    return first


def populate(host: Host, v0: Veth) -> None:
    """Have addresses, routes, rules and neighbours with most of their words."""
    v0.addr.add("10.0.0.2/24", valid_lft=10000, preferred_lft=5000, metric=77, label="v0:x")
    v0.addr.add("10.4.0.1", peer="10.4.0.2/32", noprefixroute=True)
    v0.addr.add("fd00::1/64", nodad=True, home=True)
    host.route.add(
        "10.5.0.0/16", via="10.0.0.9", tos=4, mtu=1400, advmss=1000, rtt="3s", rto_min="20ms", realms="5/6",
        quickack=True, congctl="reno", features="ecn", initcwnd=10, proto="static", metric=7,
    )  # fmt: skip
    host.route.add("default", dev=v0, family=6, pref="high")
    host.route.add("10.7.0.0/16", encap="ip id 5 dst 192.0.2.1 ttl 3", dev=v0)
    host.route.add(
        "10.8.0.0/16", nexthops=[NextHop(via="10.0.0.5", weight=3, onlink=True, dev="v0"), NextHop(dev="v1")]
    )
    host.route.add("10.9.0.0/16", type="blackhole", table=77)
    host.rule.add(
        not_=True, from_="10.0.0.0/8", tos=8, fwmark="3/0xf", iif="v0", oif="v1", priority=50, uidrange="0-0",
        ipproto="tcp", sport="5-6", dport=80, table=7, suppress_prefixlength=0, suppress_ifgroup=3, realms="3/4",
    )  # fmt: skip
    host.rule.add(l3mdev=True, priority=60)
    host.rule.add(from_="10.0.0.1", goto=100, priority=62)
    host.rule.add(to="fd00::/8", action="prohibit", priority=63)
    host.neigh.add("10.0.0.3", lladdr="02:00:00:00:00:03", dev=v0, nud="permanent", router=True, protocol="static")
    host.neigh.add("10.0.0.6", dev=v0, proxy=True)


def lines(host: Host) -> list[str]:
    """What is there, as the commands that make it; what the kernel makes by itself is left out."""
    routes = (one for family in (4, 6) for one in host.route.show(table="all", family=family))
    rules = (one for family in (4, 6) for one in host.rule.show(family=family))
    return [
        *(one.line for one in host.addr.show(dev="v0", tentative=False) if one.scope != "link"),
        *(str(one) for one in routes if one.protocol not in ("kernel", "ra")),
        *(str(one) for one in rules if 0 < one.priority < 32766),
        *(str(one) for proxy in (False, True) for one in host.neigh.show(proxy=proxy)),
    ]


def test_lines_make_what_they_say(host: Host, v0: Veth) -> None:
    """Typed on another host, the lines of addresses, routes, rules and neighbours give the same lines there."""
    populate(host, v0)
    said = lines(host)
    assert len(said) == 14
    with Host.private() as other:
        first, second = VethPair("v0", "v1").add()
        second.up()
        first.up()
        for line in said:
            other.exec(*shlex.split(line))
        assert lines(other) == said


def test_there_already(host: Host, v0: Veth) -> None:
    """With `exists_ok` and `missing_ok`, what is there already, and what is not there, are no errors; else they are."""
    for _ in range(2):
        v0.addr.add("10.0.0.1/24", exists_ok=True)
        host.route.add("10.5.0.0/16", dev=v0, exists_ok=True)
        host.rule.add(priority=9, table=7, exists_ok=True)
        host.neigh.add("10.0.0.3", lladdr="02:00:00:00:00:03", dev=v0, exists_ok=True)
        Namespace("x").add(exists_ok=True)
    with pytest.raises(ExistsError):
        v0.addr.add("10.0.0.1/24")
    for _ in range(2):
        Namespace("x").delete(missing_ok=True)
        host.neigh.delete("10.0.0.3", dev=v0, missing_ok=True)
        host.rule.delete(priority=9, missing_ok=True)
        host.route.delete("10.5.0.0/16", missing_ok=True)
        v0.addr.delete("10.0.0.1/24", missing_ok=True)
    with pytest.raises(NotFoundError):
        v0.addr.delete("10.0.0.1/24")


def test_there_already_in_a_batch(host: Host, v0: Veth) -> None:
    """In a batch too, what is there already is no error, and what comes behind it runs."""
    v0.addr.add("10.0.0.1/24")
    with host.batch():
        v0.addr.add("10.0.0.1/24", exists_ok=True)
        v0.addr.add("10.0.0.2/24")
    assert [one.local for one in v0.addr.show(family=4)] == ["10.0.0.1", "10.0.0.2"]


def test_one_neighbour(host: Host, v0: Veth) -> None:
    """One neighbour is asked for, and has all that the tool told of it; one that is not there is an error."""
    host.neigh.add("10.0.0.3", lladdr="02:00:00:00:00:03", dev=v0, nud="permanent", extern_learn=True, protocol=9)
    found = host.neigh.get("10.0.0.3", dev=v0)
    assert (found.lladdr, found.state, found.flags) == ("02:00:00:00:00:03", ("PERMANENT",), ("extern_learn",))
    assert found == host.neigh.show(dev=v0)[0]
    with pytest.raises(NotFoundError):
        host.neigh.get("10.0.0.4", dev=v0)


def test_next_hops(host: Host, v0: Veth) -> None:
    """Next hops and groups of them are added, shared by a route, read back as the lines that add them, and deleted."""
    nexthop = host.nexthop
    v0.addr.add("10.0.0.1/24")
    nexthop.add(5, via="10.0.0.7", dev=v0, protocol="static")
    nexthop.add(6, blackhole=True)
    nexthop.add(7, group=[(5, 3)])
    nexthop.add(8, group="5", type="resilient", buckets=8, idle_timer=60)
    nexthop.add(8, group="5", exists_ok=True)
    host.route.add("10.6.0.0/16", nhid=7)
    assert [str(one) for one in nexthop.show()] == [
        "ip nexthop add id 5 via 10.0.0.7 dev v0 protocol static",
        "ip nexthop add id 6 blackhole",
        "ip nexthop add id 7 group 5,3",
        "ip nexthop add id 8 group 5 type resilient buckets 8 idle_timer 60 unbalanced_timer 0",
    ]
    assert [str(one) for one in host.route.show("10.6.0.0/16")] == ["ip route add 10.6.0.0/16 nhid 7"]
    assert (len(nexthop.bucket.list(id=8)), nexthop.bucket.get(8, 0).nhid) == (8, 5)
    nexthop.delete(7)
    nexthop.delete(7, missing_ok=True)
    assert host.route.show("10.6.0.0/16") == ()
    assert [one.id for one in nexthop.show(groups=True)] == [8]
    nexthop.flush()
    assert nexthop.list() == ()


def test_rarer_objects(host: Host, v0: Veth) -> None:
    """What the rarer objects say is read back: multicast addresses, tokens, labels, ends of MPTCP, settings."""
    v0.addr.add("10.0.0.1/24")
    host.maddress.add("33:33:00:00:00:01", dev=v0)
    assert [one.address for one in host.maddress.show(dev=v0) if one.static] == ["33:33:00:00:00:01"]
    host.maddress.delete("33:33:00:00:00:01", dev=v0)
    host.token.set("::5", dev=v0)
    assert host.token.get(dev=v0) in host.token.list()
    host.token.delete(dev=v0)
    host.addrlabel.add(prefix="fd00::/8", label=99)
    assert "ip addrlabel add prefix fd00::/8 label 99" in map(str, host.addrlabel.list())
    host.addrlabel.delete(prefix="fd00::/8", label=99)
    host.mptcp.endpoint.add("10.0.0.1", dev=v0, id=3, signal=True)
    host.mptcp.endpoint.change(id=3, backup=True)
    assert [str(one) for one in host.mptcp.endpoint.show()] == [
        "ip mptcp endpoint add 10.0.0.1 dev v0 id 3 signal backup"
    ]
    host.mptcp.limits.set(subflows=4)
    assert host.mptcp.limits.show().subflows == 4
    host.ntable.change("arp_cache", dev=v0, base_reachable=20000)
    assert [one.base_reachable for one in host.ntable.show(dev=v0, name="arp_cache")] == [20000]
    assert {one.family for one in host.netconf.show(dev=v0)} == {"inet", "inet6"}
    assert (host.vrf.show(), host.vrf.identify(), host.mroute.show(), host.tcp_metrics.show()) == ((), None, (), ())


def test_monitor(host: Host, v0: Veth) -> None:
    """What changes is told as it changes, of which object it is and whether it is gone."""
    with host.monitor(("route", "address"), family=4) as events:
        v0.addr.add("10.9.0.1/24")
        host.route.add("10.77.0.0/16", dev=v0)
        host.route.delete("10.77.0.0/16")
        seen = []
        for event in events.events(5):
            seen.append((event.object, event.deleted, event.text.split()[0]))
            if event.deleted:
                break
    assert seen[-2:] == [("route", False, "10.77.0.0/16"), ("route", True, "10.77.0.0/16")]
    assert seen[0][0] == "addr"


SLOW = """
import socket, time
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as listener:
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        pass
    listener.bind((0, 1))
    listener.recv(65536)
    print("[LINK]heard", flush=True)
"""


def test_a_monitor_that_is_slow_to_listen(host: Host) -> None:
    """What happens before a tool listens is missed, so that nothing happens before: to have a socket is not enough."""
    with Monitor(host.start(sys.executable, "-c", SLOW)) as events:
        VethPair("v0", "v1").add()
        assert [event.text for event in events.events(5)] == ["heard"]


def test_policies_of_xfrm(host: Host, v0: Veth) -> None:
    """A policy with all its words is read back as the line that adds it, and that line adds the same again."""
    policy = host.xfrm.policy
    tunnel = XfrmTemplate("10.0.0.1", "10.0.0.2", "esp", "tunnel", 5, 3)
    templates = [tunnel, XfrmTemplate("10.0.0.1", "10.0.0.2", "ah", "transport")]
    which: dict[str, Any] = {"src": "10.0.0.0/8", "dst": "10.1.0.0/16", "proto": "tcp", "mark": "3/0xff"}
    policy.add("out", **which, dport=80, if_id=7, priority=9, flag="localok", tmpl=templates)
    before = policy.show()
    assert len(before) == 1
    policy.delete("out", **which, dport=80, if_id=7)
    policy.delete("out", **which, dport=80, if_id=7, missing_ok=True)
    assert policy.count()["out"] == 0
    host.exec(*shlex.split(str(before[0])))
    assert policy.list(dir="out") == before == (policy.get("out", **which, dport=80, if_id=7),)
    policy.setdefault("in", "block")
    assert policy.getdefault()["in"] == "block"


def test_drivers(host: Host, v0: Veth) -> None:
    """What a driver tells is typed, and its features and channels are changed."""
    ethtool = host.ethtool
    assert (ethtool.driver(v0)["driver"], ethtool.show(v0)["Duplex"]) == ("veth", "Full")
    assert ethtool.statistics("v0") == v0.ethtool()
    ethtool.set_features(v0, tso=False)
    assert [one.on for one in ethtool.features(v0) if one.name == "tcp-segmentation-offload"] == [False]
    ethtool.set_channels(v0, rx=1, tx=1)
    channels = ethtool.channels(v0)
    assert (channels.rx, channels.tx, channels.most is not None) == (1, 1, True)


def test_parameters_by_pattern(host: Host, v0: Veth) -> None:
    """The parameters whose names match a pattern are read at once."""
    found = host.sysctl.list(r"^net\.ipv4\.conf\.v[01]\.forwarding$")
    assert found == {"net.ipv4.conf.v0.forwarding": "0", "net.ipv4.conf.v1.forwarding": "0"}


def test_bridges_by_brctl(host: Host, v0: Veth) -> None:
    """brctl's setters set what `ip` shows, and the addresses that a bridge knows are typed."""
    brctl = host.brctl
    brctl.addbr("br0")
    brctl.addif("br0", v0)
    brctl.setageing("br0", 30)
    brctl.setbridgeprio("br0", 5)
    brctl.hairpin("br0", v0, True)
    data = host.link("br0").show().data
    assert (data["ageing_time"], data["priority"]) == (3000, 5)
    assert host.link("v0").show().port_data["hairpin"] is True
    assert [one.local for one in brctl.showmacs("br0")] == [True]


@pytest.mark.parametrize("line", ["ip help", "ip link help", "bridge fdb help", "tc qdisc help"])
def test_usage_texts(host: Host, line: str) -> None:
    """A usage text that is asked for is an answer, whatever its exit status."""
    answer = host.exec(*line.split())
    assert answer.ok
    assert "Usage:" in str(answer)
    assert Namespace("x").add().exec(*line.split()).ok


def test_missing_families() -> None:
    """An object that the kernel does not know at all is a missing module, by its name."""
    fake = Host.fake(
        {"ip -j fou show": (1, "", "RTNETLINK answers: No such file or directory\nError talking to the kernel\n")}
    )
    with pytest.raises(MissingModuleError, match="load the module \\(fou\\)"):
        fake.fou.show()
