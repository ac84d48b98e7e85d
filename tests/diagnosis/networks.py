"""Networks that work, to be broken: each function builds one on hosts of a lab."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from attrs import field, frozen

from netns_kit import (
    Bond,
    Bridge,
    GreTunnel,
    Host,
    IpipTunnel,
    Ipvlan,
    Lab,
    Link,
    Macvlan,
    Namespace,
    Place,
    SitTunnel,
    VethPair,
    Vlan,
    Vrf,
    VtiTunnel,
    VxlanLink,
)


@frozen
class Network:
    """A network: its lab, its places by their names, and who asks for which address."""

    lab: Lab
    places: dict[str, Place] = field(factory=dict)
    source: str = "net1"
    destination: str = ""
    options: dict[str, object] = field(factory=dict)

    def __getitem__(self, name: str) -> Place:
        return self.places[name]

    @property
    def start(self) -> Place:
        """Who asks."""
        return self.places[self.source]


def namespaces(host: Host, *names: str) -> dict[str, Place]:
    """New namespaces of a host, by name, each with its lo up."""
    made = {name: ready(Namespace(name, at=host).add()) for name in names}
    for one in made.values():
        one.link("lo").up()
    return dict(made)


PlaceT = TypeVar("PlaceT", bound=Place)


def ready(place: PlaceT) -> PlaceT:
    """A place whose links need not wait until IPv6 knows that nobody else has their addresses."""
    place.sysctl.set("net.ipv6.conf.default.accept_dad", 0)
    return place


def wire(first: Place, second: Place, names: str, addresses: tuple[str, str]) -> None:
    """A cable between two places, "eth0-eth1", its ends addressed and up."""
    for end, address in zip(VethPair(*names.split("-"), peer_netns=second, at=first).add(), addresses, strict=True):
        give(end, address)
        end.up()


def give(end: Link, address: str) -> None:
    """Give an end an address; an IPv6 one works at once."""
    if address:
        end.site.run("ip", "addr", "add", address, "dev", end.name, *(("nodad",) if ":" in address else ()))


def forward(*places: Place) -> None:
    """Have places pass packets on."""
    for place in places:
        place.sysctl.set("net.ipv4.ip_forward", 1)
        place.sysctl.set("net.ipv6.conf.all.forwarding", 1)


def pair(lab: Lab) -> Network:
    """net1 eth0 ── eth0 net2"""
    nets = namespaces(ready(lab.host("host")), "net1", "net2")
    wire(nets["net1"], nets["net2"], "eth0-eth0", ("10.0.0.1/24", "10.0.0.2/24"))
    return Network(lab, nets, destination="10.0.0.2")


def pair6(lab: Lab) -> Network:
    """net1 eth0 ── eth0 net2, with IPv6"""
    nets = namespaces(ready(lab.host("host")), "net1", "net2")
    wire(nets["net1"], nets["net2"], "eth0-eth0", ("fd00::1/64", "fd00::2/64"))
    return Network(lab, nets, destination="fd00::2")


def bridge(lab: Lab) -> Network:
    """net1, net2, net3 on br0 of their host"""
    host = ready(lab.host("host"))
    nets = namespaces(host, "net1", "net2", "net3")
    br0 = Bridge("br0", at=host).add()
    for number, name in enumerate(nets, 1):
        wire(host, nets[name], f"veth{number}-eth0", ("", f"10.0.1.{number}/24"))
        host.link(f"veth{number}").set(master=br0)
    br0.up()
    return Network(lab, {**nets, "host": host}, destination="10.0.1.3")


def deaf(lab: Lab) -> Network:
    """the same, and br0 learns nothing from net3, and soon forgets what it has learnt from others"""
    net = bridge(lab)
    net["host"].exec("bridge", "link", "set", "dev", "veth3", "learning", "off")
    Bridge("br0", at=net["host"]).change(ageing_time=100)
    return net


def routers(lab: Lab) -> Network:
    """net1 ── r1 ── r2 ── r3 ── net2"""
    nets = namespaces(ready(lab.host("host")), "net1", "r1", "r2", "r3", "net2")
    row = list(nets.values())
    for number, (first, second) in enumerate(pairwise(row), 1):
        left = "eth0" if number == 1 else "right"
        right = "eth0" if number == 4 else "left"
        wire(first, second, f"{left}-{right}", (f"10.0.{number}.1/24", f"10.0.{number}.2/24"))
    forward(*row[1:4])
    nets["net1"].route.add("default", via="10.0.1.2")
    nets["net2"].route.add("default", via="10.0.4.1")
    nets["r1"].route.add("10.0.3.0/24", via="10.0.2.2")
    nets["r1"].route.add("10.0.4.0/24", via="10.0.2.2")
    nets["r2"].route.add("10.0.1.0/24", via="10.0.2.1")
    nets["r2"].route.add("10.0.4.0/24", via="10.0.3.2")
    nets["r3"].route.add("10.0.1.0/24", via="10.0.3.1")
    nets["r3"].route.add("10.0.2.0/24", via="10.0.3.1")
    return Network(lab, nets, destination="10.0.4.2")


def routers6(lab: Lab) -> Network:
    """net1 ── r1 ── r2 ── net2, with IPv6"""
    nets = namespaces(ready(lab.host("host")), "net1", "r1", "r2", "net2")
    row = list(nets.values())
    for number, (first, second) in enumerate(pairwise(row), 1):
        left = "eth0" if number == 1 else "right"
        right = "eth0" if number == 3 else "left"
        wire(first, second, f"{left}-{right}", (f"fd00:{number}::1/64", f"fd00:{number}::2/64"))
    forward(*row[1:3])
    nets["net1"].route.add("default", via="fd00:1::2")
    nets["net2"].route.add("default", via="fd00:3::1")
    nets["r1"].route.add("fd00:3::/64", via="fd00:2::2")
    nets["r2"].route.add("fd00:1::/64", via="fd00:2::1")
    return Network(lab, nets, destination="fd00:3::2")


def nat(lab: Lab) -> Network:
    """net1, net2 on br0 of a gateway, which masquerades towards outside, which knows no way back"""
    gateway, outside = ready(lab.host("gateway")), ready(lab.host("outside"))
    nets = namespaces(gateway, "net1", "net2")
    br0 = Bridge("br0", at=gateway).add()
    br0.addr.add("192.168.7.1/24")
    br0.up()
    for number, name in enumerate(nets, 1):
        wire(gateway, nets[name], f"veth{number}-eth0", ("", f"192.168.7.{number + 10}/24"))
        gateway.link(f"veth{number}").set(master=br0)
        nets[name].route.add("default", via="192.168.7.1")
    lab.cable(gateway, outside, name="wan", addresses=("203.0.113.2/30", "203.0.113.1/30"))
    gateway.sysctl.set("net.ipv4.ip_forward", 1)
    gateway.iptables.append("POSTROUTING", source="192.168.7.0/24", out_interface="wan", jump="MASQUERADE", table="nat")
    return Network(lab, {**nets, "gateway": gateway, "outside": outside}, destination="203.0.113.1")


def vxlan(lab: Lab) -> Network:
    """ns1 on br0 of node1, ns2 on br0 of node2, and a VXLAN between the bridges"""
    nodes = ready(lab.host("node1")), ready(lab.host("node2"))
    lab.cable(*nodes, name="eth0", addresses=("192.0.2.1/24", "192.0.2.2/24"))
    places: dict[str, Place] = {"node1": nodes[0], "node2": nodes[1]}
    for number, node in enumerate(nodes, 1):
        local, remote = f"192.0.2.{number}", f"192.0.2.{3 - number}"
        br0 = Bridge("br0", at=node).add()
        tunnel = VxlanLink("vx0", id=42, dstport=4789, local=local, remote=remote, dev="eth0", learning=False, at=node)
        tunnel.add()
        tunnel.set(master=br0)
        tunnel.up()
        br0.up()
        places |= namespaces(node, f"ns{number}")
        wire(node, places[f"ns{number}"], "port1-eth0", ("", f"10.9.0.{number}/24"))
        node.link("port1").set(master=br0)
    return Network(lab, places, "ns1", "10.9.0.2")


def macvlan(lab: Lab, make: Callable[..., Link] = Macvlan, mode: str = "bridge") -> Network:
    """Two namespaces with macvlans on the uplink of node1, and node2 behind that"""
    node1, node2 = ready(lab.host("node1")), ready(lab.host("node2"))
    lab.cable(node1, node2, name="eth0", addresses=("172.20.0.1/24", "172.20.0.2/24"))
    nets = namespaces(node1, "net1", "net2")
    for number, name in enumerate(nets, 1):
        link = make("mv0", link="eth0", mode=mode, at=node1).add()
        link.set(netns=nets[name])
        link.addr.add(f"172.20.0.{number + 10}/24")
        link.up()
    return Network(lab, {**nets, "node1": node1, "node2": node2}, destination="172.20.0.2")


def macvlans(lab: Lab) -> Network:
    """The same, from one macvlan to the other"""
    made = macvlan(lab)
    return Network(lab, made.places, destination="172.20.0.12")


def ipvlan(lab: Lab) -> Network:
    """Two namespaces with ipvlans on the uplink of node1, and node2 behind that"""
    return macvlan(lab, Ipvlan, "l2")


def ipvlans(lab: Lab) -> Network:
    """The same, from one ipvlan to the other"""
    return Network(lab, ipvlan(lab).places, destination="172.20.0.12")


def uplinks(lab: Lab) -> Network:
    """net1 and net2 behind gw, which sends net1 by isp1, for a rule says so, and net2 by isp2"""
    nets = namespaces(ready(lab.host("host")), "net1", "net2", "gw", "isp1", "isp2", "server")
    wire(nets["gw"], nets["net1"], "lan1-eth0", ("10.1.0.1/24", "10.1.0.10/24"))
    wire(nets["gw"], nets["net2"], "lan2-eth0", ("10.2.0.1/24", "10.2.0.10/24"))
    for number in (1, 2):
        wire(nets["gw"], nets[f"isp{number}"], f"up{number}-down", (f"100.64.{number}.2/24", f"100.64.{number}.1/24"))
        core = f"198.51.{number}.1/24", f"198.51.{number}.9/24"
        wire(nets[f"isp{number}"], nets["server"], f"core-eth{number}", core)
        nets[f"net{number}"].route.add("default", via=f"10.{number}.0.1")
        nets[f"isp{number}"].route.add(f"10.{number}.0.0/24", via=f"100.64.{number}.2")
        nets["server"].route.add(f"10.{number}.0.0/24", via=f"198.51.{number}.1")
    give(nets["server"].link("lo"), "198.18.0.1/32")
    for number in (1, 2):
        nets[f"isp{number}"].route.add("198.18.0.1", via=f"198.51.{number}.9")
    forward(nets["gw"], nets["isp1"], nets["isp2"])
    nets["gw"].route.add("default", via="100.64.2.1")
    nets["gw"].route.add("default", via="100.64.1.1", table=101)
    nets["gw"].rule.add(from_="10.1.0.0/24", table=101, priority=100)
    return Network(lab, nets, destination="198.18.0.1")


def marked(lab: Lab) -> Network:
    """The same, but gw marks what comes from net1, and a rule sends what is marked by isp1"""
    net = uplinks(lab)
    gw = net["gw"]
    gw.rule.delete(from_="10.1.0.0/24", table=101, priority=100)
    gw.rule.add(fwmark=7, table=101, priority=100)
    gw.iptables.append("PREROUTING", in_interface="lan1", jump="MARK", set_mark=7, table="mangle")
    return net


def vrf(lab: Lab) -> Network:
    """net1 and net2 behind a router that keeps them in a VRF, beside another customer with the same addresses"""
    router = ready(lab.host("router"))
    nets = namespaces(router, "net1", "net2", "far")
    vrf0 = Vrf("vrf0", table=10, at=router).add()
    vrf0.up()
    for number, name in enumerate(("net1", "net2"), 1):
        wire(router, nets[name], f"port{number}-eth0", ("", f"10.0.{number}.2/24"))
        router.link(f"port{number}").set(master=vrf0)
        router.link(f"port{number}").addr.add(f"10.0.{number}.1/24")
        nets[name].route.add("default", via=f"10.0.{number}.1")
    wire(nets["net2"], nets["far"], "far0-eth0", ("10.0.3.1/24", "10.0.3.2/24"))
    nets["far"].route.add("default", via="10.0.3.1")
    router.route.add("10.0.3.0/24", via="10.0.2.2", table=10)
    forward(router, nets["net2"])
    return Network(lab, {**nets, "router": router}, destination="10.0.3.2")


def vlans(lab: Lab) -> Network:
    """net1 and net2 in VLAN 10 of a bridge that looks at VLANs; net3, in VLAN 20, is on a trunk"""
    host = ready(lab.host("host"))
    nets = namespaces(host, "net1", "net2", "net3")
    br0 = Bridge("br0", vlan_filtering=True, at=host).add()
    for number, name in enumerate(nets, 1):
        wire(host, nets[name], f"veth{number}-eth0", ("", "" if number == 3 else f"10.0.10.{number}/24"))
        port = host.link(f"veth{number}")
        port.set(master=br0)
        port.vlan.delete(1)
        port.vlan.add(10, pvid=number != 3, untagged=number != 3)
    tagged = Vlan("eth0.10", link="eth0", id=10, at=nets["net3"]).add()
    tagged.addr.add("10.0.10.3/24")
    tagged.up()
    br0.up()
    return Network(lab, {**nets, "host": host}, destination="10.0.10.2")


def bonded(lab: Lab) -> Network:
    """Two namespaces with two cables, of which bonds use one"""
    nets = namespaces(ready(lab.host("host")), "net1", "net2")
    for number, net in enumerate(nets.values(), 1):
        give(Bond("bond0", mode="active-backup", miimon=20, at=net).add(), f"10.0.0.{number}/24")
    for name in ("eth0", "eth1"):
        for end in VethPair(name, name, peer_netns=nets["net2"], at=nets["net1"]).add():
            end.set(master="bond0")
    for net in nets.values():
        net.link("bond0").up()
    return Network(lab, nets, destination="10.0.0.2")


def trunk(lab: Lab) -> Network:
    """The same, from net1 to net3 on the trunk"""
    return Network(lab, vlans(lab).places, destination="10.0.10.3")


def tunnel(lab: Lab, kind: Callable[..., Link], **options: object) -> Network:
    """Two nodes with a router between them, and a tunnel"""
    nodes = ready(lab.host("node1")), ready(lab.host("middle")), ready(lab.host("node2"))
    lab.cable(nodes[0], nodes[1], name="eth0", addresses=("192.168.31.1/24", "192.168.31.254/24"))
    lab.cable(nodes[1], nodes[2], names=("eth1", "eth0"), addresses=("192.168.32.254/24", "192.168.32.1/24"))
    forward(nodes[1])
    for number, node in ((1, nodes[0]), (2, nodes[2])):
        node.route.add("default", via=f"192.168.3{number}.254")
        ends = {"local": f"192.168.3{number}.1", "remote": f"192.168.3{3 - number}.1"}
        tun0 = kind("tun0", **ends, **options, at=node).add()
        tun0.up()
        tun0.addr.add(f"100.0.0.{number}", peer=f"100.0.0.{3 - number}")
    places = dict(zip(("node1", "middle", "node2"), nodes, strict=True))
    return Network(lab, places, "node1", "100.0.0.2")


def ipip(lab: Lab) -> Network:
    """An IPIP tunnel over a router"""
    return tunnel(lab, IpipTunnel)


def sit(lab: Lab) -> Network:
    """IPv6 in a SIT tunnel over a router of IPv4"""
    made = tunnel(lab, SitTunnel)
    for number, name in ((1, "node1"), (2, "node2")):
        give(made[name].link("tun0"), f"fd01::{number}/64")
    return Network(lab, made.places, "node1", "fd01::2")


def vti(lab: Lab) -> Network:
    """A VTI over a router: what goes through it is encrypted"""
    made = tunnel(lab, VtiTunnel, key=5)
    addresses = {"node1": "192.168.31.1", "node2": "192.168.32.1"}
    for name, here in addresses.items():
        there = next(one for one in addresses.values() if one != here)
        for spi, (src, dst) in enumerate((tuple(addresses.values()), tuple(addresses.values())[::-1]), 1):
            aead = ("rfc4106(gcm(aes))", "0x" + "2b" * 20, 128)
            made[name].xfrm.state.add(src, dst, proto="esp", spi=spi, mode="tunnel", aead=aead)
        for dir, src, dst in (("out", here, there), ("in", there, here)):
            made[name].xfrm.policy.add(dir, src="0.0.0.0/0", dst="0.0.0.0/0", mark=5, tmpl=(src, dst, "esp", "tunnel"))
    return made


def gre(lab: Lab) -> Network:
    """A GRE tunnel with a key over a router"""
    return tunnel(lab, GreTunnel, key=7)
