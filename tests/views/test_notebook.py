"""The notebook's magics: lines as tutorials have them, and where they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import netns_kit
from netns_kit import Host, InvalidArgumentError, Namespace, NoPlaceError
from netns_kit.views.notebook import commands


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("ip link\n", ("ip link",)),
        ("# ip link add type veth\n$ ip netns ls\n", ("ip link add type veth", "ip netns ls")),
        ("[root@worker3 ~]# ip netns exec ns1 ip link", ("ip netns exec ns1 ip link",)),
        ("root@node1:~# sysctl -w net.ipv4.ip_forward=1", ("sysctl -w net.ipv4.ip_forward=1",)),
        ("# now the bridge\n\n   # and more\nip addr", ("ip addr",)),
        ("$ sudo -E ip link\necho 1 | sudo tee /proc/x", ("ip link", "echo 1 | tee /proc/x")),
        ("# exit // leave net1\ncurl http://10.0.0.1/", ("exit", "curl http://10.0.0.1/")),
        ("ip link add \\\n  type veth", ("ip link add    type veth",)),
        ("for i in 1 2; do\n  echo $i\ndone", ("for i in 1 2; do\n  echo $i\ndone",)),
    ],
)
def test_lines_as_typed(cell: str, expected: tuple[str, ...]) -> None:
    """Prompts, comments and sudo go; lines that go on are one; a loop is one command."""
    assert commands(cell) == expected


class Shell:
    """As much of IPython's shell as the extension needs."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Callable[..., None]] = {}

    def register_magic_function(self, function: Callable[..., None], kind: str, name: str) -> None:
        """Keep the function."""
        self.magics[f"{name} {kind}"] = function


@pytest.fixture
def shell() -> Shell:
    """A shell with the extension loaded."""
    shell = Shell()
    netns_kit.load_ipython_extension(shell)
    return shell


@pytest.fixture
def netns(shell: Shell) -> Callable[..., None]:
    """The magic itself."""
    return shell.magics["netns line_cell"]


def test_a_cell_runs_in_its_namespace(
    netns: Callable[..., None], shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Output as in a terminal, errors included, and the results in a variable; pipes work, a failing line is no end."""
    with Host.private() as host:
        Namespace("net0").add()
        netns("net0", "# ip link set lo up\nip -br addr show lo | cut -c 1-2\nls /nowhere\necho last\n")
        assert [result.returncode for result in shell.user_ns["_netns"]] == [0, 0, 2, 0]
        assert Namespace("net0").link("lo").show().up
        assert "ip -n net0 link set lo up" in str(host.transcript)
    out = capsys.readouterr().out
    assert out.startswith("lo\nls: ")
    assert out.endswith("\nlast\n")


def test_where_one_is(netns: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """`%netns` alone names the namespace and the host, and `%%netns` without a name runs right there."""
    with Host.private("node1"):
        netns("")
        with Namespace("net0").add().enter():
            netns("")
            netns("", "ip netns identify\n")
    assert capsys.readouterr().out == "host node1\nnamespace net0 of host node1\nnet0\n"


def test_out_of_order(netns: Callable[..., None]) -> None:
    """Where no host is there yet, the error says what to write first."""
    with pytest.raises(NoPlaceError, match=r"Host\.private"):
        netns("net0", "ip link\n")


def test_only_a_cell_takes_a_name(netns: Callable[..., None]) -> None:
    """`%netns net0` is refused: it would run nothing."""
    with Host.private(), pytest.raises(InvalidArgumentError, match="%%netns"):
        netns("net0")


def test_ipython(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """IPython itself loads the extension and runs a cell."""
    pytest.importorskip("IPython", reason="no IPython here: it comes with the extra `dev`")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "netns_kit")
    with Host.private():
        shell.run_cell_magic("netns", "", "echo there\n")
    assert capsys.readouterr().out == "there\n"
