"""D2: a container by hand: its namespace, the host, a bridge, and the way out into the world.

  net1                          host                        the world outside
┌───────────────────┐  veth   ┌──────────────────────┐ cable ┌─────────────────┐
│ veth1             ├─────────┤ veth1_p              │       │ 10.68.0.254     │
│ 10.68.0.101/24    │         │    └─ mybridge ─ eth0├───────┤ 8.8.8.8         │
└───────────────────┘         │       10.68.0.1/24   │       └─────────────────┘
                              └──────────────────────┘
"""

from netns_kit import Lab, Link, Namespace, VethPair

lab = Lab()  # machines of one's own: no root needed, and nothing outside them changes
host = lab.host("host").use()

# %% [markdown]
# This tutorial uses the older tools: `brctl` for bridges, `ifconfig` and `route` for links and routes. Their packages
# are installed by `apt install bridge-utils net-tools`. Where one of them is missing, this says so.

# %% D2.0 the tools
host.exec("brctl", "--version")
host.exec("ifconfig", "--version")
host.exec("route", "--version")

# %% [markdown]
# Of all that a container is, its network is a namespace. Here net1 stands for a container, the host for the machine
# that it runs on. Fresh from the factory it has three things of its own, all of them empty: a routing table (of
# which `route` says so by its exit status, so `check=False`) …

# %% D2.1 a container's namespace, seen from inside: no routes
net1 = Namespace("net1").add()  # ip netns add net1
net1.exec("route", check=False)  # ip netns exec net1 route

# %% [markdown]
# … a firewall, with three chains that let everything through …

# %% D2.1 no rules
net1.iptables.list()  # ip netns exec net1 iptables -L

# %% [markdown]
# … and links, of which there is only the loopback, and that is down.

# %% D2.1 no links but the loopback
net1.link.list()  # ip netns exec net1 ip link list

# %% [markdown]
# A veth pair is the cable between the container and its host. One end goes into the namespace, the other stays: so the
# host has only veth1_p left.

# %% D2.2 a veth pair between host and container
veth1, veth1_p = VethPair("veth1", "veth1_p").add()  # ip link add veth1 type veth peer name veth1_p
veth1.set(netns=net1)  # ip link set veth1 netns net1
left = [link.name for link in host.link.list() if "veth" in link.name]  # ip link list | grep veth
net1.link.list()  # ip netns exec net1 ip link list
assert left == ["veth1_p"]

# %% [markdown]
# Both ends get an address of one network, and go up.

# %% D2.2 addresses
veth1_p.addr.add("10.68.0.100/24")  # ip addr add 10.68.0.100/24 dev veth1_p
veth1.addr.add("10.68.0.101/24")  # ip netns exec net1 ip addr add 10.68.0.101/24 dev veth1
veth1.up()  # ip netns exec net1 ip link set dev veth1 up
veth1_p.up()  # ip link set dev veth1_p up

# %% [markdown]
# `ifconfig` shows the links that are up, with what they have sent and received.

# %% D2.2 the links, as ifconfig shows them
here = [line for line in host.exec("ifconfig").stdout.splitlines() if "veth1" in line]  # ifconfig | grep veth1
inside = net1.exec("ifconfig")  # ip netns exec net1 ifconfig
print(*here, inside, sep="\n\n")

# %% [markdown]
# The container reaches its host. `-I veth1` says by which link to leave, which makes no difference while there is one.

# %% D2.2 from the container to its host
# ip netns exec net1 ping 10.68.0.100 -I veth1
answer = net1.ping("10.68.0.100", interface=veth1, count=3, interval=0.2)
assert answer.ok
answer

# %% [markdown]
# One cable for each container would do for talking to the host, but containers want to talk to each other as well. So
# the host's ends go to a bridge: a switch made of software. Unlike a switch it gets an address, for it is to be the
# containers' way out. That address is the host's own, as if the host had a card at this switch.

