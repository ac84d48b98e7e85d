"""D1: every `ip netns` command, veth pairs, a bridge, IP tunnels, and VXLAN between two machines.

node1                                                                         node2
┌─────────────────────────────────────┐          ┌─────────────────────────────────────┐
│ ns0                                 │          │                                 ns0 │
│ ┌──────────────┐  veth0             │          │             veth0  ┌──────────────┐ │
│ │ eth0         ├────┐               │          │               ┌────┤         eth0 │ │
│ │ 172.66.1.2/24│   br0 ── vxlan0    │          │    vxlan0 ── br0   │ 172.66.1.3/24│ │
│ └──────────────┘   in vrf0    └─ bond1.1810 ════ bond1.1810 ─┘  in vrf0  └──────────┘ │
│                        100.73.10.31 │          │ 100.73.10.36                        │
└─────────────────────────────────────┘          └─────────────────────────────────────┘
"""

from contextlib import suppress

from netns_kit import (
    Bridge,
    GreTunnel,
    IpipTunnel,
    IsatapTunnel,
    Link,
    Namespace,
    PermissionDeniedError,
    SitTunnel,
    VethPair,
    Vrf,
    VtiTunnel,
    VxlanLink,
)
from scripts.replaying.words import aside, check, laboratory, machine, names, picture

# %% [markdown]
# All that `ip netns` can do: make namespaces, number them, say who is in which, run commands in one or in
# all, watch them come and go. A number (`nsid`) is how one namespace knows another: names are only files
# of the host's.

# %% D1.1 ip netns, all of it
host = machine()
check("the usage text", "ip netns add NAME" in str(host.netns.help()))  # ip netns help
check("there are none yet", host.netns.list() == ())  # ip netns list
net = Namespace("NAME").add()  # ip netns add NAME
net.set(7)  # ip netns set NAME NETNSID
with aside("the id it has got"):
    check("it has the id 7", [(known.name, known.id) for known in host.netns.list()] == [("NAME", 7)])
net.delete()  # ip netns delete NAME
with aside("given: three more"):
    for name in ("a", "b", "NAME"):
        host.netns.add(name)
host.netns.delete_all()  # ip -all netns delete
with aside("what is left, and two again"):
    check("none is left", host.netns.list() == ())
    host.netns.add("NAME")
    host.netns.add("other")
with aside("given: a process in it"):
    process = net.start("sleep", "60")
check("the process is in NAME", host.netns.identify(process.pid) == ("NAME",))  # ip netns identify PID
check("and NAME has it", process.pid in net.pids())  # ip netns pids NAME
with aside("which has done its work"):
    process.stop()
check("in NAME there is lo", "lo" in net.exec("ip", "link").stdout)  # ip netns exec NAME cmd
everywhere = host.netns.exec_all("ip", "link")  # ip -all netns exec cmd
check("in all of them there is", set(everywhere) == {"NAME", "other"})
with host.netns.monitor() as events:  # ip netns monitor
    with aside("something for it to see"):
        host.netns.add("seen")
    check("it sees a namespace come", next(events.events(10)).name == "seen")
with aside("given: an id again"):
    net.set(7)
check("7 is NAME", [(known.nsid, known.name) for known in host.netns.list_id()] == [(7, "NAME")])  # ip netns list-id
ns1 = Namespace("ns1").add()  # ip netns add ns1
check("a new one has no addresses", ns1.addr.show() == ())  # ip netns exec ns1 ip a
with aside("the C program: clone(CLONE_NEWNET | SIGCHLD), in it a shell"):
    with host.session("unshare", "--net", "/bin/bash") as container:
        check("the shell is in a network of its own", names(container.link.list()) == ["lo"])
picture(host)

# %% [markdown]
# Two namespaces, one cable. The first ping fails, and it should: an address on a link that is down gives
# no route, so the network is unreachable.

