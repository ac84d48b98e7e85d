"""From a network to the script that builds it, and from there to the same network again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netns_kit import (
    Bond,
    Bridge,
    Dummy,
    Host,
    Ifb,
    InvalidArgumentError,
    IpipTunnel,
    Lab,
    Link,
    Macvlan,
    Namespace,
    NextHop,
    Topology,
    Veth,
    VethPair,
    Vlan,
    Vrf,
    VxlanLink,
    stand_in,
)
from netns_kit.__main__ import main
from netns_kit.commands.command import Command
from netns_kit.conversion.network.kinds import CLASSES
from tests.conftest import LEG, needs_package
from tests.live.test_round_trip import CASES, spellings, try_parts
from tests.networks import bridge_of_d0, comes_again

sys.path.insert(0, str(Path(__file__).parents[2]))
from scripts.benchmark import networks

D0 = '''"""Builds a network on private hosts. Made from what was there."""

from netns_kit import Bridge, Host, Namespace, Topology, VethPair


def build(host: Host) -> None:
    with host.enter():
        with host.batch():
            net0 = Namespace("net0").add()
            net1 = Namespace("net1").add()
            net2 = Namespace("net2").add()
            br0 = Bridge("br0").add()
            veth0, eth0 = VethPair("veth0", "eth0", peer_netns=net0).add()
            eth0.addr.add("10.0.1.1/24")
            eth0.up()
            veth0.set(master=br0)
            veth0.up()
            veth1, net1_eth0 = VethPair("veth1", "eth0", peer_netns=net1).add()
            net1_eth0.addr.add("10.0.1.2/24")
            net1_eth0.up()
            veth1.set(master=br0)
            veth1.up()
            veth2, net2_eth0 = VethPair("veth2", "eth0", peer_netns=net2).add()
            net2_eth0.addr.add("10.0.1.3/24")
            net2_eth0.up()
            veth2.set(master=br0)
            veth2.up()
            br0.up()


if __name__ == "__main__":
    with Host.private("host") as host:
        build(host)
        print(Topology.of(host))
'''


def test_d0(host: Host) -> None:
    """D0's bridge, moved and renamed ends and all, is a script to be read; run by itself it shows the network."""
    bridge_of_d0()
    assert comes_again(host) == D0
    shown = subprocess.run((sys.executable, "-c", D0), capture_output=True, text=True, timeout=60, check=True).stdout
    assert shown.rstrip("\n") == str(Topology.of(host)).rstrip("\n")


def test_d0_as_shell(host: Host) -> None:
    """The shell script of a network builds the same, typed by bash."""
    bridge_of_d0()
    text = Topology.of(host).as_shell()
    assert "ip link add name veth1 type veth peer name eth0 netns net1\n" in text
    with Host.private() as other:
        other.exec("bash", "-s", input=text)
        # Links need a moment until they work.
        changes = Topology.of(host).compare(Topology.of(other)).changes
        assert [change for change in changes if change.what != "state"] == []


def everything(host: Host) -> None:
    """Of all that a place may have, something."""
    inside = Namespace("class").add()
    eth0, far = VethPair("eth0", "eth0", peer_netns=inside).add()
    for end, address in ((eth0, "10.0.0.1/24"), (far, "10.0.0.2/24")):
        end.addr.add(address)
        end.up()
    eth0.addr.add("192.0.2.1", peer="192.0.2.9")
    eth0.addr.add("10.0.0.5/25", broadcast="+", label="eth0:more", scope="link")
    far.addr.add("fd00::2/64")
    eth0.addr.add("fd00::1/64")
    inside.link("lo").up()
    inside.link("lo").addr.add("10.255.0.1/32")
    eth0.set(alias='it\'s "the" end', mtu=1400, txqueuelen=77, promisc=True)
    far.set(address="02:00:00:00:00:02", multicast=False)
    routes(host, inside)
    tunnels(host, inside)
    firewall(host)
    host.sysctl["net.ipv6.conf.all.forwarding"] = 1
    host.sysctl["net.ipv4.conf.eth0.rp_filter"] = 2
    inside.sysctl["net.ipv4.ip_forward"] = 1
    inside.sysctl["net.ipv4.conf.default.arp_ignore"] = 1
    inside.sysctl["net.ipv4.conf.eth0.forwarding"] = 0
    inside.sysctl["net.ipv4.ip_local_port_range"] = "2000 3000"


