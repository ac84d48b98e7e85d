"""Watching machines behind SSH: their own tcpdump tells what crosses their links."""

from __future__ import annotations

from pathlib import Path

import pytest

from netns_kit import Host, InvalidArgumentError, Namespace, NotFoundError, ToolMissingError, VethPair, follow
from netns_kit.watching.watch import Watch
from scripts.testing.ssh_lab import SshLab
from tests.conftest import needs_tool

pytestmark = needs_tool("tcpdump")


def test_a_walk_between_two_machines(ssh_lab: SshLab) -> None:
    """A ping from a namespace of one machine to the other is seen on the links of both, and no transcript has it."""
    with ssh_lab.ssh("node1") as node1, ssh_lab.ssh("node2") as node2:
        net = Namespace("net", at=node1).add()
        outer, inner = VethPair("port", "eth0", peer_netns=net, at=node1).add()
        for end, address in ((inner, "10.8.0.2/24"), (outer, "10.8.0.1/24")):
            end.addr.add(address)
            end.up()
        net.route.add("default", via="10.8.0.1")
        node1.sysctl.set("net.ipv4.ip_forward", 1)
        node2.route.add("10.8.0.0/24", via="10.9.0.1")
        before = len(node1.transcript), len(node2.transcript)
        walk = follow(net, "10.9.0.2", among=[node2])
        assert walk.ok
        out = next(leg for leg in walk.legs if leg.kind == "out")
        seen = {(one.place, one.direction) for one in out.crossings}
        assert {("node1/net", "out"), ("node1", "in"), ("node1", "out"), ("node2", "in")} <= seen
        assert (len(node1.transcript), len(node2.transcript)) == before


def test_a_capture_behind_ssh(node1: Host, tmp_path: Path) -> None:
    """A capture has what crosses one of its links, by its filter, and can be saved; what cannot be is refused."""
    node1.link("lo").up()
    with node1.capture("lo", "icmp") as packets:
        node1.ping("127.0.0.1", count=1)
    assert [one.info.split(",")[0] for one in packets] == ["ICMP echo request", "ICMP echo reply"]
    assert {(one.link, one.source) for one in packets} == {("lo", "127.0.0.1")}
    assert packets.save(tmp_path / "far.pcap").stat().st_size > 100
    with pytest.raises(InvalidArgumentError, match="filter"):
        node1.capture("lo", "icmpp")
    with pytest.raises(NotFoundError, match="eth9"), node1.capture("eth9"):
        pass


def test_without_tcpdump_there(ssh_lab: SshLab, node1: Host) -> None:
    """A machine without tcpdump is an error that names the package."""
    ssh_lab.replace("node1", "/usr/bin/tcpdump", "#!/not/there\n")
    (ssh_lab.folder / "node1--usr-bin-tcpdump").chmod(0o755)
    with pytest.raises(ToolMissingError, match="apt-get install tcpdump"), Watch([node1]):
        pass
