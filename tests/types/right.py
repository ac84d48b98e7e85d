"""Right lines, of all verbs: no checker reports one."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_interface, ip_network

from netns_kit import (
    AddressInfo,
    Bond,
    Bridge,
    Dummy,
    Geneve,
    GretapTunnel,
    GreTunnel,
    Host,
    Ifb,
    Ip6tnlTunnel,
    IpipTunnel,
    IptablesRule,
    Ipvlan,
    IsatapTunnel,
    Lab,
    Link,
    LinkInfo,
    Macvlan,
    Macvtap,
    Mirred,
    Namespace,
    NextHop,
    Nlmon,
    PingResult,
    Place,
    QdiscInfo,
    RouteInfo,
    Rows,
    SitTunnel,
    Topology,
    Tuntap,
    Veth,
    VethPair,
    Vlan,
    Vrf,
    VtiTunnel,
    VxlanLink,
    Wireguard,
    explain,
    for_each,
)

# Hosts and namespaces
host: Host = Host.private("one")
also = Host.local(sudo=True)
far = Host.ssh("root@node1", options={"Port": 2222}, connect_timeout=5)
dry = Host.dry_run()
fake = Host.fake({"ip -V": "ip utility, iproute2-6.1.0"})
used: Host = Host.private().use()
net1: Namespace = Namespace("net1", at=host).add()
net2 = Namespace("net2", at=net1.site).add()
place: Place = net1
net1.set(7)
net1.set("auto")
pids: tuple[int, ...] = net1.pids()
net1.attach(1)
there: bool = net1.exists()
with net1.enter() as entered:
    entered.link.show()
with Namespace("x", at=host) as made:
    made.exec("true")
Namespace.of_pid(1, at=host).exec("ip", "addr")
Namespace.of_path("/run/netns/x", at=host).route.show()
host.netns.list()
host.netns.list_id()
host.netns.identify(1)
host.netns.delete_all()

# Links of all kinds
br0: Bridge = Bridge("br0", stp_state=True, priority=100, at=host).add()
br0.up()
br0.down()
br0.set(mtu=1400, up=True, alias="lan", group=5)
br0.change(stp_state=False, forward_delay=400, vlan_protocol="802.1ad")
br0.set(name="br1", arp=False)
ports: Rows[LinkInfo] = br0.ports()
end: Veth = br0.plug(net1, name="eth0", address=ip_interface("10.0.0.1/24"))
br0.plug("net2", address="10.0.0.2/24", port="p2")
pair = VethPair("a", "b", at=host).add()
veth0, veth1 = pair
outer, inner = VethPair("c", "eth0", peer_netns=net1, at=host).add()
VethPair("d", "e", peer_netns=4711, at=host).delete()
veth0.set(netns=net1)
veth0.set(netns="net1", name="eth7")
veth1.set(netns=1234)
veth1.set(master=br0)
veth1.set(master="br0")
veth1.set(nomaster=True)
other: Veth = veth0.peer()
same: Veth = veth0.peer(by="ethtool")
info: LinkInfo = veth0.show()
mtu: int = info.mtu
veth0.statistics().rx_bytes
known: bool = veth0.exists()
Dummy("d0", at=host).add(up=True)
Ifb("ifb0", at=host).add(netns=net1)
VxlanLink("vx0", id=5, remote="10.0.0.2", local=ip_address("10.0.0.1"), dev=veth0, dstport=4789, at=host).add().up()
VxlanLink("vx1", id=6, group="239.1.1.1", dev="eth0", ttl="inherit", srcport=(1, 2), learning=False, at=host).add()
VxlanLink("vx2", external=True, vnifilter=True, at=host).add()
VxlanLink("vx0", at=host).change(ttl=64, ageing=30)
Vlan("v10", link=br0, id=10, protocol="802.1ad", at=host).add()
Vlan("v11", link="br0", id=11, gvrp=True, at=host).change(loose_binding=True)
Macvlan("m0", link=veth0, mode="bridge", at=host).add()
Ipvlan("i0", link="eth0", mode="l3s", flag="vepa", at=host).add()
Vrf("vrf0", table=10, at=host).add().exec("ping", "10.0.0.1")
Vrf("vrf0", at=host).routes(family=6)
members: Rows[LinkInfo] = Vrf("vrf0", at=host).members()
Bond("bond0", mode="802.3ad", miimon=100, lacp_rate="fast", xmit_hash_policy="layer3+4", at=host).add().ports()
Geneve("g0", id=5, remote="fd00::1", ttl=5, tos="inherit", df="set", at=host).add()
Wireguard("wg0", at=host).add()
IpipTunnel("t0", remote="10.0.0.2", local="10.0.0.1", dev=veth0, ttl=64, at=host).add().change(ttl="inherit")
GreTunnel("t1", remote="10.0.0.2", local="any", key="1.2.3.4", at=host).link_add()
GretapTunnel("t2", remote="10.0.0.2", local="10.0.0.1", ikey=5, okey=6, at=host).add()
SitTunnel("t3", remote="10.0.0.2", local="10.0.0.1", pmtudisc=False, at=host).add()
IsatapTunnel("t4", local="10.0.0.1", at=host).add()
VtiTunnel("t5", remote="10.0.0.2", local="10.0.0.1", key=7, at=host).add()
with Bridge("tmp", at=host) as temporary:
    temporary.ports()
link: Link = host.link("eth0")
link.delete()
up_links: Rows[LinkInfo] = host.link.show(up=True, master=br0, type="veth")
host.link.list()

Ip6tnlTunnel("t6", remote="fd00::2", local="fd00::1", at=host).add().link_change(encap="none")
GreTunnel("t1", at=host).link_change(key=False)
Macvtap("mt0", link=veth0, mode="bridge", at=host).add()
Nlmon("nl0", at=host).add(up=True, exists_ok=True)
Tuntap("tap0", mode="tap", user=1000, at=host).add()
host.link.set(group=5, up=True)
host.link("eth0").altname.add("a-rather-long-name")
got: Link = host.link.get("vx0")
br0.delete(missing_ok=True)
link.brport.set(cost=5, isolated=True, guard=True)
link.brport.show()

# Addresses
addresses: Rows[AddressInfo] = host.addr.show()
link.addr.add("10.0.0.1/24")
link.addr.add(ip_interface("10.0.0.1/24"), broadcast="+", label="eth0:1", scope="link")
link.addr.add("10.0.0.1", peer="10.0.0.2")
host.addr.add("fd00::1/64", dev=link)
host.addr.add("fd00::1/64", dev="eth0")
link.addr.replace("10.0.0.1/24")
link.addr.delete("10.0.0.1/24")
link.addr.flush(family=6)
link.addr.show()
host.addr.show(dev=link, family=4)

# Routes and rules
host.route.add("default", via="10.0.0.1")
host.route.add(ip_network("10.1.0.0/16"), via=ip_address("10.0.0.1"), dev=link, metric=5, table=100)
host.route.add("10.2.0.0/16", nexthops=[NextHop(via="10.0.0.1", weight=2), NextHop(dev="eth1")])
host.route.add("10.3.0.0/16", type="blackhole")
host.route.append("default", dev=br0, table="main", proto="static", scope="link", onlink=True)
host.route.replace("default", via="fd00::1", family=6)
host.route.change("default", via="10.0.0.1", mtu=1400)
host.route.delete("default")
host.route.flush(table=100)
routes: Rows[RouteInfo] = host.route.show()
host.route.show("10.0.0.0/8", dev=link, family=4)
host.route.list(table=100)
route: RouteInfo = host.route.get("10.0.0.1", from_="10.0.0.2", mark=5, vrf="vrf0")
host.rule.add(from_="10.0.0.0/8", table=100, priority=5)
host.rule.add(fwmark="0x1/0xff", iif=link, table="main")
host.rule.add(not_=True, to=ip_network("10.0.0.0/8"), action="blackhole")
host.rule.delete(priority=5)
host.rule.show(family=6)
host.rule.flush()

host.route.add("default", dev=link, advmss=1400, quickack=True, exists_ok=True)
host.rule.add(uidrange="1000-2000", sport="80-90", l3mdev=True)
host.nexthop.add(1, via="10.0.0.1", dev=link)
host.maddress.show()

# Neighbours and forwarding
host.neigh.add("10.0.0.2", lladdr="02:00:00:00:00:01", dev=link, nud="permanent")
host.neigh.replace(ip_address("10.0.0.2"), lladdr="02:00:00:00:00:01", dev="eth0")
host.neigh.delete("10.0.0.2", dev=link)
host.neigh.show(dev=link)
host.neigh.flush(dev=link)
br0.fdb.add("02:00:00:00:00:01", vlan=5, master=True)
link.fdb.append("00:00:00:00:00:00", dst="10.0.0.2")
link.fdb.delete("00:00:00:00:00:00", dst=ip_address("10.0.0.2"), self_=True)
br0.fdb.show()
link.vlan.add(10, pvid=True, untagged=True)
link.vlan.delete("10-20")
br0.vlan.show()

# Firewall
rule: IptablesRule = host.iptables.append("FORWARD", in_interface=br0, jump="ACCEPT")
rule.delete()
host.iptables.insert("INPUT", "-p", "tcp", "--dport", 80, "-j", "DROP", number=2)
same_words = {"in_interface": "br0", "jump": "ACCEPT"}
host.iptables.append("FORWARD", **same_words)
host.iptables.check("FORWARD", **same_words)
host.iptables.delete("FORWARD", **same_words)
host.iptables.append("POSTROUTING", table="nat", source=ip_network("10.0.0.0/8"), out_interface="e+", jump="MASQUERADE")
host.iptables.append("INPUT", match=("conntrack", "comment"), ctstate="NEW", comment="web", jump="LOG", log_prefix="x ")
host.iptables.policy("FORWARD", "DROP")
host.ip6tables.flush("INPUT")
host.iptables.new_chain("MINE", table="filter")
host.iptables.list("FORWARD", numeric=True, verbose=True)
host.iptables.rules(counters=True)[0].options
host.iptables.restore(host.iptables.save())
host.nft.add("rule", "inet", "filter", "input", "tcp", "dport", 80, "accept")
host.nft.ruleset()

# Traffic control
link.qdisc.add("netem", delay="100ms", jitter=0.01, loss=1)
link.qdisc.add("tbf", rate="1mbit", burst="32kbit", latency=0.4)
link.qdisc.add("htb", handle="1:", default=30)
link.qdisc.change("netem", loss=(1, 25))
queues: Rows[QdiscInfo] = link.qdisc.show(statistics=True)
link.class_.add("htb", parent="1:", classid="1:10", rate="5mbit", ceil=10_000_000)
link.filter.add("u32", parent="1:", protocol="ip", match=["ip dst 10.0.0.1/32"], flowid="1:10")
link.filter.add("matchall", parent="ingress", action=Mirred(Ifb("ifb0", at=host)))
link.qdisc.delete()

# Commands, processes, sockets
answer: PingResult = net1.ping("10.0.0.2", count=2, interval=0.2, check=False)
average: float | None = answer.average
host.exec("ls", "-l", timeout=5, check=False).stdout
with host.start("sleep", "1") as process:
    process.signal(15)
with host.session("bash") as inside:
    inside.exec("true")
server: socket.socket = net1.socket(socket.AF_INET, socket.SOCK_DGRAM)
with net1.capture("eth0", "arp", count=5) as packets:
    len(packets)
host.sysctl["net.ipv4.ip_forward"] = 1
forwards: str = host.sysctl.get("net.ipv4.ip_forward")
host.module.load("ipip")
host.brctl.addbr("br9")
host.ss.show(listening=True, tcp=True)
host.wg.set("wg0", listen_port=51820)
host.xfrm.state.add("10.0.0.1", "10.0.0.2", spi=1, mode="tunnel", aead=("rfc4106(gcm(aes))", "0x2b2b", 128))
host.xfrm.policy.add("out", src="10.0.0.0/8", dst="10.1.0.0/16", tmpl=("10.0.0.1", "10.0.0.2", "esp", "tunnel"))
with host.batch():
    for number in range(3):
        Namespace(f"n{number}", at=host).add()

# The whole
with Lab() as lab:
    one, two = lab.host("one"), lab.host("two")
    eth0, _ = lab.cable(one, two, addresses=("10.0.0.1/24", "10.0.0.2/24"), mtu=1400)
    lab.switch("sw", one, two, link="lan")
    for_each([one, two], lambda each: each.link.show())
before = Topology.of(host)
print(before.compare(Topology.of(host)), before.as_mermaid(), before.as_svg())
why = explain(net1, "10.0.0.2", port=80)
print(why.ok, [finding.code for finding in why.findings])
script: str = host.transcript.as_shell()
