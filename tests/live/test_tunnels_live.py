"""Tunnels, VXLANs, VRFs, bonds and bridge VLANs carry packets between the hosts of a lab."""

from __future__ import annotations

import pytest

from netns_kit import (
    Bond,
    Bridge,
    Dummy,
    ExistsError,
    GretapTunnel,
    GreTunnel,
    Host,
    IpipTunnel,
    IsatapTunnel,
    Lab,
    Link,
    MissingModuleError,
    Namespace,
    NetnsKitError,
    SitTunnel,
    Topology,
    VethPair,
    Vlan,
    Vrf,
    VtiTunnel,
    VxlanLink,
)
from netns_kit.links.tunnel import Tunnel

FIRST, SECOND = "10.9.0.1", "10.9.0.2"
EVERYONE = "00:00:00:00:00:00"


@pytest.fixture
def ends(lab: Lab) -> tuple[Host, Host]:
    """Two hosts with a cable between their eth0."""
    one, two = lab.host("one"), lab.host("two")
    lab.cable(one, two, addresses=(f"{FIRST}/24", f"{SECOND}/24"))
    return one, two


def tunnel(ends: tuple[Host, Host], kind: type[Tunnel], *addresses: str, **options: object) -> None:
    """A tunnel between the two; `{}` in the addresses is each end's number."""
    for number, (host, local, remote) in enumerate(zip(ends, (FIRST, SECOND), (SECOND, FIRST), strict=True), start=1):
        link = kind("tun", local=local, remote=remote, dev="eth0", at=host, **options).add()
        link.up()
        for address in addresses:
            link.addr.add(address.format(number))


def reaches(host: Host | Namespace, address: str) -> bool:
    """Whether pings are answered; IPv6 needs a moment until its addresses are usable."""
    return host.ping(address, count=6, interval=0.5, check=False).received > 0


@pytest.mark.needs_kernel("ipip")
def test_ipip(ends: tuple[Host, Host]) -> None:
    """IPIP carries IPv4; `ip tunnel` shows both the tunnel and the kernel's own device, and tells them apart."""
    tunnel(ends, IpipTunnel, "100.0.0.{}/24", ttl=64)
    assert reaches(ends[0], "100.0.0.2")
    assert [known.name for known in ends[0].tunnel.show() if not known.fallback] == ["tun"]
    assert "tunl0" in [known.name for known in ends[0].tunnel.show() if known.fallback]
    (shown,) = ends[0].tunnel.show("tun")
    assert (shown.mode, shown.remote, shown.local, shown.dev, shown.ttl) == ("ip/ip", SECOND, FIRST, "eth0", 64)


@pytest.mark.needs_kernel("ipip")
def test_change_and_exists(ends: tuple[Host, Host]) -> None:
    """A tunnel can be changed, and one that is there already is an error that says in what it differs."""
    tunnel(ends, IpipTunnel, ttl=64)
    one = ends[0]
    tun = IpipTunnel("tun", local=FIRST, remote=SECOND, dev="eth0", ttl=64, at=one)
    tun.change(ttl=9)
    assert one.tunnel.show("tun")[0].ttl == 9
    for make in (IpipTunnel("tun", local=FIRST, remote="10.9.0.3", at=one).add, tun.link_add):
        with pytest.raises(ExistsError) as caught:
            make()
    with pytest.raises(ExistsError, match=r"remote is 10\.9\.0\.2, not 10\.9\.0\.3"):
        IpipTunnel("tun", local=FIRST, remote="10.9.0.3", at=one).add()
    with pytest.raises(ExistsError, match="another one has the same parameters") as caught:
        IpipTunnel("other", local=FIRST, remote=SECOND, dev="eth0", at=one).link_add()
    assert caught.value.returncode == 2


