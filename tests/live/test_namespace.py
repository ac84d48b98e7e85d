"""Namespaces: every verb of `ip netns`, by name, by path, by process id, and by hand."""

from __future__ import annotations

import itertools
import os
import threading
import time

import pytest

from netns_kit import Bridge, ExistsError, Host, InvalidArgumentError, Namespace, NotFoundError, VethPair
from scripts.testing.waiting import wait_for


def test_list_add_delete(host: Host) -> None:
    """Namespaces are made, listed and deleted; making one twice and deleting none are errors."""
    assert host.netns.list() == ()
    net0, net1 = Namespace("net0").add(), Namespace("net1").add()
    assert {netns.name for netns in host.netns.list()} == {"net0", "net1"}
    with pytest.raises(ExistsError):
        net0.add()
    net0.delete()
    with pytest.raises(NotFoundError):
        net0.delete()
    assert (net0.exists(), net1.exists()) == (False, True)
    host.netns.add("net2")
    host.netns.delete_all()
    assert host.netns.list() == ()


def test_as_a_context_manager(host: Host) -> None:
    """A namespace is made on entry and deleted on exit, also if it was deleted in between."""
    with Namespace("net0") as net0:
        assert net0.exists()
    assert not net0.exists()
    with Namespace("net0") as net0:
        net0.delete()


def test_names_at_the_limits(host: Host) -> None:
    """Names that other tools trip over work, and read back as they are."""
    names = ["1", "up", "type", "a.b", "ümlaut", "a'b", 'a"b', "#", "$HOME", "x" * 255]
    for name in names:
        with Namespace(name) as net:
            assert [netns.name for netns in host.netns.list()] == [name]
            assert net.exec("cat", "/proc/net/dev").stdout.count(":") == 1
            assert [link.name for link in net.link.list()] == ["lo"]


def test_attach_and_identify_and_pids(host: Host) -> None:
    """A process's namespace gets a name; who is in it is told, and what it is called."""
    with host.start("unshare", "--net", "sleep", "100") as process:
        wait_for(lambda: os.readlink(f"/proc/{process.pid}/ns/net") != os.readlink(f"/proc/{host.pid}/ns/net"))
        net = Namespace("mine").attach(process.pid)
        assert host.netns.identify(process.pid) == ("mine",)
        assert net.pids() == (process.pid,)
        Namespace("also").attach(process.pid)
        assert set(host.netns.identify(process.pid)) <= {"mine", "also"}
    with pytest.raises(InvalidArgumentError, match="pid"):
        net.attach(0)


def test_by_path_and_by_process_id(host: Host) -> None:
    """A namespace without a name is a place, by its file or by a process in it."""
    with host.start("unshare", "--net", "sleep", "100") as process:
        wait_for(lambda: os.readlink(f"/proc/{process.pid}/ns/net") != os.readlink(f"/proc/{host.pid}/ns/net"))
        by_pid = Namespace.of_pid(process.pid)
        by_path = Namespace.of_path(f"/proc/{process.pid}/ns/net")
        Bridge("br0", at=by_pid).add()
        assert {link.name for link in by_path.link.list()} == {"lo", "br0"}
        outer, inner = VethPair("outer", "inner").add()
        inner.set(netns=process.pid)
        assert inner.show().name == "inner"
        outer.set(netns=by_path)
        assert by_pid.link("outer").show().lower == "inner"
    named = Namespace("net0").add()
    path = Namespace.of_path("/var/run/netns/net0")
    path.link("lo").up()
    assert named.link("lo").show().up
    assert path.exec("sh", "-c", "ip netns identify $$").stdout == "net0\n"


def test_a_path_that_is_no_namespace(host: Host) -> None:
    """A path to nothing, and one to a file that is no namespace, are NotFoundError."""
    for path in ("/var/run/netns/none", "/etc/passwd"):
        with pytest.raises(NotFoundError):
            Namespace.of_path(path).link.list()
    with pytest.raises(InvalidArgumentError, match="path"):
        Namespace.of_path("net0")


def test_linked_by_hand_and_dangling(host: Host) -> None:
    """A process's namespace, linked into the folder, works while the process lives, and can be cleared away after."""
    with host.start("unshare", "--net", "sleep", "100") as process:
        wait_for(lambda: os.readlink(f"/proc/{process.pid}/ns/net") != os.readlink(f"/proc/{host.pid}/ns/net"))
        net = Namespace("linked").symlink(process.pid)
        assert net.pids() == (process.pid,)
        Bridge("br0", at=net).add()
        assert Namespace.of_pid(process.pid).link("br0").exists()
    assert "linked" in {netns.name for netns in host.netns.list()}
    with pytest.raises(NotFoundError):
        net.link.list()
    net.delete()
    assert host.netns.list() == ()


