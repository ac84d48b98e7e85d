"""explain: what it says of sockets, sizes and odd networks, how it reads, and how little it takes."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator

import pytest

from netns_kit import (
    Bridge,
    Explanation,
    Host,
    InvalidArgumentError,
    Lab,
    Namespace,
    NetnsKitError,
    NotFoundError,
    Place,
    PlaceClosedError,
    UnreachableError,
    VethPair,
    VxlanLink,
    explain,
    follow,
)
from netns_kit.__main__ import main
from netns_kit.diagnosis.cause import CAUSES
from netns_kit.diagnosis.model.world import World
from tests.conftest import needs_user
from tests.diagnosis import networks
from tests.diagnosis.campaign import settle
from tests.diagnosis.faults import FAULTS


@pytest.fixture
def bridge(lab: Lab) -> networks.Network:
    """Three namespaces on a bridge."""
    made = networks.bridge(lab)
    settle(made.places.values())
    return made


@contextlib.contextmanager
def listening(place: Place, address: str, port: int, kind: int = socket.SOCK_STREAM) -> Iterator[None]:
    """A socket that listens."""
    with place.socket(socket.AF_INET, kind) as server:
        server.bind((address, port))
        if kind == socket.SOCK_STREAM:
            server.listen()
        yield


def codes(why: Explanation) -> list[str]:
    """The codes of its findings."""
    return [one.code for one in why.findings]


def test_one_fault_is_one_finding(lab: Lab) -> None:
    """What stops the answer as it stops the question is told once; behind a missing masquerade there is nothing."""
    row = networks.routers(lab)
    row["r3"].sysctl.set("net.ipv4.ip_forward", 0)
    assert codes(explain(row.start, row.destination)) == ["no-forwarding"]
    nat = networks.nat(lab)
    nat["gateway"].iptables.flush("POSTROUTING", table="nat")
    assert codes(explain(nat.start, nat.destination)) == ["no-masquerading"]


def test_it_reads_as_the_network_is(bridge: networks.Network) -> None:
    """What is printed has the way, the broken place, what was seen, the cause and what to type."""
    bridge.start.ping("10.0.1.3", count=1)
    bridge["host"].link("veth3").down()
    why = explain(bridge.start, "10.0.1.3")
    assert str(why).splitlines() == [
        "net1 cannot reach 10.0.1.3 (eth0 in net3)",
        "  net1/eth0 → veth1 → br0 ✗ veth3 → net3/eth0",
        "  The echo request was seen up to veth1, and no further.",
        "  veth3, a port of br0, is down.",
        "  → ip link set dev veth3 up",
    ]
    assert not why
    assert [one.link for one in why.path if one.way == "there"] == ["eth0", "veth1", "br0", "veth3", "eth0"]
    assert json.loads(json.dumps(why.as_dict()))["findings"][0]["code"] == "port-down"
    assert "veth3" in why.as_mermaid()


def test_a_cure_is_recorded_and_nothing_else_is(bridge: networks.Network) -> None:
    """Only what a cure types is in the transcript; explaining leaves no trace there."""
    host = bridge.lab.hosts["host"]
    host.link("veth3").down()
    before = len(host.transcript)
    why = explain(bridge.start, "10.0.1.3")
    assert len(host.transcript) == before
    why.findings[0].apply()
    assert [result.argv for result in host.transcript][before:] == [("ip", "link", "set", "dev", "veth3", "up")]
    assert str(why.findings[0].cure) == "ip link set dev veth3 up"


def test_two_faults_are_found_in_the_order_in_which_they_are_met(bridge: networks.Network) -> None:
    """After the first is cured, the second is what is said next."""
    bridge["host"].link("veth1").down()
    bridge["net3"].iptables.append("INPUT", "-p", "icmp", "-j", "DROP")
    why = explain(bridge.start, "10.0.1.3")
    assert codes(why) == ["port-down", "firewall"]
    why.findings[0].apply()
    settle(bridge.places.values())
    assert codes(explain(bridge.start, "10.0.1.3")) == ["firewall"]


def test_only_looking(bridge: networks.Network) -> None:
    """Without a probe the same is found, and nothing is sent; a network that works is fine."""
    # IPv6 sends by itself.
    bridge["net1"].sysctl["net.ipv6.conf.eth0.disable_ipv6"] = 1
    assert explain(bridge.start, bridge["net3"], probe=False).ok
    sent = bridge["net1"].link("eth0").statistics().tx_packets
    bridge["host"].link("veth3").down()
    assert codes(explain(bridge.start, "10.0.1.3", probe=False)) == ["port-down"]
    assert bridge["net1"].link("eth0").statistics().tx_packets == sent


def test_who_listens(bridge: networks.Network) -> None:
    """Nobody, only on 127.0.0.1, in another namespace, behind a firewall: each is named; then it is reached."""
    net1, net2, net3 = (bridge[f"net{number}"] for number in (1, 2, 3))
    assert codes(explain(net1, "10.0.1.3", port=8080)) == ["not-listening"]
    with listening(net3, "127.0.0.1", 8080):
        why = explain(net1, "10.0.1.3", port=8080)
        assert "only on 127.0.0.1" in why.findings[0].sentence
        assert why.findings[0].cure is None
        with pytest.raises(NetnsKitError, match="No command"):
            why.findings[0].apply()
    with listening(net2, "0.0.0.0", 8080):
        assert "Somebody does in net2" in explain(net1, "10.0.1.3", port=8080).findings[0].sentence
    with listening(net3, "0.0.0.0", 8080):
        assert explain(net1, "10.0.1.3", port=8080).ok
        net3.iptables.append("INPUT", "-p", "tcp", "--dport", "8080", "-j", "DROP")
        why = explain(net1, "10.0.1.3", port=8080)
        assert codes(why) == ["firewall"]
        why.findings[0].apply()
        assert explain(net1, "10.0.1.3", port=8080).ok


def test_datagrams(bridge: networks.Network) -> None:
    """A datagram that somebody takes is fine without an answer; one that nobody takes is not."""
    assert codes(explain(bridge.start, "10.0.1.3", port=5353, protocol="udp")) == ["not-listening"]
    with listening(bridge["net3"], "0.0.0.0", 5353, socket.SOCK_DGRAM):
        assert explain(bridge.start, "10.0.1.3", port=5353, protocol="udp").ok


def test_a_translation_to_the_wrong_port(lab: Lab) -> None:
    """DNAT to a port where nobody listens: the rule is named, and replaced by one that leads to the right one."""
    net = networks.nat(lab)
    settle(net.places.values())
    words = ("-i", "wan", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", "192.168.7.12:8081")
    net["gateway"].iptables.append("PREROUTING", *words, table="nat")
    with listening(net["net2"], "0.0.0.0", 8080):
        why = explain(net["outside"], "203.0.113.2", port=80)
        assert codes(why) == ["wrong-translation"]
        why.findings[0].apply()
        assert explain(net["outside"], "203.0.113.2", port=80).ok


@pytest.mark.parametrize("silent", [False, True])
def test_sizes(lab: Lab, silent: bool) -> None:
    """An MTU that swallows large packets is named, whether its router may tell the sender or not."""
    net = networks.routers(lab)
    settle(net.places.values())
    net["r2"].link("right").set(mtu=1300)
    if silent:
        net["r2"].iptables.append("OUTPUT", "-p", "icmp", "--icmp-type", "3", "-j", "DROP")
    assert explain(net.start, net.destination).ok
    why = explain(net.start, net.destination, size=1400)
    assert codes(why) == ["mtu"]
    assert ("ICMP error" in why.findings[0].sentence) is silent
    why.findings[0].apply()
    assert explain(net.start, net.destination, size=1400).ok


def test_a_bridge_drops_what_is_too_large_without_a_word(bridge: networks.Network) -> None:
    """A port with a small MTU is named."""
    bridge["host"].link("veth3").set(mtu=1300)
    why = explain(bridge.start, "10.0.1.3", size=1400)
    assert [(one.code, one.link) for one in why.findings] == [("mtu", "veth3")]


def test_no_false_alarm(lab: Lab) -> None:
    """Odd but harmless things: links that are down, rules that drop others, routes that swallow others, another VRF."""
    net = networks.routers(lab)
    settle(net.places.values())
    for router in ("r1", "r2", "r3"):
        VethPair("spare0", "spare1", at=net[router]).add()
        Bridge("idle", at=net[router]).add()
        net[router].route.add("10.99.0.0/16", type="blackhole")
        net[router].rule.add(from_="10.98.0.0/16", action="prohibit", priority=10)
        net[router].iptables.append("FORWARD", "-p", "tcp", "--dport", "23", "-j", "DROP")
        net[router].iptables.append("INPUT", "-p", "icmp", "-j", "DROP")
    net["r2"].iptables.append("FORWARD", "-j", "ACCEPT")
    net["r2"].iptables.policy("FORWARD", "DROP")
    net["net2"].link("eth0").addr.add("10.55.0.1/24")
    for probe in (True, False):
        why = explain(net.start, net.destination, probe=probe)
        assert why.ok, str(why)
        assert not why.findings


def test_names_as_odd_as_the_kernel_takes_them(lab: Lab) -> None:
    """A link called a<b>&"c is shown as it is, in all forms."""
    host = lab.host("host")
    nets = networks.namespaces(host, "net1", "net2")
    networks.wire(nets["net1"], nets["net2"], 'a<b>&"c-eth0', ("10.0.0.1/24", "10.0.0.2/24"))
    settle(nets.values())
    assert explain(nets["net1"], "10.0.0.2").ok
    nets["net1"].link('a<b>&"c').down()
    why = explain(nets["net1"], nets["net2"])
    assert 'a<b>&"c is down' in str(why)
    assert "&lt;b&gt;" in why.as_dot()
    why.findings[0].apply()
    settle(nets.values())
    assert explain(nets["net1"], nets["net2"]).ok