@pytest.mark.needs_kernel("gre")
def test_gre(ends: tuple[Host, Host]) -> None:
    """GRE with a key carries IPv4 and IPv6."""
    tunnel(ends, GreTunnel, "100.0.0.{}/24", "fd01::{}/64", key=5)
    assert reaches(ends[0], "100.0.0.2")
    assert reaches(ends[0], "fd01::2")
    assert ends[0].tunnel.show("tun")[0].ikey == 5


@pytest.mark.needs_kernel("gretap")
def test_gretap(ends: tuple[Host, Host]) -> None:
    """gretap carries Ethernet: as a port of a bridge on either side."""
    tunnel(ends, GretapTunnel)
    for number, host in enumerate(ends, start=1):
        br0 = Bridge("br0", at=host).add()
        host.link("tun").set(master=br0)
        br0.up()
        br0.addr.add(f"100.0.0.{number}/24")
    assert reaches(ends[0], "100.0.0.2")


@pytest.mark.needs_kernel("sit")
def test_sit(ends: tuple[Host, Host]) -> None:
    """SIT carries IPv6."""
    tunnel(ends, SitTunnel, "fd02::{}/64")
    assert reaches(ends[0], "fd02::2")


@pytest.mark.needs_kernel("sit")
def test_isatap(ends: tuple[Host, Host]) -> None:
    """ISATAP finds the other end by the IPv4 address in its IPv6 one."""
    for host, local in zip(ends, (FIRST, SECOND), strict=True):
        link = IsatapTunnel("is0", local=local, at=host).add()
        link.up()
        link.addr.add(f"fd03::5efe:{local}/64")
    assert reaches(ends[0], f"fd03::5efe:{SECOND}")


@pytest.mark.needs_kernel("vti")
def test_vti(ends: tuple[Host, Host]) -> None:
    """VTI carries nothing before it has its states and policies, and then it does; they are shown, typed."""
    tunnel(ends, VtiTunnel, "100.0.0.{}/24", key=5)
    one = ends[0]
    assert not one.ping("100.0.0.2", count=1, wait=1, check=False).ok
    way = ("esp", "tunnel")
    for host, local, remote in zip(ends, (FIRST, SECOND), (SECOND, FIRST), strict=True):
        for src, dst, spi in ((FIRST, SECOND, 1), (SECOND, FIRST, 2)):
            host.xfrm.state.add(src, dst, spi=spi, mode="tunnel", aead=("rfc4106(gcm(aes))", "0x" + "2b" * 20, 128))
        for dir, src, dst in (("out", local, remote), ("in", remote, local)):
            host.xfrm.policy.add(dir, src="0.0.0.0/0", dst="0.0.0.0/0", mark=5, tmpl=(src, dst, *way))
    assert reaches(one, "100.0.0.2")
    assert {(state.src, state.spi, state.mode) for state in one.xfrm.state.show()} == {
        (FIRST, 1, "tunnel"),
        (SECOND, 2, "tunnel"),
    }
    assert {(policy.dir, policy.mark, policy.templates[0].dst) for policy in one.xfrm.policy.show()} == {
        ("out", 5, SECOND),
        ("in", 5, FIRST),
    }
    with pytest.raises(ExistsError):
        one.xfrm.policy.add("out", src="0.0.0.0/0", dst="0.0.0.0/0", mark=5, tmpl=(FIRST, SECOND, *way))
    one.xfrm.policy.delete("out", src="0.0.0.0/0", dst="0.0.0.0/0", mark=5)
    one.xfrm.state.delete(FIRST, SECOND, spi=1)
    one.xfrm.policy.flush()
    one.xfrm.state.flush()
    assert one.xfrm.policy.show() == one.xfrm.state.show() == ()


