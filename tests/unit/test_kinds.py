"""VXLAN, VRF, bonds and their kin, bridge VLANs, queueing disciplines, IPsec: what is typed, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netns_kit import (
    Bond,
    Bridge,
    Geneve,
    Host,
    InvalidArgumentError,
    Ipvlan,
    Link,
    Vlan,
    Vrf,
    VxlanLink,
    Wireguard,
)
from netns_kit.tables.xfrm.parts import XfrmTemplate
from netns_kit.tables.xfrm.policy import XfrmPolicyInfo, parse_policies
from netns_kit.tables.xfrm.state import XfrmStateInfo, parse_states

GCM = ("rfc4106(gcm(aes))", "0x2b2b", 128)


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (
            lambda host: VxlanLink(
                "vxlan1", id=100, dstport=4789, remote="100.73.10.36", local="100.73.10.31", dev="bond1.1810"
            ).add(),
            "ip link add name vxlan1 type vxlan id 100 dstport 4789 remote 100.73.10.36 local 100.73.10.31"
            " dev bond1.1810",
        ),
        (
            lambda host: VxlanLink("v", id=5, group="239.1.1.1", dev="eth0", ttl=5, srcport=(1, 2), gbp=True).add(),
            "ip link add name v type vxlan id 5 group 239.1.1.1 dev eth0 ttl 5 srcport 1 2 gbp",
        ),
        (
            lambda host: VxlanLink("v", external=True, learning=False, udpcsum=True).add(),
            "ip link add name v type vxlan nolearning udpcsum external",
        ),
        (lambda host: VxlanLink("v", id=5).change(ageing=30), "ip link set dev v type vxlan ageing 30"),
        (lambda host: Vrf("vrf0", table=10).add(), "ip link add name vrf0 type vrf table 10"),
        (lambda host: Vrf("vrf0", table=10).exec("ping", "10.0.0.1"), "ip vrf exec vrf0 ping 10.0.0.1"),
        (lambda host: Vrf("vrf0", table=10).routes(), "ip -j -d route show vrf vrf0"),
        (lambda host: Vrf("vrf0", table=10).members(), "ip -j -d link show master vrf0"),
        (
            lambda host: Bond("bond1", mode="802.3ad", miimon=100, lacp_rate="fast").add(),
            "ip link add name bond1 type bond mode 802.3ad miimon 100 lacp_rate fast",
        ),
        (
            lambda host: Vlan("bond1.1810", link="bond1", id=1810).add(),
            "ip link add link bond1 name bond1.1810 type vlan id 1810",
        ),
        (
            lambda host: Ipvlan("ip0", link="eth0", mode="l3", flag="private").add(),
            "ip link add link eth0 name ip0 type ipvlan mode l3 private",
        ),
        (
            lambda host: Geneve("g0", id=5, remote="10.0.0.1", tos=10, dstport=7000).add(),
            "ip link add name g0 type geneve id 5 remote 10.0.0.1 tos 0xa dstport 7000",
        ),
        (lambda host: Wireguard("wg0").add(), "ip link add name wg0 type wireguard"),
        (lambda host: Bridge("br0").vlan.add("2-4"), "bridge vlan add dev br0 vid 2-4 self"),
        (lambda host: Bridge("br0").vlan.delete(2), "bridge vlan del dev br0 vid 2 self"),
        (lambda host: Bridge("br0").vlan.show(), "bridge -j vlan show dev br0"),
        (
            lambda host: Link("eth0").vlan.add(10, pvid=True, untagged=True),
            "bridge vlan add dev eth0 vid 10 pvid untagged",
        ),
        (
            lambda host: host.link("eth0").qdisc.add("netem", delay=0.1, jitter="10ms", correlation=25, loss=0.5),
            "tc qdisc add dev eth0 root netem delay 100ms 10ms 25% loss 0.5%",
        ),
        (
            lambda host: host.link("eth0").qdisc.change("netem", delay=1, duplicate=1, reorder=25, corrupt=2),
            "tc qdisc change dev eth0 root netem delay 1000ms duplicate 1% reorder 25% corrupt 2%",
        ),
        (
            lambda host: host.link("eth0").qdisc.replace("netem", handle="1:", rate="1mbit", limit=50),
            "tc qdisc replace dev eth0 root handle 1: netem rate 1mbit limit 50",
        ),
        (
            lambda host: host.link("eth0").qdisc.add("tbf", parent="1:", rate=1000, burst="32kbit", latency=0.4),
            "tc qdisc add dev eth0 parent 1: tbf rate 1000bit burst 32kbit latency 400ms",
        ),
        (lambda host: host.link("eth0").qdisc.delete(), "tc qdisc del dev eth0 root"),
        (lambda host: host.link("eth0").qdisc.show(), "tc -j qdisc show dev eth0"),
        (
            lambda host: host.xfrm.state.add("10.0.0.1", "10.0.0.2", spi=1, mode="tunnel", reqid=7, mark=5, aead=GCM),
            "ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 1 mode tunnel reqid 7 mark 5"
            " aead rfc4106(gcm(aes)) 0x2b2b 128",
        ),
        (
            lambda host: host.xfrm.state.add("fd00::1", "fd00::2", spi=2, enc=("e", "0x01"), auth=("a", "0x02")),
            "ip xfrm state add src fd00::1 dst fd00::2 proto esp spi 2 enc e 0x01 auth a 0x02",
        ),
        (
            lambda host: host.xfrm.state.delete("10.0.0.1", "10.0.0.2", spi=1),
            "ip xfrm state delete src 10.0.0.1 dst 10.0.0.2 proto esp spi 1",
        ),
        (lambda host: host.xfrm.state.flush(), "ip xfrm state flush"),
        (
            lambda host: host.xfrm.policy.add(
                "out", src="0.0.0.0/0", dst="0.0.0.0/0", mark=5, tmpl=("10.0.0.1", "10.0.0.2", "esp", "tunnel")
            ),
            "ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out mark 5"
            " tmpl src 10.0.0.1 dst 10.0.0.2 proto esp mode tunnel",
        ),
        (
            lambda host: host.xfrm.policy.delete("in", src="10.0.0.0/8", dst="0.0.0.0/0"),
            "ip xfrm policy delete src 10.0.0.0/8 dst 0.0.0.0/0 dir in",
        ),
        (lambda host: host.xfrm.policy.flush(), "ip xfrm policy flush"),
    ],
)
def test_typed(run: Callable[[Host], Any], line: str) -> None:
    """Each verb types one command, word by word."""
    with Host.dry_run() as host:
        run(host)
    assert [" ".join(result.argv) for result in host.transcript] == [line]


@pytest.mark.parametrize(
    ("argument", "make"),
    [
        ("id", lambda: VxlanLink("v", id=2**24)),
        ("id", lambda: VxlanLink("v").add()),
        ("id", lambda: VxlanLink("v", id=5, external=True)),
        ("dstport", lambda: VxlanLink("v", id=5, dstport=65536)),
        ("remote", lambda: VxlanLink("v", id=5, remote="10.0.0.1", local="10.0.0.1")),
        ("remote", lambda: VxlanLink("v", id=5, remote="fd00::1", local="10.0.0.1")),
        ("remote", lambda: VxlanLink("v", id=5, remote="239.1.1.1")),
        ("group", lambda: VxlanLink("v", id=5, group="10.0.0.1", dev="eth0")),
        ("group", lambda: VxlanLink("v", id=5, group="ff05::1", local="10.0.0.1", dev="eth0")),
        ("group", lambda: VxlanLink("v", id=5, group="239.1.1.1", remote="10.0.0.1", dev="eth0")),
        ("dev", lambda: VxlanLink("v", id=5, group="239.1.1.1")),
        ("srcport", lambda: VxlanLink("v", id=5, srcport=(5, 4))),
        ("srcport", lambda: VxlanLink("v", id=5, srcport=5)),
        ("ttl", lambda: VxlanLink("v", id=5, ttl=300)),
        ("id", lambda: VxlanLink("v", id=5).change(id=-1)),
        ("table", lambda: Vrf("v", table=0)),
        ("table", lambda: Vrf("v", table=2**32)),
        ("id", lambda: Vlan("v", link="eth0", id=4095)),
        ("id", lambda: Vlan("v", link="eth0", id=0)),
        ("mode", lambda: Bond("b", mode="fast")),
        ("flag", lambda: Ipvlan("i", link="eth0", flag="public")),
        ("remote", lambda: Geneve("g", id=5).add()),
        ("id", lambda: Geneve("g", id=5, external=True)),
        ("vid", lambda: Link("eth0").vlan.add(4095)),
        ("vid", lambda: Link("eth0").vlan.add("5-4")),
        ("vid", lambda: Link("eth0").vlan.add("1,2")),
        ("pvid", lambda: Link("eth0").vlan.add("2-4", pvid=True)),
        ("kind", lambda: Link("eth0").qdisc.add("htbb")),
        ("delay", lambda: Link("eth0").qdisc.add("netem", delay=-1)),
        ("delay", lambda: Link("eth0").qdisc.add("netem", delay="soon")),
        ("jitter", lambda: Link("eth0").qdisc.add("netem", jitter=1)),
        ("reorder", lambda: Link("eth0").qdisc.add("netem", reorder=5)),
        ("loss", lambda: Link("eth0").qdisc.add("netem", loss=101)),
        ("rate", lambda: Link("eth0").qdisc.add("netem", rate="1 mile")),
        ("burst", lambda: Link("eth0").qdisc.add("tbf", rate=1)),
        ("latency", lambda: Link("eth0").qdisc.add("tbf", rate=1, burst=2)),
        ("spi", lambda: Host.dry_run().xfrm.state.add("10.0.0.1", "10.0.0.2", spi=0)),
        ("dst", lambda: Host.dry_run().xfrm.state.add("10.0.0.1", "fd00::1", spi=1)),
        ("aead", lambda: Host.dry_run().xfrm.state.add("10.0.0.1", "10.0.0.2", spi=1, aead=("a", "secret", 1))),
        ("enc", lambda: Host.dry_run().xfrm.state.add("10.0.0.1", "10.0.0.2", spi=1, enc=("a",))),
        ("dir", lambda: Host.dry_run().xfrm.policy.add("up", src="default", dst="default")),
        ("tmpl", lambda: Host.dry_run().xfrm.policy.add("in", src="10.0.0.1", dst="10.0.0.2", tmpl=("a",))),
    ],
)
def test_refused(argument: str, make: Callable[[], Any]) -> None:
    """A value that cannot be right is refused by name, and nothing is typed."""
    with Host.dry_run() as host, pytest.raises(InvalidArgumentError) as caught:
        make()
    assert caught.value.argument == argument
    assert not len(host.transcript)


def test_bridge_vlans() -> None:
    """`bridge vlan show` is typed."""
    said = '[{"ifname":"p","vlans":[{"vlan":2,"flags":["PVID","Egress Untagged"]},{"vlan":20,"vlanEnd":22}]}]'
    with Host.fake({"bridge -j vlan show dev p": said}) as host:
        first, second = host.link("p").vlan.show()
    assert (first.dev, first.vlan, first.pvid, first.untagged) == ("p", 2, True, True)
    assert (second.vlan, second.vlan_end, second.pvid, second.untagged) == (20, 22, False, False)


NETEM = (
    '[{"kind":"netem","handle":"8001:","root":true,"refcnt":2,"options":{"limit":500,"delay":{"delay":0.1,'
    '"jitter":0.01,"correlation":0.25},"loss-random":{"loss":0.01,"correlation":0},"duplicate":{"duplicate":0.02,'
    '"correlation":0},"reorder":{"reorder":0.25,"correlation":0.5},"corrupt":{"corrupt":0.001,"correlation":0},'
    '"rate":{"rate":125000,"packetoverhead":0}}},'
    '{"kind":"tbf","handle":"2:","parent":"8001:","options":{"rate":125000,"burst":4096,"lat":400000}}]'
)


def test_qdiscs() -> None:
    """`tc qdisc show` is typed; percentages and rates are in the units in which they are given."""
    with Host.fake({"tc -j qdisc show dev p": NETEM}) as host:
        netem, tbf = host.link("p").qdisc.show()
    assert (netem.kind, netem.handle, netem.parent, netem.delay, netem.jitter) == ("netem", "8001:", None, 0.1, 0.01)
    assert (netem.loss, netem.duplicate, netem.reorder, netem.corrupt, netem.rate) == (1, 2, 25, 0.1, 1_000_000)
    assert (tbf.parent, tbf.rate, tbf.delay, tbf.options["burst"]) == ("8001:", 1_000_000, 0, 4096)


STATES = """\
src 10.0.0.1 dst 10.0.0.2
	proto esp spi 0x00000002 reqid 7 mode transport
	replay-window 0 
	mark 0x5/0xff 
	auth-trunc hmac(sha256) 0x2b2b 96
	enc cbc(aes) 0x2b2b
	anti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000
	if_id 0x3
	sel src 1.0.0.0/8 dst 2.0.0.0/8 
