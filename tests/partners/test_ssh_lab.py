"""A lab over machines: private hosts on machines behind SSH, and cables and switches between them."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netns_kit import (
    Bridge,
    Host,
    InvalidArgumentError,
    Lab,
    Namespace,
    NetnsKitError,
    PlaceClosedError,
    Topology,
    VethPair,
    VxlanLink,
    explain,
    follow,
    for_each,
)
from scripts.testing.ssh_lab import SshLab
from scripts.testing.waiting import wait_for

from .test_ssh import left_there, through_a_bridge
from .test_ssh_private import HOLDER

pytestmark = pytest.mark.needs_kernel("vxlan")


@pytest.fixture
def machines(ssh_lab: SshLab) -> Iterator[tuple[Host, Host]]:
    """Two machines, joined by an underlay."""
    with ssh_lab.ssh("node1") as first, ssh_lab.ssh("node2") as second:
        yield first, second


def links(host: Host) -> list[str]:
    """The names of a place's links."""
    return [link.name for link in host.link.show()]


def test_hosts_are_spread(machines: tuple[Host, Host]) -> None:
    """Each goes to the machine with the fewest, or where one says; what is no machine of the lab is refused."""
    with Lab(machines=machines) as lab:
        for name in ("pc1", "pc2", "pc3"):
            lab.host(name)
        lab.host("pc4", on=machines[0])
        homes = [[name for name in lab.hosts if lab._homes[name] is machine] for machine in machines]
        assert homes == [["pc1", "pc3", "pc4"], ["pc2"]]
        with pytest.raises(InvalidArgumentError, match="no machine of this lab"):
            lab.host("pc5", on=Host.local())
        assert [outcome.value for outcome in for_each(lab.hosts.values(), links)] == [["lo"]] * 4
    with pytest.raises(InvalidArgumentError, match="twice"):
        Lab(machines=(machines[0], machines[0]))


def test_a_cable_between_machines(machines: tuple[Host, Host]) -> None:
    """It carries pings as large as its ends say, and nothing of it is on the machines themselves, nor left behind."""
    before = [links(machine) for machine in machines]
    with Lab(machines=machines) as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        ends = lab.cable(pc1, pc2, addresses=("10.1.0.1/24", "10.1.0.2/24"))
        assert [end.show().mtu for end in ends] == [1450, 1450]
        assert pc1.ping("10.1.0.2", count=1).received == 1
        # As large as the ends carry, and not a byte more, in one piece.
        assert pc1.exec("ping", "-c1", "-W2", "-M", "do", "-s", 1422, "10.1.0.2").ok
        assert not pc1.exec("ping", "-c1", "-W2", "-M", "do", "-s", 1423, "10.1.0.2", check=False).ok
        assert pc1.exec("ping", "-c1", "-W2", "-s", 1500, "10.1.0.2").ok
        assert [links(machine) for machine in machines] == before
        with pytest.raises(InvalidArgumentError, match="at most 1450"):
            lab.cable(pc1, pc2, name="eth9", mtu=9000)
        assert lab.cable(pc1, pc2, name="eth8", mtu=1400)[1].show().mtu == 1400
        assert links(pc2) == ["lo", "eth0", "eth8"]
        pc1.close()
        with pytest.raises(PlaceClosedError):
            lab.cable(pc1, pc2)
    assert [links(machine) for machine in machines] == before


def test_why_over_machines(machines: tuple[Host, Host]) -> None:
    """A lab over machines is one network to those who look why a packet does not come through it, and how one does."""
    with Lab(machines=machines) as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        lab.cable(pc1, pc2, addresses=("10.1.0.1/24", "10.1.0.2/24"))
        pc2.link("eth0").down()
        why = explain(pc1, "10.1.0.2")
        assert [str(one.cure) for one in why.findings] == ["ip link set dev eth0 up"]
        why.findings[0].apply()
        assert explain(pc1, "10.1.0.2").ok
        assert "pc1/eth0 → pc2/eth0" in str(follow(pc1, "10.1.0.2"))


