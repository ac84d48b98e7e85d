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
    Host,
    IpipTunnel,
    IsatapTunnel,
    Lab,
    Link,
    Namespace,
    PermissionDeniedError,
    SitTunnel,
    VethPair,
    Vrf,
    VtiTunnel,
    VxlanLink,
)

# %% [markdown]
# `ip netns` looks after network namespaces that have names. All that it can do fits on one page, and this first step
# does each of it once. Its own usage text is the list.

# %% D1.1 ip netns, all of it: the usage text
host = Host.private().use()  # a machine of one's own: no root needed, and nothing outside it changes
host.netns.help()  # ip netns help

# %% [markdown]
# Make one, give it a number, delete it. The number, its `nsid`, is how one namespace knows another: names are files
# of the host's, which the kernel never looks at. Mostly the kernel picks the numbers itself.

# %% D1.1 add, number and delete one
host.netns.list()  # ip netns list
net = Namespace("NAME").add()  # ip netns add NAME
net.set(7)  # ip netns set NAME NETNSID
numbered = host.netns.list()
net.delete()  # ip netns delete NAME
numbered

# %% D1.1 delete all
for name in ("a", "b", "NAME"):
    Namespace(name).add()
host.netns.delete_all()  # ip -all netns delete
assert host.netns.list() == ()

# %% [markdown]
# Each process is in one network namespace, the one of its parent unless somebody moved it. It can be asked both ways:
# where is this process, and who is in here?

# %% D1.1 who is where?
net = Namespace("NAME").add()
with net.start("sleep", "60") as process:
    assert host.netns.identify(process.pid) == ("NAME",)  # ip netns identify PID
    assert process.pid in net.pids()  # ip netns pids NAME

# %% [markdown]
# Run a command in one of them, or in all, one after the other.

# %% D1.1 run a command in one, and in all
Namespace("other").add()
net.exec("ip", "link")  # ip netns exec NAME cmd
everywhere = host.netns.exec_all("ip", "link")  # ip -all netns exec cmd
for name, said in everywhere.items():
    print(f"{name}:\n{said}")

# %% [markdown]
# See names come and go. The monitor says nothing until somebody does something, here in the block.

# %% D1.1 watch
with host.netns.monitor() as events:  # ip netns monitor
    Namespace("seen").add()
    event = next(events.events(timeout=10))
event

# %% D1.1 list the numbers
net.set(7)
host.netns.list_id()  # ip netns list-id

# %% [markdown]
# A new namespace has nothing but a loopback that is down, and so no address at all.

# %% D1.1 a new one, from inside
ns1 = Namespace("ns1").add()  # ip netns add ns1
ns1.addr.show()  # ip netns exec ns1 ip a

# %% [markdown]
# Names are a convenience. The kernel knows three calls: `clone` with CLONE_NEWNET starts a process in a network of its
# own, `unshare` gives one to the process that calls it, `setns` moves that into one that is there. `unshare --net` is
# the second from the command line: its shell sits in a network that no list shows, and that ends with it.

# %% D1.1 a network without a name
with host.session("unshare", "--net", "/bin/bash") as container:
    links = container.link.list()
links

# %% [markdown]
# A veth pair is a cable with an end in each of two namespaces. Two namespaces first, on a fresh machine.

# %% D1.2a a veth pair between two namespaces
host = Host.private().use()
ns1 = Namespace("ns1").add()  # ip netns add ns1
ns2 = Namespace("ns2").add()  # ip netns add ns2
host.netns.list()  # ip netns list

# %% [markdown]
# The pair is made on the host, so both ends appear there, and neither namespace has them yet.

# %% D1.2a make the pair
host.link.list()  # ip link list
veth1, veth2 = VethPair("veth1", "veth2").add()  # ip link add veth1 type veth peer name veth2
host.link.list()  # ip link list

# %% [markdown]
# Then each end is moved. `veth1@if8` in ns1 is how `ip` shows an end whose partner is elsewhere: only an index is left.