def routes(host: Host, inside: Namespace) -> None:
    """Routes, rules and neighbours."""
    inside.route.add("default", via="10.0.0.1")
    inside.route.add("default", via="fd00::1", metric=7)
    host.route.add("10.9.0.0/16", via="10.0.0.2", metric=5, table=100, src="10.0.0.1", mtu=1300)
    host.route.add("10.8.0.0/16", nexthops=[NextHop(via="10.0.0.2", weight=2), NextHop(via="10.0.0.3")])
    host.route.add("198.51.100.0/24", via="203.0.113.1", dev="eth0", onlink=True, proto="static")
    host.route.add("10.7.0.0/16", dev="eth0", scope="link")
    host.route.add("fd09::/64", dev="eth0")
    host.route.add("default", type="unreachable", metric=9999, family=6)
    host.route.add("192.168.0.0/16", type="blackhole")
    host.route.add("10.6.0.0/16", type="local", dev="lo", table=100)
    host.rule.add(from_="10.0.0.0/8", table=100, priority=100)
    host.rule.add(fwmark="0x10/0xff", table=100, priority=101, family=6)
    host.rule.add(not_=True, to="10.1.0.0/16", iif="eth0", action="prohibit", priority=102)
    host.rule.delete(priority=32767, table="default")
    host.neigh.add("10.0.0.77", lladdr="02:00:00:00:00:77", dev="eth0")
    host.neigh.add("10.0.0.2", lladdr="02:00:00:00:00:02", dev="eth0", nud="permanent")
    host.neigh.add("10.0.0.78", dev="eth0", proxy=True)


def tunnels(host: Host, inside: Namespace) -> None:
    """A bridge, VXLANs and a link on another, of which some have moved; entries and a queue."""
    br0 = Bridge("br0", stp_state=True, forward_delay=400, address="02:00:00:00:00:0b").add()
    vx0 = VxlanLink("vx0", id=5, dstport=4789, local="10.0.0.1", dev="eth0", learning=False).add()
    vx0.fdb.append("00:00:00:00:00:00", dst="10.0.0.2")
    vx0.fdb.append("00:00:00:00:00:00", dst="10.0.0.3")
    vx0.fdb.add("02:00:00:00:00:99", dst="10.0.0.2", port=4790)
    vx0.set(master=br0)
    vx0.fdb.add("02:00:00:00:00:98", master=True, state="static")
    vx1 = VxlanLink("vx1", id=7, dstport=4790, local="10.0.0.1", remote="10.0.0.2").add()
    vx1.set(netns=inside)
    vx1.up()
    mv0 = Macvlan("mv0", link="eth0", mode="bridge").add()
    mv0.set(netns=inside, name="eth1")
    vx0.up()
    br0.up()
    host.link("eth0").qdisc.add("tbf", rate="1mbit", burst="32kbit", latency="400ms")
    br0.qdisc.add("htb", handle="1:", default="30")
    br0.class_.add("htb", parent="1:", classid="1:1", rate="6mbit", burst="15k")
    br0.class_.add("htb", parent="1:1", classid="1:30", rate="1mbit", ceil="6mbit", prio=1)
    br0.qdisc.add("pfifo", parent="1:30", handle="30:", limit=50)
    br0.qdisc.add("ingress")


def firewall(host: Host) -> None:
    """Policies, chains and rules of several tables and both families."""
    host.iptables.policy("FORWARD", "DROP")
    host.iptables.new_chain("MINE")
    host.iptables.append("FORWARD", in_interface="eth0", out_interface="! br0", jump="ACCEPT")
    host.iptables.append("FORWARD", "-m", "comment", "--comment", "a 'b' \"c\" \\d", "-j", "MINE")
    host.iptables.append("MINE", "-p", "tcp", "--tcp-flags", "SYN,RST", "SYN", "-j", "DROP")
    host.iptables.append("POSTROUTING", table="nat", source="! 10.0.0.0/8", jump="MASQUERADE")
    host.ip6tables.append("INPUT", protocol="tcp", match="tcp", dport=22, jump="ACCEPT")


