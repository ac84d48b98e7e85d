"""What links of all kinds share, and the kinds that this kernel has."""

from __future__ import annotations

import pytest

from netns_kit import (
    Bridge,
    ExistsError,
    Host,
    Ifb,
    InvalidArgumentError,
    Link,
    Macvlan,
    Namespace,
    NotFoundError,
    VethPair,
)

AWKWARD = ["m", "t", "a", "d", "n", "h", "l", "up", "down", "type", "mtu", "netns", "master", "index", "vf", "dev",
           "name", "address", "peer", "1", "a.b", "a@b", "ümlaut", "x" * 15]  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_names_that_ip_takes_for_keywords(name: str, host: Host) -> None:
    """A device whose name is a keyword of `ip` is made, set, shown, addressed and deleted like any other."""
    br = Bridge("br0").add()
    link = Ifb(name).add()
    link.set(mtu=1400, alias="awkward")
    link.set(master=br) if name != "dev" else None
    link.set(nomaster=True)
    link.up()
    link.addr.add("10.0.0.1/24")
    host.route.add("10.1.0.0/16", dev=link)
    info = link.show()
    assert (info.name, info.mtu, info.alias, info.up) == (name, 1400, "awkward", True)
    assert [str(address) for address in link.addr.show(family=4)] == ["10.0.0.1/24"]
    assert [route.dst for route in host.route.show(dev=link)] == ["10.0.0.0/24", "10.1.0.0/16"]
    assert link.statistics().name == name
    link.addr.flush()
    link.delete()
    assert not link.exists()


def test_everything_that_can_be_set(host: Host) -> None:
    """What is set is what the kernel says afterwards."""
    link = VethPair("left", "right").add().ends[0]
    br0 = Bridge("br0").add()
    link.set(
        mtu=1300, address="02:00:00:00:00:AA", txqueuelen=77, alias="it's a \"name\"", group=9,
        arp=False, multicast=False, allmulticast=True, promisc=True, master=br0,
    )  # fmt: skip
    info = link.show()
    assert (info.mtu, info.address, info.txqueuelen, info.group) == (1300, "02:00:00:00:00:aa", 77, "9")
    assert (info.alias, info.master, info.port_kind) == ('it\'s a "name"', "br0", "bridge")
    assert {"NOARP", "ALLMULTI", "PROMISC"} <= set(info.flags)
    assert "MULTICAST" not in info.flags
    link.set(nomaster=True, arp=True, multicast=True, allmulticast=False, promisc=False)
    info = link.show()
    assert info.master is None
    assert "MULTICAST" in info.flags
    assert not {"NOARP", "ALLMULTI", "PROMISC"} & set(info.flags)


def test_it_follows_its_link(host: Host) -> None:
    """After a rename and a move the object stands for the same link, and a failed one changes nothing."""
    net = Namespace("net0").add()
    link = Ifb("ifb7").add()
    index = link.show().index
    link.set(name="renamed")
    assert (link.name, link.show().index) == ("renamed", index)
    link.set(netns=net, name="eth0")
    assert (link.name, link.site.name, link.show().kind) == ("eth0", "net0", "ifb")
    other = Ifb("eth0").add()
    with pytest.raises(ExistsError):
        other.set(netns=net)
    assert (other.name, other.site.name) == ("eth0", None)
    assert other.exists()


def test_delete_twice(host: Host) -> None:
    """Deleting what is gone is NotFoundError; a block whose link is gone ends without one."""
    with Ifb("ifb0") as link:
        assert link.exists()
        link.delete()
        with pytest.raises(NotFoundError):
            link.delete()
    assert not link.exists()


def test_up_down_and_states(host: Host) -> None:
    """A link that is set up says so; whether it works is its state."""
    left, right = VethPair("left", "right").add()
    left.up()
    assert (left.show().up, left.show().state) == (True, "LOWERLAYERDOWN")
    right.up()
    assert (left.show().state, right.show().state) == ("UP", "UP")
    left.down()
    assert (left.show().up, left.show().state) == (False, "DOWN")


def test_selected_links(host: Host) -> None:
    """Links are listed by kind, by master, and those that are up."""
    br0 = Bridge("br0").add()
    left, right = VethPair("left", "right").add()
    left.set(master=br0)
    right.up()
    assert {link.name for link in host.link.show(type="veth")} == {"left", "right"}
    assert [link.name for link in host.link.show(type="bridge")] == ["br0"]
    assert host.link.show(type="vxlan") == ()
    assert [link.name for link in host.link.show(master=br0)] == ["left"]
    assert {link.name for link in host.link.show(up=True)} == {"lo", "right"}
    assert [link.name for link in host.link.list()] == [link.name for link in host.link.show()]


def test_statistics_count(host: Host) -> None:
    """Counters count: three pings of 100 bytes are three packets more at least."""
    before = host.link("lo").statistics()
    host.ping("127.0.0.1", count=3, interval=0.01, size=100)
    after = host.link("lo").statistics()
    assert after.rx_packets - before.rx_packets >= 6
    assert after.tx_bytes - before.tx_bytes >= 6 * 128
    assert [one.name for one in host.link.statistics()] == ["lo"]
    assert host.link.statistics()[0]["rx_packets"] >= after.rx_packets


KINDS = [
    lambda: Bridge("x", mtu=1400, address="02:00:00:00:00:01", txqueuelen=5),
    lambda: Bridge(
        "x", forward_delay=400, hello_time=100, max_age=600, ageing_time=1000, stp_state=True, priority=4096
    ),
    lambda: Bridge("x", mcast_snooping=False, nf_call_iptables=True, nf_call_ip6tables=False, nf_call_arptables=True),
    lambda: Ifb("x", mtu=1400, txqueuelen=5),
    *(lambda mode=mode: Macvlan("x", link="low", mode=mode) for mode in ("private", "vepa", "bridge", "passthru")),
]


@pytest.mark.parametrize("make", KINDS)
def test_round_trip(make: object, host: Host) -> None:
    """What was asked for equals what the kernel says, kind by kind."""
    VethPair("low", "far").add()
    link = make().add()  # type: ignore[operator]
    info = link.show()
    assert info.kind == link.kind
    assert link.differences(info) == {}


def test_change_the_options_of_a_kind(host: Host) -> None:
    """Options of a kind are changed by the same names, and unknown ones refused."""
    br0 = Bridge("br0", stp_state=False).add()
    br0.change(stp_state=True, ageing_time=500)
    assert br0.differences(br0.show()) == {}
    assert (br0.stp_state, br0.ageing_time) == (True, 500)
    with pytest.raises(InvalidArgumentError, match="colour"):
        br0.change(colour="red")


def test_macvlans_talk(host: Host) -> None:
    """Two macvlans in bridge mode on one link reach each other from namespaces of their own."""
    low, far = VethPair("low", "far").add()
    low.up()
    far.up()
    nets = [Namespace(f"net{number}").add() for number in range(2)]
    for number, net in enumerate(nets):
        link = Macvlan(f"mv{number}", link=low, mode="bridge").add()
        link.set(netns=net)
        link.addr.add(f"10.0.0.{number + 1}/24")
        link.up()
    assert nets[0].ping("10.0.0.2", count=1).ok


def test_a_bare_link_has_no_kind(host: Host) -> None:
    """`Link` stands for a link that is there; it makes none."""
    with pytest.raises(InvalidArgumentError, match="no kind"):
        Link("x").add()
    with pytest.raises(InvalidArgumentError):
        Link("lo").set()