src 10.0.0.2 dst 10.0.0.1
	proto esp spi 0x00000001 reqid 0 mode tunnel
	replay-window 0 
	aead rfc4106(gcm(aes)) 0x2b2b 128
	sel src 0.0.0.0/0 dst 0.0.0.0/0 
"""  # noqa: W291

POLICIES = """\
src fd00::/8 dst fd01::/16 
	dir in action block priority 9 ptype main 
src 0.0.0.0/0 dst 0.0.0.0/0 
	dir out priority 0 ptype main 
	mark 0x5/0xffffffff 
	tmpl src 10.0.0.1 dst 10.0.0.2
		proto esp reqid 0 mode tunnel
src 0.0.0.0/0 dst 0.0.0.0/0 
	socket in priority 0 ptype main 
"""  # noqa: W291


def test_states() -> None:
    """What `ip xfrm state` prints, which is no JSON, is typed."""
    first, second = parse_states(STATES)
    algorithms = ("auth-trunc hmac(sha256) 0x2b2b 96", "enc cbc(aes) 0x2b2b")
    assert first == XfrmStateInfo(
        "10.0.0.1", "10.0.0.2", "esp", 2, 7, "transport", 5, algorithms, 255, 3, sel="src 1.0.0.0/8 dst 2.0.0.0/8"
    )
    assert str(first) == (
        "ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 2 mode transport reqid 7 mark 0x5 mask 0xff"
        " sel src 1.0.0.0/8 dst 2.0.0.0/8 if_id 3 enc 'cbc(aes)' 0x2b2b auth-trunc 'hmac(sha256)' 0x2b2b 96"
    )
    assert second == XfrmStateInfo(
        "10.0.0.2", "10.0.0.1", "esp", 1, 0, "tunnel", None, ("aead rfc4106(gcm(aes)) 0x2b2b 128",)
    )
    assert parse_states("") == ()


def test_policies() -> None:
    """What `ip xfrm policy` prints is typed; sockets' own policies are left out."""
    first, second = parse_policies(POLICIES)
    assert first == XfrmPolicyInfo("fd00::/8", "fd01::/16", "in", "block", 9)
    template = XfrmTemplate("10.0.0.1", "10.0.0.2", "esp", "tunnel")
    assert second == XfrmPolicyInfo("0.0.0.0/0", "0.0.0.0/0", "out", "allow", 0, 5, (template,))
