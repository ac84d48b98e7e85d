"""Why does it not work? Ten networks that are broken, explained, cured and looked at.

net1 ──── ? ──── net2         ping 10.0.0.2: nothing comes back
"""

from itertools import pairwise

from netns_kit import Bridge, Host, Namespace, VethPair, explain, follow

host = Host.private().use()  # a machine of one's own: no root needed, and nothing outside it changes

# %% [markdown]
# A ping that nobody answers says nothing of why. `explain` does: it looks at every place that the packet may pass,
# sends one, and watches how far it comes, out and back. Each of the following networks works but for one thing. Before
# you run the cell that explains it, look at the network and guess.
#
# The first is a bridge with three namespaces.

# %% W.1 a switch
br0 = Bridge("br0").add(up=True)
nets = {number: Namespace(f"net{number}").add() for number in (1, 2, 3)}
for number, net in nets.items():
    br0.plug(net, address=f"10.0.1.{number}/24", port=f"port{number}")
assert nets[1].ping("10.0.1.3", count=1).ok
host.link("port3").down()  # ip link set dev port3 down
nets[1].ping("10.0.1.3", count=2, interval=0.2, wait=1, check=False)

# %% [markdown]
# What is a port of a bridge is a link all the same, and may be down: the frame came into the bridge and did not leave
# it.

# %% W.1 why?
why = explain(nets[1], "10.0.1.3")
why

# %% [markdown]
# Each finding has its cure, which prints as it would be typed. `apply` types it.

# %% W.1 cured
print(why.findings[0].cure)
why.findings[0].apply()
assert explain(nets[1], "10.0.1.3").ok
nets[1].ping("10.0.1.3", count=2, interval=0.2)

# %% [markdown]
# Three routers in a row, between net1 and net2, each with routes to both sides. The request has to find its way, and so
# has the answer: every router looks only at where a packet is going, never at where it came from.

# %% W.2 routers in a row
host = Host.private().use()
row = [Namespace(name).add() for name in ("net1", "r1", "r2", "r3", "net2")]
net1, r1, r2, r3, net2 = row
for number, (left, right) in enumerate(pairwise(row), 1):
    ends = VethPair(f"to-{right.name}", f"to-{left.name}", at=left, peer_netns=right).add()
    for side, end in enumerate(ends, 1):
        end.addr.add(f"10.0.{number}.{side}/24")
        end.up()
for router in (r1, r2, r3):
    router.sysctl.set("net.ipv4.ip_forward", 1)
net1.route.add("default", via="10.0.1.2")
net2.route.add("default", via="10.0.4.1")
for router, network, via in (
    (r1, "10.0.3.0/24", "10.0.2.2"),
    (r1, "10.0.4.0/24", "10.0.2.2"),
    (r2, "10.0.1.0/24", "10.0.2.1"),
    (r2, "10.0.4.0/24", "10.0.3.2"),
    (r3, "10.0.1.0/24", "10.0.3.1"),
    (r3, "10.0.2.0/24", "10.0.3.1"),
):
    router.route.add(network, via=via)
assert net1.ping("10.0.4.2", count=1).ok
r2.route.delete("10.0.1.0/24")  # ip route del 10.0.1.0/24
net1.ping("10.0.4.2", count=2, interval=0.2, wait=1, check=False)

# %% [markdown]
# From net1, it looks as if net2 was not there. But the request arrived: it is the answer that is lost.

# %% W.2 why?
why = explain(net1, "10.0.4.2")
why

# %% W.2 cured
why.findings[0].apply()
assert explain(net1, "10.0.4.2").ok
r2.route.list()

# %% [markdown]
# The same three routers. A machine passes packets on only if it was told to; a fresh one keeps what is not for itself.

# %% W.3 a router that is none
r3.sysctl.set("net.ipv4.ip_forward", 0)  # sysctl -w net.ipv4.ip_forward=0
net1.ping("10.0.4.2", count=2, interval=0.2, wait=1, check=False)

# %% W.3 why?
why = explain(net1, "10.0.4.2")
why

# %% W.3 cured
why.findings[0].apply()
assert explain(net1, "10.0.4.2").ok
why.findings[0].cure

# %% [markdown]
# A firewall says nothing of what it drops, unless its counters are looked at. Docker sets the policy of FORWARD to
# DROP on every machine that it is installed on.

# %% W.4 a wall
r2.iptables.policy("FORWARD", "DROP")  # iptables -P FORWARD DROP
net1.ping("10.0.4.2", count=2, interval=0.2, wait=1, check=False)

# %% [markdown]
# There are two good cures, a rule for these packets and the policy for all. The narrower one comes first.

# %% W.4 why?
why = explain(net1, "10.0.4.2")
why

# %% W.4 cured
why.findings[0].apply()
assert explain(net1, "10.0.4.2").ok
r2.iptables.list("FORWARD")

# %% [markdown]
# Packets have a size, and each link a largest one that it carries, its MTU. Small pings get through; a file does not.
# The router in the middle would say so to the sender, but somebody thought that ICMP was not needed.

# %% W.5 a narrow place
r2.link("to-r3").set(mtu=1200)  # ip link set dev to-r3 mtu 1200
r2.iptables.append("OUTPUT", protocol="icmp", icmp_type="fragmentation-needed", jump="DROP")
assert net1.ping("10.0.4.2", count=1).ok
net1.ping("10.0.4.2", size=1400, pmtudisc="do", count=2, interval=0.2, wait=1, check=False)

