"""Values that cannot be right are refused before anything runs, by an error that names the argument."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

import pytest

from netns_kit import Bridge, Host, InvalidArgumentError, Link, Namespace, NextHop, Veth, VethPair, VxlanLink
from netns_kit.commands import values


@pytest.mark.parametrize("name", ["a", "eth0", "bond1.1810", "m", "up", "type", "0", "x" * 15, "ü" * 7, "a'b\"c#"])
def test_link_names(name: str) -> None:
    """What the kernel allows is allowed, also names that `ip` takes for keywords."""
    assert values.link_name("dev", name) == name


@pytest.mark.parametrize(
    "name",
    ["", "-x", "a/b", "a b", "a\tb", "a\nb", "a\0b", "a\x7fb", "a\u2003b", "a:1", ".", "..", "all", "default", "x" * 16,
     "ü" * 8, "veth%d", "if3", "\ud800", None, 7, True, b"eth0", ["eth0"], VethPair],
)  # fmt: skip
def test_bad_link_names(name: Any) -> None:
    """Names that the kernel refuses, that `ip` would read otherwise, or that are no names."""
    with pytest.raises(InvalidArgumentError, match=r"^dev=") as caught:
        values.link_name("dev", name)
    assert caught.value.argument == "dev"


@pytest.mark.parametrize("name", ["net0", "x" * 255, "ü" * 127, ".hidden", "all", "a:b", "1"])
def test_netns_names(name: str) -> None:
    """A namespace's name is a file's: up to 255 bytes."""
    assert values.netns_name("netns", name) == name


@pytest.mark.parametrize("name", ["", "-x", "a/b", "/a", "a b", "a\nb", ".", "..", "x" * 256, "ü" * 128, None])
def test_bad_netns_names(name: Any) -> None:
    """Names that would leave the folder, be taken for an option, or are no names."""
    with pytest.raises(InvalidArgumentError, match=r"^name="):
        values.netns_name("name", name)


def test_nouns_as_names() -> None:
    """Where a name will do, a noun does; a pair without names has none to give."""
    host = Host.dry_run()
    assert values.link_name("master", Bridge("br0", at=host)) == "br0"
    assert values.netns_name("netns", Namespace("net0", at=host)) == "net0"
    with pytest.raises(InvalidArgumentError, match=r"^master="):
        values.link_name("master", VethPair(at=host))


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (values.port, [0, 4789, 65535, "80"], [-1, 65536, "http", 1.5, True, None, ""]),
        (values.mtu, [68, 1500, 65536, "0x600"], [0, 67, 65537, -1, "big", None]),
        (values.pid, [1, 2**22], [0, -1, 2**22 + 1, "self"]),
        (values.seconds, [0, 0.5, 10], [-1, float("nan"), float("inf"), "1", None, True]),
    ],
)
def test_numbers(check: Any, good: list[Any], bad: list[Any]) -> None:
    """Numbers at the edges of what is allowed, beyond them, and what is no number."""
    for value in good:
        check("n", value)
    for value in bad:
        with pytest.raises(InvalidArgumentError, match=r"^n="):
            check("n", value)


ADDRESSES = ["10.0.0.1", "fd00::1", ip_address("10.0.0.1")]
NO_ADDRESSES = ["", "10.0.0", "10.0.0.256", "10.0.0.1/24", "fd00::1::2", "x", 1, b"\x0a\0\0\1", None, " 10.0.0.1"]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (values.address, ADDRESSES, [*NO_ADDRESSES, "010.0.0.1", "fe80::1%eth0"]),
        (
            values.interface,
            [*ADDRESSES, "10.0.0.1/24", "fd00::1/64", ip_interface("10.0.0.1/24")],
            ["10.0.0.1/33", "fd00::1/129", "10.0.0.1/-1", "10.0.0.1/", "fe80::1%eth0/64", "default", 5, None],
        ),
        (
            values.network,
            ["default", "10.0.0.0/8", "fd00::/64", "10.0.0.1", ip_network("10.0.0.0/8")],
            ["10.0.0.1/8", "10.0.0.0/33", "fd00::1/64", "x", "", 0, None],
        ),
        (
            values.mac,
            ["02:00:00:00:00:01", "AA:BB:CC:DD:EE:FF"],
            ["", "02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g", "2:0:0:0:0:1", None, 1],
        ),
    ],
)
def test_addresses(check: Any, good: list[Any], bad: list[Any]) -> None:
    """Addresses, with and without prefix length, networks and MACs: as text or as objects, and what is none."""
    for value in good:
        assert check("a", value) == str(value).lower()
    for value in bad:
        with pytest.raises(InvalidArgumentError, match=r"^a="):
            check("a", value)


@pytest.mark.parametrize("check", [values.interface, values.network])
@pytest.mark.parametrize("value", ["10.0.0.0/010", "fd00::/064", "10.0.0.0/0.0.0.255", "0.0.0.0/00"])
def test_octal_is_explained(check: Any, value: str) -> None:
    """`ip` reads a prefix length that begins with 0 as octal; the error says so."""
    with pytest.raises(InvalidArgumentError, match=r"octal"):
        check("dst", value)


def test_scope_is_explained() -> None:
    """`ip` takes no %eth0 behind an address; the error says what to write instead."""
    with pytest.raises(InvalidArgumentError, match=r"say which link by dev="):
        values.address("via", "fe80::1%eth0")


@pytest.mark.parametrize("value", ["", "a\nb", "a\0b", "-x", None, b"x", True, "\udfff\ud800"])
def test_bad_words(value: Any) -> None:
    """Words that could not stand in a command, or would be taken for an option."""
    with pytest.raises(InvalidArgumentError, match=r"^table="):
        values.plain("table", value)


@pytest.mark.parametrize(
    ("call", "typed"),
    [
        (lambda host: host.iptables.append("FORWARD", source=ip_network("10.0.0.0/8")), "-A FORWARD -s 10.0.0.0/8"),
        (lambda host: host.iptables.append("FORWARD", in_interface=Bridge("br0", at=host)), "-A FORWARD -i br0"),
        (
            lambda host: host.iptables.append("FORWARD", match="policy", dir="in", pol="ipsec", proto="esp"),
            "-A FORWARD -m policy --dir in --pol ipsec --proto esp",
        ),
        (lambda host: host.route.add("0.0.0.0/0.0.0.0", dev="a"), "route add 0.0.0.0/0.0.0.0 dev a"),
        (lambda host: host.rule.add(from_="10.0.0.1", goto=100), "rule add from 10.0.0.1 goto 100"),
        (lambda host: host.rule.add(fwmark=16, table="main"), "rule add fwmark 16 table main"),
        (lambda host: Link("a", at=host).set(group="servers", alias=""), "link set dev a alias  group servers"),
        (lambda host: Link("a", at=host).set(group=2**32 - 1), "link set dev a group 4294967295"),
    ],
)
def test_taken_as_it_is(call: Any, typed: str) -> None:
    """Values that are odd, but mean to the tool what they say, are typed as they were given."""
    host = Host.dry_run()
    call(host)
    assert " ".join(host.transcript[0].argv[1:]) == typed


BAD_CALLS = [
    ("name", lambda host: Link("a/b", at=host)),
    ("name", lambda host: Namespace("..", at=host)),
    ("mtu", lambda host: Bridge("br0", mtu=67, at=host)),
    ("address", lambda host: Bridge("br0", address="02:00", at=host)),
    ("peer", lambda host: VethPair("a", at=host)),
    ("peer", lambda host: VethPair("a", "a", at=host)),
    ("peer_netns", lambda host: VethPair(peer_netns="net0", at=host)),
    ("name", lambda host: Veth("a", at=host).add()),
    ("netns", lambda host: Link("a", at=host).set(netns="a/b")),
    ("netns", lambda host: Link("a", at=host).set(netns=0)),
    ("master", lambda host: Link("a", at=host).set(master="")),
    ("address", lambda host: host.addr.add("10.0.0.1/33", dev="a")),
    ("dev", lambda host: host.addr.add("10.0.0.1/24")),
    ("broadcast", lambda host: host.addr.add("10.0.0.1/24", broadcast="x", dev="a")),
    ("family", lambda host: host.addr.list(family=5)),
    ("dst", lambda host: host.route.add("10.0.0.1/8")),
    ("via", lambda host: host.route.add("default", via="10.0.0.0/8")),
    ("type", lambda host: host.route.add("default", type="bad")),
    ("nexthops", lambda host: host.route.add("default", nexthops=["10.0.0.1"])),
    ("weight", lambda host: NextHop(via="10.0.0.1", weight=0)),
    ("options", lambda host: host.rule.add()),
    ("options", lambda host: host.rule.delete()),
    ("priority", lambda host: host.rule.add(priority=-1)),
    ("dst", lambda host: host.neigh.add("10.0.0.0/8", dev="a")),
    ("nud", lambda host: host.neigh.add("10.0.0.1", nud="x", dev="a")),
    ("mac", lambda host: Link("a", at=host).fdb.add("x")),
    ("vni", lambda host: Link("a", at=host).fdb.add("02:00:00:00:00:01", vni=2**24)),
    ("port", lambda host: Link("a", at=host).fdb.add("02:00:00:00:00:01", port=65536)),
    ("nsid", lambda host: host.netns.set("net0", -1)),
    ("pid", lambda host: host.netns.attach("net0", 0)),
    ("chain", lambda host: host.iptables.new_chain("x" * 29)),
    ("chain", lambda host: host.iptables.new_chain("ü" * 15)),
    ("words", lambda host: host.iptables.append("FORWARD", "-j", "AC\nCEPT")),
    ("name", lambda host: host.sysctl.get("net..x")),
    ("name", lambda host: host.sysctl.set("-w", 1)),
    ("value", lambda host: host.sysctl.set("net.ipv4.ip_forward", "1\n2")),
    ("value", lambda host: host.sysctl.set("net.ipv4.ip_forward", None)),
    ("bridge", lambda host: host.brctl.addbr("a b")),
    ("dev", lambda host: host.brctl.addif("br0", None)),
    ("name", lambda host: host.module.load("-r")),
    ("count", lambda host: host.ping("10.0.0.1", count=0)),
    ("size", lambda host: host.ping("10.0.0.1", size=65508)),
    ("destination", lambda host: host.ping("-f")),
    ("interval", lambda host: host.ping("10.0.0.1", interval="fast")),
    ("words", lambda host: host.iptables.append("FORWARD", "-i", None, "-j", "ACCEPT")),
    ("source", lambda host: host.iptables.append("FORWARD", source=object())),
    ("fragm", lambda host: host.iptables.append("FORWARD", fragm=True)),
    ("group", lambda host: Link("a", at=host).set(group="4294967296")),
    ("group", lambda host: Link("a", at=host).set(group=1.5)),
    ("alias", lambda host: Link("a", at=host).set(alias="x" * 256)),
    ("alias", lambda host: Link("a", at=host).set(alias=[])),
    ("group_fwd_mask", lambda host: Bridge("a", group_fwd_mask=9, at=host)),
    ("group_address", lambda host: Bridge("a", group_address="01:80:c2:00:00:03", at=host)),
    ("mcast_query_interval", lambda host: Bridge("a", mcast_query_interval=99, at=host)),
    ("mcast_igmp_version", lambda host: Bridge("a", mcast_igmp_version=1, at=host)),
    ("at", lambda host: Link("a", at=Namespace)),
    ("netns", lambda host: Link("a", at=host).set(netns=Namespace)),
    ("place", lambda host: Bridge("a", at=host).plug(b"net0")),
    ("tos", lambda host: VxlanLink("a", id=5, tos=True, at=host)),
    ("up", lambda host: host.link.show(up=1)),
    ("label", lambda host: host.addr.add("10.0.0.1/24", label="eth0:" + "x" * 11, dev="a")),
    ("scope", lambda host: host.addr.add("10.0.0.1/24", scope=256, dev="a")),
    ("onlink", lambda host: host.route.add("10.0.0.0/8", via="10.0.0.1", onlink=1)),
    ("onlink", lambda host: NextHop(dev="a", onlink="no")),
    ("via", lambda host: NextHop()),
    ("nexthops", lambda host: host.route.add("10.8.0.0/24", nexthops=5)),
    ("nexthops", lambda host: host.route.add("10.8.0.0/24", nexthops=(hop for hop in ()))),
    ("table", lambda host: host.route.add("10.0.0.0/8", dev="a", table=1.5)),
    ("table", lambda host: host.route.show(table=[])),
    ("table", lambda host: host.route.flush(table="010")),
    ("scope", lambda host: host.route.add("10.0.0.0/8", dev="a", scope="x y")),
    ("proto", lambda host: host.route.add("10.0.0.0/8", dev="a", proto=256)),
    ("table", lambda host: host.rule.add(table="x y")),
    ("table", lambda host: host.rule.add(table=2**32)),
    ("fwmark", lambda host: host.rule.add(fwmark="0x10/0xff/1", table=5)),
    ("fwmark", lambda host: host.rule.add(fwmark="x", table=5)),
    ("action", lambda host: host.rule.add(action="x")),
    ("action", lambda host: host.rule.add(action="black")),
    ("action", lambda host: host.rule.add(action="goto here")),
    ("not_", lambda host: host.rule.add(not_=1, from_="10.0.0.0/8", table=5)),
    ("self_", lambda host: Link("a", at=host).fdb.add("02:00:00:00:00:01", self_=1)),
    ("master", lambda host: Link("a", at=host).fdb.add("02:00:00:00:00:01", master="br0")),
    ("proxy", lambda host: host.neigh.delete("10.0.0.1", dev="a", proxy=1)),
    ("router", lambda host: host.neigh.add("10.0.0.1", dev="a", router="no")),
    ("pvid", lambda host: Link("a", at=host).vlan.add(5, pvid="no")),
    ("tmpl", lambda host: host.xfrm.policy.add("out", src="default", dst="default", tmpl=5)),
    ("name", lambda host: host.sysctl.get(None)),
    ("value", lambda host: host.sysctl.set("net.ipv4.ip_forward", b"1")),
]


@pytest.mark.parametrize(("argument", "call"), BAD_CALLS, ids=range(len(BAD_CALLS)))
def test_refused_before_anything_runs(argument: str, call: Any) -> None:
    """Each verb refuses bad input by the argument's name, and has typed nothing by then."""
    host = Host.dry_run()
    with pytest.raises(InvalidArgumentError, match=f"^{argument}=") as caught:
        call(host)
    assert isinstance(caught.value, ValueError)
    assert len(host.transcript) == 0


@pytest.mark.parametrize("name", ["m", "up", "type", "netns"])
def test_keywords_as_names(name: str) -> None:
    """A link with a keyword for a name is typed behind `dev` or `name`, so that `ip` does not take it for one."""
    host = Host.dry_run()
    link = Bridge(name, at=host).add()
    link.up()
    link.set(mtu=1400)
    link.addr.add("10.0.0.1/24")
    link.show()
    host.route.add("10.1.0.0/16", dev=link)
    link.delete()
    assert [" ".join(result.argv) for result in host.transcript] == [
        f"ip link add name {name} type bridge",
        f"ip link set dev {name} up",
        f"ip link set dev {name} mtu 1400",
        f"ip addr add 10.0.0.1/24 dev {name}",
        f"ip -j -d link show dev {name}",
        f"ip route add 10.1.0.0/16 dev {name}",
        f"ip link delete dev {name}",
    ]


def test_a_number_out_of_its_range_says_what_it_counts() -> None:
    """Whoever gives a bridge's times in seconds is told what they are counted in."""
    with pytest.raises(InvalidArgumentError, match="between 200 and 3000 hundredths of a second"):
        Bridge("br0", forward_delay=4, at=Host.dry_run())