# %% D1.2a move the ends
ns1.link.list()  # ip netns exec ns1 ip link list
veth1.set(netns=ns1)  # ip link set veth1 netns ns1
ns1.link.list()  # ip netns exec ns1 ip link list
veth2.set(netns=ns2)  # ip link set veth2 netns ns2
ns2.link.list()  # ip netns exec ns2 ip link list

# %% D1.2a addresses
veth1.addr.add("10.1.1.1/24")  # ip netns exec ns1 ip a add 10.1.1.1/24 dev veth1
ns1.addr.show()  # ip netns exec ns1 ip a
veth2.addr.add("10.1.1.2/24")  # ip netns exec ns2 ip a add 10.1.1.2/24 dev veth2
ns2.addr.show()  # ip netns exec ns2 ip a

# %% [markdown]
# It does not work yet, and it should not: an address on a link that is down gives no route, and without a route the
# kernel does not even try. "Network is unreachable" comes from here, not from the way.

# %% D1.2a a ping that must fail
answer = ns1.ping("10.1.1.2", count=1, check=False)  # ip netns exec ns1 ping 10.1.1.2
assert not answer.ok
answer

# %% D1.2a set both ends up
veth1.up()  # ip netns exec ns1 ip link set dev veth1 up
veth2.up()  # ip netns exec ns2 ip link set dev veth2 up
assert ns1.ping("10.1.1.2", count=3, interval=0.2).ok  # ip netns exec ns1 ping 10.1.1.2
assert ns2.ping("10.1.1.1", count=3, interval=0.2).ok  # ip netns exec ns2 ping 10.1.1.1

# %% [markdown]
# Whoever finds a veth on a machine wants to know where its other end is. The kernel tells two numbers: the other end's
# index, and the number of the namespace that it is in. The host's list of numbers leads to a name.

# %% D1.2b in which namespace is the other end?
veth2.show()  # ip netns exec ns2 ip link show veth2
nsid = veth1.show().netnsid  # ip netns exec ns1 ip link show veth1
names = {known.nsid: known.name for known in host.netns.list_id()}  # ip netns list-id
assert sorted(names.values()) == ["ns1", "ns2"]
veth1.peer().site.name  # what all of this is for, in one question

# %% [markdown]
# The driver knows the index, too, and `ethtool -S` asks the driver. Among the links of the other namespace, the one
# with that index is the other end.

# %% D1.2c which link is the other end?
index = veth1.ethtool()["peer_ifindex"]  # ip netns exec ns1 ethtool -S veth1
found = [link for link in ns2.link.list() if link.index == index]  # ip netns exec ns2 ip link list | grep 8
assert [link.name for link in found] == ["veth2"]
veth1.peer(by="ethtool")

# %% [markdown]
# More than two namespaces are joined by a bridge, a switch made of software. `brctl` is the older tool for it, which
# many texts still use. To the kernel it is all the same: what `brctl` has made, `ip` shows.

# %% D1.3 a bridge, made with brctl
host = Host.private().use()
host.brctl.addbr("br0")  # brctl addbr br0
host.brctl.show()  # brctl show

# %% D1.3 three namespaces
nets = [
    Namespace("ns1").add(),  # ip netns add ns1
    Namespace("ns2").add(),  # ip netns add ns2
    Namespace("ns3").add(),  # ip netns add ns3
]
host.netns.list()  # ip netns list

# %% [markdown]
# Three cables. Of each, one end will be a port of the bridge, which is said in its name.

# %% D1.3 three pairs
pairs = [
    VethPair("veth1", "veth-ns1").add(),  # ip link add veth1 type veth peer name veth-ns1
    VethPair("veth2", "veth-ns2").add(),  # ip link add veth2 type veth peer name veth-ns2
    VethPair("veth3", "veth-ns3").add(),  # ip link add veth3 type veth peer name veth-ns3
]
host.link.list()  # ip link list

