"""A dry run: nothing runs, and the transcript is the script that would."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netns_kit import Bridge, Host, Link, Namespace, VethPair
from tests.networks import bridge_of_d0


def commands(host: Host) -> list[str]:
    """The command lines of a host's transcript."""
    return [str(result.command) for result in host.transcript]


def test_first_example() -> None:
    """D0's bridge, in the words of the design's first example, gives D0's commands, names picked as the kernel does."""
    with Host.dry_run() as host:
        bridge_of_d0()
        Namespace("net0").ping("10.0.1.2", count=2)
    expected = ["#!/bin/bash -e", "# on host", "ip link add name br0 type bridge", "ip link set dev br0 up"]
    for number in (0, 1, 2):
        expected += [
            f"ip netns add net{number}",
            "ip -echo -j link add type veth",
            f"ip link set dev veth{number + 1} netns net{number}",
            f"ip -n net{number} link set dev veth{number + 1} name eth0",
            f"ip -n net{number} addr add 10.0.1.{number + 1}/24 dev eth0",
            f"ip -n net{number} link set dev eth0 up",
            f"ip link set dev veth{number} master br0",
            f"ip link set dev veth{number} up",
        ]
    expected += ["ip netns exec net0 ping -n -c 2 -W 2 10.0.1.2"]
    assert host.transcript.as_shell().splitlines() == expected


def two_more(host: Host) -> tuple[str, ...]:
    """The names that the kernel picks for one more pair."""
    return tuple(end.name for end in VethPair(at=host).add())


@pytest.mark.parametrize(
    ("before", "names"),
    [
        (lambda host: None, ("veth0", "veth1")),
        (two_more, ("veth2", "veth3")),
        (lambda host: VethPair("veth0", "x", at=host).add(), ("veth1", "veth2")),
        (lambda host: VethPair("veth0", "veth1", peer_netns="net0", at=host).add(), ("veth1", "veth2")),
        (lambda host: VethPair(at=host).add().delete(), ("veth0", "veth1")),
        (lambda host: VethPair(at=host).add().ends[1].delete(), ("veth0", "veth1")),
        (lambda host: VethPair(at=host).add().ends[0].set(name="a"), ("veth0", "veth2")),
        (lambda host: VethPair(at=host).add().ends[0].set(netns="net0"), ("veth0", "veth2")),
        (lambda host: VethPair(at=host).add().ends[0].set(netns="net0", name="a"), ("veth0", "veth2")),
        (lambda host: VethPair("a", "b", at=host).add().ends[0].set(name="veth0"), ("veth1", "veth2")),
        (lambda host: Bridge("veth1", at=host).add(), ("veth0", "veth2")),
        (lambda host: VethPair("veth0", "veth1", at=Namespace("net0", at=host)).add(), ("veth0", "veth1")),
    ],
)
def test_names_that_the_kernel_picks(before: Callable[[Host], object], names: tuple[str, str]) -> None:
    """A pair without names gets the first free vethN, after whatever was made, renamed, moved or deleted before."""
    host = Host.dry_run()
    before(host)
    assert two_more(host) == names


def test_names_in_a_namespace() -> None:
    """Each namespace has names of its own; an end that was moved in has taken one, until the namespace is gone."""
    host = Host.dry_run()
    net0 = Namespace("net0", at=host).add()
    outer, _ = VethPair(at=host).add()
    outer.set(netns=net0)
    assert [end.name for end in VethPair(at=net0).add()] == ["veth1", "veth2"]
    net0.delete()
    assert two_more(host) == ("veth0", "veth1")


def test_answers() -> None:
    """A link that is asked about is there, by its name; all else is empty, and nothing is made up."""
    host = Host.dry_run()
    link = Link("eth0", at=host)
    assert link.show().name == "eth0"
    assert link.exists()
    assert link.statistics().rx_bytes == 0
    assert link.addr.show() == ()
    assert link.fdb.show() == ()
    assert host.route.show(dev="eth0") == ()
    assert host.neigh.show(dev="eth0") == ()
    assert host.link.show() == host.netns.list() == host.netns.list_id() == host.rule.show() == ()
    assert host.iptables.rules() == host.brctl.show() == host.module.list() == ()
    assert host.sysctl["net.ipv4.ip_forward"] == ""
    assert not host.ping("10.0.0.1")


def test_nothing_runs(tmp_path: object) -> None:
    """What is typed with `exec` is recorded, as a success, and does nothing."""
    host = Host.dry_run()
    assert host.exec("touch", f"{tmp_path}/x").ok
    assert commands(host) == [f"touch {tmp_path}/x"]
    assert list(tmp_path.iterdir()) == []


def test_a_session() -> None:
    """What is typed into a shell that never was ends with success and nothing to say."""
    with Host.dry_run() as host, host.session("unshare", "--net", "bash") as shell:
        for word in ("one", "two"):
            done = shell.exec("echo", word)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_session_is_typed() -> None:
    """What reads answers works in a shell that never was, as on the dry run itself."""
    with Host.dry_run() as host, host.session("unshare", "--net", "bash") as shell:
        first, second = VethPair().add()
        assert (first.name, second.name) == ("veth0", "veth1")
        assert shell.link.show() == ()
        assert [link.name for link in (first.show(),)] == ["veth0"]