def test_names_over_machines(machines: tuple[Host, Host]) -> None:
    """A name leads to a host on another machine, whose own /etc/hosts nobody has written to."""
    before = [machine.exec("cat", "/etc/hosts").stdout for machine in machines]
    with Lab(machines=machines) as lab:
        pc1, pc2 = lab.host("pc1", on=machines[0]), lab.host("pc2", on=machines[1])
        lab.cable(pc1, pc2, addresses=("10.1.0.1/24", "10.1.0.2/24"))
        assert pc1.ping("pc2", count=1).ok
        assert pc2.exec("getent", "hosts", "pc1").stdout.split()[0] == "10.1.0.1"
        assert [machine.exec("cat", "/etc/hosts").stdout for machine in machines] == before


def test_why_over_an_underlay_with_a_firewall(machines: tuple[Host, Host]) -> None:
    """A cable between machines goes by these: a rule there that drops it is named, with how far the probe was seen."""
    with Lab(machines=machines) as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        lab.cable(pc1, pc2, addresses=("10.1.0.1/24", "10.1.0.2/24"))
        rule = machines[1].iptables.append("INPUT", protocol="udp", dport=4789, jump="DROP")
        why = explain(pc1, "10.1.0.2")
        assert [(one.code, one.place) for one in why.findings] == [("firewall", machines[1].name)]
        assert "pc1/eth0 → node1/eth0 → node2/eth0 ✗ pc2/eth0" in str(why)
        assert "was seen up to pc1/eth0, and no further" in str(why)
        rule.delete()
        assert explain(pc1, "10.1.0.2").ok


def test_why_over_a_network_that_nobody_looked_at(machines: tuple[Host, Host]) -> None:
    """Between two machines may be a network of others: an overlay on it is looked at from end to end."""
    places = []
    for number, (machine, remote) in enumerate(zip(machines, reversed(machines), strict=True), 1):
        ends = [next(one.local for one in each.link("eth0").addr.show(family=4)) for each in (machine, remote)]
        inner = Namespace(f"in{number}", at=machine).add()
        br0 = Bridge("br0", at=machine).add(up=True)
        br0.plug(inner, address=f"10.77.0.{number}/24", port=f"port{number}")
        vx0 = VxlanLink("vx0", id=7, dstport=4790, local=ends[0], remote=ends[1], at=machine).add()
        vx0.set(master=br0)
        vx0.up()
        places.append(inner)
    among = machines[1:]
    assert explain(places[0], "10.77.0.2", among=among).ok
    machines[1].link("vx0").down()
    why = explain(places[0], "10.77.0.2", among=among)
    assert [one.code for one in why.findings] == ["link-down"]
    why.findings[0].apply()
    assert explain(places[0], "10.77.0.2", among=among).ok


def test_a_taken_name_leaves_nothing(machines: tuple[Host, Host]) -> None:
    """A cable whose second end cannot be made has no first end, either."""
    with Lab(machines=machines) as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        Bridge("eth5", at=pc2).add()
        with pytest.raises(NetnsKitError):
            lab.cable(pc1, pc2, name="eth5")
        assert links(pc1) == ["lo"]


def test_a_switch_over_machines(machines: tuple[Host, Host]) -> None:
    """Hosts on both machines are on one segment; a namespace of a host can be plugged in as well."""
    with Lab(machines=machines) as lab:
        hosts = [lab.host(f"pc{number}") for number in range(1, 5)]
        net0 = Namespace("net0", at=hosts[1]).add()
        switch = lab.switch(
            "switch", *hosts, net0, addresses=[f"10.2.0.{number}/24" for number in range(1, 6)], on=machines[0]
        )
        assert len(switch.bridge.ports()) == 5
        for address in range(2, 6):
            assert hosts[0].ping(f"10.2.0.{address}", count=1).received == 1


def test_two_labs_on_the_same_machines(ssh_lab: SshLab, machines: tuple[Host, Host]) -> None:
    """Neither sees anything of the other, whatever ids they happen on."""
    with ssh_lab.ssh("node1") as first, ssh_lab.ssh("node2") as second, Lab(machines=(first, second)) as other:
        with Lab(machines=machines) as lab:
            # As if both had drawn the same numbers.
            other._cables._ids = iter(range(5000, 6000))
            lab._cables._ids = iter(range(5000, 6000))
            for one in (lab, other):
                one.cable(one.host("pc1"), one.host("pc2"), addresses=("10.1.0.1/24", "10.1.0.2/24"))
                assert one.hosts["pc1"].ping("10.1.0.2", count=1).received == 1
        assert other.hosts["pc1"].ping("10.1.0.2", count=1).received == 1