# %% D1.3 the inner ends go into the namespaces
for net, (inner, _) in zip(nets, pairs):
    inner.set(netns=net)  # ip link set veth1 netns ns1
host.link.list()  # ip link list

# %% D1.3 they go up and get addresses
for net in nets:
    net.link("lo").up()  # ip netns exec ns1 ip link set lo up
for inner, _ in pairs:
    inner.up()  # ip netns exec ns1 ip link set veth1 up
for number, (inner, _) in zip((1, 2, 3), pairs):
    inner.addr.add(f"10.0.0.{number}/24")  # ip netns exec ns1 ip addr add 10.0.0.1/24 dev veth1

# %% [markdown]
# The outer ends become ports. A port is up or down by itself, and so is the bridge: all of them must be up.

# %% D1.3 the outer ends become ports of the bridge
for _, outer in pairs:
    host.brctl.addif("br0", outer)  # brctl addif br0 veth-ns1
for _, outer in pairs:
    outer.up()  # ip link set veth-ns1 up
br0 = Link("br0")
br0.up()  # ip link set br0 up

# %% D1.3 each reaches the others
assert nets[0].ping("10.0.0.2", count=3, interval=0.2).ok  # ip netns exec ns1 ping 10.0.0.2
assert nets[1].ping("10.0.0.3", count=3, interval=0.2).ok  # ip netns exec ns2 ping 10.0.0.3

# %% [markdown]
# To switch the switch off, it is set down: `ip link set br0 down`. Its ports stay as they are, but nothing crosses.

# %% D1.3 until the bridge goes down
br0.down()
assert not nets[0].ping("10.0.0.2", count=1, wait=0.5, check=False).ok

# %% [markdown]
# So far, all was on one machine. A tunnel carries packets inside of other packets: what enters it here gets a second
# header, crosses whatever lies between, and leaves it there as it was. So two networks far apart seem to be wired to
# each other. The network that is seen inside is called the overlay, the one that carries it the underlay.
#
# IPIP is the plainest kind: IPv4 in IPv4. Its code is a module of the kernel's, which must be there on both machines.
# An ordinary user may not load modules; then the kernel does it by itself when the first tunnel is made.

# %% D1.5a is the ipip module there?
host = Host.private().use()
loaded = [module for module in host.module.list() if "ipip" in module.name]  # lsmod | grep ipip
with suppress(PermissionDeniedError):
    host.module.load("ipip")  # modprobe ipip
assert host.module.state("ipip") != "missing"

# %% [markdown]
# Two machines are needed, with a network between them. A lab makes both of them inside this one, and lays the cable.

# %% D1.5b IPIP tunnel: two machines, and the network between them
lab = Lab()
node1, node2 = lab.host("node1"), lab.host("node2")
lab.cable(node1, node2, name="eth0", addresses=("192.168.31.132/24", "192.168.31.191/24"))

# %% [markdown]
# The tunnel's end on node1 names the two outer addresses, its own and the other machine's, and the link that the outer
# packets leave by. Its inner address is half of a pair: `peer` says who is at the other end, as of any wire that has
# only two.

# %% D1.5b the first machine's end
with node1.enter():
    # ip tunnel add tun0 mode ipip remote 192.168.31.191 local 192.168.31.132 dev eth0
    tun0 = IpipTunnel("tun0", remote="192.168.31.191", local="192.168.31.132", dev="eth0").add()
    tun0.up()  # ip link set tun0 up
    tun0.addr.add("100.0.0.2", peer="100.0.0.3")  # ip addr add 100.0.0.2 peer 100.0.0.3 dev tun0

# %% [markdown]
# A tunnel has two ends, which know nothing of each other until a packet arrives. The second is the first in a mirror.

# %% D1.5c IPIP tunnel: the second machine's end
with node2.enter():
    # ip tunnel add tun0 mode ipip remote 192.168.31.132 local 192.168.31.191 dev eth0
    tun0 = IpipTunnel("tun0", remote="192.168.31.132", local="192.168.31.191", dev="eth0").add()
    tun0.up()  # ip link set tun0 up
    tun0.addr.add("100.0.0.3", peer="100.0.0.2")  # ip addr add 100.0.0.3 peer 100.0.0.2 dev tun0

