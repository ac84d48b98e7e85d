"""Wrong lines, of all verbs: each checker reports each line that ends in `# wrong`, and no other."""

from __future__ import annotations

from netns_kit import (
    Bond,
    Bridge,
    Geneve,
    GreTunnel,
    Host,
    IpipTunnel,
    Link,
    Macvlan,
    Mirred,
    Namespace,
    NextHop,
    Topology,
    VethPair,
    Vlan,
    Vrf,
    VxlanLink,
)

host = Host.dry_run()
net = Namespace("net", at=host)
br0 = Bridge("br0", at=host)
veth0, veth1 = VethPair("a", "b", at=host)
link = Link("eth0", at=host)

Bridge("br0", stp=True)  # wrong
Bridge("br0", True)  # wrong
Bridge(5)  # wrong
Bridge("br0", vlan_protocol="802.1x")  # wrong
Bridge("br0", mtu="big")  # wrong
Bridge("br0").add().prots()  # wrong
Bridge("br0").add(netns=1.5)  # wrong
Bridge("br0").change(stp=True)  # wrong
Bridge("br0").change(name="br1")  # wrong
Bridge("br0").change(priority="high")  # wrong
br0.set(mtuu=1400)  # wrong
br0.set(1400)  # wrong
br0.set(master=5)  # wrong
br0.set(up="yes")  # wrong
br0.plug()  # wrong
Vlan("v", "eth0", 5)  # wrong
Vlan("v", link="eth0", id="ten")  # wrong
Vlan("v", link=7, id=10)  # wrong
VxlanLink("vx", idd=5)  # wrong
VxlanLink("vx", id=5, remote=10)  # wrong
VxlanLink("vx", id=5, srcport=(1,))  # wrong
VxlanLink("vx").change(remot="10.0.0.1")  # wrong
Macvlan("m", link="eth0", mode="brigde")  # wrong
Bond("b", mode="active")  # wrong
Vrf("v", tabel=10)  # wrong
Geneve("g", id=5, df="no")  # wrong
GreTunnel("g", remote="10.0.0.1", keys=5)  # wrong
IpipTunnel("t", ttl="forever")  # wrong
VethPair("a", "b", peer_net="net")  # wrong
veth0.peer(by="magic")  # wrong
link.addr.add()  # wrong
link.addr.add("10.0.0.1/24", broadcst="+")  # wrong
link.addr.add(5)  # wrong
host.addr.show(family=5)  # wrong
host.route.add()  # wrong
host.route.add("default", gw="10.0.0.1")  # wrong
host.route.add("default", via=5)  # wrong
host.route.add("default", type="blackhol")  # wrong
host.route.add("default", nexthops=[NextHop(gw="10.0.0.1")])  # wrong
host.route.get("10.0.0.1", frm="10.0.0.2")  # wrong
host.route.show(table=[])  # wrong
host.rule.add(frm="10.0.0.0/8")  # wrong
host.rule.add(from_="10.0.0.0/8", table=None, prio="high")  # wrong
host.neigh.add("10.0.0.1", mac="02:00:00:00:00:01", dev="eth0")  # wrong
host.neigh.add("10.0.0.1", lladdr="02:00:00:00:00:01", dev="eth0", nud="forever")  # wrong
br0.fdb.add("02:00:00:00:00:01", vlann=5)  # wrong
link.vlan.add(10, pvd=True)  # wrong
host.iptables.append("FORWARD", in_iface="br0")  # wrong
host.iptables.append(5)  # wrong
host.iptables.append("FORWARD", jump="ACCEPT").remove()  # wrong
host.iptables.rules(counter=True)  # wrong
link.qdisc.add("nettem", delay=1)  # wrong
link.qdisc.add("netem", delya=1)  # wrong
link.class_.add("htb", rat="1mbit")  # wrong
link.filter.add("u33", match="ip dst 10.0.0.1/32")  # wrong
Mirred("ifb0", how="reflect")  # wrong
net.ping("10.0.0.1", cont=2)  # wrong
net.set("never")  # wrong
host.link.show(typ="veth")  # wrong
host.exec("ls", timout=5)  # wrong
Topology.of(host).as_png()  # wrong
