"""Policy routing: two ways out, chosen by who sends."""

from netns_kit import Lab, Topology

with Lab() as lab:
    pc1, pc2, router, fast, slow, server = (
        lab.host(name) for name in ("pc1", "pc2", "router", "fast", "slow", "server")
    )
    lab.cable(pc1, router, addresses=("10.0.1.1/24", "10.0.1.254/24"))
    lab.cable(pc2, router, addresses=("10.0.2.1/24", "10.0.2.254/24"))
    lab.cable(router, fast, addresses=("10.1.0.1/30", "10.1.0.2/30"))
    lab.cable(router, slow, addresses=("10.2.0.1/30", "10.2.0.2/30"))
    lab.switch("exchange", fast, slow, server, addresses=("192.0.2.1/24", "192.0.2.2/24", "192.0.2.10/24"))

    for host in (router, fast, slow):
        host.sysctl.set("net.ipv4.ip_forward", 1)
    pc1.route.add("default", via="10.0.1.254")
    pc2.route.add("default", via="10.0.2.254")
    router.route.add("default", via="10.1.0.2")
    router.route.add("default", via="10.2.0.2", table=100)
    router.rule.add(from_="10.0.2.0/24", table=100)  # whatever pc2 sends takes the other way
    for provider, way_back in ((fast, "10.1.0.1"), (slow, "10.2.0.1")):
        provider.route.add("10.0.0.0/16", via=way_back)
    server.route.add("10.0.1.0/24", via="192.0.2.1")
    server.route.add("10.0.2.0/24", via="192.0.2.2")

    print(Topology.of(lab))
    assert router.route.get("192.0.2.10", from_="10.0.1.1", iif="eth0").gateway == "10.1.0.2"
    assert router.route.get("192.0.2.10", from_="10.0.2.1", iif="eth1").gateway == "10.2.0.2"
    assert pc1.ping("192.0.2.10", count=1).ok
    assert pc2.ping("192.0.2.10", count=1).ok
