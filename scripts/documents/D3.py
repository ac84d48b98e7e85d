"""D3: two containers, then what Docker does for them, by hand: two namespaces and a veth pair.

  test1                          test2
┌───────────────────┐          ┌───────────────────┐
│ veth-test1        │          │ veth-test2        │
│ 192.168.1.1/24    ├──────────┤ 192.168.1.2/24    │
└───────────────────┘          └───────────────────┘
"""

from netns_kit import Link, Namespace, VethPair
from scripts.replaying.words import LeftOut, aside, check, docker, machine, picture

host = machine()


def listed() -> set[str]:
    """The names of the namespaces. Equivalent to: `ip netns list`"""
    return {netns.name for netns in host.netns.list()}


# %% [markdown]
# What Docker gives two containers without being asked: an address each, and a bridge between them.

# %% D3.1 two containers
with aside("given: a Docker engine, here one of this replay's own"):
    if not docker(host):
        raise LeftOut("a Docker engine of one's own needs root and the packages docker.io and busybox-static")
forever = ("/bin/sh", "-c", "while true; do sleep 3600;done")
# docker run -d --name test1 busybox /bin/sh -c 'while true; do sleep 3600;done'
host.exec("docker", "run", "-d", "--name", "test1", "busybox", *forever)
# docker run -d --name test2 busybox /bin/sh -c 'while true; do sleep 3600;done'
host.exec("docker", "run", "-d", "--name", "test2", "busybox", *forever)
with host.session("docker", "exec", "-i", "test1", "/bin/sh") as shell:  # docker exec -it test1 /bin/sh
    check("test1 has 172.17.0.2/16", "inet 172.17.0.2/16" in shell.exec("ip", "a").stdout)  # ip a
with host.session("docker", "exec", "-i", "test2", "/bin/sh") as shell:  # docker exec -it test2 /bin/sh
    check("test2 has 172.17.0.3/16", "inet 172.17.0.3/16" in shell.exec("ip", "a").stdout)  # ip a
    answer = shell.exec("ping", "-c", "2", "172.17.0.2")  # ping 172.17.0.2
    check("test2 reaches test1", "2 packets received" in answer.stdout)
with aside("the same from outside, by the library"):
    test1, test2 = (Namespace.of_container(name) for name in ("test1", "test2"))
    check("test1's address", "172.17.0.2/16" in map(str, test1.addr.show()))
    check("test1 reaches test2", test1.ping("172.17.0.3", count=2, interval=0.2).ok)
picture(host)

# %% [markdown]
# The same by hand, without Docker. First the namespaces: list, add, delete, look inside.

# %% D3.2 list, add, delete
before = listed()  # sudo ip netns list
test3 = Namespace("test3").add()  # sudo ip netns add test3
check("test3 is listed", listed() == before | {"test3"})  # sudo ip netns list
test3.delete()  # sudo ip netns delete test3
check("and then no more", listed() == before)  # sudo ip netns list
test1 = Namespace("test1").add()  # sudo ip netns add test1
test2 = Namespace("test2").add()  # sudo ip netns add test2
check("test1 and test2 are listed", listed() == before | {"test1", "test2"})  # sudo ip netns list
check("test1 has no address yet", test1.addr.show() == ())  # sudo ip netns exec test1 ip a
with test1.enter():
    Link("lo").up()  # sudo ip netns exec test1 ip link set dev lo up
addresses = test1.addr.show()  # sudo ip netns exec test1 ip a
check("lo has its addresses", {str(address) for address in addresses} == {"127.0.0.1/8", "::1/128"})
with aside("its state"):
    check("which is UNKNOWN, for lo never says UP", test1.link("lo").show().state == "UNKNOWN")
picture(host)

# %% [markdown]
# Then the cable between them, step by step: make it, move its ends, give them addresses, bring them up.

# %% D3.3 a veth pair | after D3.2
veth1, veth2 = VethPair("veth-test1", "veth-test2").add()  # sudo ip link add veth-test1 type veth peer name veth-test2
links = [link.name for link in host.link.show()]  # sudo ip link
check("both ends are on the host", {"veth-test1", "veth-test2"} <= set(links))
veth1.set(netns=test1)  # sudo ip link set veth-test1 netns test1
check("one is in test1", "veth-test1" in [link.name for link in test1.link.show()])  # sudo ip netns exec test1 ip link
veth2.set(netns=test2)  # sudo ip link set veth-test2 netns test2
check("one in test2", "veth-test2" in [link.name for link in test2.link.show()])  # sudo ip netns exec test2 ip link
links = [link.name for link in host.link.show()]  # sudo ip link
check("and none on the host", not {"veth-test1", "veth-test2"} & set(links))
veth1.addr.add("192.168.1.1/24")  # sudo ip netns exec test1 ip addr add 192.168.1.1/24 dev veth-test1
veth2.addr.add("192.168.1.2/24")  # sudo ip netns exec test2 ip addr add 192.168.1.2/24 dev veth-test2
ups = [net.link.show()[-1].up for net in (test1, test2)]  # sudo ip netns exec test1 ip link, and test2
check("both are down still", ups == [False, False])
veth1.up()  # sudo ip netns exec test1 ip link set dev veth-test1 up
veth2.up()  # sudo ip netns exec test2 ip link set dev veth-test2 up
ups = [net.link.show()[-1].up for net in (test1, test2)]  # sudo ip netns exec test1 ip link, and test2
check("now they are up", ups == [True, True])
check("test1 has 192.168.1.1/24", "192.168.1.1/24" in map(str, test1.addr.show()))  # sudo ip netns exec test1 ip a
check("test2 has 192.168.1.2/24", "192.168.1.2/24" in map(str, test2.addr.show()))  # sudo ip netns exec test2 ip a
answer = test1.ping("192.168.1.2", count=3, interval=0.2)  # sudo ip netns exec test1 ping 192.168.1.2
check("test1 reaches test2", answer.ok)
answer = test2.ping("192.168.1.1", count=3, interval=0.2)  # sudo ip netns exec test2 ping 192.168.1.1
check("test2 reaches test1", answer.ok)
picture(host)