# %% W.5 why?
why = explain(net1, "10.0.4.2", size=1400)
why

# %% W.5 cured
why.findings[0].apply()
assert explain(net1, "10.0.4.2", size=1400).ok
why.findings[0].cure

# %% [markdown]
# Two namespaces and a cable, but one of them has another idea of who is at the other end: an entry of its neighbour
# table that somebody once made, before the cable was changed.

# %% W.6 an old entry
host = Host.private().use()
net1, net2 = Namespace("net1").add(), Namespace("net2").add()
eth0, peer = VethPair("eth0", "eth0", at=net1, peer_netns=net2).add()
for number, end in enumerate((eth0, peer), 1):
    end.addr.add(f"10.0.0.{number}/24")
    end.up()
assert net1.ping("10.0.0.2", count=1).ok
net1.neigh.replace("10.0.0.2", lladdr="02:00:00:00:00:99", dev="eth0", nud="permanent")
net1.ping("10.0.0.2", count=2, interval=0.2, wait=1, check=False)

# %% W.6 why?
why = explain(net1, "10.0.0.2")
why

# %% W.6 cured
why.findings[0].apply()
assert explain(net1, "10.0.0.2").ok
net1.neigh.list()

# %% [markdown]
# An address has a length: how many of its bits name the network. With /30 instead of /24, net2 believes that its
# network has four addresses, and that 10.0.0.9 is elsewhere.

# %% W.7 a network too small
for end, was, now in ((eth0, "10.0.0.1/24", "10.0.0.9/24"), (peer, "10.0.0.2/24", "10.0.0.2/30")):
    end.addr.delete(was)
    end.addr.add(now)
net1.ping("10.0.0.2", count=2, interval=0.2, wait=1, check=False)

# %% W.7 why?
why = explain(net1, "10.0.0.2")
why

# %% W.7 cured
why.findings[0].apply()
assert explain(net1, "10.0.0.2").ok
net2.addr.list()

# %% [markdown]
# The ping works, and the browser says "connection refused". A server listens at an address and a port; at 127.0.0.1
# it is there for its own machine alone.

# %% W.8 a server for itself
server = net2.start("python3", "-m", "http.server", "8080", "--bind", "127.0.0.1")
net2.link("lo").up()
net2.wait_for_port(8080)
assert net1.ping("10.0.0.2", count=1).ok

# %% W.8 why?
why = explain(net1, "10.0.0.2", port=8080)
why

# %% [markdown]
# No command of a network's mends that: the server has to be started anew, and told where to listen.

# %% W.8 cured
server.stop()
server = net2.start("python3", "-m", "http.server", "8080", "--bind", "0.0.0.0")
net2.wait_for_port(8080)
assert explain(net1, "10.0.0.2", port=8080).ok
server.stop()

# %% [markdown]
# A gateway has one address outside, and many machines behind it. What they send must bear the gateway's address, or no
# answer finds back: who is outside knows nothing of 192.168.7.0/24.

# %% W.9 a gateway
host = Host.private().use()
inside, gateway, outside = (Namespace(name).add() for name in ("inside", "gateway", "outside"))
lan, inner = VethPair("eth0", "lan", at=inside, peer_netns=gateway).add()
wan, far = VethPair("wan", "eth0", at=gateway, peer_netns=outside).add()
for end, address in (
    (lan, "192.168.7.2/24"),
    (inner, "192.168.7.1/24"),
    (wan, "203.0.113.1/24"),
    (far, "203.0.113.9/24"),
):
    end.addr.add(address)
    end.up()
gateway.sysctl.set("net.ipv4.ip_forward", 1)
inside.route.add("default", via="192.168.7.1")
inside.ping("203.0.113.9", count=2, interval=0.2, wait=1, check=False)

# %% W.9 why?
why = explain(inside, "203.0.113.9")
why

# %% [markdown]
# A way back would do, too. But it is the gateway that is ours, not the world outside, and so masquerading comes first.

# %% W.9 cured
why.findings[0].apply()
assert explain(inside, "203.0.113.9").ok
print(why.findings[0].cure)
gateway.iptables.list("POSTROUTING", table="nat")

# %% [markdown]
# Last, two things at once. `explain` names what a packet meets first, and after its cure what it meets next.

# %% W.10 two things
lan.down()
gateway.iptables.append("FORWARD", destination="203.0.113.9", jump="DROP")
inside.ping("203.0.113.9", count=2, interval=0.2, wait=1, check=False)

# %% W.10 the first
why = explain(inside, "203.0.113.9")
why

# %% W.10 and the second
while not why.ok:
    print(why.findings[0].cure)
    why.findings[0].apply()
    why = explain(inside, "203.0.113.9")
why

# %% [markdown]
# And the packet's walk, now that it works: each link that it crossed, out and back, and what the gateway made of it.

# %% W.10 the walk
follow(inside, "203.0.113.9")

# %% [markdown]
# ## To try
#
# - Break one of them in a way that is not here, and have somebody else find out: `python -m netns_kit explain` and
#   `%explain` say the same as the cells above.
# - In W.2, delete the default route of net2 as well. In which order are the two told, and why?
# - In W.4, apply the second cure instead of the first. What does it let through besides?
