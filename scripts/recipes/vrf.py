"""VRF: two customers of one router, with the same addresses, and tables of their own."""

from netns_kit import Lab, Topology, Vrf

with Lab() as lab:
    router = lab.host("router")
    router.sysctl.set("net.ipv4.ip_forward", 1)
    for number, name in enumerate(("red", "blue"), 1):
        vrf = Vrf(name, table=10 * number, at=router).add(up=True)
        for side, net in (("west", "10.0.1"), ("east", "10.0.2")):
            pc = lab.host(f"{name}-{side}")
            _, port = lab.cable(pc, router, names=("eth0", f"{name}-{side}"))
            # A link that joins a VRF takes its routes along, so the address comes afterwards.
            port.set(master=vrf)
            port.addr.add(f"{net}.254/24")
            pc.link("eth0").addr.add(f"{net}.1/24")
            pc.route.add("default", via=f"{net}.254")

    print(Topology.of(lab))
    for name in ("red", "blue"):
        assert lab.hosts[f"{name}-west"].ping("10.0.2.1", count=1).ok
    # Each is only its own customer's: with blue's cable cut, red's still answers.
    lab.hosts["blue-east"].link("eth0").down()
    assert lab.hosts["red-west"].ping("10.0.2.1", count=1).ok
    assert not lab.hosts["blue-west"].ping("10.0.2.1", count=1, check=False).ok
