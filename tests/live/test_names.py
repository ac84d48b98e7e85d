"""Names of places that resolve, and a private host's own /etc."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netns_kit import Host, InvalidArgumentError, Lab, Namespace, VethPair, explain, follow


def test_names_of_a_lab() -> None:
    """A host's name leads to it from each other host, for any program, the address that is near first."""
    with Lab() as lab:
        pc1, router, pc2 = (lab.host(name) for name in ("pc1", "router", "pc2"))
        lab.cable(pc1, router, addresses=("10.0.1.1/24", "10.0.1.254/24"))
        lab.cable(router, pc2, addresses=("10.0.2.254/24", "10.0.2.1/24"))
        assert pc1.ping("router", count=1).ok
        assert pc2.exec("getent", "ahosts", "router").stdout.startswith("10.0.2.254")
        assert pc1.exec("python3", "-c", "import socket; print(socket.gethostbyname('pc2'))").stdout == "10.0.2.1\n"
        assert "10.0.2.1" in pc1.exec("sh", "-c", "getent hosts pc2").stdout
        with pc1.start("getent", "hosts", "pc2") as started:
            assert started.wait(10).stdout.split()[0] == "10.0.2.1"


def test_names_follow_addresses() -> None:
    """What an address becomes later, by a verb, in a batch or by a script, is what the name leads to."""
    with Lab() as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        end = lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))[1]
        assert pc1.ping("pc2", count=1).ok
        end.addr.delete("10.0.0.2/24")
        end.addr.replace("10.0.0.3/24")
        assert pc1.exec("getent", "hosts", "pc2").stdout.split()[0] == "10.0.0.3"
        with lab.batch():
            end.addr.flush()
            end.addr.add("10.0.0.4/24")
            assert pc1.exec("getent", "hosts", "pc2").stdout.split()[0] == "10.0.0.4"
        pc2.exec("sh", "-c", "ip addr flush dev eth0; ip addr add 10.0.0.5/24 dev eth0")
        assert pc1.exec("getent", "hosts", "pc2").stdout.split()[0] == "10.0.0.5"
        end.addr.flush()
        assert not pc1.exec("getent", "hosts", "pc2", check=False).ok


def test_names_of_namespaces() -> None:
    """A namespace has its name, and NAME.HOST for who has one of that name, too; what a user wrote stays."""
    with Lab() as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        pc1.exec("sh", "-c", "echo 192.0.2.7 mine >> /etc/hosts")
        lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
        for number, host in enumerate((pc1, pc2), 1):
            net1 = Namespace("net1", at=host).add()
            for end, address in zip(VethPair("v0", "eth0", peer_netns=net1, at=host).add().ends, (1, 2), strict=True):
                end.addr.add(f"10.1.{number}.{address}/24")
                end.up()
        Namespace("only", at=pc2).add().link("lo").addr.add("10.2.0.1/32", scope="global")
        assert pc1.ping("net1", count=1).ok
        assert pc1.exec("getent", "hosts", "net1").stdout.split()[0] == "10.1.1.2"
        assert pc1.exec("getent", "hosts", "net1.pc2").stdout.split()[0] == "10.1.2.2"
        assert pc2.exec("getent", "hosts", "net1").stdout.split()[0] == "10.1.2.2"
        assert pc1.exec("getent", "hosts", "mine").stdout.split()[0] == "192.0.2.7"


def test_names_are_told_only_where_needed() -> None:
    """A ping to an address, or a command of ip's, has nobody look for names."""
    with Lab() as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
        pc1.ping("10.0.0.2", count=1)
        pc1.link.list()
        assert "of the lab" not in pc1.exec("env", "-i", "cat", "/proc/1/comm", "/etc/hostname").stdout
        before = lab.transcript.as_table()
        assert pc1.ping("pc2", count=1).ok
        assert "/run/hosts" not in lab.transcript.as_table()[len(before) :]


def test_why_by_name() -> None:
    """What a failed ping to a name points to can be typed: explain knows the name, too, and says so of others."""
    with Lab() as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
        assert explain(pc1, "pc2").ok
        assert "pc1/eth0 → pc2/eth0" in str(follow(pc1, "pc2"))
        pc2.link("eth0").down()
        assert explain(pc1, "pc2").findings[0].code == "link-down"
        with pytest.raises(InvalidArgumentError, match="an address, or a place or its name"):
            explain(pc1, "pc3")


def test_a_host_that_is_gone_has_no_name() -> None:
    """The others' names resolve as before."""
    with Lab() as lab:
        hosts = [lab.host(f"pc{number}") for number in (1, 2, 3)]
        lab.switch("s", *hosts, addresses=[f"10.0.0.{number}/24" for number in (1, 2, 3)])
        hosts[1].close()
        assert hosts[0].ping("pc3", count=1).ok
        assert not hosts[0].exec("getent", "hosts", "pc2", check=False).ok


def test_hosts_file_is_the_private_hosts_own() -> None:
    """What is written to /etc/hosts there, by root or not, is seen there alone, in its namespaces too."""
    before = Path("/etc/hosts").read_bytes()
    with Host.private("pc1") as host, Host.private("pc2") as other:
        host.exec("sh", "-c", "echo 192.0.2.7 mine >> /etc/hosts")
        net1 = Namespace("net1", at=host).add()
        assert net1.exec("getent", "hosts", "mine").stdout.split()[0] == "192.0.2.7"
        assert not other.exec("getent", "hosts", "mine", check=False).ok
    assert Path("/etc/hosts").read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write to /etc: the root legs run it")
def test_etc_is_the_private_hosts_own() -> None:
    """What root writes to /etc there is gone with the host, and the machine has never seen it."""
    name = "netns_kit-test"
    with Host.private() as host:
        done = host.exec("sh", "-c", f"mkdir -p /etc/netns/{name} && echo 1 > /etc/netns/{name}/file", check=False)
        # A kernel that has no overlays lets nobody write.
        assert done.ok or "Read-only file system" in done.stderr
        assert host.exec("test", "-e", f"/etc/netns/{name}/file", check=False).ok == done.ok
        assert not Path(f"/etc/netns/{name}").exists()
