"""The faults of the campaign: each breaks one thing in a network that worked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from scripts.testing.waiting import LONG
from tests.diagnosis import networks
from tests.diagnosis.networks import Network

Deed = Callable[[Network], Any]


@frozen
class Fault:
    """What breaks a network: the code of the cause that is to be found first, and the deed.

    `curable`: a command can mend it. `exact`: one command alone mends it, and brings back all that was before.
    """

    build: Callable[..., Network]
    code: str
    name: str
    deed: Deed = field(repr=False)
    curable: bool = True
    exact: bool = True
    options: dict[str, Any] = field(factory=dict)
    kernel: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What a test calls it."""
        return f"{self.build.__name__}: {self.name}"


FAULTS: list[Fault] = []


def fault(build: Callable[..., Network], code: str, name: str, deed: Deed, **about: Any) -> None:
    """Add a fault to the campaign."""
    FAULTS.append(Fault(build, code, name, deed, **about))


def down(place: str, link: str) -> Deed:
    """A link is down."""
    return lambda net: net[place].link(link).down()


def without(place: str, link: str, address: str) -> Deed:
    """A link has lost its address."""
    return lambda net: net[place].link(link).addr.delete(address)


def prefix(place: str, link: str, old: str, new: str) -> Deed:
    """An address has another prefix length."""

    def deed(net: Network) -> None:
        net[place].link(link).addr.delete(old)
        net[place].link(link).addr.add(new)

    return deed


def no_route(place: str, dst: str, **options: Any) -> Deed:
    """A route is missing."""
    return lambda net: net[place].route.delete(dst, **options)


def route(place: str, dst: str, **options: Any) -> Deed:
    """There is one route more."""
    return lambda net: net[place].route.add(dst, **options)


def wall(place: str, *words: str, tool: str = "iptables", table: str | None = None) -> Deed:
    """A rule of the firewall."""
    return lambda net: getattr(net[place], tool).append(*words, table=table)


def policy(place: str, chain: str, tool: str = "iptables") -> Deed:
    """A policy of the firewall is DROP."""
    return lambda net: getattr(net[place], tool).policy(chain, "DROP")


def sysctl(place: str, name: str, value: object) -> Deed:
    """A kernel parameter is another."""
    return lambda net: net[place].sysctl.set(name, value)


def typed(place: str, *argv: object) -> Deed:
    """Any command."""
    return lambda net: net[place].exec(*argv)


def both(*deeds: Deed) -> Deed:
    """Several commands, one after another."""
    return lambda net: [deed(net) for deed in deeds]


