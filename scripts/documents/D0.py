"""D0: network namespaces, a veth pair between two of them, a bridge between three, and Docker's trap.

  net0                      net1               net0        net1        net2
┌───────────────┐         ┌───────────────┐   ┌─────────┐ ┌─────────┐ ┌─────────┐
│ veth0         │         │ veth1         │   │ eth0    │ │ eth0    │ │ eth0    │
│ 10.1.1.1/24   ├─────────┤ 10.1.1.2/24   │   │10.0.1.1 │ │10.0.1.2 │ │10.0.1.3 │
└───────────────┘         └───────────────┘   └────┬────┘ └────┬────┘ └────┬────┘
                                                 veth0       veth2       veth4
                                                ┌──┴───────────┴───────────┴──┐
                                                │             br0             │
                                                └─────────────────────────────┘
"""

from netns_kit import Bridge, Link, Namespace, VethPair
from scripts.replaying.words import aside, check, eventually, machine, picture, table

host = machine()  # a machine of one's own: no root needed, and nothing outside it changes

# %% [markdown]
# A network namespace is a network of its own: its own links, addresses, routes and firewall. What runs in
# it sees nothing else. It costs next to nothing, so it is the cheapest way to have two machines on one.

# %% D0.1 create a namespace
net1 = Namespace("net1").add()  # ip netns add net1
names = [netns.name for netns in host.netns.list()]  # ip netns ls
check("the list shows net1", names == ["net1"])
picture(host)

# %% [markdown]
# Any command can run in a namespace. A new one has nothing but the loopback `lo`, and even that is down:
# without it not even a ping to oneself works. `with net1.enter():` is the shell in it: what stands in the
# block is typed there.

# %% D0.2 run commands in it | after D0.1
addresses = net1.addr.show()  # ip netns exec net1 ip addr
with net1.enter():  # ip netns exec net1 bash
    inside = net1.addr.show()  # ip addr
    # exit
with aside("what `ip addr` says of lo"):
    lo = net1.link("lo").show()
check("lo is there and down, and has no address yet", lo.state == "DOWN" and addresses == inside == ())
with (
    net1.enter()
):  # ip netns exec net1 /bin/bash --rcfile <(echo "PS1=\"namespace net1> \""); at a terminal: net1.shell()
    Link("lo").up()  # ip link set lo up
with aside("lo again"):
    check("lo is up, with 127.0.0.1/8", "127.0.0.1/8" in map(str, net1.addr.show()))

# %% [markdown]
# A veth pair is a virtual cable: what enters one end leaves at the other. It is made as a whole, both ends
# on the host, and if nobody names them, the kernel does.

# %% D0.3.1 create a veth pair
veth0, veth1 = VethPair().add()  # ip link add type veth
links = host.link.show()  # ip link
check("without names the kernel picks veth0 and veth1", (veth0.name, veth1.name) == ("veth0", "veth1"))
check(
    "each is the other's end", {(link.name, link.lower) for link in links} >= {("veth0", "veth1"), ("veth1", "veth0")}
)
VethPair("xxx", "yyy").add()  # ip link add xxx type veth peer name yyy
table(links)
picture(host)

# %% [markdown]
# A cable is of use once its ends are in different places. A moved end is gone from the host. What is left
# to see of the other end is a number, `veth0@if3`: the index of a link in another namespace.

# %% D0.3.2 move the ends into namespaces net0 and net1 | after D0.3.1
with aside("given: the namespaces"):
    net0, net1 = (net if net.exists() else net.add() for net in (Namespace("net0"), Namespace("net1")))
veth0.set(netns=net0)  # ip link set veth0 netns net0
veth1.set(netns=net1)  # ip link set veth1 netns net1
net0.addr.show()  # ip netns exec net0 ip addr
with aside("what it says of veth0"):
    info = veth0.show()
check("the other end is in another namespace: shown as veth0@ifN link-netnsid N", info.netnsid is not None)
with aside("which is found"):
    check("it is veth1 in net1", (veth0.peer().name, veth0.peer().site.name) == ("veth1", "net1"))
picture(host)

# %% [markdown]
# An end is up only when both are: until then it says `LOWERLAYERDOWN`. With an address comes a route to
# its network, by itself.

# %% D0.3.3 addresses | after D0.3.2
veth0.up()  # ip netns exec net0 ip link set veth0 up
net0.addr.show()  # ip netns exec net0 ip addr
with aside("its state"):
    # The kernel looks after states in its own time.
    check("LOWERLAYERDOWN, since the other end is down", eventually(lambda: veth0.show().state == "LOWERLAYERDOWN"))
