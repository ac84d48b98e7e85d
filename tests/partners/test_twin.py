"""A copy to break, of a machine behind SSH."""

from __future__ import annotations

from netns_kit import Bridge, Namespace, Topology
from tests.partners.conftest import SshLab


def test_a_twin_of_a_machine_behind_ssh(ssh_lab: SshLab) -> None:
    """It has the same names and addresses, rootless, and nothing of the original was touched."""
    node1 = ssh_lab.lab.hosts["node1"]
    inside = Namespace("ns0", at=node1).add()
    br0 = Bridge("br0", at=node1).add()
    br0.plug(inside, address="172.66.1.2/24")
    br0.up()
    before, typed = Topology.of(node1, whole=True), len(node1.transcript)
    host = ssh_lab.ssh("node1")
    with host:
        topology = Topology.of(host, whole=True)
        assert list(host.transcript) == []
        with topology.twin() as twin:
            again = Topology.of(twin, whole=True)
            told = [change for change in topology.compare(again).changes if change.what not in ("kind", "state")]
            assert told == []
            assert "cut off: stands in for a veth whose other end is in a namespace without a name" in str(again)
            twin.hosts["node1"].iptables.policy("FORWARD", "DROP")
            tried = topology.compare(Topology.of(twin, whole=True))
            assert '+ node1 setting: iptables.policy("FORWARD", "DROP")' in str(tried)
    assert not before.compare(Topology.of(node1, whole=True))
    assert len(node1.transcript) == typed
