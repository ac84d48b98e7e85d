"""Pictures of networks that were written down: what joins what, and how it is drawn, whatever this kernel has."""

from __future__ import annotations

import pytest

from netns_kit import LinkInfo
from netns_kit.tables.route import NextHop, RouteInfo
from netns_kit.views.changes import Change, compare
from netns_kit.views.nodes import Edge, LinkNode, PlaceNode, edges, route_words
from netns_kit.views.topology import Topology


def tunnel(host: str, kind: str = "ipip", address: str = "", **about: str | int) -> PlaceNode:
    """A host with one tunnel, and an address of its own beneath it."""
    addresses = (f"{address}/24",) if address else ()
    return PlaceNode(
        host, None, (LinkNode(host, "eth0", "", addresses=addresses), LinkNode(host, "tun0", kind, about=about))
    )


JOINED = Edge("tunnel", "a/tun0", "b/tun0", "ipip")


def test_a_tunnel_by_both_ends() -> None:
    """Each end leads to the other's local address."""
    ends = tunnel("a", local="1.1.1.1", remote="2.2.2.2"), tunnel("b", local="2.2.2.2", remote="1.1.1.1")
    assert edges(ends) == (JOINED,)


def test_a_tunnel_without_local_addresses() -> None:
    """Without a local address of its own, an end is where its place has one."""
    assert edges(
        (tunnel("a", address="1.1.1.1", remote="2.2.2.2"), tunnel("b", address="2.2.2.2", remote="1.1.1.1"))
    ) == (JOINED,)


@pytest.mark.parametrize(
    "other",
    [
        tunnel("b", local="3.3.3.3", remote="1.1.1.1"),
        tunnel("b", local="2.2.2.2", remote="3.3.3.3"),
        tunnel("b", "gre", local="2.2.2.2", remote="1.1.1.1"),
        tunnel("b", local="2.2.2.2", remote="1.1.1.1", id=5),
        tunnel("b", local="2.2.2.2"),
    ],
    ids=["elsewhere", "one-sided", "kind", "id", "any"],
)
def test_ends_that_do_not_meet(other: PlaceNode) -> None:
    """Ends of which one leads elsewhere, or of another kind or key, are not joined."""
    assert edges((tunnel("a", local="1.1.1.1", remote="2.2.2.2"), other)) == ()


def test_a_group() -> None:
    """VXLANs of one multicast group and number are joined, and others are not."""
    group = [tunnel(host, "vxlan", id=number, group="239.1.1.1") for host, number in (("a", 1), ("b", 1), ("c", 2))]
    assert [(edge.first, edge.second) for edge in edges(group)] == [("a/tun0", "b/tun0")]


NODE1 = PlaceNode(
    "node1",
    None,
    (
        LinkNode("node1", "bond1", "bond", about={"mode": "802.3ad"}),
        LinkNode("node1", "bond1.1810", "vlan", peer="node1/bond1", about={"id": 1810}, addresses=("100.73.10.31/24",)),
        LinkNode("node1", "vrf0", "vrf", about={"table": 10}),
        LinkNode("node1", "br0", "bridge", master="vrf0"),
        LinkNode("node1", "veth0", "veth", master="br0", peer="node1/ns0/eth0"),
        LinkNode("node1", "gre9", "gre", up=False, about={"remote": "9.9.9.9"}),
    ),
    (RouteInfo("default", gateway="100.73.10.1", dev="bond1.1810", protocol="static", table="main"),),
)
NS0 = PlaceNode(
    "node1", "ns0", (LinkNode("node1/ns0", "eth0", "veth", peer="node1/veth0", addresses=("172.66.1.2/24",)),)
)
DRAWN = Topology((NODE1, NS0))


