"""A copy to break, of a machine behind SSH; a script that is recorded there."""

from __future__ import annotations

from pathlib import Path

from netns_kit import Bridge, Namespace, Topology, record
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
    # A bridge needs a moment until it works.
    changes = before.compare(Topology.of(node1, whole=True)).changes
    assert [change for change in changes if change.what != "state"] == []
    assert len(node1.transcript) == typed


def test_a_script_is_recorded_behind_ssh(ssh_lab: SshLab, tmp_path: Path) -> None:
    """What a script does there is recorded, and nothing but what it did is left."""
    path = tmp_path / "setup.sh"
    path.write_text("set -e\nip netns add a\nip netns exec a ip link set lo up\nip link set nosuch up\n")
    with ssh_lab.ssh("node1") as host:
        recording = record(["bash", path], at=host)
        assert [str(one.command) for one in recording.transcript] == [
            "ip netns add a",
            "ip -n a link set lo up",
            "ip link set nosuch up",
        ]
        assert recording.failed_at == "setup.sh:4"
        assert list(host.transcript) == []
    assert [known.name for known in ssh_lab.lab.hosts["node1"].netns.list()] == ["a"]
