"""The notebook's magics: lines as tutorials have them, and where they run."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import netns_kit
from netns_kit import CommandError, Host, InvalidArgumentError, Namespace, NoPlaceError, NotFoundError, VethPair
from netns_kit.views.cell import commands, enters, lasts
from tests.conftest import needs_package


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("ip link\n", ("ip link",)),
        ("# ip link add type veth\n$ ip netns ls\n", ("ip link add type veth", "ip netns ls")),
        ("[root@worker3 ~]# ip netns exec ns1 ip link", ("ip netns exec ns1 ip link",)),
        ("root@node1:~# sysctl -w net.ipv4.ip_forward=1", ("sysctl -w net.ipv4.ip_forward=1",)),
        ("# now the bridge\n\n   # and more\nip addr", ("ip addr",)),
        ("$ sudo -E ip link\necho 1 | sudo tee /proc/x", ("ip link", "echo 1 | tee /proc/x")),
        ("# exit // leave net1\n# curl http://10.0.0.1/", ("exit", "curl http://10.0.0.1/")),
        ("namespace net0> ip link\nhost node1> ip netns", ("ip link", "ip netns")),
        ("# ip link del br0\nip addr", ("ip addr",)),
        ("#ip link del br0\n# ip addr", ()),
        ("$ ip link\n# rm victim\n# sudo rm victim\n# ln -s a b\n# ip addr", ("ip link", "ip addr")),
        ("ip netns exec net1 bash -c '\nip link del br0\n'", ("ip netns exec net1 bash -c '\nip link del br0\n'",)),
        ("ip link |\n  wc -l\necho 'a // b'", ("ip link |\n  wc -l", "echo 'a // b'")),
        ("cat <<E\n# kept\n\nexit\nE\nexit\ncd /", ("cat <<E\n# kept\n\nexit\nE", "exit", "cd /")),
        ("cd /tmp\npwd\nip netns exec net1 bash\npwd", ("cd /tmp\npwd", "ip netns exec net1 bash", "pwd")),
        ("ip link add \\\n  type veth", ("ip link add    type veth",)),
        ("for i in 1 2; do\n  echo $i\ndone", ("for i in 1 2; do\n  echo $i\ndone",)),
    ],
)
def test_lines_as_typed(cell: str, expected: tuple[str, ...]) -> None:
    """Prompts, comments and sudo go; lines that go on are one; a loop is one command."""
    assert commands(cell) == expected


@pytest.mark.parametrize(
    ("command", "shell"),
    [
        ("ip netns exec net1 bash", ("ip", "netns", "exec", "net1", "bash")),
        ("ip netns exec net1 /bin/bash", ("ip", "netns", "exec", "net1", "/bin/bash")),
        ("""ip netns exec n sh --rcfile <(echo 'PS1="n> "')""", ("ip", "netns", "exec", "n", "sh")),
        ("unshare --net bash", ("unshare", "--net", "bash")),
        ("nsenter --net=/run/netns/net1", ("nsenter", "--net=/run/netns/net1")),
        ("nsenter -t 12 -n bash -i", ("nsenter", "-t", "12", "-n", "bash", "-i")),
        ("bash", ("bash",)),
        ("bash -c ls", ()),
        ("bash script.sh", ()),
        ("bash -c", ()),
        ("ip netns exec net1 which bash", ()),
        ("nsenter --net=/run/netns/net1 ip link", ()),
        ("ip netns exec net1 bash <<E\nls\nE", ()),
    ],
)
def test_which_commands_enter_a_shell(command: str, shell: tuple[str, ...]) -> None:
    """Shells that would wait for what is typed are told from those that have something to run."""
    assert enters(command) == shell


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ping 10.0.0.1", True),
        ("ip netns exec net1 ping -W 1 10.0.0.1", True),
        ("cd /\nping 10.0.0.1", True),
        ("tcpdump -ni eth0", True),
        ("ip -n net0 -ts monitor link", True),
        ("tail -n 3 -f /x", True),
        ("while true; do date; sleep 1; done", True),
        ("ping -c1 10.0.0.1", False),
        ("ping -nc 3 10.0.0.1", False),
        ("ping -q -w 2 10.0.0.1", False),
        ("timeout 1 ping 10.0.0.1", False),
        ("which ping tcpdump", False),
        ("tail /x", False),
    ],
)
def test_what_goes_on_by_itself(command: str, expected: bool) -> None:
    """Commands that somebody has to end are told from those that end."""
    assert lasts(command) is expected


class Shell:
    """As much of IPython's shell as the extension needs."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Callable[..., None]] = {}

    def register_magic_function(self, function: Callable[..., None], kind: str, name: str) -> None:
        """Keep the function."""
        self.magics[f"{name} {kind}"] = function

    def set_custom_exc(self, kinds: tuple[type[BaseException], ...], show: Callable[..., None]) -> None:
        """Keep how errors are shown."""
        self.shown = kinds, show


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
    """Outputs go where they belong, and the results in a variable; pipes work; a failing line shows, and is no end."""
    with Host.private() as host:
        Namespace("net0").add()
        netns("net0", "$ ip link set lo up\nip -br addr show lo | cut -c 1-2\nls /nowhere\necho last\n")
        assert [result.returncode for result in shell.user_ns["_netns"]] == [0, 0, 2, 0]
        assert Namespace("net0").link("lo").show().up
        assert "ip -n net0 link set lo up" in str(host.transcript)
    out, err = capsys.readouterr()
    assert out == "lo\nlast\n"
    assert err.startswith("ls: ")
    assert err.endswith("\n(exit status 2)\n")


