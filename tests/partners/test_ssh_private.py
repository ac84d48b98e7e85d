"""Private hosts on machines behind SSH: what they can do, and that nothing is left of them, however it ends."""

from __future__ import annotations

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
    ConnectionLostError,
    Host,
    Namespace,
    NetnsKitError,
    PlaceClosedError,
    PrivateHostError,
    TimedOutError,
    VethPair,
)
from scripts.testing.ssh_lab import SshLab
from scripts.testing.waiting import wait_for

from .test_ssh import left_there

HOLDER = "2147483647"


@pytest.fixture
def mortal(ssh_lab: SshLab) -> Iterator[Host]:
    """node1, where one logs in as an ordinary user."""
    passwd = Path("/etc/passwd").read_text()
    ssh_lab.replace("node1", "/etc/passwd", f"{passwd}mortal:x:4321:4321::/tmp:/bin/sh\n")
    # sshd reads it as that user, who may not enter the test's folder.
    ssh_lab.replace("node1", "/etc/motd", (ssh_lab.folder / "authorized_keys").read_text())
    settings = ssh_lab.folder / "sshd-node1"
    settings.write_text(settings.read_text().replace(f"{ssh_lab.folder}/authorized_keys", "/etc/motd"))
    ssh_lab.configure("node1")
    with ssh_lab.ssh("node1", options={"User": "mortal"}) as host:
        yield host


def works(machine: Host) -> None:
    """Does in a private host on a machine what one does in a private host here."""
    before = [link.name for link in machine.link.show()]
    with machine.private("pc1") as pc1:
        assert [link.name for link in pc1.link.show()] == ["lo"]
        with pc1.batch():
            br0 = Bridge("br0").add()
            nets = [Namespace(f"net{number}").add() for number in (1, 2, 3)]
            for number, net in enumerate(nets, 1):
                br0.plug(net, address=f"10.0.0.{number}/24", port=f"port{number}")
            br0.up()
        assert nets[0].ping("10.0.0.3", count=1).received == 1
        assert {port.name for port in pc1.link.show() if port.port_kind == "bridge"} == {"port1", "port2", "port3"}
        assert pc1.exec("ls", "/sys/class/net").stdout.split() == ["br0", "lo", "port1", "port2", "port3"]
        pc1.sysctl["net.ipv4.ip_forward"] = 1
        pc1.iptables.append("FORWARD", jump="DROP")
        with pc1.session("bash") as shell:
            assert "br0" in [link.name for link in shell.link.show()]
        with pc1.start("sleep", "4741") as lasting:
            wait_for(lambda: left_there("4741") != [])
            assert lasting.running
        assert left_there("4741") == []
        with pytest.raises(TimedOutError):
            pc1.exec("sleep", "4742", timeout=1)
        assert left_there("4742") == []
        assert pc1.exec("id", "-u").stdout == "0\n"
        assert str(pc1.transcript[0].command) == "ip -j -d link"
        assert "nsenter" not in pc1.transcript.as_shell()
    assert [link.name for link in machine.link.show()] == before
    with pytest.raises(PlaceClosedError, match="pc1"):
        pc1.exec("true")


def test_it_is_a_private_host(node1: Host) -> None:
    """Links, namespaces, batches, a firewall, sysctls, shells and processes are its own, and typed as anywhere."""
    works(node1)


def test_no_root_is_needed_there(mortal: Host) -> None:
    """An ordinary user of the machine has one as well, and is root in it."""
    assert mortal.exec("id", "-u").stdout == "4321\n"
    works(mortal)


def test_two_on_one_machine(node1: Host) -> None:
    """A cable joins two hosts of a machine; one goes without the other, with all that it left running."""
    pc1, pc2 = node1.private("pc1"), node1.private("pc2")
    for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=pc2, at=pc1).add(), 1):
        end.addr.add(f"10.0.0.{number}/24")
        end.up()
    assert pc1.ping("10.0.0.2", count=1).ok
    pc2.exec("sh", "-c", "setsid sleep 4743 >/dev/null 2>&1 &")
    Namespace("net0", at=pc2).add().exec("sh", "-c", "setsid sleep 4743 >/dev/null 2>&1 &")
    pc1.exec("sh", "-c", "setsid sleep 4744 >/dev/null 2>&1 &")
    assert len(left_there("4743")) == 2
    pc2.close()
    assert left_there("4743") == []
    wait_for(lambda: [link.name for link in pc1.link.show()] == ["lo"])
    assert len(left_there("4744")) == 1
    node1.close()
    wait_for(lambda: left_there("4744") == left_there(HOLDER) == [])
    with pytest.raises(PlaceClosedError, match="gone"):
        pc1.exec("true")