# %% D1.2a veth pair between two namespaces
host = machine()
ns1 = Namespace("ns1").add()  # ip netns add ns1
ns2 = Namespace("ns2").add()  # ip netns add ns2
check("both are listed", {known.name for known in host.netns.list()} == {"ns1", "ns2"})  # ip netns list
host.link.list()  # ip link list
veth1, veth2 = VethPair("veth1", "veth2").add()  # ip link add veth1 type veth peer name veth2
check("the pair is on the host", {"veth1", "veth2"} <= {link.name for link in host.link.list()})  # ip link list
check("not in ns1", names(ns1.link.list()) == ["lo"])  # ip netns exec ns1 ip link list
veth1.set(netns=ns1)  # ip link set veth1 netns ns1
check("now veth1 is", "veth1" in [link.name for link in ns1.link.list()])  # ip netns exec ns1 ip link list
veth2.set(netns=ns2)  # ip link set veth2 netns ns2
check("and veth2 in ns2", "veth2" in [link.name for link in ns2.link.list()])  # ip netns exec ns2 ip link list
veth1.addr.add("10.1.1.1/24")  # ip netns exec ns1 ip a add 10.1.1.1/24 dev veth1
check("ns1 has its address", "10.1.1.1/24" in map(str, ns1.addr.show()))  # ip netns exec ns1 ip a
veth2.addr.add("10.1.1.2/24")  # ip netns exec ns2 ip a add 10.1.1.2/24 dev veth2
check("ns2 too", "10.1.1.2/24" in map(str, ns2.addr.show()))  # ip netns exec ns2 ip a
answer = ns1.ping("10.1.1.2", count=1, check=False)  # ip netns exec ns1 ping 10.1.1.2
check("Network is unreachable: the links are down", "unreachable" in answer.errors[0].message)
veth1.up()  # ip netns exec ns1 ip link set dev veth1 up
veth2.up()  # ip netns exec ns2 ip link set dev veth2 up
check("0% loss", ns1.ping("10.1.1.2", count=3, interval=0.2).ok)  # ip netns exec ns1 ping 10.1.1.2
check("and back", ns2.ping("10.1.1.1", count=3, interval=0.2).ok)  # ip netns exec ns2 ping 10.1.1.1
picture(host)

# %% [markdown]
# Seen from one end, the other is `if5` in `link-netnsid 0`: an index in a namespace with that number. The
# host's list of numbers leads to its name.

# %% D1.2b in which namespace is the other end | after D1.2a
check("veth2's is elsewhere", veth2.show().netnsid is not None)  # ip netns exec ns2 ip link show veth2
nsid = veth1.show().netnsid  # ip netns exec ns1 ip link show veth1
ids = {known.nsid: known.name for known in host.netns.list_id()}  # ip netns list-id
check("the host knows ids of both by name", set(ids.values()) == {"ns1", "ns2"})
with aside("the same in one call"):
    check("veth1's is veth2 in ns2", (veth1.peer().name, veth1.peer().site.name) == ("veth2", "ns2"))

# %% [markdown]
# `ethtool -S` tells the index of the other end; among the links of the other namespace, that is the one.

# %% D1.2c which device is the other end | after D1.2a
index = veth1.ethtool()["peer_ifindex"]  # ip netns exec ns1 ethtool -S veth1
found = [link.name for link in ns2.link.list() if link.index == index]  # ip netns exec ns2 ip link list | grep 8
check("it is veth2", found == ["veth2"])
with aside("the same in one call"):
    check("veth2 in ns2", veth1.peer(by="ethtool").name == "veth2")

# %% [markdown]
# The same with a bridge between three namespaces, by `brctl`, the older tool. What `ip` and `brctl` make
# is the same thing to the kernel.

# %% D1.3 three namespaces on a brctl bridge
host = machine()
host.brctl.addbr("br0")  # brctl addbr br0
check("br0 has no ports", host.brctl.show()[0].interfaces == ())  # brctl show
nets = [Namespace(name).add() for name in ("ns1", "ns2", "ns3")]  # ip netns add ns1, ns2, ns3
check("three are listed", len(host.netns.list()) == 3)  # ip netns list
pairs = [VethPair(f"veth{n}", f"veth-ns{n}").add() for n in (1, 2, 3)]  # ip link add veth1 type veth peer name veth-ns1
check("six ends on the host", sum("veth" in link.name for link in host.link.list()) == 6)  # ip link list
for net, (inner, _) in zip(nets, pairs):
    inner.set(netns=net)  # ip link set veth1 netns ns1
check("three are left", sum("veth" in link.name for link in host.link.list()) == 3)  # ip link list
for net in nets:
    net.link("lo").up()  # ip netns exec ns1 ip link set lo up
for inner, _ in pairs:
    inner.up()  # ip netns exec ns1 ip link set veth1 up
for number, (inner, _) in enumerate(pairs, 1):
    inner.addr.add(f"10.0.0.{number}/24")  # ip netns exec ns1 ip addr add 10.0.0.1/24 dev veth1
for _, outer in pairs:
    host.brctl.addif("br0", outer)  # brctl addif br0 veth-ns1
for _, outer in pairs:
    outer.up()  # ip link set veth-ns1 up
br0 = Link("br0")
br0.up()  # ip link set br0 up
check("ns1 reaches ns2", nets[0].ping("10.0.0.2", count=3, interval=0.2).ok)  # ip netns exec ns1 ping 10.0.0.2
check("ns2 reaches ns3", nets[1].ping("10.0.0.3", count=3, interval=0.2).ok)  # ip netns exec ns2 ping 10.0.0.3
with aside("the way to stop it: ip link set br0 down"):
    br0.down()
    check("nobody reaches anybody", not nets[0].ping("10.0.0.2", count=1, wait=0.5, check=False))
