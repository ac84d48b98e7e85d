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

from netns_kit import Bridge, Host, Link, Namespace, VethPair

host = Host.private().use()  # a machine of one's own: no root needed, and nothing outside it changes

# %% [markdown]
# A network namespace is a network of its own: its own links, addresses, routes, neighbours and firewall. A process
# in it sees that network and no other, although it runs on the same kernel as all the rest. It costs next to
# nothing, so it is the cheapest way to have two machines on one, and it is what every container stands in.
#
# A new one needs a name and nothing else. What is listed afterwards are names of the host's: the namespace itself
# knows nothing of its own.

# %% D0.1 create a namespace
net1 = Namespace("net1").add()  # ip netns add net1
host.netns.list()  # ip netns ls

# %% [markdown]
# Any command can be run in a namespace: one at a time, or in a shell that is started there, so that all that is
# typed until `exit` happens inside. `with net1.enter():` is that shell.
#
# Each namespace is born with one link, the loopback `lo`, by which it talks to itself. It is down at first, and then
# not even a ping to 127.0.0.1 is answered, and it has no address. Both come with setting it up.

# %% D0.2 run a command in it
net1.addr.show()  # ip netns exec net1 ip addr

# %% D0.2 the same, typed in a shell there
with net1.enter():  # ip netns exec net1 bash
    inside = net1.addr.show()  # ip addr
    # exit
assert inside == net1.addr.show()

# %% D0.2 set its loopback up, in a shell that says in its prompt where one is
# ip netns exec net1 /bin/bash --rcfile <(echo "PS1=\"namespace net1> \"")
with net1.enter():  # at a terminal, net1.shell() is such a one
    Link("lo").up()  # ip link set lo up
net1.addr.show()

# %% [markdown]
# Two namespaces have nothing in common, so nothing gets from one to the other, until somebody lays a cable. A veth
# pair is that cable: two links, and what enters one leaves the other. The pair is made and deleted as a whole. If
# nobody names the ends, the kernel does.
#
# `lower` in the table is the other end: each names its partner, which `ip` prints as `veth0@veth1`.

# %% D0.3.1 create a veth pair
veth0, veth1 = VethPair().add()  # ip link add type veth
host.link.show()  # ip link

# %% [markdown]
# The names can be chosen, too, one for each end. This second pair stays where it is, for comparison.

# %% D0.3.1 with names of one's own
VethPair("xxx", "yyy").add()  # ip link add xxx type veth peer name yyy

# %% [markdown]
# A cable is of use once its ends are in different places. A link is in exactly one namespace at a time: moved to
# net0, it is gone from the host. Of the other end, net0 sees only a number: `ip addr` prints `veth0@if3`, which is
# "the link with index 3 in some other namespace". net1 is there since the beginning; net0 is new.

# %% D0.3.2 move the ends into namespaces net0 and net1
net0 = Namespace("net0").add()
veth0.set(netns=net0)  # ip link set veth0 netns net0
veth1.set(netns=net1)  # ip link set veth1 netns net1
net0.addr.show()  # ip netns exec net0 ip addr

# %% [markdown]
# The number can be followed. What takes a person two lists and a comparison is one question here.

# %% D0.3.2 where does the cable lead?
veth0.peer()

# %% [markdown]
# Now the ends are set up and get addresses. One end alone is up only in name: as long as the other is down there is
# no signal on the cable, and the kernel calls that state `LOWERLAYERDOWN`.

# %% D0.3.3 addresses, and one end up
veth0.up()  # ip netns exec net0 ip link set veth0 up
net0.addr.show()  # ip netns exec net0 ip addr
net0.link.show()

# %% [markdown]
# With the address 10.1.1.1/24 comes a route, by itself: /24 says that all of 10.1.1.0 to 10.1.1.255 is on this cable.
# Without a signal it is marked `linkdown`.

# %% D0.3.3 an address, and a route with it
veth0.addr.add("10.1.1.1/24")  # ip netns exec net0 ip addr add 10.1.1.1/24 dev veth0
net0.route.show()  # ip netns exec net0 ip route

# %% D0.3.3 the other end
veth1.up()  # ip netns exec net1 ip link set veth1 up
veth1.addr.add("10.1.1.2/24")  # ip netns exec net1 ip addr add 10.1.1.2/24 dev veth1