@pytest.mark.needs_kernel("vxlan")
def test_vxlan(ends: tuple[Host, Host]) -> None:
    """A VXLAN to one remote carries pings; a second one with the same network is refused, as is a port in use."""
    for number, (host, local, remote) in enumerate(zip(ends, (FIRST, SECOND), (SECOND, FIRST), strict=True), start=1):
        vxlan = VxlanLink("vx", id=100, dstport=4789, remote=remote, local=local, dev="eth0", at=host).add()
        vxlan.up()
        vxlan.addr.add(f"100.0.0.{number}/24")
    one = ends[0]
    assert reaches(one, "100.0.0.2")
    assert [entry.dst for entry in one.link("vx").fdb.show() if entry.mac == EVERYONE] == [SECOND]
    with pytest.raises(ExistsError, match="dstport is 4789, not 4790"):
        VxlanLink("vx", id=100, dstport=4790, remote=SECOND, local=FIRST, dev="eth0", at=one).add()
    with pytest.raises(ExistsError, match="another one has the same parameters"):
        VxlanLink("vy", id=100, dstport=4789, remote=SECOND, local=FIRST, dev="eth0", at=one).add()
    with one.socket(type=2) as taken:
        taken.bind(("0.0.0.0", 4999))
        with (
            VxlanLink("vz", id=5, dstport=4999, remote=SECOND, at=one) as vz,
            pytest.raises(NetnsKitError, match="use"),
        ):
            vz.up()


@pytest.mark.needs_kernel("vxlan")
def test_vxlan_with_several_remotes(lab: Lab) -> None:
    """Several remotes, each appended to the forwarding database, make one segment; deleting one cuts it off."""
    hosts = [lab.host(f"host{number}") for number in (1, 2, 3)]
    lab.switch("switch", *hosts, addresses=[f"10.9.0.{number}/24" for number in (1, 2, 3)])
    for number, host in enumerate(hosts, start=1):
        vxlan = VxlanLink("vx", id=100, dstport=4789, local=f"10.9.0.{number}", at=host).add()
        for other in {1, 2, 3} - {number}:
            vxlan.fdb.append(EVERYONE, dst=f"10.9.0.{other}")
        vxlan.up()
        vxlan.addr.add(f"100.0.0.{number}/24")
    assert all(reaches(hosts[0], f"100.0.0.{number}") for number in (2, 3))
    vxlan = VxlanLink("vx", id=100, at=hosts[0])
    assert {entry.dst for entry in vxlan.fdb.show() if entry.mac == EVERYONE} == {"10.9.0.2", "10.9.0.3"}
    vxlan.fdb.delete(EVERYONE, dst="10.9.0.3")
    assert {entry.dst for entry in vxlan.fdb.show() if entry.mac == EVERYONE} == {"10.9.0.2"}


@pytest.mark.needs_kernel("vxlan")
def test_vxlan_with_a_group(lab: Lab) -> None:
    """A multicast group makes one segment without naming anybody."""
    hosts = [lab.host(f"host{number}") for number in (1, 2, 3)]
    lab.switch("switch", *hosts, addresses=[f"10.9.0.{number}/24" for number in (1, 2, 3)])
    for number, host in enumerate(hosts, start=1):
        vxlan = VxlanLink("vx", id=100, dstport=4789, group="239.1.1.1", dev="eth0", ttl=4, at=host).add()
        vxlan.up()
        vxlan.addr.add(f"100.0.0.{number}/24")
    assert all(reaches(hosts[0], f"100.0.0.{number}") for number in (2, 3))


@pytest.mark.needs_kernel("vrf")
def test_vrf(ends: tuple[Host, Host]) -> None:
    """A VRF's member is routed by its table alone: only a command within the VRF reaches the other end."""
    one = ends[0]
    vrf0 = Vrf("vrf0", table=10, at=one).add()
    vrf0.up()
    one.link("eth0").set(master=vrf0)
    assert [info.name for info in vrf0.members()] == ["eth0"]
    assert any(route.dst == "10.9.0.0/24" and route.dev == "eth0" for route in vrf0.routes())
    assert not any(route.dst == "10.9.0.0/24" for route in one.route.show())
    assert not one.ping(SECOND, count=1, wait=1, check=False).ok
    assert vrf0.exec("ping", "-c", "1", "-W", "5", SECOND).ok