def _pair() -> None:
    for end in ("net1", "net2"):
        fault(networks.pair, "link-down", f"eth0 of {end} is down", down(end, "eth0"))
    fault(networks.pair, "link-without-address", "net1 has lost its address", without("net1", "eth0", "10.0.0.1/24"))
    fault(networks.pair, "no-address", "net2 has lost its address", without("net2", "eth0", "10.0.0.2/24"))
    fault(networks.pair, "prefix-too-long", "net1 has a /32", prefix("net1", "eth0", "10.0.0.1/24", "10.0.0.1/32"))
    fault(networks.pair, "prefix-too-long", "net2 has a /32", prefix("net2", "eth0", "10.0.0.2/24", "10.0.0.2/32"))
    fault(networks.pair, "arp-off", "ARP is off at net2", typed("net2", "ip", "link", "set", "eth0", "arp", "off"))
    fault(networks.pair, "arp-off", "ARP is off at net1", typed("net1", "ip", "link", "set", "eth0", "arp", "off"))
    fault(
        networks.pair,
        "arp-ignored",
        "net2 ignores ARP",
        both(
            sysctl("net2", "net.ipv4.conf.all.arp_ignore", 8),
            # Neither knows the other any more: who still does would make itself known by asking.
            *(typed(net, "ip", "neigh", "flush", "all") for net in ("net1", "net2")),
        ),
    )
    wrong = ("ip", "neigh", "replace", "10.0.0.2", "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent")
    fault(networks.pair, "wrong-neighbour", "a wrong entry by hand at net1", typed("net1", *wrong))
    back = (*wrong[:3], "10.0.0.1", *wrong[4:])
    fault(networks.pair, "wrong-neighbour", "a wrong entry by hand at net2", typed("net2", *back))
    fault(networks.pair, "wrong-neighbour", "a wrong entry that net1 learnt", typed("net1", *wrong[:-1], "reachable"))
    for kind in ("blackhole", "unreachable", "prohibit"):
        fault(networks.pair, "blackhole-route", f"a route {kind} at net1", route("net1", "10.0.0.2", type=kind))
    fault(networks.pair, "blackhole-route", "a route blackhole at net2", route("net2", "10.0.0.1", type="blackhole"))
    for kind in ("blackhole", "prohibit", "unreachable"):
        deed = typed("net1", "ip", "rule", "add", "to", "10.0.0.0/24", "priority", 50, kind)
        fault(networks.pair, "blackhole-rule", f"a rule {kind} at net1", deed)
    fault(networks.pair, "firewall", "INPUT drops echo requests", wall("net2", "INPUT", "-p", "icmp", "-j", "DROP"))
    fault(networks.pair, "firewall", "OUTPUT rejects", wall("net1", "OUTPUT", "-d", "10.0.0.2", "-j", "REJECT"))
    fault(networks.pair, "firewall", "INPUT drops echo replies",
          wall("net1", "INPUT", "-p", "icmp", "--icmp-type", "echo-reply", "-j", "DROP"))  # fmt: skip
    fault(
        networks.pair, "firewall", "raw drops", wall("net2", "PREROUTING", "-s", "10.0.0.1", "-j", "DROP", table="raw")
    )
    fault(networks.pair, "firewall", "INPUT's policy is DROP", policy("net2", "INPUT"), exact=False)
    fault(networks.pair, "firewall", "OUTPUT's policy is DROP", policy("net2", "OUTPUT"), exact=False)
    fault(networks.pair, "firewall", "a rule of an unknown match",
          wall("net2", "INPUT", "-m", "length", "--length", "0:500", "-j", "DROP"))  # fmt: skip
    base = ("nft", "add", "chain", "inet", "guard", "in", "{ type filter hook input priority 0; }")
    for kind, words in (("drops", "drop"), ("rejects", "reject")):
        rule = ("nft", "add", "rule", "inet", "guard", "in", "ip", "saddr", "10.0.0.0/24", "icmp", "type",
                "echo-request", words)  # fmt: skip
        guard = both(typed("net2", "nft", "add", "table", "inet", "guard"), typed("net2", *base), typed("net2", *rule))
        fault(networks.pair, "nft", f"a rule of nft {kind}", guard)
    chain = both(
        lambda net: net["net2"].iptables.new_chain("walled"),
        wall("net2", "walled", "-p", "icmp", "-j", "DROP"),
        wall("net2", "INPUT", "-j", "walled"),
    )
    fault(networks.pair, "firewall", "a chain of one's own drops", chain, exact=False)
    fault(networks.pair, "echo-ignored", "net2 ignores pings", sysctl("net2", "net.ipv4.icmp_echo_ignore_all", 1))


def _pair6() -> None:
    for end in ("net1", "net2"):
        fault(networks.pair6, "link-down", f"eth0 of {end} is down", down(end, "eth0"))
    fault(networks.pair6, "link-without-address", "net1 has lost its address", without("net1", "eth0", "fd00::1/64"))
    fault(networks.pair6, "no-address", "net2 has lost its address", without("net2", "eth0", "fd00::2/64"))
    fault(networks.pair6, "blackhole-route", "a route blackhole", route("net1", "fd00::2", type="blackhole"))
    fault(networks.pair6, "firewall", "INPUT drops", wall("net2", "INPUT", "-p", "ipv6-icmp", "--icmpv6-type",
          "echo-request", "-j", "DROP", tool="ip6tables"))  # fmt: skip
    fault(networks.pair6, "echo-ignored", "net2 ignores pings", sysctl("net2", "net.ipv6.icmp.echo_ignore_all", 1))