def test_ids(host: Host) -> None:
    """A namespace's id is set, or chosen by the kernel, and listed with its name."""
    net0, net1 = Namespace("net0").add(), Namespace("net1").add()
    net0.set(7)
    net1.set("auto")
    known = {netns.name: netns.id for netns in host.netns.list()}
    assert known["net0"] == 7
    assert known["net1"] is not None
    assert {(one.nsid, one.name) for one in host.netns.list_id()} == {(7, "net0"), (known["net1"], "net1")}
    assert [one.name for one in host.netns.list_id(nsid=7)] == ["net0"]
    with pytest.raises(ExistsError):
        net0.set(9)
    with pytest.raises(InvalidArgumentError, match="nsid"):
        net0.set(-1)


def test_exec_all(host: Host) -> None:
    """A command in every namespace gives what it printed by name."""
    assert host.netns.exec_all("true") == {}
    for number in range(3):
        Bridge(f"br{number}", at=Namespace(f"net{number}").add()).add()
    said = host.netns.exec_all("ip", "-o", "link", "show", "type", "bridge")
    assert {name: text.split(":")[1].strip() for name, text in said.items()} == {f"net{n}": f"br{n}" for n in range(3)}
    said = host.netns.exec_all("printf", "one\n\nnetns")
    assert said == dict.fromkeys(("net0", "net1", "net2"), "one\n\nnetns")


@pytest.mark.parametrize("argv", [(), (None,), (b"ls",), (["ls", "-l"],), ("echo", "a\0b")])
def test_what_cannot_be_executed_in_all(host: Host, argv: tuple[object, ...]) -> None:
    """What is no command is refused before anything runs."""
    with pytest.raises(InvalidArgumentError, match="argv"):
        host.netns.exec_all(*argv)
    assert len(host.transcript) == 0


def test_monitor(host: Host) -> None:
    """Events come typed and in order, to the end of a time-out, of a stop, or of the block."""
    with host.netns.monitor() as monitor:
        Namespace("net0").add().delete()
        Namespace("net1").add()
        seen = [(event.action, event.name) for event in itertools.islice(monitor.events(60), 3)]
        assert seen == [("add", "net0"), ("delete", "net0"), ("add", "net1")]
        assert list(monitor.events(0.2)) == []
        threading.Timer(0.3, monitor.stop).start()
        assert list(monitor) == []


def test_inherits_nothing_of_the_host(host: Host) -> None:
    """Links, routes and firewall of a namespace are its own."""
    net = Namespace("net0").add()
    Bridge("br0").add()
    host.iptables.policy("FORWARD", "DROP")
    assert [link.name for link in net.link.list()] == ["lo"]
    assert net.iptables.rules("FORWARD")[0].policy == "ACCEPT"


def test_a_link_moves_back_to_the_host(host: Host) -> None:
    """A link goes into a namespace and back by its host as a place, and the object follows it."""
    net = Namespace("net0").add()
    outer, _ = VethPair().add()
    outer.set(netns=net)
    assert outer.site.name == "net0"
    outer.set(netns=host)
    assert outer.site.name is None
    assert outer.show().name == "veth0"


def test_help(host: Host) -> None:
    """`ip netns help` is typed and recorded like the rest."""
    assert "ip netns" in str(host.netns.help())


def test_a_process_that_is_on_its_way(host: Host) -> None:
    """Of a process that is still to leave the host's namespace, `of_pid` gives the one that it enters."""
    with host.start("unshare", "--net", "sleep", "60", check=False) as process:
        inside = Namespace.of_pid(process.pid)
        assert {link.name for link in inside.link.list()} == {"lo"}
        assert inside.exec("readlink", "/proc/self/ns/net").stdout != host.exec("readlink", "/proc/self/ns/net").stdout
    with host.start("sleep", "60", check=False) as process:
        begun = time.monotonic()
        here = Namespace.of_pid(process.pid)
        assert here.exec("readlink", "/proc/self/ns/net").stdout == host.exec("readlink", "/proc/self/ns/net").stdout
        assert time.monotonic() - begun < 4