@pytest.mark.needs_kernel("bond", "vlan")
def test_vlan_on_a_bond(ends: tuple[Host, Host], lab: Lab) -> None:
    """bond1.1810 as it is on real machines: a VLAN on a bond of two cables, one of which may fail."""
    one, two = ends
    lab.cable(one, two)
    for number, host in enumerate(ends, start=1):
        bond1 = Bond("bond1", mode="active-backup", miimon=100, at=host).add()
        for name in ("eth0", "eth1"):
            host.link(name).down()
            host.link(name).set(master=bond1)
            host.link(name).up()
        assert [info.name for info in bond1.ports()] == ["eth0", "eth1"]
        # Both ends are to use the same cable, whatever they saw of each other's links meanwhile.
        bond1.change(primary="eth0")
        bond1.up()
        vlan = Vlan("bond1.1810", link="bond1", id=1810, at=host).add()
        vlan.up()
        vlan.addr.add(f"100.73.10.{number}/24")
    assert reaches(one, "100.73.10.2")
    one.link("eth0").down()
    assert reaches(one, "100.73.10.2")


@pytest.mark.needs_kernel("vlan")
def test_bridge_vlans(host: Host) -> None:
    """Two ports of one VLAN reach each other; when one changes over to another VLAN they do not."""
    br0 = Bridge("br0", vlan_filtering=True).add()
    br0.up()
    nets = [Namespace(f"net{number}").add() for number in (1, 2)]
    for number, net in enumerate(nets, start=1):
        port, inner = VethPair(f"port{number}", "eth0", peer_netns=net).add()
        port.set(master=br0)
        port.vlan.delete(1)
        port.vlan.add(10, pvid=True, untagged=True)
        port.up()
        inner.addr.add(f"10.9.0.{number}/24")
        inner.up()
    assert reaches(nets[0], "10.9.0.2")
    port = Link("port2")
    port.vlan.delete(10)
    port.vlan.add(20, pvid=True, untagged=True)
    assert [(known.vlan, known.pvid, known.untagged) for known in port.vlan.show()] == [(20, True, True)]
    assert not nets[0].ping("10.9.0.2", count=1, wait=1, check=False).ok
    br0.vlan.add("30-32")
    assert [(known.vlan, known.vlan_end) for known in br0.vlan.show()][-1] in ((30, 32), (32, None))


@pytest.mark.needs_kernel("dummy")
def test_no_names_given(host: Host) -> None:
    """A pair without names gets the kernel's, whether or not this kernel says which it chose."""
    Dummy("d0").add()
    for pair in (VethPair().add(), VethPair().add()):
        outer, inner = pair
        assert outer.show().lower == inner.name
    assert len(host.link.show(type="veth")) == 4


def test_missing_module_is_named(host: Host) -> None:
    """Where the kernel lacks a kind, the error names its module; where it has it, the tunnel is there."""
    for make in (IpipTunnel("t", local=FIRST).add, IpipTunnel("u", remote=SECOND).link_add):
        missing = None
        try:
            assert make().exists()
        except MissingModuleError as error:
            missing = error
        assert missing is None or ("(ipip)" in str(missing) and "ipip" in missing.argv)


@pytest.mark.needs_kernel("vxlan")
def test_what_a_moved_tunnel_stood_on(host: Host) -> None:
    """In another namespace the number of the link that it stands on is no link there: none is told."""
    VethPair("under", "other").add()
    net = Namespace("net").add()
    vx0 = VxlanLink("vx0", id=7, dev="under", dstport=4789).add()
    assert vx0.show().data["link"] == "under"
    vx0.set(netns=net)
    for number in range(4):
        VethPair(f"a{number}", f"b{number}", at=net).add()
    assert "link" not in vx0.show().data
    assert Topology.of(host).link("host/net/vx0").about.get("link") is None