def _bridge() -> None:
    for link in ("veth1", "veth3"):
        fault(networks.bridge, "port-down", f"{link} is down", down("host", link))
        fault(networks.bridge, "no-master", f"{link} is no port", typed("host", "ip", "link", "set", link, "nomaster"))
        fault(networks.bridge, "port-blocked", f"{link} is blocked",
              typed("host", "bridge", "link", "set", "dev", link, "state", 0))  # fmt: skip
    fault(networks.bridge, "bridge-down", "br0 is down", down("host", "br0"))
    for net in ("net1", "net3"):
        fault(networks.bridge, "link-down", f"eth0 of {net} is down", down(net, "eth0"))
    fault(networks.bridge, "link-without-address", "net1 has lost its address", without("net1", "eth0", "10.0.1.1/24"))
    fault(networks.bridge, "no-address", "net3 has lost its address", without("net3", "eth0", "10.0.1.3/24"))
    fault(networks.bridge, "prefix-too-long", "net3 has a /31", prefix("net3", "eth0", "10.0.1.3/24", "10.0.1.3/31"))
    isolated = both(
        *(typed("host", "bridge", "link", "set", "dev", one, "isolated", "on") for one in ("veth1", "veth3"))
    )
    fault(networks.bridge, "port-isolated", "two ports are isolated", isolated, exact=False)
    quiet = both(
        typed("host", "bridge", "link", "set", "dev", "veth3", "bcast_flood", "off"),
        *(typed(net, "ip", "neigh", "flush", "all") for net in ("net1", "net3")),
    )
    fault(networks.bridge, "no-flooding", "veth3 lets no broadcasts out", quiet)
    trap = both(sysctl("host", "net.bridge.bridge-nf-call-iptables", 1), policy("host", "FORWARD"))
    fault(networks.bridge, "bridge-filtered", "D0's trap", trap, exact=False)


def _routers() -> None:
    build = networks.routers
    fault(build, "no-route", "net1 has no default route", no_route("net1", "default"))
    fault(build, "no-return-route", "net2 has no default route", no_route("net2", "default"))
    fault(build, "no-route", "r1 has no route", no_route("r1", "10.0.4.0/24"))
    fault(build, "no-route", "r2 has no route", no_route("r2", "10.0.4.0/24"))
    fault(build, "no-return-route", "r2 knows no way back", no_route("r2", "10.0.1.0/24"))
    fault(build, "no-return-route", "r3 knows no way back", no_route("r3", "10.0.1.0/24"))
    for router in ("r1", "r2", "r3"):
        fault(build, "no-forwarding", f"{router} forwards nothing", sysctl(router, "net.ipv4.ip_forward", 0))
    fault(build, "firewall", "FORWARD's policy is DROP on r2", policy("r2", "FORWARD"), exact=False)
    fault(build, "firewall", "FORWARD drops on r2", wall("r2", "FORWARD", "-p", "icmp", "-j", "DROP"))
    fault(build, "firewall", "FORWARD drops answers on r2", wall("r2", "FORWARD", "-d", "10.0.1.0/24", "-j", "DROP"))
    fault(build, "blackhole-route", "r2 has a blackhole", route("r2", "10.0.4.2", type="blackhole"))
    fault(build, "blackhole-route", "r2 prohibits the way back", route("r2", "10.0.1.1", type="prohibit"))
    fault(build, "link-down", "left of r1 is down", down("r1", "left"))
    fault(build, "no-address", "left of r1 has lost its address", without("r1", "left", "10.0.1.2/24"))
    fault(build, "link-without-address", "right of r3 has lost its address", without("r3", "right", "10.0.4.1/24"))
    wrong = both(no_route("net1", "default"), route("net1", "default", via="10.0.1.9"))
    fault(build, "wrong-gateway", "net1's gateway is nobody", wrong)
    wrong = both(no_route("r2", "10.0.4.0/24"), route("r2", "10.0.4.0/24", via="10.0.2.1"))
    fault(build, "routing-loop", "r2 sends it back to r1", wrong)


def _routers6() -> None:
    build = networks.routers6
    fault(build, "no-route", "net1 has no default route", no_route("net1", "default", family=6))
    fault(build, "no-return-route", "net2 has no default route", no_route("net2", "default", family=6))
    fault(build, "no-route", "r1 has no route", no_route("r1", "fd00:3::/64"))
    fault(build, "no-return-route", "r2 knows no way back", no_route("r2", "fd00:1::/64"))
    fault(build, "no-forwarding", "r1 forwards nothing", sysctl("r1", "net.ipv6.conf.all.forwarding", 0))
    fault(build, "firewall", "FORWARD's policy is DROP", policy("r1", "FORWARD", "ip6tables"), exact=False)
    fault(build, "blackhole-route", "r2 has a blackhole", route("r2", "fd00:3::2", type="blackhole"))
    fault(build, "link-down", "eth0 of net1 is down", down("net1", "eth0"))
    fault(build, "link-without-address", "net1 has lost its address", without("net1", "eth0", "fd00:1::1/64"))