def test_one_network_to_those_who_look(machines: tuple[Host, Host]) -> None:
    """A topology has the cables between machines and within one; a batch covers all hosts."""
    with Lab(machines=machines) as lab:
        hosts = [lab.host(f"pc{number}") for number in range(1, 5)]
        lab.cable(hosts[0], hosts[1], name="far")
        lab.cable(hosts[0], hosts[2], name="near")
        lab.cable(hosts[1], hosts[3], name="near")
        with lab.batch():
            for host in hosts:
                Bridge("br0", at=host).add()
                VethPair("a", "b", at=host).add()
        found = Topology.of(lab)
        edges = {(edge.first, edge.second) for edge in found.edges}
        assert {("pc1/far", "pc2/far"), ("pc1/near", "pc3/near"), ("pc2/near", "pc4/near"), ("pc1/a", "pc1/b")} <= {
            tuple(sorted(edge)) for edge in edges
        }


def test_d1_on_two_machines(machines: tuple[Host, Host]) -> None:
    """D1.6d and e, a node on each machine, as between two machines of flesh and blood: the final ping."""
    with Lab(machines=machines) as lab:
        node1, node2 = lab.host("node1"), lab.host("node2")
        lab.cable(node1, node2, name="bond1.1810", addresses=("10.9.0.1/24", "10.9.0.2/24"))
        assert through_a_bridge(node1, node2, "bond1.1810")


def test_without_root(ssh_lab: SshLab) -> None:
    """An ordinary user's machines have private hosts; a cable between them is refused before anything is made."""
    passwd = Path("/etc/passwd").read_text()
    for name in ("node1", "node2"):
        ssh_lab.replace(name, "/etc/passwd", f"{passwd}mortal:x:4321:4321::/tmp:/bin/sh\n")
        ssh_lab.replace(name, "/etc/motd", (ssh_lab.folder / "authorized_keys").read_text())
        settings = ssh_lab.folder / f"sshd-{name}"
        settings.write_text(settings.read_text().replace(f"{ssh_lab.folder}/authorized_keys", "/etc/motd"))
        ssh_lab.configure(name)
    options = {"User": "mortal"}
    with (
        ssh_lab.ssh("node1", options=options) as first,
        ssh_lab.ssh("node2", options=options) as second,
        Lab(machines=(first, second)) as lab,
    ):
        pc1, pc2, pc3 = (lab.host(name) for name in ("pc1", "pc2", "pc3"))
        with pytest.raises(NetnsKitError, match="takes root on both, and node1"):
            lab.cable(pc1, pc2)
        assert links(pc1) == links(pc2) == ["lo"]
        lab.cable(pc1, pc3, addresses=("10.1.0.1/24", "10.1.0.3/24"))
        assert pc1.ping("10.1.0.3", count=1).ok


THREE = """
import sys
from netns_kit import *

near, *far = [Host.local(), *(Host.ssh(name, config=sys.argv[1]) for name in ("node1", "node2"))]
with Lab(machines=(near, *far)) as lab:
    hosts = [lab.host(f"pc{number}") for number in range(1, 7)]
    lab.switch("switch", *hosts, addresses=[f"10.2.0.{number}/24" for number in range(1, 7)])
    print([hosts[0].ping(f"10.2.0.{number}", count=1).received for number in range(2, 7)])
    # From each machine to each other one.
    for number, pair in enumerate(((0, 1), (1, 2), (2, 0)), 1):
        first, second = (hosts[one] for one in pair)
        lab.cable(first, second, name=f"far{number}", addresses=(f"10.3.{number}.1/24", f"10.3.{number}.2/24"))
        print(first.ping(f"10.3.{number}.2", count=1).received)
    hosts[4].link("eth0").down()
    why = explain(hosts[0], "10.2.0.5")
    print([finding.code for finding in why.findings])
    why.findings[0].apply()
    topology = Topology.of(lab, whole=True)
    with topology.twin() as twin:
        changes = topology.compare(Topology.of(twin, whole=True)).changes
        here = {host.site.runner.machine for host in twin.hosts.values()}
        print({change.what for change in changes} - {"state"}, here)
        pc1, pc2, *_ = twin.hosts.values()
        print(pc1.ping("10.2.0.6", count=1).received, pc2.ping("10.3.2.2", count=1).received)
"""