def test_everything(host: Host) -> None:
    """Addresses, routes, rules, neighbours, entries, queues, parameters and firewall come again."""
    everything(host)
    text = comes_again(host)
    for line in (
        'host.rule.delete(priority=32767, table="default", family=4)',
        "eth1.set(netns=host_class)",
        'host_class.sysctl.set("net.ipv4.ip_forward", 1)',
        'host.sysctl.set("net.ipv4.conf.eth0.rp_filter", 2)',
    ):
        assert f"{line}\n" in text


def test_what_changed_in_it(host: Host) -> None:
    """Of networks that were read whole, `compare` tells rules, entries, firewall and parameters, too."""
    everything(host)
    before = Topology.of(host, whole=True)
    host.rule.delete(priority=100)
    host.sysctl["net.ipv4.ip_forward"] = 1
    host.iptables.append("INPUT", jump="ACCEPT")
    assert str(before.compare(Topology.of(host, whole=True))).splitlines() == [
        '- host setting: rule.add(from_="10.0.0.0/8", priority=100, table=100)',
        '+ host setting: sysctl.set("net.ipv4.ip_forward", 1)',
        '+ host setting: iptables.append("INPUT", jump="ACCEPT")',
    ]
    assert not before.compare(Topology.of(host))


KINDS = [one for one in CASES if one in (Veth, *CLASSES.values())]


@pytest.mark.parametrize("kind", [pytest.param(each, marks=pytest.mark.needs_kernel(each.kind)) for each in KINDS])
def test_every_kind(kind: type[Link], host: Host) -> None:
    """A link of each kind that a script can make comes again with its options."""
    low, _ = VethPair("low", "far").add()
    low.addr.add("10.9.0.1/24")
    # In the virtual machine, where all takes so much longer, those with the most options.
    for options in CASES[kind] if LEG != "vm" else [max(CASES[kind], key=len)]:
        try_parts(host, options)
        link = kind("it", **options)
        made = VethPair("it", "peer") if kind is Veth else link
        spellings(link)[0]()
        comes_again(host)
        made.delete()


def test_ports(host: Host) -> None:
    """What ports do comes again: that they are isolated, do not learn, cost more, forward what others keep."""
    br0 = Bridge("br0", stp_state=True).add(up=True)
    for number in (1, 2):
        VethPair(f"p{number}", f"e{number}").add().ends[0].set(master=br0)
    host.link("p1").brport.set(isolated=True, learning=False, flood=False, hairpin=True, cost=77, priority=5)
    host.link("p2").bridge_slave(group_fwd_mask=8, neigh_suppress=True, mcast_router=2)
    text = comes_again(host)
    for word in ("isolated=True", "learning=False", "cost=77", "priority=5", "group_fwd_mask=8", "mcast_router=2"):
        assert word in text


@pytest.mark.needs_kernel("bond", "vlan", "vrf", "ipip", "netem", "dummy")
def test_one_on_another(host: Host) -> None:
    """A VLAN of a bond is a port of a bridge that a VRF routes; a tunnel, a queue and VLANs of ports come as well."""
    bond0 = Bond("bond0", mode="active-backup", miimon=100).add()
    for name in ("port1", "port2"):
        port = Dummy(name).add()
        port.set(master=bond0)
        port.up()
    bond0.up()
    br0, vrf0 = Bridge("br0", vlan_filtering=True).add(), Vrf("vrf0", table=10).add()
    vlan = Vlan("bond0.18", link="bond0", id=18).add()
    vlan.set(master=br0)
    vlan.vlan.add("20-30")
    vlan.vlan.delete(1)
    br0.vlan.add(40, pvid=True, untagged=True)
    br0.set(master=vrf0)
    for link in (vlan, br0, vrf0):
        link.up()
    br0.addr.add("10.0.0.1/24")
    host.route.add("10.1.0.0/16", via="10.0.0.2", table=10)
    bond0.addr.add("10.5.0.1/24")
    net = Namespace("net").add()
    tun0 = IpipTunnel("tun0", remote="10.5.0.2", local="10.5.0.1", dev="bond0").add()
    tun0.set(netns=net)
    tun0.up()
    tun0.addr.add("100.0.0.2", peer="100.0.0.3")
    bond0.qdisc.add("netem", delay="100ms", jitter="10ms", correlation=25, loss=0.5, limit=500)
    text = comes_again(host)
    assert 'bond0.qdisc.add("netem", delay=0.1, jitter=0.01, correlation=25, loss=0.5, limit=500)' in "".join(
        line.strip() + (" " if line.endswith(",") else "") for line in text.splitlines()
    ).replace("(  ", "(").replace(", )", ")")