def _nat() -> None:
    build = networks.nat
    fault(build, "no-masquerading", "nothing is masqueraded", lambda net: net["gateway"].iptables.delete(
        "POSTROUTING", source="192.168.7.0/24", out_interface="wan", jump="MASQUERADE", table="nat"))  # fmt: skip
    fault(build, "no-forwarding", "the gateway forwards nothing", sysctl("gateway", "net.ipv4.ip_forward", 0))
    fault(build, "no-route", "net1 has no default route", no_route("net1", "default"))
    fault(build, "link-down", "wan is down", down("gateway", "wan"))
    fault(build, "bridge-down", "br0 is down", down("gateway", "br0"))
    fault(build, "port-down", "veth1 is down", down("gateway", "veth1"))
    fault(build, "no-address", "br0 has lost its address", without("gateway", "br0", "192.168.7.1/24"))
    fault(build, "firewall", "FORWARD's policy is DROP", policy("gateway", "FORWARD"), exact=False)
    fault(build, "no-master", "veth1 is no port", typed("gateway", "ip", "link", "set", "veth1", "nomaster"))


def _vxlan() -> None:
    build = networks.vxlan
    remade = {"local": "192.0.2.2", "remote": "192.0.2.1", "id": 42}

    def again(**changed: object) -> Deed:
        words = [word for key, value in {**remade, **changed}.items() for word in (key, value)]
        return both(
            typed("node2", "ip", "link", "delete", "vx0"),
            typed("node2", "ip", "link", "add", "vx0", "type", "vxlan", *words, "dstport", 4789, "dev", "eth0",
                  "nolearning"),
            typed("node2", "ip", "link", "set", "vx0", "master", "br0", "up"),
        )  # fmt: skip

    fault(build, "tunnel-mismatch", "another id", again(id=43))
    fault(build, "tunnel-mismatch", "another remote", again(remote="192.0.2.9"))
    fault(build, "link-down", "the underlay's link is down", down("node2", "eth0"))
    fault(build, "port-down", "vx0 is down", down("node1", "vx0"))
    fault(build, "no-master", "vx0 is no port", typed("node2", "ip", "link", "set", "vx0", "nomaster"))
    fault(build, "no-address", "the underlay has lost its address", without("node2", "eth0", "192.0.2.2/24"))
    fault(build, "firewall", "INPUT drops VXLAN", wall("node2", "INPUT", "-p", "udp", "--dport", "4789", "-j", "DROP"))
    fault(build, "no-address", "ns2 has lost its address", without("ns2", "eth0", "10.9.0.2/24"))
    fault(build, "bridge-down", "br0 of node2 is down", down("node2", "br0"))


def _macvlan() -> None:
    for build in (networks.macvlan, networks.macvlans):
        fault(build, "link-down", "mv0 is down", down("net1", "mv0"))
        fault(build, "link-down", "eth0 of node1 is down", down("node1", "eth0"))
        fault(build, "link-without-address", "net1 has lost its address", without("net1", "mv0", "172.20.0.11/24"))
    private = typed("net1", "ip", "link", "set", "mv0", "type", "macvlan", "mode", "private")
    fault(networks.macvlans, "macvlan-mode", "mv0 is private", private)


def _ipvlan() -> None:
    for build in (networks.ipvlan, networks.ipvlans):
        kernel = ("ipvlan",)
        fault(build, "link-down", "mv0 is down", down("net1", "mv0"), kernel=kernel)
        fault(build, "link-without-address", "net1 has lost its address", without("net1", "mv0", "172.20.0.11/24"),
              kernel=kernel)  # fmt: skip
    fault(networks.ipvlan, "link-down", "eth0 of node1 is down", down("node1", "eth0"), kernel=("ipvlan",))
    fault(networks.ipvlans, "echo-ignored", "net2 answers no pings", sysctl("net2", "net.ipv4.icmp_echo_ignore_all", 1),
          kernel=("ipvlan",))  # fmt: skip


def _shorter() -> None:
    short = prefix("net1", "eth0", "10.0.1.1/24", "10.0.1.1/16")
    fault(networks.routers, "prefix-too-short", "net1 has a /16", short)


