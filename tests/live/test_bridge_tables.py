"""The tool `bridge` on a real kernel: ports, databases, VLANs and networks are changed, and shown as they are then."""

from __future__ import annotations

import pytest

from netns_kit import Bond, Bridge, Dummy, ExistsError, GreTunnel, Host, Link, NotFoundError, VethPair, VxlanLink

MAC = "02:00:00:00:00:01"


@pytest.fixture
def bridge(host: Host) -> Bridge:
    """A bridge that is up, with one port, p."""
    br0 = Bridge("br0").add(up=True)
    port, far = VethPair("p", "far").add()
    port.set(master=br0, up=True)
    far.up()
    return br0


def test_ports(bridge: Bridge, host: Host) -> None:
    """What is set of a port is shown, in either tool's spelling."""
    port = Link("p")
    port.brport.set(cost=5, priority=7, hairpin=True, isolated=True, mcast_flood=False, learning=False)
    (shown,) = host.brport.show()
    assert (shown.dev, shown.master, shown.cost, shown.priority, shown.hairpin) == ("p", "br0", 5, 7, True)
    assert (shown.isolated, shown.mcast_flood, shown.learning, shown.flood) == (True, False, False, True)
    port.bridge_slave(isolated=False, proxy_arp=True)
    assert not port.brport.show()[0].isolated
    assert port.show().port_data["proxy_arp"]


def test_forwarding(bridge: Bridge, host: Host) -> None:
    """Entries are added, found, selected, replaced and deleted; a place shows those of all links."""
    fdb = Link("p").fdb
    fdb.add(MAC, master=True, state="static", sticky=True)
    with pytest.raises(ExistsError):
        fdb.add(MAC, master=True, state="static")
    found = bridge.fdb.get(MAC)
    assert (found.dev, found.state, found.flags) == ("p", "static", ("sticky",))
    assert MAC in [one.mac for one in host.fdb.show()]
    assert {one.mac for one in bridge.fdb.show(brport="p", state="static")} == {MAC}
    fdb.replace(MAC, master=True, state="dynamic", extern_learn=True)
    assert "extern_learn" in bridge.fdb.get(MAC).flags
    fdb.delete(MAC, master=True)
    with pytest.raises(NotFoundError):
        bridge.fdb.get(MAC)


def test_multicast(bridge: Bridge, host: Host) -> None:
    """Who listens to what is told, shown and forgotten."""
    bridge.mdb.add(port="p", grp="239.1.1.1", state="permanent")
    (shown,) = [one for one in host.mdb.show() if one.grp == "239.1.1.1"]
    assert (shown.dev, shown.port, shown.grp, shown.state) == ("br0", "p", "239.1.1.1", "permanent")
    bridge.mdb.delete(port="p", grp="239.1.1.1")
    assert "239.1.1.1" not in [one.grp for one in bridge.mdb.show()]


def test_names_and_groups(host: Host) -> None:
    """A link is found by a long name, and changed and deleted with its group."""
    first, second = VethPair("a", "b").add()
    first.altname.add(["the-first-of-two-ends", "another-name-of-it"])
    assert host.link.get("the-first-of-two-ends").name == "a"
    assert first.show().altnames == ("the-first-of-two-ends", "another-name-of-it")
    first.altname.delete("another-name-of-it")
    assert first.show().altnames == ("the-first-of-two-ends",)
    for end in (first, second):
        end.set(group=5)
    host.link.set(group=5, mtu=1400, up=True)
    assert [(one.mtu, one.up) for one in host.link.show(group=5)] == [(1400, True)] * 2
    host.link.delete(group=5)
    assert not first.exists()
    first.delete(missing_ok=True)


def test_twice(host: Host) -> None:
    """What is there already will do if it is the same, and what is gone need not be deleted."""
    assert Bridge("br0").add(exists_ok=True).add(exists_ok=True).exists()
    with pytest.raises(ExistsError, match="another kind: bridge"):
        VxlanLink("br0", id=5, dstport=4789).add(exists_ok=True)
    pair = VethPair("a", "b").add(exists_ok=True)
    pair.add(exists_ok=True)
    with pytest.raises(ExistsError, match="no pair"):
        VethPair("a", "br0").add(exists_ok=True)
    pair.delete()
    pair.delete(missing_ok=True)
    with host.batch():
        Bridge("br0").add(exists_ok=True)
        Bridge("br1").delete(missing_ok=True)
    for _ in range(2):
        host.netns.add("net0", exists_ok=True)
    for _ in range(2):
        host.netns.delete("net0", missing_ok=True)


