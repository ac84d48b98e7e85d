"""VLANs: one switch, two networks that do not see each other, and a trunk to another switch."""

from netns_kit import Bridge, Lab, Namespace, Topology

with Lab() as lab:
    first, second = lab.host("first"), lab.host("second")
    trunk = lab.cable(first, second)

    for host, end, numbers in ((first, trunk[0], (1, 2)), (second, trunk[1], (3, 4))):
        br0 = Bridge("br0", vlan_filtering=True, vlan_default_pvid=0, at=host).add(up=True)
        end.set(master=br0)
        for vid in (10, 20):
            end.vlan.add(vid)  # the trunk carries both, tagged
        for number, vid in zip(numbers, (10, 20), strict=True):
            br0.plug(Namespace(f"pc{number}", at=host).add(), address=f"10.0.0.{number}/24", port=f"port{number}")
            host.link(f"port{number}").vlan.add(vid, pvid=True, untagged=True)

    print(Topology.of(lab))
    pc1, pc2 = Namespace("pc1", at=first), Namespace("pc2", at=first)
    assert pc1.ping("10.0.0.3", count=1).ok  # VLAN 10, over the trunk
    assert pc2.ping("10.0.0.4", count=1).ok  # VLAN 20
    assert not pc1.ping("10.0.0.2", count=1, check=False).ok  # the same switch, another VLAN