# %% D2.3 a bridge with an address
host.brctl.addbr("mybridge")  # brctl addbr mybridge
mybridge = Link("mybridge")
mybridge.addr.add("10.68.0.1/24")  # ip addr add 10.68.0.1/24 dev mybridge
mybridge.up()  # ip link set dev mybridge up
mybridge.addr.show()  # ip addr show mybridge

# %% [markdown]
# A link that becomes a port gives up a life of its own: what it receives goes to the bridge, and no more to the host's
# own network. An address that it has is of little use from then on.

# %% D2.3 the host's end becomes a port
veth1_p.set(master=mybridge)  # ip link set veth1_p master mybridge
host.brctl.show()  # brctl show

# %% D2.3 from the container to the bridge
# ip netns exec net1 ping 10.68.0.1 -I veth1
answer = net1.ping("10.68.0.1", interface=veth1, count=3, interval=0.2)
assert answer.ok
answer

# %% [markdown]
# The container knows one way only, into its own network: the route that came with its address. For all the rest of
# the world it needs a default route, which says: whatever is not near, give it to the bridge.

# %% D2.3 a default route through the bridge
net1.route.show()  # ip netns exec net1 ip route
# ip netns exec net1 route add default gw 10.68.0.1 dev veth1
net1.exec("route", "add", "default", "gw", "10.68.0.1", "dev", "veth1")
net1.route.show()

# %% [markdown]
# A second container, wired the same way: its cable's end at the bridge is all that it takes.

# %% D2.3 a second container
net2 = Namespace("net2").add()
veth2, veth2_p = VethPair("veth2", "veth2_p", peer_netns=net2).add()
veth2.set(master=mybridge)
veth2.up()
veth2_p.addr.add("10.68.0.102/24")
veth2_p.up()
assert net1.ping("10.68.0.102", count=2, interval=0.2).ok

# %% [markdown]
# The last hop leads out of the machine. The world outside is another machine of the lab here: it owns 8.8.8.8, and a
# cable leads from it to the host's card `eth0`. No packet leaves yours. To begin with, this host forwards nothing.

# %% D2.4 the way out: the world outside
outside = lab.host("outside")
lab.cable(host, outside, name="eth0", addresses=(None, "10.68.0.254/24"))
outside.link("lo").addr.add("8.8.8.8/32")
host.sysctl["net.ipv4.ip_forward"] = 0

# %% [markdown]
# The card becomes one more port of the bridge, and so the containers' network and the one outside are one. The host's
# own way out leads through the bridge from then on: it gets the default route. The address that veth1_p still had goes,
# for with it the host would answer on a port instead of on the bridge.

# %% D2.4 the card becomes a port
host.brctl.addif("mybridge", "eth0")  # brctl addif mybridge eth0
veth1_p.addr.delete("10.68.0.100/24")
host.route.add("default", via="10.68.0.254", dev=mybridge)
assert host.ping("8.8.8.8", count=1).ok

# %% [markdown]
# The host reaches 8.8.8.8, the container does not. Its packets arrive at the host, which is their gateway, but they are
# not for the host, and a machine passes on what is not for it only if it was told to: by `ip_forward`.

# %% D2.4 the host forwards
assert not net1.ping("8.8.8.8", interface=veth1, count=1, wait=0.5, check=False).ok
host.sysctl["net.ipv4.ip_forward"] = 1  # sysctl net.ipv4.ip_forward=1
# ip netns exec net1 ping 8.8.8.8 -I veth1
answer = net1.ping("8.8.8.8", interface=veth1, count=3, interval=0.2)
assert answer.ok
answer

# %% [markdown]
# ## To try
#
# - net2 cannot reach 8.8.8.8. What is it lacking, and with which one line is it cured?
# - Take the bridge's address away with `mybridge.addr.delete("10.68.0.1/24")`. Who reaches whom now? Guess first, then
#   ping, and look at the routes that went along.
# - Here the world outside is in the containers' own network. Mostly it is not, and answers to 10.68.0.101 would find no
#   way back. Look up what `iptables -t nat -A POSTROUTING … -j MASQUERADE` does, and where it would belong.