def _uplinks() -> None:
    build = networks.uplinks
    fault(build, "blackhole-route", "the table swallows", both(
        no_route("gw", "default", table=101),
        route("gw", "default", type="blackhole", table=101),
    ), exact=False)  # fmt: skip
    fault(build, "blackhole-rule", "a rule swallows", typed(
        "gw", "ip", "rule", "add", "from", "10.1.0.0/24", "priority", 50, "prohibit"))  # fmt: skip
    fault(build, "link-down", "up1 is down", down("gw", "up1"), exact=False)
    fault(build, "no-return-route", "the server knows no way back", no_route("server", "10.1.0.0/24"))
    fault(build, "no-return-route", "isp1 knows no way back", no_route("isp1", "10.1.0.0/24"))


def _unusual() -> None:
    routers, bridge = networks.routers, networks.bridge

    def same_mac(net: Network) -> None:
        mac = net["net3"].link("eth0").show().address
        net["net2"].link("eth0").set(address=mac)
        # The bridge sends to whom it heard last, and that is to be net2, whatever net3 says by itself.
        net["net2"].start("ping", "-b", "-q", "-i", "0.01", "10.0.1.255")
        host = net["host"]
        host.wait_until(lambda: any((one.mac, one.dev) == (mac, "veth2") for one in host.fdb.show()), timeout=LONG)

    fault(networks.deaf, "same-mac", "net2 has net3's Ethernet address", same_mac)
    other = both(
        typed("host", "ip", "link", "add", "br1", "up", "type", "bridge"),
        typed("host", "ip", "link", "set", "veth3", "master", "br1"),
    )
    fault(bridge, "no-master", "a port of another bridge", other, exact=False)
    fault(routers, "time-to-live", "net1's packets live too short", sysctl("net1", "net.ipv4.ip_default_ttl", 2))
    fault(routers, "time-to-live", "the answers live too short", sysctl("net2", "net.ipv4.ip_default_ttl", 3))
    fault(
        networks.routers6, "time-to-live", "too few hops over IPv6", sysctl("net1", "net.ipv6.conf.eth0.hop_limit", 1)
    )
    fault(
        routers, "same-address", "r2 has net1's address", typed("r2", "ip", "addr", "add", "10.0.1.1/32", "dev", "lo")
    )
    fault(routers, "wrong-link", "a route out by the wrong link", route("r1", "10.0.4.2", dev="left"))
    fault(routers, "wrong-link", "a default route without a gateway", both(
        no_route("net1", "default"), route("net1", "default", dev="eth0")))  # fmt: skip
    fault(routers, "wrong-gateway", "a narrower route to nobody", route("net1", "10.0.4.0/24", via="10.0.1.77"))
    fault(routers, "routing-loop", "a narrower route back", route("r2", "10.0.4.0/25", via="10.0.2.1"))
    odd = both(
        typed("net1", "ip", "addr", "add", "192.0.2.1/32", "dev", "eth0"),
        typed("net1", "ip", "route", "replace", "default", "via", "10.0.1.2", "src", "192.0.2.1"),
    )
    fault(routers, "wrong-source", "net1 sends from an odd address", odd, exact=False)
    block = ("ip", "xfrm", "policy", "add", "src", "0.0.0.0/0", "dst", "0.0.0.0/0", "action", "block", "dir")
    fault(bridge, "xfrm-blocks", "net3 takes nothing", typed("net3", *block, "in"))
    fault(bridge, "xfrm-blocks", "net1 sends nothing", typed("net1", *block, "out"))
    lead = ("PREROUTING", "-p", "icmp", "-j", "DNAT", "--to-destination", "10.99.9.9")
    fault(networks.nat, "wrong-translation", "pings led to nobody", wall("gateway", *lead, table="nat"))
    for name, chain, rule in (
        ("ARP is dropped", ("arp", "hook input", "; policy drop"), ()),
        ("all is dropped where it comes in", ("netdev", "hook ingress device eth0", "; policy drop"), ()),
        ("a chain that is led to drops", ("inet", "hook input", ""), ("icmp", "type", "echo-request", "drop")),
    ):
        fault(bridge, "nft", name, _nft(chain, rule))