@pytest.mark.parametrize(
    "build",
    [
        lambda host: networks.star(host, 10),
        lambda host: networks.star_as_written(host, 5),
        lambda host: networks.chain(host, 5),
    ],
)
def test_the_networks_of_the_benchmark(build: Callable[[Host], None], host: Host) -> None:
    """Stars, with ends born in place or moved, and a chain of routers come again."""
    build(host)
    comes_again(host)


def test_a_lab() -> None:
    """A lab's hosts are parameters of `build`; cables between hosts and between their namespaces come again."""
    with Lab() as lab:
        node1, node2 = lab.host("node1"), lab.host("node-2")
        lab.cable(node1, node2, name="eth0", addresses=("10.0.0.1/24", "10.0.0.2/24"))
        inner = [Namespace("ns0", at=node).add() for node in (node1, node2)]
        lab.cable(*inner, name="eth0", mtu=1400)
        lab.switch("segment", node1, node2)
        text = comes_again(lab)
    assert "def build(node1: Host, node_2: Host, segment: Host) -> None:" in text


def test_names(host: Host) -> None:
    """Names that Python cannot have, or that several things have, make variables that it can, none twice."""
    for name in ("net-1", "net_1", "net.1", "class", "2a", "host", "Bridge", "print", "eth0"):
        VethPair("eth0", f"to-{name}", peer_netns=host, at=Namespace(name).add()).add()
    text = comes_again(host)
    assert 'net_1 = Namespace("net-1").add()' in text
    assert 'host_class = Namespace("class").add()' in text


@pytest.mark.needs_kernel("tun")
def test_stand_ins(host: Host) -> None:
    """What cannot be had again has a stand-in that says so: it keeps its name, address and routes."""
    hidden = host.start("unshare", "--net", "sleep", "60")
    net = Namespace("net").add()
    inner, outer = VethPair("eth0", "veth9").add()
    inner.addr.add("10.0.0.1/24")
    inner.up()
    outer.up()
    host.route.add("default", via="10.0.0.254")
    while (
        host.exec("readlink", f"/proc/{hidden.pid}/ns/net").stdout == host.exec("readlink", "/proc/self/ns/net").stdout
    ):
        pass
    outer.set(netns=hidden.pid)
    host.exec("ip", "tuntap", "add", "tap0", "mode", "tap")
    text = comes_again(host)
    assert "# A veth whose other end is in a namespace without a name cannot be had again: what" in text
    assert 'tap0 = stand_in("tap0", "a tun link", address="' in text
    with Topology.of(host).twin() as twin:
        again = Topology.of(twin)
        assert "(cut off: stands in for a tun link)" in str(again)
        changes = Topology.of(host).compare(again).changes
        assert [(change.what, change.id) for change in changes] == [("kind", "host/eth0"), ("kind", "host/tap0")]
        assert Namespace("net", at=twin.hosts["host"]).exists()
    assert net.exists()


def test_stand_in_by_hand(host: Host) -> None:
    """`stand_in` makes a link that leads nowhere, in a batch as well."""
    with host.batch():
        made = stand_in("eth7", "a physical card", address="02:00:00:00:00:07")
        made.up()
    info = made.show()
    assert (info.kind in ("dummy", "ifb"), info.up, info.address) == (True, True, "02:00:00:00:00:07")
    assert info.alias == "cut off: stands in for a physical card"


