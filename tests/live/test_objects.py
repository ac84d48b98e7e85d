"""Objects of `ip` for which this kernel may lack the modules: MACsec, FOU, VRFs, MPLS, L2TP, IPsec, and a slow way."""

from __future__ import annotations

import shlex

import pytest

from netns_kit import Host, Namespace, UnreachableError, Veth, VethPair, Vrf

MAC = "02:00:00:00:00:09"


@pytest.fixture
def v0(host: Host) -> Veth:
    """One of two links that are up, with 10.0.0.1/24."""
    first, second = VethPair("v0", "v1", at=host).add()
    second.up()
    first.up()
    first.addr.add("10.0.0.1/24")
    return first


@pytest.mark.needs_kernel("macsec")
def test_macsec(host: Host, v0: Veth) -> None:
    """A channel of each direction and an association with its key are added, changed, read back and deleted."""
    host.exec("ip", "link", "add", "link", "v0", "name", "macsec0", "type", "macsec", "encrypt", "on")
    macsec = host.macsec
    macsec.add("macsec0", "tx", sa=0, pn=1, on=True, key=("01", "0123456789abcdef" * 2))
    macsec.add("macsec0", "rx", port=1, address=MAC)
    macsec.add("macsec0", "rx", port=1, address=MAC, sa=0, pn=1, on=True, key=("02", "fedcba9876543210" * 2))
    macsec.add("macsec0", "rx", port=1, address=MAC, exists_ok=True)
    macsec.set("macsec0", "rx", port=1, address=MAC, sa=0, on=False)
    (found,) = macsec.show("macsec0")
    assert (found.dev, found.encrypt, len(found.sa_list), len(found.rx_sc)) == ("macsec0", True, 1, 1)
    macsec.delete("macsec0", "rx", port=1, address=MAC)
    assert macsec.show()[0].rx_sc == ()


@pytest.mark.needs_kernel("ipip")
def test_fou(host: Host, v0: Veth) -> None:
    """Ports at which tunnels arrive are read back as the lines that open them."""
    host.module.load("fou")
    host.fou.add(port=5555, ipproto=4)
    host.fou.add(port=5556, gue=True)
    host.fou.add(port=5556, gue=True, exists_ok=True)
    assert sorted(str(one) for one in host.fou.show()) == [
        "ip fou add port 5555 ipproto 4",
        "ip fou add port 5556 gue",
    ]
    host.fou.delete(port=5555)
    assert [one.port for one in host.fou.show()] == [5556]


@pytest.mark.needs_kernel("vrf")
def test_vrfs(host: Host, v0: Veth) -> None:
    """VRFs are listed with their tables, routes go into one by its name, and commands run in one."""
    red = Vrf("red", table=10, at=host).add()
    red.up()
    v0.set(master=red)
    assert [(one.name, one.table) for one in host.vrf.show()] == [("red", 10)]
    host.route.add("10.5.0.0/16", via="10.0.0.9", vrf=red)
    assert "10.5.0.0/16" in {one.dst for one in host.route.show(vrf=red)}
    assert host.vrf.identify() is None
    assert host.addr.show(vrf=red)


@pytest.mark.needs_kernel("vrf")
def test_mpls(host: Host, v0: Veth) -> None:
    """Packets that get a label, and a label that is swapped, are read back as the lines that say so."""
    host.module.load("mpls_iptunnel")
    host.sysctl["net.mpls.platform_labels"] = 1000
    host.route.add("10.7.0.0/16", encap="mpls 100/200", via="10.0.0.9")
    host.route.add(300, family="mpls", as_=400, via="10.0.0.9", dev=v0)
    said = [str(one) for one in (*host.route.show("10.7.0.0/16"), *host.route.show(family="mpls"))]
    assert said == [
        "ip route add 10.7.0.0/16 encap mpls 100/200 via 10.0.0.9 dev v0",
        "ip -M route add 300 as 400 via inet 10.0.0.9 dev v0",
    ]
    host.route.delete("10.7.0.0/16")
    host.route.delete(300, family="mpls")
    for line in said:
        host.exec(*shlex.split(line))


@pytest.mark.needs_kernel("l2tp_eth")
def test_l2tp(host: Host, v0: Veth) -> None:
    """A tunnel and a session, which is a link, are added, read back and deleted."""
    host.module.load("l2tp_eth")
    l2tp = host.l2tp
    l2tp.tunnel.add(remote="10.0.0.2", local="10.0.0.1", tunnel_id=3, peer_tunnel_id=4, encap="ip")
    l2tp.session.add(name="l2tpeth7", tunnel_id=3, session_id=5, peer_session_id=6)
    assert [(one.tunnel_id, one.peer_tunnel) for one in l2tp.tunnel.show()] == [(3, 4)]
    assert [(one.session_id, one.interface) for one in l2tp.session.show(tunnel_id=3)] == [(5, "l2tpeth7")]
    l2tp.session.delete(tunnel_id=3, session_id=5)
    l2tp.tunnel.delete(tunnel_id=3)
    assert l2tp.tunnel.show() == ()


@pytest.mark.needs_kernel("vti")
def test_states_of_xfrm(host: Host) -> None:
    """A state with many words is read back as the line that adds it, and that line adds the same again."""
    state = host.xfrm.state
    state.add(
        "10.0.0.1", "10.0.0.2", spi=5, mode="tunnel", reqid=3, mark="3/0xff", flag=["esn"], replay_window=32,
        encap="espinudp 4500 4500 0.0.0.0", limit={"byte-soft": 1000}, output_mark=4, if_id=7,
        sel="src 10.0.0.0/8 dst 10.0.0.0/8 proto tcp sport 5", aead=("rfc4106(gcm(aes))", "0x" + "2b" * 20, 128),
    )  # fmt: skip
    before = state.show()
    assert (len(before), state.count()) == (1, 1)
    assert (before[0].if_id, before[0].output_mark, before[0].flags) == (7, 4, ("esn",))
    state.delete("10.0.0.1", "10.0.0.2", spi=5, mark="3/0xff")
    state.delete("10.0.0.1", "10.0.0.2", spi=5, mark="3/0xff", missing_ok=True)
    host.exec(*shlex.split(str(before[0])))
    assert state.list() == before


@pytest.mark.needs_kernel("dummy")
def test_a_slow_way(nets: tuple[Namespace, Namespace]) -> None:
    """Where the way takes longer than a ping waits, it says what to set, and with that all is answered."""
    net0, net1 = nets
    net0.ping("10.0.0.2", count=1)
    net1.link("eth0").qdisc.add("netem", delay="3s")
    with pytest.raises(UnreachableError, match="where the way takes longer, set `wait`"):
        net0.ping("10.0.0.2", count=1)
    assert "set `wait`" in str(net0.ping("10.0.0.2", count=3))
    assert net0.ping("10.0.0.2", count=3, wait=5).received == 3
