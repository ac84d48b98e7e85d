"""Routers in a row: who is not a neighbour is reached by way of others."""

from netns_kit import Lab, Topology

with Lab() as lab:
    pc1, router1, router2, pc2 = (lab.host(name) for name in ("pc1", "router1", "router2", "pc2"))
    lab.cable(pc1, router1, addresses=("10.0.1.1/24", "10.0.1.254/24"))
    lab.cable(router1, router2, addresses=("10.0.0.1/30", "10.0.0.2/30"))
    lab.cable(router2, pc2, addresses=("10.0.2.254/24", "10.0.2.1/24"))

    for router in (router1, router2):
        router.sysctl.set("net.ipv4.ip_forward", 1)
    router1.route.add("10.0.2.0/24", via="10.0.0.2")
    router2.route.add("10.0.1.0/24", via="10.0.0.1")
    pc1.route.add("default", via="10.0.1.254")
    pc2.route.add("default", via="10.0.2.254")

    print(Topology.of(lab))
    answer = pc1.ping("10.0.2.1", count=1)
    assert [reply.ttl for reply in answer.replies] == [62]  # two routers have passed it on
