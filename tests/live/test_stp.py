"""The spanning tree, as `ip` and as `brctl` tell it."""

from __future__ import annotations

from netns_kit import Bridge, Host, VethPair
from scripts.testing.waiting import LONG


def loop() -> tuple[Bridge, Bridge]:
    """Two bridges with two cables between them; the first is to be the root."""
    bridges = tuple(
        Bridge(f"br{number}", stp_state=True, forward_delay=200, priority=4096 * (number + 1)).add(up=True)
        for number in (0, 1)
    )
    for number in (1, 2):
        for end, bridge in zip(VethPair(f"a{number}", f"b{number}").add().ends, bridges, strict=True):
            end.set(master=bridge)
            end.up()
    return bridges


def test_the_tree(host: Host) -> None:
    """The root is known at both, by both tools; of the two ways one is blocked."""
    br0, br1 = loop()
    host.wait_until(lambda: {one.state for one in br1.stp().ports} == {"forwarding", "blocking"}, timeout=LONG)
    host.wait_until(lambda: {one.state for one in br0.stp().ports} == {"forwarding"}, timeout=LONG)
    near, far = br0.stp(), br1.stp()
    assert near.is_root
    assert (near.root, near.root_port, near.root_cost) == (near.id, None, 0)
    assert not far.is_root
    assert (far.root, far.root_port, far.root_cost) == (near.id, "b1", 2)
    assert [(one.name, one.role, one.state) for one in far.ports] == [
        ("b1", "root", "forwarding"),
        ("b2", "alternate", "blocking"),
    ]
    assert [(one.name, one.role) for one in near.ports] == [("a1", "designated"), ("a2", "designated")]
    assert (near.hello_time, near.max_age, near.forward_delay) == (2.0, 20.0, 2.0)
    assert str(far).splitlines()[0] == f"br1 {far.id}, root {near.id}, by b1, cost 2"
    assert "alternate" in str(far)
    for bridge, known in ((br0, near), (br1, far)):
        told = host.brctl.showstp(bridge)
        assert told.topology_change in (True, False)
        assert [getattr(told, name) for name in told if name != "topology_change"] == [
            getattr(known, name) for name in known if name != "topology_change"
        ]


def test_a_bridge_without_ports(host: Host) -> None:
    """It is the root of its own tree."""
    br0 = Bridge("br0").add()
    for found in (br0.stp(), host.brctl.showstp("br0")):
        assert found.is_root
        assert found.ports == ()
        assert found.id.startswith("8000.")


def test_a_port_that_is_down(host: Host) -> None:
    """It has no part in the tree."""
    br0 = Bridge("br0").add(up=True)
    VethPair("p1", "p2").add().ends[0].set(master=br0)
    for found in (br0.stp(), host.brctl.showstp("br0")):
        assert [(one.name, one.role, one.state) for one in found.ports] == [("p1", "disabled", "disabled")]