def test_three_machines(ssh_lab: SshLab) -> None:
    """The machine that one works on and two behind SSH: a segment over all, a cable of each pair, why, and a twin."""
    desk = ssh_lab.lab.hosts["desk"]
    machines = [desk, ssh_lab.lab.hosts["node1"], ssh_lab.lab.hosts["node2"]]
    before = [links(machine) for machine in machines]
    done = desk.exec(
        sys.executable, "-c", THREE, ssh_lab.config, env={"PYTHONPATH": ":".join(filter(None, sys.path))}, timeout=300
    )
    everyone, *pairs, why, twin, pings = done.stdout.splitlines()
    assert (everyone, pairs, why) == ("[1, 1, 1, 1, 1]", ["1", "1", "1"], "['link-down']")
    assert (twin, pings) == ("{'kind'} {'this machine'}", "1 1")
    assert [links(machine) for machine in machines] == before


LASTING = """
import sys; from netns_kit import *
machines = [Host.ssh(name, config=sys.argv[1]) for name in ("node1", "node2")]
lab = Lab(machines=machines)
lab._cables._ids = iter(range(int(sys.argv[2]), int(sys.argv[2]) + 3))
pc1, pc2 = lab.host("pc1"), lab.host("pc2")
lab.cable(pc1, pc2, name="eth0", addresses=("10.1.0.1/24", "10.1.0.2/24"))
print(pc1.ping("10.1.0.2", count=1).received, flush=True)
pc1.exec("sleep", "4751")
"""


def lasting(ssh_lab: SshLab, number: int = 0) -> subprocess.Popen[str]:
    """A script with a lab over both machines, whose cable has an id that a test knows."""
    command = (sys.executable, "-c", LASTING, ssh_lab.config, str(7000 + 10 * number))
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(command, env=environment, stdout=-1, stderr=subprocess.DEVNULL, text=True)


def check_nothing_is_left(ssh_lab: SshLab, machines: tuple[Host, Host], before: list[list[str]]) -> None:
    """Wait until no process and no link is left on any machine; the same ids can be had again."""
    wait_for(lambda: left_there("4751") == left_there(HOLDER) == [])
    assert [links(machine) for machine in machines] == before
    with lasting(ssh_lab) as script:
        assert script.stdout is not None
        assert script.stdout.readline() == "1\n"
        script.kill()
    wait_for(lambda: left_there("4751") == left_there(HOLDER) == [])


def test_a_killed_script_leaves_nothing_on_any_machine(ssh_lab: SshLab, machines: tuple[Host, Host]) -> None:
    """Killed at any of 20 points, it leaves no link, no process and no taken id on any machine."""
    before = [links(machine) for machine in machines]
    for _ in range(5):
        scripts = [lasting(ssh_lab, number) for number in range(4)]
        for script in scripts:
            time.sleep(random.uniform(0.2, 1))
            script.kill()
            script.communicate()
    check_nothing_is_left(ssh_lab, machines, before)


def test_a_killed_sshd_leaves_nothing_on_any_machine(ssh_lab: SshLab, machines: tuple[Host, Host]) -> None:
    """A machine whose sshd is killed at any of 10 points ends the script, and nothing is left on either machine."""
    before = [links(machine) for machine in machines]
    for _ in range(10):
        with lasting(ssh_lab) as script:
            time.sleep(random.uniform(0.3, 1.5))
            ssh_lab.cut("node1")
            # One that had not come so far goes on: nothing of it was cut.
            with contextlib.suppress(subprocess.TimeoutExpired):
                script.wait(3)
            script.kill()
    check_nothing_is_left(ssh_lab, machines, before)


def test_a_socket_through_a_cable_between_machines(machines: tuple[Host, Host]) -> None:
    """A stream of many packets as large as the cable carries comes through whole."""
    with Lab(machines=machines) as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        lab.cable(pc1, pc2, addresses=("10.1.0.1/24", "10.1.0.2/24"))
        with pc2.start("busybox", "nc", "-l", "-p", "8000") as server:
            pc2.wait_for_port(8000)
            pc1.exec("busybox", "nc", "-w", "5", "10.1.0.2", "8000", input="0123456789" * 100_000)
            assert len(server.wait(30).stdout) == 1_000_000