picture(host)

# %% [markdown]
# A tunnel carries packets inside of other packets, so that two networks seem wired to each other, with any
# network in between. IPIP is the plainest: IPv4 in IPv4. The kernel's module must be there on both
# machines. The two machines here are private ones, with a cable between them.

# %% D1.5a is the ipip module there
host = machine()
loaded = [module.name for module in host.module.list() if "ipip" in module.name]  # lsmod | grep ipip
with suppress(PermissionDeniedError):  # an ordinary user may not; then the kernel loads it when it is needed
    host.module.load("ipip")  # modprobe ipip
with aside("what it is now"):
    check("the kernel has it", host.module.state("ipip") != "missing")

# %% [markdown]
# A tunnel's link names both outer addresses, its own and the other machine's. Its inner addresses are a
# pair, as at the two ends of a wire.

# %% D1.5b IPIP tunnel, first machine | after D1.5a
lab = laboratory()
node1, node2 = lab.host("node1"), lab.host("node2")
with aside("given: a cable between the two"):
    lab.cable(node1, node2, name="eth0", addresses=("192.168.31.132/24", "192.168.31.191/24"))
picture(lab)
with node1.enter():
    # ip tunnel add tun0 mode ipip remote 192.168.31.191 local 192.168.31.132 dev eth0
    tun0 = IpipTunnel("tun0", remote="192.168.31.191", local="192.168.31.132", dev="eth0").add()
    tun0.up()  # ip link set tun0 up
    tun0.addr.add("100.0.0.2", peer="100.0.0.3")  # ip addr add 100.0.0.2 peer 100.0.0.3 dev tun0

# %% [markdown]
# On the second machine all is the same, the other way round.

# %% D1.5c IPIP tunnel, second machine | after D1.5b
with node2.enter():
    # ip tunnel add tun0 mode ipip remote 192.168.31.132 local 192.168.31.191 dev eth0
    tun0 = IpipTunnel("tun0", remote="192.168.31.132", local="192.168.31.191", dev="eth0").add()
    tun0.up()  # ip link set tun0 up
    tun0.addr.add("100.0.0.3", peer="100.0.0.2")  # ip addr add 100.0.0.3 peer 100.0.0.2 dev tun0
picture(lab)

# %% [markdown]
# What is sent to 100.0.0.3 leaves through tun0, gets a second header, and travels between the outer
# addresses. The other kinds of tunnel differ in what they may carry: GRE anything, SIT and ISATAP IPv6 in
# IPv4, VTI what IPsec encrypts.

# %% D1.5d IPIP connectivity | after D1.5c
check("through the tunnel", node1.ping("100.0.0.3", count=3, interval=0.2).ok)  # ping 100.0.0.3
ends = ((node1, "192.168.31.132", "192.168.31.191", 1), (node2, "192.168.31.191", "192.168.31.132", 2))
with aside("GRE: any network layer in any other, here IPv4 and IPv6"):
    for node, local, remote, number in ends:
        gre1 = GreTunnel("gre1", remote=remote, local=local, ttl=64, at=node).add()
        gre1.up()
        gre1.addr.add(f"100.1.0.{number}/24")
        gre1.addr.add(f"fd01::{number}/64")
    check("GRE carries IPv4", node1.ping("100.1.0.2", count=2, interval=0.2).ok)
    check("GRE carries IPv6", node1.ping("fd01::2", count=2, interval=0.2).ok)
with aside("SIT: IPv6 in IPv4"):
    for node, local, remote, number in ends:
        sit1 = SitTunnel("sit1", remote=remote, local=local, ttl=64, at=node).add()
        sit1.up()
        sit1.addr.add(f"fd02::{number}/64")
    check("SIT carries IPv6", node1.ping("fd02::2", count=2, interval=0.2).ok)
    for node, *_ in ends:
        node.link("sit1").delete()
with aside("ISATAP: like SIT, and the IPv4 address is part of the IPv6 one"):
    for node, local, _, _ in ends:
        is0 = IsatapTunnel("is0", local=local, ttl=64, at=node).add()
        is0.up()
        is0.addr.add(f"fd03::5efe:{local}/64")
    check("ISATAP carries IPv6", node1.ping("fd03::5efe:c0a8:1fbf", count=2, interval=0.2).ok)
