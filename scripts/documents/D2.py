"""D2: a container by hand: its namespace, the host, a bridge, and the way out into the world.

  net1                          host                        the world outside
┌───────────────────┐  veth   ┌──────────────────────┐ cable ┌─────────────────┐
│ veth1             ├─────────┤ veth1_p              │       │ 10.68.0.254     │
│ 10.68.0.101/24    │         │    └─ mybridge ─ eth0├───────┤ 8.8.8.8         │
└───────────────────┘         │       10.68.0.1/24   │       └─────────────────┘
                              └──────────────────────┘
"""

from netns_kit import Link, Namespace, VethPair
from scripts.replaying.words import aside, check, laboratory, names, picture, table

lab = laboratory()
host = lab.host("host").use()

# %% [markdown]
# The older tools come from packages of their own.

# %% D2.0 tools
for tool in ("brctl", "ifconfig", "route"):  # apt install bridge-utils net-tools
    with aside(f"is {tool} installed?"):
        check(f"{tool} is there", host.exec("sh", "-c", f"command -v {tool}", check=False).ok)

# %% [markdown]
# A container's network is a namespace. Fresh from the factory it has no route and no rule, and `lo` is
# down.

# %% D2.1 a container's namespace, seen from inside
net1 = Namespace("net1").add()  # ip netns add net1
routes = net1.exec("route", check=False).stdout.splitlines()  # ip netns exec net1 route
check("it has no routes", len(routes) == 2)
rules = net1.iptables.list()  # ip netns exec net1 iptables -L
check("its firewall lets everything through", rules.stdout.count("policy ACCEPT") == 3)
links = net1.link.list()  # ip netns exec net1 ip link list
check("it has lo, which is down", names(links) == ["lo"] and links[0].state == "DOWN")
table(links)
picture(host)

# %% [markdown]
# A cable between the container and its host: one end in the namespace, the other stays. With addresses of
# one network, the two reach each other.

# %% D2.2 a veth pair between host and container | after D2.1
veth1, veth1_p = VethPair("veth1", "veth1_p").add()  # ip link add veth1 type veth peer name veth1_p
veth1.set(netns=net1)  # ip link set veth1 netns net1
veths = [link.name for link in host.link.list() if "veth" in link.name]  # ip link list | grep veth
check("only veth1_p is left on the host", veths == ["veth1_p"])
check("veth1 is in net1", "veth1" in [link.name for link in net1.link.list()])  # ip netns exec net1 ip link list
veth1_p.addr.add("10.68.0.100/24")  # ip addr add 10.68.0.100/24 dev veth1_p
veth1.addr.add("10.68.0.101/24")  # ip netns exec net1 ip addr add 10.68.0.101/24 dev veth1
veth1.up()  # ip netns exec net1 ip link set dev veth1 up
veth1_p.up()  # ip link set dev veth1_p up
shown = [line for line in host.exec("ifconfig").stdout.splitlines() if "veth1" in line]  # ifconfig | grep veth1
check("ifconfig shows veth1_p up", "UP" in shown[0])
check("and in net1 veth1", "10.68.0.101" in net1.exec("ifconfig").stdout)  # ip netns exec net1 ifconfig
answer = net1.ping("10.68.0.100", interface=veth1, count=3, interval=0.2)  # … ping 10.68.0.100 -I veth1
check("the container reaches its host", answer.ok)
picture(host)

# %% [markdown]
# For more than one container, the host's ends go to a bridge. Unlike a switch, this one has an address,
# for it is the containers' way out: their default route leads to it.

# %% D2.3 a bridge with an address, and a default route through it | after D2.2
host.brctl.addbr("mybridge")  # brctl addbr mybridge
mybridge = Link("mybridge")
mybridge.addr.add("10.68.0.1/24")  # ip addr add 10.68.0.1/24 dev mybridge
mybridge.up()  # ip link set dev mybridge up
check("it has 10.68.0.1/24", "10.68.0.1/24" in map(str, mybridge.addr.show()))  # ip addr show mybridge
veth1_p.set(master=mybridge)  # ip link set veth1_p master mybridge
(bridge,) = host.brctl.show()  # brctl show
check("veth1_p is its port", bridge.interfaces == ("veth1_p",))
answer = net1.ping("10.68.0.1", interface=veth1, count=3, interval=0.2)  # … ping 10.68.0.1 -I veth1
check("the container reaches the bridge", answer.ok)
(route,) = net1.route.show()  # ip netns exec net1 ip route
check("its only route is its own network", route.dst == "10.68.0.0/24")
net1.exec("route", "add", "default", "gw", "10.68.0.1", "dev", "veth1")  # … route add default gw 10.68.0.1 dev veth1
with aside("the same, as ip shows it"):
    check("the default route leads to the bridge", net1.route.show("default")[0].gateway == "10.68.0.1")
with aside("a second container, wired the same way"):
    net2 = Namespace("net2").add()
    veth2, veth2_p = VethPair("veth2", "veth2_p", peer_netns=net2).add()
    veth2.set(master=mybridge)
    veth2.up()
    veth2_p.addr.add("10.68.0.102/24")
    veth2_p.up()
    check("net1 and net2 talk through the bridge", net1.ping("10.68.0.102", count=2, interval=0.2).ok)
picture(host)

# %% [markdown]
# The last hop: the host's own card becomes a port of the bridge, and the host forwards what is not for
# itself. Here the world outside is another private machine that owns 8.8.8.8: no packet leaves yours.

# %% D2.4 the way out | after D2.3
with aside("given: the world outside, which owns 8.8.8.8, and a card that leads there"):
    outside = lab.host("outside")
    lab.cable(host, outside, name="eth0", addresses=(None, "10.68.0.254/24"))
    outside.link("lo").addr.add("8.8.8.8/32")
    host.sysctl["net.ipv4.ip_forward"] = 0
host.brctl.addif("mybridge", "eth0")  # brctl addif mybridge eth0
with aside("given: the host's own way out, which now leads through the bridge"):
    # Else the host would answer on the port itself, for the address that D2.2 gave it.
    veth1_p.addr.delete("10.68.0.100/24")
    host.route.add("default", via="10.68.0.254", dev=mybridge)
    check("the host itself reaches 8.8.8.8", host.ping("8.8.8.8", count=1).ok)
    check("but does not forward yet", not net1.ping("8.8.8.8", interface=veth1, count=1, wait=0.5, check=False))
host.sysctl["net.ipv4.ip_forward"] = 1  # sysctl net.ipv4.ip_forward=1
answer = net1.ping("8.8.8.8", interface=veth1, count=3, interval=0.2)  # ip netns exec net1 ping 8.8.8.8 -I veth1
check("the container reaches the world", answer.ok)
picture(lab)