def _nft(chain: tuple[str, str, str], rule: tuple[str, ...]) -> Deed:
    family, hook, policy = chain
    add = ("nft", "add")
    said = f"{{ type filter {hook} priority 0 {policy}; }}"
    made = both(
        typed("net3", *add, "table", family, "t"),
        typed("net3", *add, "chain", family, "t", "led"),
        typed("net3", *add, "chain", family, "t", "first", said),
        typed("net3", "ip", "neigh", "flush", "all"),
        typed("net1", "ip", "neigh", "flush", "all"),
    )
    led = both(
        typed("net3", *add, "rule", family, "t", "first", "jump", "led"),
        typed("net3", *add, "rule", family, "t", "led", *rule),
    )
    return both(made, led) if rule else made


def _marked() -> None:
    fault(networks.marked, "blackhole-route", "the table of the mark swallows",
          route("gw", "198.18.0.1", type="blackhole", table=101))  # fmt: skip
    fault(networks.marked, "no-return-route", "isp1 knows no way back", no_route("isp1", "10.1.0.0/24"))
    other = typed("gw", "ip", "rule", "add", "fwmark", "0x5/0x5", "priority", 50, "prohibit")
    fault(networks.marked, "blackhole-rule", "a rule for a part of the mark swallows", other)


def queued(place: str, link: str, *words: object) -> Deed:
    """A link has a queue."""
    return typed(place, "tc", "qdisc", "add", "dev", link, "root", *words)


def _queues() -> None:
    small = queued("r1", "right", "tbf", "rate", "1mbit", "burst", 40, "latency", "1ms")
    fault(networks.routers, "queue-loses", "a bucket too small for any packet", small)
    for place, link in (("net1", "eth0"), ("r1", "right"), ("net2", "eth0")):
        lossy = queued(place, link, "netem", "loss", "100%")
        fault(networks.routers, "queue-loses", f"{link} of {place} loses all", lossy, kernel=("netem",))
    for hook in ("ingress", "egress"):
        drop = both(
            typed("r2", "tc", "qdisc", "add", "dev", "left", "clsact"),
            typed("r2", "tc", "filter", "add", "dev", "left", hook, "matchall", "action", "drop"),
        )
        fault(
            networks.routers, "filter-drops", f"a filter on r2 drops all, {hook}", drop, kernel=("netem",), exact=False
        )


def _vrf() -> None:
    build = networks.vrf
    fault(build, "not-in-vrf", "port1 is not in the VRF", typed("router", "ip", "link", "set", "port1", "nomaster"),
          kernel=("vrf",))  # fmt: skip
    fault(
        build, "no-route", "the VRF's table has no route", no_route("router", "10.0.3.0/24", table=10), kernel=("vrf",)
    )
    fault(build, "link-down", "port1 is down", down("router", "port1"), kernel=("vrf",))
    fault(build, "no-forwarding", "the router forwards nothing", sysctl("router", "net.ipv4.ip_forward", 0),
          kernel=("vrf",))  # fmt: skip
    fault(build, "blackhole-route", "the VRF swallows", route("router", "10.0.3.2", type="blackhole", table=10),
          kernel=("vrf",))  # fmt: skip


def _vlans() -> None:
    kernel = ("vlan",)
    for build in (networks.vlans, networks.trunk):
        port = "veth2" if build is networks.vlans else "veth3"
        lacks = typed("host", "bridge", "vlan", "del", "dev", port, "vid", 10)
        fault(build, "vlan-not-allowed", f"{port} lacks the VLAN", lacks, kernel=kernel)
        lacks = typed("host", "bridge", "vlan", "del", "dev", "veth1", "vid", 10)
        fault(build, "vlan-not-allowed", "veth1 lacks the VLAN", lacks, kernel=kernel)
        fault(build, "port-down", f"{port} is down", down("host", port), kernel=kernel)
    fault(networks.trunk, "link-down", "eth0.10 is down", down("net3", "eth0.10"), kernel=kernel)
    other = both(
        typed("net3", "ip", "link", "delete", "eth0.10"),
        typed("net3", "ip", "link", "add", "link", "eth0", "name", "eth0.10", "type", "vlan", "id", 11),
        typed("net3", "ip", "addr", "add", "10.0.10.3/24", "dev", "eth0.10"),
        typed("net3", "ip", "link", "set", "eth0.10", "up"),
    )
    fault(networks.trunk, "vlan-id", "eth0.10 is of another VLAN", other, kernel=kernel, curable=False, exact=False)