with aside("VTI: an interface of IPsec's; the kernel encrypts what goes through it"):
    key = "0x" + "2b" * 20
    for node, local, remote, number in ends:
        vti1 = VtiTunnel("vti1", remote=remote, local=local, key=5, at=node).add()
        vti1.up()
        vti1.addr.add(f"100.4.0.{number}/24")
        for source, target, spi in (("192.168.31.132", "192.168.31.191", 1), ("192.168.31.191", "192.168.31.132", 2)):
            # The mode is the tunnel's, the key of RFC 4106: 16 bytes and 4 of salt.
            node.xfrm.state.add(
                source, target, proto="esp", spi=spi, mode="tunnel", aead=("rfc4106(gcm(aes))", key, 128)
            )
        for direction, source, target in (("out", local, remote), ("in", remote, local)):
            node.xfrm.policy.add(
                direction, src="0.0.0.0/0", dst="0.0.0.0/0", mark=5, tmpl=(source, target, "esp", "tunnel")
            )
    check("VTI carries a ping", node1.ping("100.4.0.2", count=2, interval=0.2).ok)
picture(lab)

# %% [markdown]
# VXLAN carries whole Ethernet frames in UDP, and each of its networks has a number. So two machines far
# from each other can be at one switch. Point to point, it knows one other machine.

# %% D1.6a VXLAN point to point, first machine
lab = laboratory()
node1, node2 = lab.host("node1"), lab.host("node2")
with aside("given: a cable between the two"):
    lab.cable(node1, node2, name="bond1.1810", addresses=("100.73.10.31/24", "100.73.10.36/24"))
first = {"remote": "100.73.10.36", "local": "100.73.10.31", "dev": "bond1.1810"}
second = {"remote": "100.73.10.31", "local": "100.73.10.36", "dev": "bond1.1810"}
with node1.enter():
    # ip link add vxlan1 type vxlan id 100 dstport 4789 remote 100.73.10.36 local 100.73.10.31 dev bond1.1810
    vxlan1 = VxlanLink("vxlan1", id=100, dstport=4789, **first).add()
    vxlan1.up()  # ip link set vxlan1 up
    vxlan1.addr.add("10.10.10.2/24")  # ip addr add 10.10.10.2/24 dev vxlan1
picture(lab)

# %% [markdown]
# The second machine, the other way round.

# %% D1.6b VXLAN point to point, second machine | after D1.6a
with node2.enter():
    # ip link add vxlan1 type vxlan id 100 dstport 4789 remote 100.73.10.31 local 100.73.10.36 dev bond1.1810
    vxlan1 = VxlanLink("vxlan1", id=100, dstport=4789, **second).add()
    vxlan1.up()  # ip link set vxlan1 up
    vxlan1.addr.add("10.10.10.3/24")  # ip addr add 10.10.10.3/24 dev vxlan1
picture(lab)

# %% [markdown]
# And they reach each other.

# %% D1.6c VXLAN connectivity | after D1.6b
check("through the VXLAN", node1.ping("10.10.10.3", count=3, interval=0.2).ok)  # ping 10.10.10.3

# %% [markdown]
# Now what container networks are made of: on each machine a namespace, wired to a bridge, and as another
# port of that bridge a VXLAN, which leads to the other machine. The bridge is part of a VRF: a routing
# table of its own.


# %% D1.6d VXLAN, bridge, VRF and namespace, first machine | after D1.6a
def join(way: dict[str, str], address: str) -> Namespace:
    """What the document types on each of the two machines."""
    vxlan0 = VxlanLink("vxlan0", id=88, dstport=4788, **way).add()  # ip link add vxlan0 type vxlan id 88 dstport 4788 …
    br0 = Bridge("br0").add()  # ip link add br0 type bridge
    vxlan0.set(master=br0)  # ip link set vxlan0 master br0
    vrf0 = Vrf("vrf0", table=10).add()  # ip link add vrf0 type vrf table 10
    br0.set(master=vrf0)  # ip link set br0 master vrf0
    vxlan0.up()  # ip link set vxlan0 up
    br0.up()  # ip link set br0 up
    vrf0.up()  # ip link set vrf0 up
    ns0 = Namespace("ns0").add()  # ip netns add ns0
    veth0, eth0 = VethPair(
        "veth0", "eth0", peer_netns=ns0
    ).add()  # ip link add veth0 type veth peer name eth0 netns ns0
    veth0.set(master=br0)  # ip link set veth0 master br0
    veth0.up()  # ip link set veth0 up
    ns0.link("lo").up()  # ip -n ns0 link set lo up
    eth0.addr.add(address)  # ip -n ns0 addr add 172.66.1.2/24 dev eth0
    eth0.up()  # ip -n ns0 link set eth0 up
    return ns0


with node1.enter():
    ns0 = join(first, "172.66.1.2/24")
picture(lab)

# %% [markdown]
# The second machine is made the same way. Then ns0 here and ns0 there are neighbours at one long switch.

# %% D1.6e VXLAN, bridge, VRF and namespace, second machine | after D1.6d
with node2.enter():
    join(second, "172.66.1.3/24")
with aside("the document stops here; what it is for"):
    check("ns0 on node1 reaches ns0 on node2", ns0.ping("172.66.1.3", count=3, interval=0.2).ok)
picture(lab)
