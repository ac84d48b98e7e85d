"""What goes wrong, said right: tools that are missing, things that are gone, commands that fail."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netns_kit import (
    Bridge,
    CommandError,
    ExistsError,
    Host,
    InvalidArgumentError,
    Link,
    MissingModuleError,
    Namespace,
    NetnsKitError,
    NotFoundError,
    RefusedValueError,
    ToolMissingError,
    UnreachableError,
    VethPair,
)

USES = {
    "ip": lambda host: host.link.list(),
    "bridge": lambda host: host.link("lo").fdb.show(),
    "brctl": lambda host: host.brctl.show(),
    "iptables": lambda host: host.iptables.rules(),
    "ip6tables": lambda host: host.ip6tables.rules(),
    "ping": lambda host: host.ping("127.0.0.1", count=1),
    "sysctl": lambda host: host.sysctl["net.ipv4.ip_forward"],
    "lsmod": lambda host: host.module.list(),
}
PACKAGES = {
    "ip": "iproute2",
    "bridge": "iproute2",
    "brctl": "bridge-utils",
    "iptables": "iptables",
    "ip6tables": "iptables",
    "ping": "iputils-ping",
    "sysctl": "procps",
    "lsmod": "kmod",
}


@pytest.mark.parametrize("tool", USES)
def test_a_missing_tool_is_named_with_its_package(tool: str, host: Host, tmp_path: Path) -> None:
    """Where a tool is not installed, the error names it and the package that brings it."""
    # The host's mounts are its own: the folders that hold the tool can be covered there by an empty one.
    cover = f"for folder in /usr/sbin /usr/bin; do [ ! -e $folder/{tool} ] || mount --bind {tmp_path} $folder; done"
    host.exec("sh", "-c", cover)
    with pytest.raises(ToolMissingError, match=f"apt-get install {PACKAGES[tool]}"):
        USES[tool](host)


def test_a_missing_tool_in_a_namespace(host: Host) -> None:
    """Within a namespace, where `ip netns exec` starts it, a missing program is found out, too."""
    net = Namespace("net0").add()
    with pytest.raises(ToolMissingError, match="no-such-tool") as caught:
        net.exec("no-such-tool", "--please")
    assert (caught.value.netns, caught.value.host) == ("net0", "host")
    with pytest.raises(ToolMissingError, match="no-such-tool"):
        host.exec("no-such-tool")
    with pytest.raises(ToolMissingError, match="no-such-tool"):
        host.start("no-such-tool")


def test_a_program_that_is_none(host: Host) -> None:
    """A folder or a text without a program in it is an error of its own, not a crash."""
    for argv in (("/etc",), ("/etc/passwd",), ("/etc/passwd/x",)):
        with pytest.raises(CommandError):
            host.exec(*argv)


def test_a_link_that_is_gone(host: Host) -> None:
    """Every verb of a link that is gone says NotFoundError; `exists` says no."""
    br0 = Bridge("br0").add()
    host.link("br0").delete()
    verbs = (br0.up, br0.down, br0.show, br0.delete, br0.statistics, br0.addr.show, br0.ports, br0.fdb.show)
    for verb in (
        *verbs,
        lambda: br0.set(mtu=1400),
        lambda: br0.addr.add("10.0.0.1/24"),
        lambda: br0.change(priority=1),
    ):
        with pytest.raises(NotFoundError, match="br0"):
            verb()
    assert not br0.exists()


def test_a_namespace_deleted_under_our_feet(host: Host) -> None:
    """When a namespace is gone, whatever is typed there raises NotFoundError and says where to look."""
    net = Namespace("net0").add()
    host.exec("ip", "netns", "delete", "net0")
    verbs = (net.link.list, net.delete, net.pids, net.socket, net.iptables.rules, net.brctl.show)
    for verb in (*verbs, lambda: net.exec("true"), lambda: net.ping("127.0.0.1"), lambda: Link("lo", at=net).up()):
        with pytest.raises(NotFoundError, match="net0"):
            verb()
    outer, _ = VethPair().add()
    with pytest.raises(NotFoundError, match="net0"):
        outer.set(netns=net)
    assert outer.site.name is None
    assert not net.exists()


def test_a_name_that_is_taken(host: Host) -> None:
    """What is there already is ExistsError, whether a link, a namespace, an address, a route or an end of a pair."""
    net = Namespace("net0").add()
    br0 = Bridge("br0").add()
    br0.addr.add("10.0.0.1/24")
    br0.up()
    host.route.add("10.9.0.0/16", dev="br0")
    repeats = (
        net.add,
        br0.add,
        lambda: br0.addr.add("10.0.0.1/24"),
        lambda: host.route.add("10.9.0.0/16", dev="br0"),
        lambda: VethPair("a", "br0").add(),
        lambda: host.brctl.addbr("br0"),
    )
    for repeat in repeats:
        with pytest.raises(ExistsError):
            repeat()
    assert not host.link("a").exists()


def test_a_kind_that_the_kernel_has_not(host: Host) -> None:
    """A kind of link that no kernel has raises MissingModuleError, which names the module to load."""

    class Unheard(Link):
        kind = "unheard"

    with pytest.raises(MissingModuleError, match="unheard"):
        Unheard("x").add()


def test_no_way_leads_there(host: Host) -> None:
    """A route through a gateway on no network, and a ping without a route, raise UnreachableError."""
    with pytest.raises(UnreachableError):
        host.route.add("default", via="10.0.0.1")
    with pytest.raises(UnreachableError):
        host.ping("10.1.2.3", count=1)
    with pytest.raises(UnreachableError):
        host.route.get("10.1.2.3")


def test_an_error_says_all(host: Host) -> None:
    """An error carries argv, exit status, both outputs, host and namespace, and survives pickling."""
    net = Namespace("net0").add()
    with pytest.raises(NetnsKitError) as caught:
        net.exec("sh", "-c", "echo out; echo err >&2; exit 7")
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.argv == ("ip", "netns", "exec", "net0", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (error.returncode, error.stdout, error.stderr) == (7, "out\n", "err\n")
    assert (error.host, error.netns) == ("host", "net0")
    assert "on host, in namespace net0: exit status 7" in str(error)


def test_failing_can_be_the_point(host: Host) -> None:
    """With `check=False` a failing command is a result."""
    assert host.exec("false", check=False).returncode == 1
    assert host.exec("sh", "-c", "kill -9 $$", check=False).returncode == -9


def test_a_refused_value(host: Host) -> None:
    """A value that the tool refuses is RefusedValueError, with what it said."""
    with pytest.raises(RefusedValueError, match="nonsense"):
        host.exec("ip", "route", "add", "nonsense")


@pytest.mark.parametrize("name", ["1", "4242"])
def test_a_namespace_whose_name_is_a_number(host: Host, name: str) -> None:
    """A number is a name, never a process: a link goes where it was sent, or nowhere."""
    end, other = VethPair("a", "b").add()
    with pytest.raises(NotFoundError):
        end.set(netns=name)
    net = Namespace(name).add()
    other.set(netns=name)
    assert [link.name for link in net.link.list()] == ["lo", "b"]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("echo", "\ud800"), {}),
        (("echo", "a\0b"), {}),
        ((None,), {}),
        ((["ls", "/"],), {}),
        ((b"ls",), {}),
        (("true",), {"timeout": -1}),
        (("true",), {"timeout": "5"}),
        (("true",), {"timeout": float("nan")}),
        (("true",), {"timeout": float("inf")}),
        (("cat",), {"input": b"x"}),
    ],
)
def test_words_that_are_none(host: Host, words: tuple[Any, ...], options: dict[str, Any]) -> None:
    """What cannot be a command, a time-out or an input is refused before anything runs, and the host goes on."""
    with pytest.raises(InvalidArgumentError):
        host.exec(*words, **options)
    assert len(host.transcript) == 0
    assert host.exec("true", timeout=1e8).ok


def test_a_command_that_is_cut_short(host: Host) -> None:
    """`ip -n` without more is the tool's own error."""
    assert not host.exec("ip", "-n", check=False).ok


def test_a_host_lives_as_long_as_its_nouns() -> None:
    """A host that nobody holds any more lives on with a namespace of it."""
    net = Namespace("net", at=Host.private()).add()
    gc.collect()
    assert net.exec("true").ok


def _local(name: str) -> Host:
    return Host.local(name=name)


@pytest.mark.parametrize("name", ["a\nb", "", "a/b", None, 5])
@pytest.mark.parametrize("make", [Host.private, Host.dry_run, _local])
def test_names_of_hosts(make: Callable[[Any], Host], name: Any) -> None:
    """A host's name is one that can stand in a line, or it is refused."""
    with pytest.raises(InvalidArgumentError, match="name"):
        make(name)
