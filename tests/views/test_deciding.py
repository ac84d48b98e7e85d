"""What decides about packets is in the picture: forwarding, firewalls, VLANs, spanning tree, proxies, rivals."""

from __future__ import annotations

import pytest

from netns_kit import Bridge, Host, Lab, LinkInfo, Namespace, Topology, VethPair
from netns_kit.views import survey
from netns_kit.views.drawing.deciding import Deciding


def told(topology: Topology, id: str) -> tuple[str, ...]:
    """What decides at a place or a link."""
    nodes = {one.id: one for place in topology.places for one in (place, *place.links)}
    return nodes[id].decides


def test_a_router(lab: Lab) -> None:
    """It forwards, translates and filters; a host with one address does not forward, whatever its switch says."""
    pc1, r1, pc2 = (lab.host(name) for name in ("pc1", "r1", "pc2"))
    lab.cable(pc1, r1, addresses=("10.0.1.1/24", "10.0.1.254/24"))
    lab.cable(r1, pc2, addresses=("10.0.2.254/24", "10.0.2.1/24"))
    for host in (pc1, r1):
        host.sysctl.set("net.ipv4.ip_forward", 1)
    r1.sysctl.set("net.ipv4.conf.eth0.proxy_arp", 1)
    r1.iptables.append("POSTROUTING", table="nat", out_interface="eth1", jump="MASQUERADE")
    for port in (22, 80):
        r1.iptables.append("FORWARD", protocol="tcp", dport=port, jump="ACCEPT")
    r1.iptables.policy("FORWARD", "DROP")
    drawn = Topology.of(lab)
    assert told(drawn, "r1") == ("forwards IPv4", "firewall: 2 rules", "NAT: 1 rule", "FORWARD DROP")
    assert told(drawn, "r1/eth0") == ("proxy ARP",)
    assert told(drawn, "pc1") == told(drawn, "pc2") == ()
    line = "host r1 [forwards IPv4, firewall: 2 rules, NAT: 1 rule, FORWARD DROP]"
    assert line in drawn.as_text().splitlines()
    assert 'subgraph h1["r1 · forwards IPv4 · firewall: 2 rules · NAT: 1 rule · FORWARD DROP"]' in drawn.as_mermaid()
    assert "proxy ARP" in drawn.as_dot()


def test_read_whole(lab: Lab) -> None:
    """A picture that was saved and loaded tells what it told."""
    r1 = lab.host("r1")
    for number in (1, 2):
        lab.cable(r1, lab.host(f"pc{number}"), addresses=(f"10.0.{number}.254/24", f"10.0.{number}.1/24"))
    r1.iptables.append("INPUT", jump="DROP")
    r1.sysctl.set("net.ipv4.ip_forward", 1)
    assert told(Topology.of(lab, whole=True), "r1") == ("forwards IPv4", "firewall: 1 rule")
    states = Topology.of(lab).states
    again = Topology.from_states(states)
    assert "firewall: 1 rule" in told(again, "r1")


def test_the_same_address_twice(host: Host) -> None:
    """Two in one segment that have an address are told of each other; two that never meet are not."""
    br0 = Bridge("br0").add(up=True)
    for number in (1, 2):
        br0.plug(Namespace(f"net{number}").add(), address="10.0.0.1/24", port=f"port{number}")
    apart = Namespace("apart").add()
    VethPair("far", "eth0", peer_netns=apart).add()
    apart.link("eth0").addr.add("10.0.0.1/24")
    apart.link("eth0").up()
    drawn = Topology.of(host)
    assert told(drawn, "host/net1/eth0") == ("10.0.0.1 also at host/net2/eth0",)
    assert told(drawn, "host/net2/eth0") == ("10.0.0.1 also at host/net1/eth0",)
    assert told(drawn, "host/apart/eth0") == ()


def test_spanning_tree(host: Host) -> None:
    """Of two bridges with two cables between them, one port blocks, and the picture says so."""
    br0, br1 = (Bridge(name, stp_state=True, forward_delay=200).add(up=True) for name in ("br0", "br1"))
    for number in (1, 2):
        for end, bridge in zip(VethPair(f"a{number}", f"b{number}").add().ends, (br0, br1), strict=True):
            end.set(master=bridge)
            end.up()

    def states() -> list[str]:
        return [word for link in Topology.of(host).links for word in link.decides]

    host.wait_until(lambda: states() == ["STP blocking"], timeout=60)


def test_vlans_of_ports() -> None:
    """The VLAN of what comes untagged, and those whose packets have their tags; none where the bridge has no VLANs."""
    port = LinkInfo.from_json({"ifname": "p1", "master": "br0", "flags": ["UP"]})

    def words(filtering: int) -> tuple[str, ...]:
        bridge = {"linkinfo": {"info_kind": "bridge", "info_data": {"vlan_filtering": filtering}}}
        br0 = LinkInfo.from_json({"ifname": "br0", "flags": ["UP"], **bridge})
        vlans = [
            {"vlan": 10, "flags": ["PVID", "Egress Untagged"]},
            {"vlan": 20},
            {"vlan": 30, "vlanEnd": 39},
        ]
        deciding = Deciding(vlans=[{"ifname": "p1", "vlans": vlans}])
        return deciding.of_link(port, {"br0": br0})

    assert words(1) == ("VLAN 10, tagged 20,30-39",)
    assert words(0) == ()


@pytest.mark.needs_kernel("vlan")
def test_vlans_as_the_kernel_has_them(host: Host) -> None:
    """So does a real bridge."""
    br0 = Bridge("br0", vlan_filtering=True).add(up=True)
    port = VethPair("p1", "eth0").add().ends[0]
    port.set(master=br0)
    port.vlan.add(10, pvid=True, untagged=True)
    port.vlan.add(20)
    assert told(Topology.of(host), "host/p1") == ("VLAN 10, tagged 20",)


def test_large_pictures_have_no_room(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more places than a picture has room for, nobody asks what decides there."""
    monkeypatch.setattr(survey, "ROOM", 1)
    host.iptables.append("INPUT", jump="DROP")
    assert told(Topology.of(host), "host") == ("firewall: 1 rule",)
    Namespace("net1").add()
    assert told(Topology.of(host), "host") == ()


def test_what_changed_is_in_the_picture(host: Host) -> None:
    """A comparison's picture has what a link or a place had, and what its colours mean."""
    ends = VethPair("eth0", "eth1").add().ends
    ends[0].addr.add("10.0.0.1/24")
    ends[0].up()
    host.route.add("10.9.0.0/16", via="10.0.0.2")
    before = Topology.of(host)
    ends[0].set(mtu=1400)
    ends[0].addr.add("10.0.0.9/24")
    host.route.delete("10.9.0.0/16")
    Namespace("net1").add()
    found = before.compare(Topology.of(host))
    assert "[mtu: 1500 → 1400]" in found.as_text()
    assert "[− 10.9.0.0/16 via 10.0.0.2 dev eth0]" in found.as_text()
    for text in (found.as_mermaid(), found.as_dot()):
        assert all(word in text for word in ("mtu", "added", "changed"))
    assert "legend_added" in found.as_mermaid()
    assert "legend_gone" not in found.as_mermaid()
    assert "legend" not in before.as_mermaid()