def test_where_it_is_forbidden(ssh_lab: SshLab) -> None:
    """What the machine says against it is told, with its name; a host on no machine of its own is told so, too."""
    fake = ssh_lab.folder / "unshare"
    fake.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    ssh_lab.lab.hosts["node1"].exec("mount", "--bind", fake, "/usr/bin/unshare")
    with ssh_lab.ssh("node1") as machine:
        with pytest.raises(PrivateHostError, match="on node1: unshare: unshare failed: Operation not permitted"):
            machine.private("pc1")
        assert machine.exec("echo", "on").stdout == "on\n"
    with ssh_lab.ssh("node2") as machine, pytest.raises(NetnsKitError, match="ask the machine"):
        machine.private("pc1").private("pc2")


def test_the_cable_is_pulled(ssh_lab: SshLab) -> None:
    """When nothing comes from this side any more, the other side ends the hosts within ten seconds."""
    with ssh_lab.ssh("node1") as machine:
        pc1 = machine.private("pc1")
        pc1.exec("sh", "-c", "setsid sleep 4745 >/dev/null 2>&1 &")
        time.sleep(9)
        assert len(left_there("4745")) == 1
        ssh_lab.lab.hosts["desk"].link("eth0").down()
        wait_for(lambda: left_there("4745") == left_there(HOLDER) == [])


LASTING = """
import sys; from netns_kit import *
machine = Host.ssh("node1", config=sys.argv[1])
while True:
    host = machine.private("pc1")
    with host.batch():
        for number in range(5):
            Bridge(f"br{number}", at=host).add()
    host.exec("sh", "-c", "setsid sleep 4746 >/dev/null 2>&1 & sleep 4746 >/dev/null 2>&1 &")
    print("on", flush=True)
"""


def test_this_side_is_killed(ssh_lab: SshLab) -> None:
    """Killed at any point, this side leaves no host there, and no process."""
    dice = random.Random(1)
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    scripts = []
    for _ in range(20):
        script = subprocess.Popen((sys.executable, "-c", LASTING, ssh_lab.config), env=environment)
        time.sleep(dice.uniform(0.2, 2.5))
        script.kill()
        script.wait()
        scripts.append(script)
    wait_for(lambda: left_there("4746") == left_there(HOLDER) == [])


def test_sshd_is_killed(ssh_lab: SshLab) -> None:
    """When the other end of the connection is killed, no host is left there, and this side says so."""
    for _ in range(5):
        with ssh_lab.ssh("node1") as machine:
            pc1 = machine.private("pc1")
            pc1.exec("sh", "-c", "setsid sleep 4747 >/dev/null 2>&1 &")
            ssh_lab.cut("node1")
            wait_for(lambda: left_there("4747") == left_there(HOLDER) == [])
            with pytest.raises((ConnectionLostError, PlaceClosedError), match="gone"):
                pc1.exec("true")
            assert machine.private("pc2").exec("echo", "on").stdout == "on\n"


def test_an_interrupt_while_a_host_is_made(node1: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that nobody waited for any more is not taken for that of the next request."""
    pc1 = node1.private("pc1")
    shell = pc1.site.runner.runner.keeper._shell  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(shell, "answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            node1.private("pc2")
    pc3, pc4 = node1.private("pc3"), node1.private("pc4")
    Bridge("br0", at=pc3).add()
    assert [link.name for link in pc4.link.show()] == ["lo"]
    assert len({pc1.pid, pc3.pid, pc4.pid}) == 3


def interrupted(timeout: float) -> None:
    """What Ctrl-C does to who waits."""
    raise KeyboardInterrupt