veth0.addr.add("10.1.1.1/24")  # ip netns exec net0 ip addr add 10.1.1.1/24 dev veth0
(route,) = net0.route.show()  # ip netns exec net0 ip route
check("a route came by itself, still linkdown", route.dst == "10.1.1.0/24" and "linkdown" in route.flags)
veth1.up()  # ip netns exec net1 ip link set veth1 up
veth1.addr.add("10.1.1.2/24")  # ip netns exec net1 ip addr add 10.1.1.2/24 dev veth1
picture(host)

# %% [markdown]
# The two can talk now, and with nobody else.

# %% D0.3.4 connectivity | after D0.3.3
answer = net0.ping("10.1.1.2", count=3, interval=0.2)  # ip netns exec net0 ping 10.1.1.2
check("0% loss", answer.ok)

# %% [markdown]
# A cable joins two. For more there is the bridge: a switch made of software.

# %% D0.4.1 a bridge
br0 = Bridge("br0").add()  # ip link add br0 type bridge
br0.up()  # ip link set dev br0 up
picture(host)

# %% [markdown]
# Each namespace gets a cable of its own to the switch: three pairs.

# %% D0.4.2 three pairs | after D0.4.1
pairs = [VethPair().add(), VethPair().add(), VethPair().add()]  # ip link add type veth, three times
check("veth0 to veth5", [end.name for pair in pairs for end in pair] == [f"veth{number}" for number in range(6)])
picture(host)

# %% [markdown]
# Of each pair, one end goes into a namespace, where it is called `eth0` as on any machine, and the other
# becomes a port of the bridge. The addresses are at the inner ends: a switch needs none.

# %% D0.4.3 one end in each namespace as eth0, the other on the bridge | after D0.4.2
with aside("given: the namespaces"):
    nets = [net if net.exists() else net.add() for net in map(Namespace, ("net0", "net1", "net2"))]
for number, (net, (outer, inner)) in enumerate(zip(nets, pairs)):
    inner.set(netns=net)  # ip link set dev veth1 netns net0
    inner.set(name="eth0")  # ip netns exec net0 ip link set dev veth1 name eth0
    inner.addr.add(f"10.0.1.{number + 1}/24")  # ip netns exec net0 ip addr add 10.0.1.1/24 dev eth0
    inner.up()  # ip netns exec net0 ip link set dev eth0 up
    outer.set(master=br0)  # ip link set dev veth0 master br0
    outer.up()  # ip link set dev veth0 up
with aside("the bridge's ports"):
    check("veth0, veth2 and veth4 are its ports", {port.name for port in br0.ports()} == {"veth0", "veth2", "veth4"})
picture(host)

# %% [markdown]
# On a machine with Docker this network is often silent. With `bridge-nf-call-iptables`, what crosses a
# bridge passes through iptables too, and Docker sets the policy of FORWARD to DROP. Here the trap is built
# for real, then opened in both ways: by not asking iptables at all, or by allowing what comes from br0.

# %% D0.4.4 the Docker trap and its two cures | after D0.4.3
net0 = nets[0]
with aside("Docker's trap, built for real: bridged packets go through iptables, and FORWARD drops"):
    host.sysctl["net.bridge.bridge-nf-call-iptables"] = 1
    host.iptables.policy("FORWARD", "DROP")
    check("net0 cannot reach net1", not net0.ping("10.0.1.2", count=2, interval=0.2, wait=0.5, check=False))
host.sysctl["net.bridge.bridge-nf-call-iptables"] = 0  # echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables
with aside("the first cure by itself, then the trap again"):
    check("the first cure works", net0.ping("10.0.1.2", count=2, interval=0.2).ok)
    host.sysctl["net.bridge.bridge-nf-call-iptables"] = 1
    check("the trap is back", not net0.ping("10.0.1.2", count=2, interval=0.2, wait=0.5, check=False))
host.iptables.append("FORWARD", "-i", "br0", "-j", "ACCEPT")  # iptables -A FORWARD -i br0 -j ACCEPT
check("the second cure works", net0.ping("10.0.1.2", count=2).ok)  # ip netns exec net0 ping -c 2 10.0.1.2
check("and for net2 too", net0.ping("10.0.1.3", count=2).ok)  # ip netns exec net0 ping -c 2 10.0.1.3
