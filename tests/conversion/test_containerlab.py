"""Networks as files of containerlab, and back."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from netns_kit import Bridge, Host, InvalidArgumentError, Lab, Namespace, Topology, VethPair, VxlanLink
from scripts.testing.waiting import LONG
from tests.networks import bridge_of_d0

yaml = pytest.importorskip("yaml", reason="no PyYAML here: the legs on the CPython of ./scripts/test run it")

NODE = {"kind", "image", "network-mode", "labels", "exec"}


def comes_back(what: Host | Lab, path: Path) -> dict[str, Any]:
    """The file of a network, after what is built of it was held to be equal."""
    before = Topology.of(what, whole=True)
    path.write_text(before.as_containerlab("lab"), encoding="utf-8")
    with Lab.from_containerlab(path) as lab:
        deadline = time.monotonic() + LONG
        # Links need a moment until they work.
        while (changes := before.compare(Topology.of(lab, whole=True))) and time.monotonic() < deadline:
            before = Topology.of(what, whole=True)
        assert not changes, f"{changes}{path.read_text()}"
        assert lab.left_out == ()
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    fits_the_schema(found)
    return found


def fits_the_schema(file: dict[str, Any]) -> None:
    """What containerlab's published schema asks of the parts that are written."""
    assert file.keys() == {"name", "topology"}
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]*", file["name"])
    topology = file["topology"]
    assert topology.keys() <= {"nodes", "links"}
    for name, node in topology["nodes"].items():
        assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._|-]*", name)
        assert node.keys() <= NODE
        assert (node["kind"], node["network-mode"]) == ("linux", "none")
        assert all(isinstance(line, str) for line in node.get("exec", ["true"]))
        assert node.get("exec") != []
        assert all(isinstance(value, str) and value for value in node["labels"].values())
    assert topology.get("links") != []
    for link in topology.get("links", ()):
        assert link.keys() == {"endpoints", "mtu"}
        for end in link["endpoints"]:
            node, name = end.split(":")
            assert node in topology["nodes"]
            assert re.fullmatch(r"\S{1,15}", name)


def test_d0(private_host: Host, tmp_path: Path) -> None:
    """D0's bridge: four nodes, three cables, and what is typed in each; it comes back equal."""
    with private_host.enter():
        bridge_of_d0()
    file = comes_back(private_host, tmp_path / "d0.clab.yml")
    assert list(file["topology"]["nodes"]) == ["host", "net0", "net1", "net2"]
    assert file["topology"]["links"][0] == {"endpoints": ["host:veth0", "net0:eth0"], "mtu": 1500}
    assert "ip addr add 10.0.1.1/24 dev eth0" in file["topology"]["nodes"]["net0"]["exec"]


def test_a_lab_with_more(tmp_path: Path) -> None:
    """Routers, rules, a firewall, an MTU, an entry that names an Ethernet address, two namespaces of one name."""
    with Lab() as lab:
        pc1, router = lab.host("pc1"), lab.host("router")
        lab.cable(pc1, router, addresses=("10.0.0.2/24", "10.0.0.1/24"), mtu=1400)
        router.sysctl.set("net.ipv4.ip_forward", 1)
        router.iptables.append("FORWARD", in_interface="eth0", jump="DROP")
        router.rule.add(from_="10.0.0.0/24", table=100, priority=50)
        pc1.route.add("default", via="10.0.0.1")
        mac = router.link("eth0").show().address
        pc1.neigh.replace("10.0.0.1", lladdr=mac, dev="eth0")
        for host in (pc1, router):
            net = Namespace("ns:0" if host is pc1 else "ns-0", at=host).add()
            VethPair("inner", "eth0", peer_netns=net, at=host).add()
        file = comes_back(lab, tmp_path / "lab.clab.yml")
    assert set(file["topology"]["nodes"]) == {"pc1", "ns-0", "router", "router-ns-0"}
    assert {"endpoints": ["pc1:eth0", "router:eth0"], "mtu": 1400} in file["topology"]["links"]
    assert f"ip link set dev eth0 mtu 1400 address {mac}" in file["topology"]["nodes"]["router"]["exec"]


