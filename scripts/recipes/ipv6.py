"""IPv6 by itself: a router announces its prefix with radvd, and hosts give themselves addresses."""

import ipaddress

from netns_kit import Lab, Topology

RADVD = """
interface eth0 {
    AdvSendAdvert on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    prefix 2001:db8:1::/64 { };
};
"""

with Lab() as lab:
    router, pc1, pc2 = (lab.host(name) for name in ("router", "pc1", "pc2"))
    lab.switch("segment", router, pc1, pc2, addresses=("2001:db8:1::1/64", None, None))
    router.sysctl.set("net.ipv6.conf.all.forwarding", 1)
    router.exec("tee", "/run/radvd.conf", input=RADVD)

    words = ("--nodaemon", "--logmethod", "stderr", "--config", "/run/radvd.conf", "--pidfile", "/run/radvd.pid")
    with router.start("radvd", *words):

        def own(pc):
            """The address that a host gave itself, once nobody else was found to have it."""
            found = pc.link("eth0").addr.show(family=6, scope="global", tentative=False)
            return found[0].local if found else None

        address = pc2.wait_until(lambda: own(pc2), timeout=60)
        pc1.wait_until(lambda: own(pc1), timeout=60)
        assert ipaddress.ip_address(address) in ipaddress.ip_network("2001:db8:1::/64")
        assert pc1.ping(address, count=1).ok
        assert [route.gateway[:5] for route in pc1.route.show(family=6) if route.dst == "default"] == ["fe80:"]
        print(Topology.of(lab))
