"""The READMEs' pictures are what the library draws."""

from __future__ import annotations

import re

import pytest

from netns_kit import Bridge, Lab, Namespace, Topology, VethPair, Vrf, VxlanLink
from scripts.manual import pictures
from tests.conftest import needs_tool
from tests.documents import readmes


@needs_tool("dot")
@pytest.mark.parametrize("shade", ["light", "dark"])
def test_the_bridge(shade: str) -> None:
    """Three namespaces at a bridge, for light pages and for dark ones, which share no colour but that of nothing."""
    kept = (pictures.FOLDER / f"bridge-{shade}.svg").read_text(encoding="utf-8")
    drawn = pictures.bridge().as_svg(dark=shade == "dark")
    assert told(drawn) == told(kept)
    assert f'"scripts/manual/pictures/bridge-{shade}.svg"' in readmes.of(".").read_text(encoding="utf-8")
    assert colours(drawn).isdisjoint(colours(pictures.bridge().as_svg(dark=shade != "dark")))


def told(svg: str) -> list[str]:
    """What a picture says."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def colours(svg: str) -> set[str]:
    """The colours of a picture."""
    return set(re.findall(r"#[0-9a-f]{6}", svg))


@pytest.mark.needs_kernel("vrf")
def test_the_overlay(lab: Lab) -> None:
    """D1.6d/e: namespaces of two machines at one switch, by bridges and a VXLAN."""
    node1, node2 = lab.host("node1"), lab.host("node2")
    outer = ("100.73.10.31", "100.73.10.36")
    lab.cable(node1, node2, name="bond1.1810", addresses=tuple(f"{one}/24" for one in outer))
    for node, local, remote, address in ((node1, *outer, "172.66.1.2/24"), (node2, *outer[::-1], "172.66.1.3/24")):
        with node.enter():
            vxlan0 = VxlanLink("vxlan0", id=88, dstport=4788, remote=remote, local=local, dev="bond1.1810").add()
            br0, vrf0 = Bridge("br0").add(), Vrf("vrf0", table=10).add()
            vxlan0.set(master=br0)
            br0.set(master=vrf0)
            ns0 = Namespace("ns0").add()
            veth0, eth0 = VethPair("veth0", "eth0", peer_netns=ns0).add()
            veth0.set(master=br0)
            eth0.addr.add(address)
            for link in (vxlan0, br0, vrf0, veth0, ns0.link("lo"), eth0):
                link.up()
    assert Topology.of(lab).as_mermaid() == readmes.blocks(readmes.of("netns_kit/views"), "mermaid")[0]