def _bonded() -> None:
    build, kernel = networks.bonded, ("bond",)
    for net in ("net1", "net2"):
        other = typed(net, "ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth1")
        fault(build, "bond-port-inactive", f"{net} uses another cable", other, kernel=kernel, exact=net == "net2")
        fault(build, "link-down", f"bond0 of {net} is down", down(net, "bond0"), kernel=kernel)
    cut = both(down("net2", "eth0"), down("net2", "eth1"))
    fault(build, "port-down", "both ports are down", cut, kernel=kernel, exact=False)


def _tunnels() -> None:
    for build in (networks.ipip, networks.gre, networks.sit, networks.vti):
        kernel = (build.__name__,)
        fault(build, "link-down", "tun0 of node2 is down", down("node2", "tun0"), kernel=kernel)
        fault(build, "no-forwarding", "the router between forwards nothing",
              sysctl("middle", "net.ipv4.ip_forward", 0), kernel=kernel)  # fmt: skip
        swapped = typed("node2", "ip", "tunnel", "change", "tun0", "remote", "192.168.32.1", "local", "192.168.31.1")
        fault(build, "tunnel-mismatch", "local and remote swapped", swapped, kernel=kernel)
        other = typed("node2", "ip", "tunnel", "change", "tun0", "remote", "192.168.31.77", "local", "192.168.32.1")
        fault(build, "tunnel-mismatch", "another remote", other, kernel=kernel)
        if build is not networks.sit:
            fault(build, "link-without-address", "tun0 has lost its address",
                  typed("node1", "ip", "addr", "flush", "dev", "tun0"), kernel=kernel)  # fmt: skip
            fault(build, "no-address", "the other end has lost its address",
                  typed("node2", "ip", "addr", "flush", "dev", "tun0"), kernel=kernel)  # fmt: skip
    gone = typed("node2", "ip", "link", "delete", "tun0")
    fault(networks.ipip, "tunnel-nowhere", "node2 has no tunnel", gone, kernel=("ipip",), curable=False, exact=False)
    key = typed("node2", "ip", "tunnel", "change", "tun0", "mode", "gre", "remote", "192.168.31.1", "local",
                "192.168.32.1", "key", 8)  # fmt: skip
    fault(networks.gre, "tunnel-mismatch", "another key", key, kernel=("gre",))


def _sit() -> None:
    build, kernel = networks.sit, ("sit",)
    fault(build, "link-without-address", "tun0 has lost its address", without("node1", "tun0", "fd01::1/64"),
          kernel=kernel)  # fmt: skip
    fault(build, "no-address", "the other end has lost its address", without("node2", "tun0", "fd01::2/64"),
          kernel=kernel)  # fmt: skip


def _xfrm() -> None:
    build, kernel = networks.vti, ("vti",)
    there = "192.168.31.1", "192.168.32.1"
    key = "0x" + "2c" * 20
    for node in ("node1", "node2"):
        state = ("ip", "xfrm", "state", "delete", "src", there[0], "dst", there[1], "proto", "esp", "spi", 1)
        fault(build, "no-xfrm-state", f"{node} has lost a state", typed(node, *state), kernel=kernel)
        way = "out" if node == "node1" else "in"
        policy = ("ip", "xfrm", "policy", "delete", "dir", way, "src", "0.0.0.0/0", "dst", "0.0.0.0/0", "mark", 5)
        fault(build, "no-xfrm-policy", f"{node} has lost a policy", typed(node, *policy), kernel=kernel)
        other = ("ip", "xfrm", "state", "add", "src", there[0], "dst", there[1], "proto", "esp", "spi", 1, "mode",
                 "tunnel", "aead", "rfc4106(gcm(aes))", key, 128)  # fmt: skip
        fault(build, "xfrm-mismatch", f"{node} has another key", both(typed(node, *state), typed(node, *other)),
              kernel=kernel)  # fmt: skip


for make in (
    _shorter,
    _pair,
    _pair6,
    _bridge,
    _routers,
    _routers6,
    _nat,
    _vxlan,
    _macvlan,
    _ipvlan,
    _uplinks,
    _unusual,
    _marked,
    _vrf,
    _vlans,
    _bonded,
    _tunnels,
    _sit,
    _xfrm,
    _queues,
):
    make()
