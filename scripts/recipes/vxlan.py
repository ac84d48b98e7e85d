"""VXLAN: an Ethernet of one's own over somebody else's network. Three machines flood what they know no way for."""

from netns_kit import Bridge, Lab, Namespace, Topology, VxlanLink

EVERYONE = "00:00:00:00:00:00"

with Lab() as lab:
    nodes = [lab.host(f"node{number}") for number in (1, 2, 3)]
    addresses = [f"192.0.2.{number}" for number in (1, 2, 3)]
    lab.switch("segment", *nodes, addresses=[f"{address}/24" for address in addresses])

    for number, (node, own) in enumerate(zip(nodes, addresses, strict=True), 1):
        br0 = Bridge("br0", at=node).add(up=True)
        vxlan0 = VxlanLink("vxlan0", id=88, local=own, dev="eth0", dstport=4789, at=node).add()
        vxlan0.set(master=br0)
        vxlan0.up()
        for other in addresses:
            if other != own:
                vxlan0.fdb.append(EVERYONE, dst=other)
        br0.plug(Namespace("net", at=node).add(), address=f"10.0.0.{number}/24")

    print(Topology.of(lab))
    first = Namespace("net", at=nodes[0])
    assert first.ping("10.0.0.2", count=1).ok
    assert first.ping("10.0.0.3", count=1).ok
    # What a ping carries there: 50 bytes of headers less than the segment.
    assert first.exec("ping", "-c1", "-M", "do", "-s", 1450 - 28, "10.0.0.3").ok