# %% [markdown]
# What node1 sends to 100.0.0.3 goes into tun0, gets an outer header from 192.168.31.132 to 192.168.31.191, and leaves
# by eth0. node2 takes the outer header off and finds a packet for its own tun0.

# %% D1.5d IPIP connectivity
answer = node1.ping("100.0.0.3", count=3, interval=0.2)  # ping 100.0.0.3
assert answer.ok
answer

# %% [markdown]
# The other kinds of tunnel differ in what they may carry. GRE, generic routing encapsulation, says in a header of its
# own what is inside, so it carries any network layer in any other: here IPv4 and IPv6 through one tunnel.
# `ip tunnel add gre1 mode gre remote … local … ttl 64` is its command.

# %% D1.5d GRE: any protocol in any other
gre1 = GreTunnel("gre1", remote="192.168.31.191", local="192.168.31.132", ttl=64, at=node1).add()
gre2 = GreTunnel("gre1", remote="192.168.31.132", local="192.168.31.191", ttl=64, at=node2).add()
for number, end in enumerate((gre1, gre2), 1):
    end.up()
    end.addr.add(f"100.1.0.{number}/24")
    end.addr.add(f"fd01::{number}/64")
assert node1.ping("100.1.0.2", count=2, interval=0.2).ok
assert node1.ping("fd01::2", count=2, interval=0.2).ok

# %% [markdown]
# SIT is IPIP's sister for IPv6 in IPv4: two islands that speak IPv6 meet across a network that does not. Its name is
# short for "simple internet transition". `ip tunnel add sit1 mode sit remote … local … ttl 64`

# %% D1.5d SIT: IPv6 in IPv4
sit1 = SitTunnel("sit1", remote="192.168.31.191", local="192.168.31.132", ttl=64, at=node1).add()
sit2 = SitTunnel("sit1", remote="192.168.31.132", local="192.168.31.191", ttl=64, at=node2).add()
for number, end in enumerate((sit1, sit2), 1):
    end.up()
    end.addr.add(f"fd02::{number}/64")
assert node1.ping("fd02::2", count=2, interval=0.2).ok

# %% [markdown]
# ISATAP carries IPv6 in IPv4 as well, but knows no remote: the IPv4 address to send to is the last part of the IPv6
# address itself, behind `5efe`. So one link reaches all machines of a site. c0a8:1fbf is 192.168.31.191. As both kinds
# take the same packets from the wire, SIT's link makes room first. `ip tunnel add is0 mode isatap local … ttl 64`

# %% D1.5d ISATAP: the address says where to
for node in (node1, node2):
    node.link("sit1").delete()
is1 = IsatapTunnel("is0", local="192.168.31.132", ttl=64, at=node1).add()
is2 = IsatapTunnel("is0", local="192.168.31.191", ttl=64, at=node2).add()
is1.up()
is2.up()
is1.addr.add("fd03::5efe:192.168.31.132/64")
is2.addr.add("fd03::5efe:192.168.31.191/64")
assert node1.ping("fd03::5efe:c0a8:1fbf", count=2, interval=0.2).ok

# %% [markdown]
# VTI, a virtual tunnel interface, is for IPsec: what is routed into the link is encrypted on its way out. The link
# itself only puts a mark on the packets (`key 5`). What happens to those is said to the kernel's transformation layer:
# two states (one for each direction: how to encrypt, with which key) and on each machine two policies (which packets:
# those with the mark). `ip tunnel add vti1 mode vti remote … local … key 5`, then `ip xfrm state` and `ip xfrm policy`.