def test_what_cannot_be(bridge: networks.Network) -> None:
    """Values that cannot be are refused by name; a place that is not there is said so."""
    net1 = bridge.start
    for argument, call in (
        ("destination", lambda: explain(net1, "nonsense")),
        ("destination", lambda: explain(net1, bridge["host"])),
        ("port", lambda: explain(net1, "10.0.1.3", port=70000)),
        ("port", lambda: explain(net1, "10.0.1.3", protocol="udp")),
        ("port", lambda: explain(net1, "10.0.1.3", protocol="icmp", port=1)),
        ("protocol", lambda: explain(net1, "10.0.1.3", protocol="sctp", port=1)),
        ("size", lambda: explain(net1, "10.0.1.3", size=-1)),
        ("among", lambda: explain(net1, "10.0.1.3", among=["host"])),  # type: ignore[list-item]
        ("place", lambda: explain("net1", "10.0.1.3")),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidArgumentError, match=argument):
            call()
    with pytest.raises(NotFoundError, match="net9"):
        explain(Namespace("net9", at=bridge["host"]), "10.0.1.3")
    bridge.lab.close()
    with pytest.raises(PlaceClosedError):
        explain(net1, "10.0.1.3")


def test_a_missing_tool_is_named(bridge: networks.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the firewall or sockets cannot be read, the rest is told, and what was not looked at as well."""
    said = World.of([bridge.start.site]).place_of(bridge.start.site)
    assert said is not None
    monkeypatch.setattr(type(said), "read_firewall", lambda self, family: type(said).firewall_by(self, "no-such-tool"))
    why = explain(bridge.start, "10.0.1.3")
    assert why.ok
    assert any("no-such-tool" in one for one in why.unseen)


def test_an_unreachable_address_says_who_tells_why(bridge: networks.Network) -> None:
    """The error of a ping that nobody answers says that explain tells why."""
    bridge["host"].link("veth3").down()
    with pytest.raises(UnreachableError, match=r'explain\(place, "10\.0\.1\.3"\)'):
        bridge.start.ping("10.0.1.3", count=1, wait=0.5)
    with pytest.raises(UnreachableError, match=r'explain\(place, "10\.9\.9\.9"\)'):
        bridge.start.ping("10.9.9.9", count=1, wait=0.5)


def test_among(lab: Lab) -> None:
    """A private host is no part of a lab; `among` has it looked at too."""
    with Host.private("other") as other:
        net1 = Namespace("net1", at=lab.host("host")).add()
        net1.link("lo").up()
        assert explain(net1, "127.0.0.1", among=[other, lab]).ok


def test_each_cause_is_a_fault_of_the_campaign_or_of_a_test_here() -> None:
    """No cause is without a fault that was made of it."""
    tested = {"not-listening", "wrong-translation", "mtu", "loopback-down", "ipv6-disabled", "reverse-path",
              "elsewhere", "peer-unknown", "macvlan-host"}  # fmt: skip
    known = {one.code for causes in CAUSES.values() for one in causes}
    untested = known - {fault.code for fault in FAULTS} - tested
    assert untested == set()


def test_a_loopback_that_is_down(lab: Lab) -> None:
    """A place that cannot talk to itself is told to set its lo up."""
    net = networks.pair(lab)
    net.start.link("lo").down()
    why = explain(net.start, "127.0.0.1")
    assert codes(why) == ["loopback-down"]
    why.findings[0].apply()
    assert explain(net.start, "127.0.0.1").ok


def test_ipv6_that_is_off(lab: Lab) -> None:
    """Where IPv6 is switched off, at either end, that is said, and the cure brings the address back as well."""
    net = networks.pair6(lab)
    for name in ("net1", "net2"):
        net[name].sysctl.set("net/ipv6/conf/eth0/disable_ipv6", 1)
        why = explain(net.start, net.destination)
        assert codes(why) == ["ipv6-disabled"]
        why.findings[0].apply()
        settle(net.places.values())
        assert explain(net.start, net.destination).ok


def test_a_way_back_by_another_link(lab: Lab) -> None:
    """rp_filter refuses what comes by a link that the answer would not leave by."""
    net = networks.pair(lab)
    networks.wire(net["net1"], net["net2"], "eth1-eth1", ("10.0.7.1/24", "10.0.7.2/24"))
    net.start.route.add("10.9.0.0/24", via="10.0.0.2", src="10.0.7.1")
    net["net2"].link("lo").addr.add("10.9.0.1/24")
    assert explain(net.start, "10.9.0.1").ok
    net["net2"].sysctl.set("net.ipv4.conf.all.rp_filter", 1)
    why = explain(net.start, "10.9.0.1")
    assert codes(why) == ["reverse-path"]
    why.findings[0].apply()
    assert explain(net.start, "10.9.0.1").ok


def test_an_address_that_is_elsewhere(lab: Lab) -> None:
    """An address that is asked for on one link, and is on another, is found there."""
    net = networks.pair(lab)
    net3 = networks.namespaces(lab.hosts["host"], "net3")["net3"]
    networks.wire(net3, net["net2"], "eth0-eth1", ("10.0.0.3/24", ""))
    why = explain(net.start, "10.0.0.3")
    assert codes(why) == ["elsewhere"]
    assert "it is in net3, not on that link's segment" in str(why)


def test_a_cable_to_where_nobody_looked(lab: Lab) -> None:
    """Of a veth whose other end is in a namespace without a name, and down, that is said."""
    net = networks.pair(lab)
    with net["net2"].start("unshare", "--net", "sleep", "60") as hidden:
        net.start.wait_until(lambda: Namespace.of_pid(hidden.pid, at=lab.hosts["host"]).link.list())
        net["net2"].link("eth0").set(netns=hidden.pid)
        why = explain(net.start, net.destination)
    assert codes(why) == ["peer-unknown"]


@pytest.mark.needs_kernel("vxlan")
def test_many_tunnels_that_lead_nowhere(lab: Lab) -> None:
    """However many there are on a bridge, no tunnel's way is looked for through all the others."""
    pc1 = lab.host("pc1")
    br0 = Bridge("br0", at=pc1).add(up=True)
    br0.addr.add("10.0.0.1/24")
    for number in range(1, 25):
        end = VxlanLink(f"vx{number}", id=number, remote=f"192.0.2.{number}", dstport=4789, at=pc1).add()
        end.set(master=br0)
        end.up()
    assert [finding.code for finding in explain(pc1, "10.0.0.2", probe=False).findings] == ["no-address"]


@pytest.mark.needs_kernel("vxlan")
def test_tunnels_that_were_moved(lab: Lab) -> None:
    """A tunnel's packets go by the place where it was made, wherever its two ends are by now."""
    ends = []
    underlay = lab.cable(lab.host("one"), lab.host("two"), addresses=("10.9.0.1/24", "10.9.0.2/24"))
    for number, host in enumerate(lab.hosts.values(), 1):
        net = Namespace("net", at=host).add()
        vx0 = VxlanLink("vx0", id=7, local=f"10.9.0.{number}", remote=f"10.9.0.{3 - number}", dstport=4789, at=host)
        vx0.add().set(netns=net)
        vx0.addr.add(f"10.1.0.{number}/24")
        vx0.up()
        ends.append(net)
    assert explain(ends[0], "10.1.0.2").ok
    assert "one/eth0 → two/eth0" in str(explain(ends[0], "10.1.0.2"))
    underlay[1].down()
    why = explain(ends[0], "10.1.0.2")
    assert [(finding.code, str(finding.cure)) for finding in why.findings[:1]] == [
        ("link-down", "ip link set dev eth0 up")
    ]
    why.findings[0].apply()
    assert explain(ends[0], "10.1.0.2").ok


def test_a_macvlan_and_its_host(lab: Lab) -> None:
    """A macvlan does not reach the host's own address on the link below it, and nothing is there to be cured."""
    net = networks.macvlan(lab)
    below = net["node1"].link("eth0")
    networks.give(below, "172.20.0.77/24")
    why = explain(net.start, "172.20.0.77")
    assert codes(why) == ["macvlan-host"]
    assert why.findings[0].cures == ()


def test_every_cause_says_what_it_is() -> None:
    """Each cause has a sentence of its own, and a code of plain words."""
    for causes in CAUSES.values():
        for one in causes:
            assert one.about.endswith(".")
            assert one.code.replace("-", "").replace("6", "").replace("v", "").isalpha()


@needs_user
def test_a_namespace_that_may_not_be_entered(host: Host) -> None:
    """Where somebody else's namespace is listed, the rest is explained and followed, and that one is named."""
    Namespace("net1").add().link("lo").up()
    host.exec("ln", "-s", f"/proc/{os.getpid()}/ns/net", "/run/netns/theirs")
    named = "namespace theirs of host: it may not be entered without root"
    why = explain(Namespace("net1"), "127.0.0.1")
    assert (why.ok, why.unseen) == (True, (named,))
    assert named in str(why)
    assert follow(Namespace("net1"), "127.0.0.1").unseen == (named,)


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m netns_kit explain` tells of this machine; its exit status says whether the address is reached."""
    assert main(["explain", "127.0.0.1", "--look", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert main(["explain", "nonsense"]) == 1
    assert "address" in capsys.readouterr().err