# %% [markdown]
# Both ends are up, both have an address of the same network: the two can talk, and with nobody else. What net0 must
# know first, the MAC address behind 10.1.1.2, it asks for by ARP, and keeps among its neighbours.

# %% D0.3.4 connectivity
answer = net0.ping("10.1.1.2", count=3, interval=0.2)  # ip netns exec net0 ping 10.1.1.2
assert answer.ok
answer

# %% [markdown]
# A cable joins two. To join each of three with each other takes three cables, of ten forty-five. A switch takes one
# for each, and a bridge is a switch made of software: it has ports, learns which MAC address is behind which of them,
# and sends each frame only where it belongs.

# %% D0.4.1 a bridge
br0 = Bridge("br0").add()  # ip link add br0 type bridge
br0.up()  # ip link set dev br0 up

# %% [markdown]
# Each namespace gets a cable of its own to the switch: three pairs, whose six ends the kernel calls veth0 to veth5.

# %% D0.4.2 three pairs
pairs = [
    VethPair().add(),  # ip link add type veth
    VethPair().add(),  # ip link add type veth
    VethPair().add(),  # ip link add type veth
]

# %% [markdown]
# Of each pair, one end goes into a namespace and is called `eth0` there, as on any machine: names need to differ only
# within a namespace. The other end stays on the host and becomes a port of the bridge, by having it as its `master`.
# The addresses are at the inner ends. A switch needs none.

# %% D0.4.3 one end in each namespace as eth0, the other on the bridge
net2 = Namespace("net2").add()
for number, net, (outer, inner) in zip((1, 2, 3), (net0, net1, net2), pairs):
    inner.set(netns=net)  # ip link set dev veth1 netns net0
    inner.set(name="eth0")  # ip netns exec net0 ip link set dev veth1 name eth0
    inner.addr.add(f"10.0.1.{number}/24")  # ip netns exec net0 ip addr add 10.0.1.1/24 dev eth0
    inner.up()  # ip netns exec net0 ip link set dev eth0 up
    outer.set(master=br0)  # ip link set dev veth0 master br0
    outer.up()  # ip link set dev veth0 up

# %% [markdown]
# On a machine with Docker such a network is often silent, although all is well with it. Two things come together
# there. With `bridge-nf-call-iptables`, frames that only cross a bridge are shown to iptables, as if they were
# routed. And Docker has iptables drop whatever is forwarded and not its own.
#
# Here the trap is built for real, and nobody answers any more.

# %% D0.4.4 the Docker trap
host.sysctl["net.bridge.bridge-nf-call-iptables"] = 1
host.iptables.policy("FORWARD", "DROP")
answer = net0.ping("10.0.1.2", count=2, interval=0.2, wait=0.5, check=False)
assert not answer.ok
answer

# %% [markdown]
# The first cure: what crosses a bridge is no business of iptables. It holds for all bridges of the machine, also for
# those whose owner counts on the firewall.

# %% D0.4.4 the first cure: do not ask iptables
host.sysctl["net.bridge.bridge-nf-call-iptables"] = 0  # echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables
assert net0.ping("10.0.1.2", count=2, interval=0.2).ok

# %% [markdown]
# The second cure leaves all as it was and makes one exception: what comes in by br0 may pass. So the trap is set once
# more, and opened by a rule.

# %% D0.4.4 the second cure: allow what comes from br0
host.sysctl["net.bridge.bridge-nf-call-iptables"] = 1
host.iptables.append("FORWARD", "-i", "br0", "-j", "ACCEPT")  # iptables -A FORWARD -i br0 -j ACCEPT
assert net0.ping("10.0.1.2", count=2).ok  # ip netns exec net0 ping -c 2 10.0.1.2
assert net0.ping("10.0.1.3", count=2).ok  # ip netns exec net0 ping -c 2 10.0.1.3

# %% [markdown]
# ## To try
#
# - Join a fourth namespace to the bridge, and ping all the others from it. Which of the six lines can be left out, if
#   the pair is made with `VethPair("veth6", "eth0", peer_netns=…)`?
# - Look at what the bridge has learned, with `br0.fdb.show()`. Ping once more, and find the entry for net1's `eth0`.
# - net0 and net1 are joined twice now: by their own cable, and by the bridge. Set one end of the cable down. What of
#   10.1.1.2, and what of 10.0.1.2, can net0 still reach, and why?