def test_text_of_masters() -> None:
    """A VRF holds its bridge, and the bridge its port; what stands on what is told on both."""
    assert str(DRAWN) == (
        "host node1\n"
        "├─ bond1 bond up (mode 802.3ad) under node1/bond1.1810\n"
        "├─ bond1.1810 vlan up 100.73.10.31/24 (id 1810) on node1/bond1\n"
        "├─ vrf0 vrf up (table 10)\n"
        "│  └─ br0 bridge up\n"
        "│     └─ veth0 veth up ── node1/ns0/eth0\n"
        "├─ gre9 gre down (remote 9.9.9.9)\n"
        "├─ route default via 100.73.10.1 dev bond1.1810\n"
        "└─ namespace ns0\n"
        "   └─ eth0 veth up 172.66.1.2/24 ── node1/veth0\n"
    )


def test_mermaid() -> None:
    """Boxes in boxes, classes by what a link is, dotted lines for what stands on what, routes left to the text."""
    assert DRAWN.as_mermaid().splitlines()[:21] == [
        "flowchart LR",
        '  subgraph h0["node1"]',
        "    direction LR",
        '    l0["bond1<br/>bond mode 802.3ad"]:::link',
        '    l1["bond1.1810<br/>vlan id 1810<br/>100.73.10.31/24"]:::link',
        '    l2["vrf0<br/>vrf table 10"]:::master',
        '    l3["br0<br/>bridge"]:::master',
        '    l4["veth0"]:::link',
        '    l5["gre9<br/>gre remote 9.9.9.9"]:::down',
        '    subgraph h0n0["ns0"]',
        '      l6["eth0<br/>172.66.1.2/24"]:::link',
        "    end",
        "  end",
        "  class h0 host",
        "  class h0n0 netns",
        "  l1 -.- l0",
        "  l2 --- l3",
        "  l4 --- l6",
        "  l3 --- l4",
        "  linkStyle default stroke:#7c8aa0",
        "  classDef host fill:#f4f6fb,stroke:#64748b,color:#0f172a",
    ]


def test_dot() -> None:
    """Masters and ports are one node, cables lead from the port, and the box tells the routes that were chosen."""
    text = DRAWN.as_dot()
    assert "l2:l4:e -- l6:l6:_ []" in text
    assert 'l1:l1:_ -- l0:l0:_ [style="dotted"]' in text
    assert "  l3 [" not in text
    assert "  l4 [" not in text
    assert "default via 100.73.10.1 dev bond1.1810" in text
    assert 'style="rounded,dashed"' in text


def test_routes_in_words() -> None:
    """Routes as `ip route` has them: kinds, several ways, tables other than main."""
    hops = (NextHop(via="10.0.0.1"), NextHop(dev="eth1"))
    assert route_words(RouteInfo("10.0.0.0/8", "blackhole", table="main")) == "blackhole 10.0.0.0/8"
    assert route_words(RouteInfo("default", nexthops=hops)) == "default via 10.0.0.1 via eth1"
    assert route_words(RouteInfo("default", dev="eth0", table="10", metric=5)) == "default dev eth0 metric 5 table 10"


def test_changes_in_words() -> None:
    """Each kind of change as a line."""
    down = PlaceNode("node1", None, (LinkNode("node1", "br0", "bridge", up=False),), NODE1.routes)
    up = PlaceNode("node1", None, (LinkNode("node1", "br0", "bridge", addresses=("10.0.0.1/24",), master="vrf0"),))
    assert [str(change) for change in compare((down,), (up, NS0))] == [
        "+ place node1/ns0",
        "~ node1/br0 up: no → yes",
        "+ node1/br0 addresses: 10.0.0.1/24",
        "~ node1/br0 master: none → vrf0",
        "+ link node1/ns0/eth0",
        "+ node1/ns0/eth0 up: yes",
        "+ node1/ns0/eth0 addresses: 172.66.1.2/24",
        "- node1 route: default via 100.73.10.1 dev bond1.1810",
    ]


def test_a_name_that_another_link_took() -> None:
    """A link that has the name of one that is gone is a new link, however much alike."""
    was, now = (
        PlaceNode("node1", None, (LinkNode("node1", "x", "veth", info=LinkInfo("x", index, address=f"02::{index}")),))
        for index in (5, 6)
    )
    assert compare((was,), (now,)) == (
        Change("added", "link", "node1/x"),
        Change("added", "up", "node1/x", after=True),
        Change("gone", "link", "node1/x"),
    )
