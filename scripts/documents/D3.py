"""D3: two containers, then what Docker does for them, by hand: two namespaces and a veth pair.

  test1                          test2
┌───────────────────┐          ┌───────────────────┐
│ veth-test1        │          │ veth-test2        │
│ 192.168.1.1/24    ├──────────┤ 192.168.1.2/24    │
└───────────────────┘          └───────────────────┘
"""

from netns_kit import Host, Namespace, VethPair

host = Host.private().use()  # a machine of one's own: no root needed, and nothing outside it changes

# %% [markdown]
# Docker gives containers a network without being asked: an address each, and a bridge between them. This first step
# needs a Docker engine on the machine where it is typed, with an image called busybox. A fresh private machine has
# none, and says so. `./scripts/replay D3` brings one along, as root; on a machine with Docker,
# `host = Host.local(sudo=True).use()` in the first cell does it. All that follows works without.

# %% D3.1 two containers
forever = ("/bin/sh", "-c", "while true; do sleep 3600;done")
# docker run -d --name test1 busybox /bin/sh -c 'while true; do sleep 3600;done'
host.exec("docker", "run", "-d", "--name", "test1", "busybox", *forever)
# docker run -d --name test2 busybox /bin/sh -c 'while true; do sleep 3600;done'
host.exec("docker", "run", "-d", "--name", "test2", "busybox", *forever)

# %% [markdown]
# A shell in a container sees the container's network: its `eth0` has an address of 172.17.0.0/16, Docker's own choice.

# %% D3.1 the first one's addresses, from inside
with host.session("docker", "exec", "-i", "test1", "/bin/sh") as shell:  # docker exec -it test1 /bin/sh
    addresses = shell.exec("ip", "a")  # ip a
assert "inet 172.17.0.2/16" in addresses.stdout
addresses

# %% D3.1 the second one's, and a ping to the first
with host.session("docker", "exec", "-i", "test2", "/bin/sh") as shell:  # docker exec -it test2 /bin/sh
    addresses = shell.exec("ip", "a")  # ip a
    answer = shell.exec("ping", "-c", "2", "172.17.0.2")  # ping 172.17.0.2
assert "inet 172.17.0.3/16" in addresses.stdout
assert "2 packets received" in answer.stdout
answer

# %% [markdown]
# From outside, a container's network is a namespace like any other. Docker has given it no name, but it can be found.

# %% D3.1 the same from outside
test1, test2 = Namespace.of_container("test1"), Namespace.of_container("test2")
assert test1.ping("172.17.0.3", count=2, interval=0.2).ok
test1.addr.show()

# %% [markdown]
# Now the same by hand. First the namespaces themselves: there are none with a name, then one, then none again.

# %% D3.2 list, add, delete
before = host.netns.list()  # sudo ip netns list
test3 = Namespace("test3").add()  # sudo ip netns add test3
during = host.netns.list()  # sudo ip netns list
test3.delete()  # sudo ip netns delete test3
assert host.netns.list() == before  # sudo ip netns list
during

# %% [markdown]
# Two that stay, with the names of the two containers.

# %% D3.2 two namespaces
test1 = Namespace("test1").add()  # sudo ip netns add test1
test2 = Namespace("test2").add()  # sudo ip netns add test2
host.netns.list()  # sudo ip netns list

# %% [markdown]
# Inside there is a loopback, which is down and has no address. Set up, it gets both of its own, but its state never
# says UP. UNKNOWN is right: whether there is a signal on the cable is a question that makes no sense without a cable.

# %% D3.2 look inside, and set the loopback up
assert test1.addr.show() == ()  # sudo ip netns exec test1 ip a
test1.link("lo").up()  # sudo ip netns exec test1 ip link set dev lo up
test1.addr.show()  # sudo ip netns exec test1 ip a

# %% [markdown]
# The cable: a veth pair, made as a whole. At first both ends are on the host …

# %% D3.3 a veth pair
veth1, veth2 = VethPair("veth-test1", "veth-test2").add()  # sudo ip link add veth-test1 type veth peer name veth-test2
host.link.show()  # sudo ip link

# %% [markdown]
# … and then one in each namespace, and none on the host.

# %% D3.3 an end for each
veth1.set(netns=test1)  # sudo ip link set veth-test1 netns test1
test1.link.show()  # sudo ip netns exec test1 ip link
veth2.set(netns=test2)  # sudo ip link set veth-test2 netns test2
test2.link.show()  # sudo ip netns exec test2 ip link
host.link.show()  # sudo ip link

# %% [markdown]
# With addresses alone nothing is reached yet: both ends are still down.

# %% D3.3 addresses
veth1.addr.add("192.168.1.1/24")  # sudo ip netns exec test1 ip addr add 192.168.1.1/24 dev veth-test1
veth2.addr.add("192.168.1.2/24")  # sudo ip netns exec test2 ip addr add 192.168.1.2/24 dev veth-test2
test1.link.show()  # sudo ip netns exec test1 ip link
test2.link.show()  # sudo ip netns exec test2 ip link

# %% [markdown]
# Unlike the loopback, a veth says UP: it has a cable, and as soon as both of its ends are up, a signal on it.

# %% D3.3 both ends up
veth1.up()  # sudo ip netns exec test1 ip link set dev veth-test1 up
veth2.up()  # sudo ip netns exec test2 ip link set dev veth-test2 up
test1.link.show()  # sudo ip netns exec test1 ip link
test2.link.show()  # sudo ip netns exec test2 ip link

# %% D3.3 and their addresses
test1.addr.show()  # sudo ip netns exec test1 ip a
test2.addr.show()  # sudo ip netns exec test2 ip a

# %% [markdown]
# Two networks, one cable. All that Docker's network has besides is a bridge, so that there can be more than two, and
# a way out.

# %% D3.3 each reaches the other
assert test1.ping("192.168.1.2", count=3, interval=0.2).ok  # sudo ip netns exec test1 ping 192.168.1.2
assert test2.ping("192.168.1.1", count=3, interval=0.2).ok  # sudo ip netns exec test2 ping 192.168.1.1

# %% [markdown]
# ## To try
#
# - Give test2 the address 192.168.2.2/24 instead. Why does the ping fail now, although the cable is the same? Make it
#   work again without changing an address: `test1.route.add(…)`, and the same in test2.
# - Delete test1 with `test1.delete()`. What has become of veth-test2, and why of both?
# - With Docker at hand: find the other end of the container's `eth0` on the host. `test1.link("eth0").show()` tells its
#   index, and `host.link.show()` has it. What is its master?