def test_a_comment_never_runs(
    netns: Callable[..., None], host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that was commented out stays so, whether or not other lines have prompts."""
    victim = tmp_path / "victim"
    victim.touch()
    netns("", f"# rm {victim}\necho done\n")
    netns("", f"# rm {victim}\n# sudo rm {victim}\n$ echo done\n")
    assert victim.exists()
    assert capsys.readouterr().out == "done\ndone\n"


@pytest.mark.parametrize(
    ("cell", "out"),
    [
        ("cd /tmp\npwd", "/tmp\n"),
        ("x=1\necho $x", "1\n"),
        ("export X=5\nbash -c 'echo $X'", "5\n"),
        ("echo 1\nset -e\nfalse\necho 2", "1\n"),
        ("alias greet='echo hi'\ngreet", "hi\n"),
        ("umask 027\numask", "0027\n"),
        ("echo 1\nexit 3\necho 2", "1\n"),
    ],
)
def test_lines_see_what_others_leave(
    netns: Callable[..., None], host: Host, capsys: pytest.CaptureFixture[str], cell: str, out: str
) -> None:
    """Folders, variables, options and aliases last until the cell's end, and `exit` is one."""
    netns("", cell)
    assert capsys.readouterr().out == out


def test_shells_that_are_typed_into(
    netns: Callable[..., None], host: Host, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """What follows a shell is typed there, until `exit`; they nest, keep their state, and end with the cell."""
    Namespace("net0").add()
    Namespace("net1").add()
    here = "ip netns identify\n"
    netns("net1", f"ip netns exec net0 bash\n{here}x=1\nunshare --net bash\n{here}exit\necho $x\nexit\n{here}")
    assert capsys.readouterr().out == "net0\n\n1\nnet1\n"
    netns("", f"ip netns exec net0 bash\ncd /proc/self\npwd\nfalse\nnsenter --net=/run/netns/net1\n{here}")
    out, err = capsys.readouterr()
    assert out == "/proc/self\nnet1\n"
    assert err == "(exit status 1)\n"
    assert Namespace("net0").pids() == Namespace("net1").pids() == ()
    assert [result.returncode for result in shell.user_ns["_netns"]] == [1, 0]


@pytest.mark.parametrize("lead", ["", "bash\n"])
def test_a_shell_that_does_not_start(
    netns: Callable[..., None], host: Host, capsys: pytest.CaptureFixture[str], lead: str
) -> None:
    """What was meant for it does not run elsewhere, and the error says why."""
    for _ in range(5):
        with pytest.raises(NotFoundError, match=r'exec nope bash\n.*\n.*Cannot open network namespace "nope"'):
            netns("", f"{lead}ip netns exec nope bash\necho elsewhere\nexit\necho elsewhere\n")
    assert capsys.readouterr() == ("", "")


def test_a_shell_that_ends_early(netns: Callable[..., None], host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """Where `set -e` ends a shell, the cell ends with an error, which has what was not shown yet."""
    with pytest.raises(CommandError, match=r"bash\n.*exit status 2\n.*cannot access '/b'") as raised:
        netns("", "bash\nls /a\nbash\nexit\nset -e; echo 1; ls /b\nexit\necho elsewhere\n")
    out, err = capsys.readouterr()
    assert out == "1\n"
    assert "/a" in err
    assert "/a" not in raised.value.stderr


def test_no_such_namespace(netns: Callable[..., None], host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """A namespace that is not there is an error at once, and no line runs."""
    with pytest.raises(NotFoundError, match="nope"):
        netns("nope", "echo 1\necho 2\n")
    assert capsys.readouterr().out == ""
    assert len(host.transcript) == 0


def test_what_bash_cannot_read(netns: Callable[..., None], host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """An open quote is bash's to complain of, and bytes that are no text are shown as well as can be."""
    netns("", "printf '\\377\\n'\necho 'unterminated\n")
    out, err = capsys.readouterr()
    assert out == "\N{REPLACEMENT CHARACTER}\n"
    assert "unexpected EOF" in err
    assert "(exit status " in err


@contextmanager
def ctrl_c(seen: str) -> Iterator[None]:
    """Ctrl-C, pressed a moment after a text was shown."""
    screen = sys.stdout
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))

    class Watched:
        shown = ""

        def write(self, text: str) -> int:
            self.shown += text
            if seen in self.shown and not timer.ident:
                timer.start()
            return screen.write(text)

        def flush(self) -> None:
            screen.flush()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", Watched())
        try:
            yield
        finally:
            timer.cancel()


@pytest.mark.parametrize("lead", ["", "bash\n", "unshare --net bash\nip link set lo up\nbash\n"])
def test_ctrl_c_ends_what_goes_on(
    netns: Callable[..., None], host: Host, shell: Shell, capsys: pytest.CaptureFixture[str], lead: str
) -> None:
    """A ping shows its lines and, after Ctrl-C, its statistics; the cell ends quietly, in shells as well."""
    host.link("lo").up()
    with ctrl_c("icmp_seq=2"):
        netns("", f"{lead}ping 127.0.0.1\necho never\n")
    out, err = capsys.readouterr()
    assert "icmp_seq=2" in out
    assert "packet loss" in out
    assert "never" not in out
    assert err == ""
    assert "packet loss" in shell.user_ns["_netns"][-1].stdout


def test_lines_come_as_they_are_printed(netns: Callable[..., None], host: Host, shell: Shell) -> None:
    """What goes on is shown line by line, before it ends."""
    host.link("lo").up()
    seen: list[str] = []

    class Screen:
        def write(self, text: str) -> None:
            if "icmp_seq=1 " in text:
                seen.append(text)
                raise KeyboardInterrupt

        def flush(self) -> None:
            """Nothing is kept back."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", Screen())
        netns("", "ping 127.0.0.1\n")
    assert len(seen) == 1
    assert "1 packets transmitted" in shell.user_ns["_netns"][0].stdout


@pytest.mark.parametrize("lead", ["", "bash\n"])
def test_ctrl_c_ends_other_lines(
    netns: Callable[..., None], host: Host, shell: Shell, capsys: pytest.CaptureFixture[str], lead: str
) -> None:
    """Ctrl-C ends the cell; what came before is shown and kept."""
    with ctrl_c("before"):
        netns("", f"{lead}echo before\nsleep 50\necho never\n")
    assert capsys.readouterr() == ("before\n", "(interrupted)\n")
    assert shell.user_ns["_netns"][0].stdout == "before\n"


def test_ctrl_c_ends_a_script(
    netns: Callable[..., None], host: Host, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a script printed until Ctrl-C is shown, kept and recorded, as of a command that has an end."""
    with ctrl_c("2\n"):
        netns("", "cd /\nfor i in 1 2; do\n  echo $i\n  sleep $((i * i * i * i))e-1\ndone\nsleep 50\n")
    assert capsys.readouterr() == ("1\n2\n", "")
    assert [result.stdout for result in shell.user_ns["_netns"]] == ["1\n2\n"]
    assert host.transcript[-1].stdout == "1\n2\n"
    assert not host.transcript[-1].background


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


@needs_package("tree_sitter_bash")
def test_a_cell_as_python(netns: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """`--python` runs nothing, and shows what may stand in the cell's place: run there it does the same."""
    lines = "$ sudo ip link add br0 type bridge\n$ sudo ip link set br0 up\n$ ip addr add 10.0.0.1/24 dev br0\n"
    with Host.private() as host:
        Namespace("net1").add()
        before = len(host.transcript)
        netns("--python", lines)
        here = capsys.readouterr().out
        netns("--python net1", lines)
        there = capsys.readouterr().out
        assert len(host.transcript) == before
        exec(here, {"host": host})
        exec(there, {"host": host})
        for place in (host, Namespace("net1")):
            assert [str(one) for one in place.link("br0").addr.show(family=4)] == ["10.0.0.1/24"]
    assert '# sudo ip link add br0 type bridge\nbr0 = Bridge("br0").add()' in here
    assert "with net1.enter():" in there
    netns("--python", "\n")
    assert capsys.readouterr().out == ""


def test_only_a_cell_takes_a_name(netns: Callable[..., None]) -> None:
    """`%netns net0` is refused: it would run nothing."""
    with Host.private(), pytest.raises(InvalidArgumentError, match="%%netns"):
        netns("net0")


@needs_package("IPython")
def test_ipython(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """IPython itself loads the extension and runs a cell."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "netns_kit")
    with Host.private():
        shell.run_cell_magic("netns", "", "echo there\n")
    assert capsys.readouterr().out == "there\n"


def test_explain_is_a_magic(shell: Shell) -> None:
    """`%explain net1 10.0.0.2` gives the explanation, which the notebook shows; a wrong word is refused."""
    explain = shell.magics["explain line"]
    with Host.private() as host:
        net1, net2 = Namespace("net1").add(), Namespace("net2").add()
        for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=net2, at=net1).add(), 1):
            end.addr.add(f"10.0.0.{number}/24")
        why: Any = explain("net1 10.0.0.2 --look")
        assert [one.code for one in why.findings] == ["link-down", "link-down"]
        with pytest.raises(InvalidArgumentError, match=r"%explain"):
            explain("net1 10.0.0.2 --nonsense")
        with net1.enter():
            assert explain("127.0.0.1 --look").source == f"{host.name}/net1"  # type: ignore[attr-defined]


@needs_package("IPython")
def test_an_error_shows_the_users_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """In a cell no line of the library stands between the user's own and the error; others are as ever."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "netns_kit")

    def said_of(cell: str) -> str:
        shell.run_cell(cell)
        return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)

    with Host.private() as host:
        shell.push({"host": host})
        said = said_of("def away():\n    host.link('nope').up()\n\naway()")
        assert "host.link('nope').up()" in said
        assert "There is no such link here" in said
        assert "netns_kit/" not in said.replace("netns_kit.commands.errors", "")
        assert "decoder.py" in said_of("import json; json.loads('{')")
        shell.run_line_magic("unload_ext", "netns_kit")
        assert "netns_kit/links/link.py" in said_of("away()")