# %% D1.5d VTI: what goes through it is encrypted
secret = "0x" + "2b" * 20  # 16 bytes are the key, 4 are salt
for node, local, remote, address in (
    (node1, "192.168.31.132", "192.168.31.191", "100.4.0.1/24"),
    (node2, "192.168.31.191", "192.168.31.132", "100.4.0.2/24"),
):
    vti1 = VtiTunnel("vti1", remote=remote, local=local, key=5, at=node).add()
    vti1.up()
    vti1.addr.add(address)
    for source, target, spi in (("192.168.31.132", "192.168.31.191", 1), ("192.168.31.191", "192.168.31.132", 2)):
        aead = ("rfc4106(gcm(aes))", secret, 128)
        node.xfrm.state.add(source, target, proto="esp", spi=spi, mode="tunnel", aead=aead)
    for direction, source, target in (("out", local, remote), ("in", remote, local)):
        template = (source, target, "esp", "tunnel")
        node.xfrm.policy.add(direction, src="0.0.0.0/0", dst="0.0.0.0/0", mark=5, tmpl=template)
assert node1.ping("100.4.0.2", count=2, interval=0.2).ok

# %% [markdown]
# Those tunnels carry packets of the network layer. VXLAN carries whole Ethernet frames, in UDP, so that machines far
# from each other can be at one switch. Each of its networks has a number, the `id`, which both sides must agree on;
# there may be 16 million of them. Data centres are made of this.
#
# Two new machines, whose cards are called bond1.1810: a VLAN on two cards bundled, as servers often have it.

# %% D1.6a VXLAN point to point: two more machines
lab = Lab()
node1, node2 = lab.host("node1"), lab.host("node2")
lab.cable(node1, node2, name="bond1.1810", addresses=("100.73.10.31/24", "100.73.10.36/24"))

# %% [markdown]
# Point to point, a VXLAN knows one other machine, its `remote`, and sends everything there. Unlike the tunnels before,
# its link behaves as an Ethernet card does: it has a MAC address, and needs no `peer`.

# %% D1.6a the first machine's end
here = {"remote": "100.73.10.36", "local": "100.73.10.31", "dev": "bond1.1810"}
with node1.enter():
    # ip link add vxlan1 type vxlan id 100 dstport 4789 remote 100.73.10.36 local 100.73.10.31 dev bond1.1810
    vxlan1 = VxlanLink("vxlan1", id=100, dstport=4789, **here).add()
    vxlan1.up()  # ip link set vxlan1 up
    vxlan1.addr.add("10.10.10.2/24")  # ip addr add 10.10.10.2/24 dev vxlan1

# %% [markdown]
# The second machine, in the mirror: same id, same port, `remote` and `local` exchanged.

# %% D1.6b VXLAN point to point: the second machine's end
there = {"remote": "100.73.10.31", "local": "100.73.10.36", "dev": "bond1.1810"}
with node2.enter():
    # ip link add vxlan1 type vxlan id 100 dstport 4789 remote 100.73.10.31 local 100.73.10.36 dev bond1.1810
    vxlan1 = VxlanLink("vxlan1", id=100, dstport=4789, **there).add()
    vxlan1.up()  # ip link set vxlan1 up
    vxlan1.addr.add("10.10.10.3/24")  # ip addr add 10.10.10.3/24 dev vxlan1

# %% [markdown]
# Both are neighbours now, although their frames travel in UDP. Even the ARP request went through.

# %% D1.6c VXLAN connectivity
answer = node1.ping("10.10.10.3", count=3, interval=0.2)  # ping 10.10.10.3
assert answer.ok
answer

# %% [markdown]
# Now what container networks are made of. On each machine a bridge, and as one port of it a VXLAN to the other machine:
# two bridges that are one long switch. This is a second VXLAN, with an id and a port of its own.

# %% D1.6d first machine: a VXLAN as a port of a bridge
with node1.enter():
    # ip link add vxlan0 type vxlan id 88 dstport 4788 remote 100.73.10.36 local 100.73.10.31 dev bond1.1810
    vxlan0 = VxlanLink("vxlan0", id=88, dstport=4788, **here).add()
    br0 = Bridge("br0").add()  # ip link add br0 type bridge
    vxlan0.set(master=br0)  # ip link set vxlan0 master br0