@pytest.mark.needs_kernel("vlan")
def test_vlans(host: Host) -> None:
    """VLANs of ports and of the bridge, with states, counters, and what the bridge does with each."""
    br0 = Bridge("br0", vlan_filtering=True, vlan_stats_enabled=True, mcast_vlan_snooping=True).add(up=True)
    port, _ = VethPair("p", "far").add()
    port.set(master=br0)
    port.vlan.add("10-12")
    port.vlan.set(10, state=3, mcast_router=2)
    states = {one.vlan: (one.state, one.mcast_router) for one in port.vlan.details()}
    assert states[10] == ("forwarding", 2)
    assert {one.vlan for one in port.vlan.statistics() if one.rx_bytes == 0} >= {10, 11, 12}
    br0.vlan.add(10)
    br0.vlan.global_set(10, mcast_querier=True, mcast_igmp_version=3)
    (known,) = [one for one in br0.vlan.global_show() if one.vlan == 10]
    assert (known.mcast_querier, known.mcast_igmp_version) == (True, 3)
    assert {one.dev for one in host.vlan.show()} == {"br0", "p"}
    vx = VxlanLink("vx", external=True, dstport=4789).add()
    vx.set(master=br0)
    vx.brport.set(vlan_tunnel=True, learning=False)
    vx.vlan.add(10)
    vx.vlan.add(10, tunnel_info=1000)
    (joined,) = vx.vlan.tunnelshow()
    assert (joined.vlan, joined.tunnel_id) == (10, 1000)
    br0.change(fdb_flush=True)
    br0.fdb.flush(vlan=10)


@pytest.mark.needs_kernel("vlan")
def test_networks(host: Host) -> None:
    """An external VXLAN lets in the networks that it is told of."""
    vx = VxlanLink("vx", external=True, vnifilter=True, dstport=4789).add(up=True)
    vx.vni.add("100-102")
    vx.vni.add(200, remote="10.9.0.2")
    assert [(one.vni, one.vni_end, one.remote) for one in host.vni.show()] == [
        (100, 102, None),
        (200, None, "10.9.0.2"),
    ]
    assert {one.vni for one in vx.vni.statistics() if one.rx_bytes == 0} >= {100, 101, 102}
    vx.vni.delete("100-102")
    assert [one.vni for one in vx.vni.show()] == [200]
    vx.fdb.append("00:00:00:00:00:00", dst="10.9.0.3", src_vni=200)
    assert ("10.9.0.3", 200) in [(one.dst, one.src_vni) for one in vx.fdb.show()]


@pytest.mark.needs_kernel("bond", "dummy")
def test_bonds(host: Host) -> None:
    """A bond's primary and active links are chosen, and its links told apart."""
    bond = Bond("bond0", mode="active-backup", miimon=100).add()
    for name in ("d1", "d2"):
        Dummy(name).add().set(master=bond)
        Link(name).up()
    bond.up()
    bond.change(primary_reselect="failure")
    bond.change(primary="d1")
    # The kernel uses a new primary at once, whatever else is said with it.
    bond.change(active_slave="d2")
    Link("d1").bond_slave(queue_id=3, prio=5)
    assert bond.differences() == {}
    assert (bond.primary, bond.active_slave) == ("d1", "d2")
    assert Link("d1").show().port_data["queue_id"] == 3
    bond.change(clear_active_slave=True)


@pytest.mark.needs_kernel("gre")
def test_one_direction_s_key(host: Host) -> None:
    """One direction's key is changed, and taken away."""
    tun = GreTunnel("t", local="10.9.0.1", remote="10.9.0.2", key=5, csum=True).add()
    tun.change(ikey=6)
    assert tun.differences() == {}
    tun.link_change(local="10.9.0.1", remote="10.9.0.2", okey=False)
    assert tun.differences() == {}
    assert "okey" not in tun.show().data