@pytest.mark.needs_kernel("vxlan")
def test_vxlan_on_two_nodes(tmp_path: Path) -> None:
    """D1.6e's shape: two nodes, a VXLAN between their bridges."""
    with Lab() as lab:
        nodes = [lab.host("node1"), lab.host("node2")]
        lab.cable(*nodes, name="eth0", addresses=("192.168.31.1/24", "192.168.31.2/24"))
        for number, node in enumerate(nodes, 1):
            with node.enter():
                bridge_of_d0()
            VxlanLink(
                "vx0", id=100, dstport=4789, remote=f"192.168.31.{3 - number}", dev="eth0", at=node
            ).add().set(master="br0")  # fmt: skip
            node.link("vx0").up()
        file = comes_back(lab, tmp_path / "d1.clab.yml")
    assert set(file["topology"]["nodes"]) == {
        "node1", "node2", *(f"net{number}" for number in range(3)), *(f"node2-net{number}" for number in range(3))
    }  # fmt: skip


FOREIGN = """
name: example
mgmt: {network: custom}
topology:
  defaults: {kind: linux}
  kinds:
    linux: {image: alpine:3, exec: ["ip link add dummy-less type bridge"]}
  nodes:
    r1:
      binds: [a:/b]
      sysctls: {net.ipv4.ip_forward: 1}
      exec:
      - ip addr add 10.1.0.1/24 dev eth1
      - vtysh -c 'show version'
    srl: {kind: nokia_srlinux, startup-config: x.cfg}
    sw: {kind: bridge}
    pc:
  links:
  - endpoints: ["r1:eth1", "sw:port1"]
  - type: veth
    endpoints: [{node: pc, interface: eth1, mac: "02:00:00:00:00:07"}, {node: sw, interface: port2}]
    ipv4: [10.1.0.2/24, ""]
  - endpoints: ["srl:e1-1", "host:eth9"]
"""


def test_somebody_elses_file(tmp_path: Path) -> None:
    """A file of containerlab's own kind: what private hosts can be is built, and the rest is said."""
    path = tmp_path / "x.clab.yml"
    path.write_text(FOREIGN, encoding="utf-8")
    with Lab.from_containerlab(path) as lab:
        assert list(lab.hosts) == ["r1", "srl", "sw", "pc"]
        assert lab.hosts["pc"].ping("10.1.0.1", count=1).ok
        assert lab.hosts["pc"].link("eth1").show().address == "02:00:00:00:00:07"
        assert lab.hosts["r1"].link("eth1").show().mtu == 9500
        assert lab.hosts["r1"].sysctl.get("net.ipv4.ip_forward") == "1"
        assert lab.hosts["pc"].link("dummy-less").exists()
        assert lab.left_out == (
            "mgmt",
            "the link of srl:e1-1 and host:eth9 (veth), which leads out of the lab",
            "r1: binds",
            "srl: that it is a nokia_srlinux; a host with nothing but its links is there",
            "srl: startup-config",
            "r1: `vtysh -c 'show version'`, for there is no such program here",
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: b",
        "[1, 2]",
        "topology: {nodes: [a]}",
        "{",
        "topology: {nodes: {a: }, links: [{endpoints: [a]}]}",
        "\x00",
    ],
)
def test_no_file_of_containerlab(tmp_path: Path, text: str) -> None:
    """What is none is refused, by the argument's name, and nothing is built."""
    path = tmp_path / "x.clab.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match=r"path=.*no file of containerlab"):
        Lab.from_containerlab(path)


def test_star(tmp_path: Path) -> None:
    """star(10): a bridge and ten namespaces."""
    with Host.private("host") as host:
        br0 = Bridge("br0", at=host).add(up=True)
        for number in range(10):
            br0.plug(Namespace(f"net{number}", at=host).add(), address=f"10.0.0.{number + 1}/24", port=f"port{number}")
        assert len(comes_back(host, tmp_path / "star.clab.yml")["topology"]["links"]) == 10