# %% [markdown]
# So that none of it gets mixed up with the machine's own network, the bridge goes into a VRF: a routing table of its
# own (here table 10), for all links that have the VRF as their master. It separates routes as a namespace does, and
# nothing else.

# %% D1.6d first machine: the bridge in a VRF
with node1.enter():
    vrf0 = Vrf("vrf0", table=10).add()  # ip link add vrf0 type vrf table 10
    br0.set(master=vrf0)  # ip link set br0 master vrf0
    vxlan0.up()  # ip link set vxlan0 up
    br0.up()  # ip link set br0 up
    vrf0.up()  # ip link set vrf0 up

# %% [markdown]
# Last, the container: a namespace with an `eth0`, whose other end is a port of the bridge. The pair is made with one
# end in the namespace at once, which spares the move.

# %% D1.6d first machine: a namespace at the bridge
with node1.enter():
    ns0 = Namespace("ns0").add()  # ip netns add ns0
    # ip link add veth0 type veth peer name eth0 netns ns0
    veth0, eth0 = VethPair("veth0", "eth0", peer_netns=ns0).add()
    veth0.set(master=br0)  # ip link set veth0 master br0
    veth0.up()  # ip link set veth0 up
    ns0.link("lo").up()  # ip -n ns0 link set lo up
    eth0.addr.add("172.66.1.2/24")  # ip -n ns0 addr add 172.66.1.2/24 dev eth0
    eth0.up()  # ip -n ns0 link set eth0 up

# %% [markdown]
# The second machine is made the same way, with the other addresses.

# %% D1.6e second machine: VXLAN, bridge, VRF and namespace
with node2.enter():
    # ip link add vxlan0 type vxlan id 88 dstport 4788 remote 100.73.10.31 local 100.73.10.36 dev bond1.1810
    vxlan0 = VxlanLink("vxlan0", id=88, dstport=4788, **there).add()
    br0 = Bridge("br0").add()  # ip link add br0 type bridge
    vxlan0.set(master=br0)  # ip link set vxlan0 master br0
    vrf0 = Vrf("vrf0", table=10).add()  # ip link add vrf0 type vrf table 10
    br0.set(master=vrf0)  # ip link set br0 master vrf0
    vxlan0.up()  # ip link set vxlan0 up
    br0.up()  # ip link set br0 up
    vrf0.up()  # ip link set vrf0 up
    other = Namespace("ns0").add()  # ip netns add ns0
    # ip link add veth0 type veth peer name eth0 netns ns0
    veth0, eth0 = VethPair("veth0", "eth0", peer_netns=other).add()
    veth0.set(master=br0)  # ip link set veth0 master br0
    veth0.up()  # ip link set veth0 up
    other.link("lo").up()  # ip -n ns0 link set lo up
    eth0.addr.add("172.66.1.3/24")  # ip -n ns0 addr add 172.66.1.3/24 dev eth0
    eth0.up()  # ip -n ns0 link set eth0 up

# %% [markdown]
# That is what it was for: the namespace on node1 reaches the one on node2. Neither knows of a tunnel; to them the other
# is at the same switch.

# %% D1.6e the two namespaces reach each other
answer = ns0.ping("172.66.1.3", count=3, interval=0.2)
assert answer.ok
answer

# %% [markdown]
# ## To try
#
# - How large may a packet be, before it has to be taken apart? Look at the `mtu` of tun0, gre1 and vxlan1 with
#   `node1.link.show()`, and explain the difference to 1500 by what each adds.
# - Make a third machine with `lab.host("node3")` that can reach both others, and join it to the VXLAN with id 88. Whom
#   does node1 have to know for that? `vxlan0.fdb` is where it is said.
# - Set another `id` on one side of a VXLAN. What still works, and what does tcpdump see on bond1.1810?