@needs_package("ruff")
@needs_package("mypy")
def test_clean_scripts(host: Host, tmp_path: Path) -> None:
    """The scripts pass `ruff format` at the usual widths, `ruff check` and `mypy --strict`."""
    everything(host)
    path = tmp_path / "rebuilt.py"
    path.write_text(Topology.of(host).as_python(), encoding="utf-8")
    folder = Path(sys.executable).parent
    for width in ("88", "120"):
        subprocess.run(
            (folder / "ruff", "format", "--check", "--no-cache", "--isolated", "--line-length", width, path), check=True
        )
    subprocess.run((folder / "ruff", "check", "--no-cache", "--isolated", "--select", "E4,E7,E9,F,I", path), check=True)
    subprocess.run((folder / "mypy", "--strict", "--cache-dir", tmp_path / "cache", path), check=True)


def test_save_and_load(host: Host, tmp_path: Path) -> None:
    """What was saved loads as the same, on whatever machine: text, picture, script and twin."""
    everything(host)
    topology = Topology.of(host, whole=True)
    topology.save(tmp_path / "lab.json")
    loaded = Topology.load(tmp_path / "lab.json")
    assert loaded == topology
    assert (loaded.as_python(), loaded.as_text()) == (topology.as_python(), topology.as_text())
    with loaded.twin() as twin:
        assert Topology.of(twin).as_python() == topology.as_python()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"netns_kit": 2, "places": []}', '{"netns_kit": 1, "places": [{}]}'])
def test_a_file_that_is_none(text: str, tmp_path: Path) -> None:
    """A file that no topology was saved to is refused."""
    (tmp_path / "lab.json").write_text(text)
    with pytest.raises(InvalidArgumentError, match="topology"):
        Topology.load(tmp_path / "lab.json")


def test_names_in_a_file_are_no_code(tmp_path: Path, host: Host) -> None:
    """What a file says is never run: a name with quotes and newlines stays a text."""
    Ifb("it").add().set(alias="x")
    topology = Topology.of(host, whole=True)
    topology.save(tmp_path / "lab.json")
    data = json.loads((tmp_path / "lab.json").read_text())
    link = next(link for link in data["places"][0]["links"] if link["ifname"] == "it")
    link["ifalias"] = "cut off: stands in for a\n\"); import os; os.abort()  # '"
    (tmp_path / "lab.json").write_text(json.dumps(data))
    text = Topology.load(tmp_path / "lab.json").as_python()
    compile(text, "rebuilt", "exec")
    assert "\n" not in text[text.index("# A") : text.index(" cannot be had")]


def test_reading_only_reads(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of the original is only read, and none of it is in its transcript."""
    everything(host)
    typed = len(host.transcript)
    seen: list[tuple[str, ...]] = []
    runner: Any = host.site.runner
    run = runner.runner.run

    def watched(command: Command) -> object:
        seen.append(command.argv)
        return run(command)

    monkeypatch.setattr(runner.runner, "run", watched)
    Topology.of(host).twin().close()
    assert len(host.transcript) == typed
    verbs = ("add", "del", "delete", "set", "replace", "append", "change", "flush", "-w", "-A", "-I")
    assert len(seen) > 10
    assert [argv for argv in seen if set(verbs) & set(argv)] == []
    assert {argv[0] for argv in seen} <= {
        "ip",
        "bridge",
        "tc",
        "iptables-save",
        "ip6tables-save",
        "grep",
        "find",
        "unshare",
    }


def test_on_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`show --python`, `--shell` and `--save` write what builds this machine's network."""
    bridge_of_d0()
    monkeypatch.setattr(Host, "local", lambda sudo, name: host)
    assert main(["show", "--python"]) == 0
    assert capsys.readouterr().out == D0


def test_the_shell_on_the_command_line(
    capsys: pytest.CaptureFixture[str], host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`show --shell` writes the commands."""
    bridge_of_d0()
    monkeypatch.setattr(Host, "local", lambda sudo, name: host)
    assert main(["show", "--shell"]) == 0
    assert capsys.readouterr().out.startswith("#!/bin/bash -e\n# on host\nip netns add net0\n")


def test_a_twin_of_this_machine() -> None:
    """A twin of the machine itself has its names and addresses, on private hosts."""
    if shutil.which("ip") is None:
        pytest.skip("no ip here: CI installs it, and its legs run it")
    topology = Topology.of(Host.local())
    with topology.twin() as twin:
        again = Topology.of(twin)
        assert {link.id: link.addresses for link in again.links} == {link.id: link.addresses for link in topology.links}
