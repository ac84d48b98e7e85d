"""A shell that is typed into, as D4.2 does."""

from __future__ import annotations

import pytest

from netns_kit import (
    Bridge,
    CommandError,
    Host,
    Link,
    Namespace,
    NetnsKitError,
    PlaceClosedError,
    TimedOutError,
    VethPair,
)


def test_d4_2_by_hand(host: Host) -> None:
    """A file, a shell in a namespace of its own, and a bind mount make what `ip netns add` makes."""
    host.exec("touch", "/var/run/netns/net1")
    with host.session("unshare", "--net", "bash") as shell:
        Bridge("br0").add()
        shell.exec("mount", "--bind", "/proc/self/ns/net", "/var/run/netns/net1")
        assert {link.name for link in shell.link.list()} == {"lo", "br0"}
    net1 = Namespace("net1")
    assert net1.exists()
    assert {link.name for link in net1.link.list()} == {"lo", "br0"}
    typed = [result.argv[0] for result in host.transcript if result.command.within]
    assert typed == ["ip", "mount", "ip", "exit"]
    net1.delete()
    assert host.netns.list() == ()


def test_what_is_typed_keeps_its_effect(host: Host) -> None:
    """Commands run in one shell, in the namespace where it is, one after the other."""
    net = Namespace("net0").add()
    with net.session() as shell:
        Link("lo").up()
        shell.exec("cd", "/proc/self")
        assert shell.exec("pwd").stdout == "/proc/self\n"
        assert shell.exec("sh", "-c", "ip netns identify $$").stdout == "net0\n"
    assert net.link("lo").show().up


@pytest.mark.parametrize("text", ["", "no newline", "one\n", "a\n\nb\n\n", "ümlaut 网络\n", "\ttab  blanks \n"])
def test_outputs_come_as_they_are(host: Host, text: str) -> None:
    """Outputs and error texts of typed commands are told apart and kept to the byte, and so are exit statuses."""
    with host.session() as shell:
        assert shell.exec("printf", "%s", text).stdout == text
        result = shell.exec("sh", "-c", 'printf %s "$1" >&2; exit 3', "sh", text, check=False)
        assert (result.returncode, result.stderr, result.stdout) == (3, text, "")
        assert shell.exec("sh", "-c", "echo e >&2").stderr == "e\n"
        assert shell.exec("true").stderr == ""


def test_much_output(host: Host) -> None:
    """A megabyte on both outputs comes whole."""
    with host.session() as shell:
        result = shell.exec("sh", "-c", "seq 100000; seq 100000 >&2")
        assert result.stdout == result.stderr == "".join(f"{number}\n" for number in range(1, 100_001))


def test_input(host: Host) -> None:
    """A typed command reads the input that it is given, or nothing, and never what is typed next."""
    with host.session() as shell:
        assert shell.exec("cat").stdout == ""
        assert shell.exec("cat", input="two\nlines $HOME\n").stdout == "two\nlines $HOME\n"


def test_a_command_that_takes_too_long(host: Host) -> None:
    """A time-out ends the shell, which cannot be typed into any more."""
    with host.session() as shell:
        with pytest.raises(TimedOutError):
            shell.exec("sleep", "50", timeout=0.3)
        with pytest.raises(PlaceClosedError):
            shell.exec("true")
    assert host.exec("echo", "usable").ok


def test_a_shell_that_ends_early(host: Host) -> None:
    """A shell that ends while a command is typed is an error, and the host stays usable."""
    with host.session() as shell:
        with pytest.raises(CommandError):
            shell.exec("exit", "4")
        with pytest.raises(PlaceClosedError):
            shell.exec("true")
    with pytest.raises(NetnsKitError), host.session("false") as shell:
        shell.exec("true")
    assert host.exec("echo", "usable").ok


def test_an_error_within_the_block(host: Host) -> None:
    """An error within the block ends the shell and goes on."""
    with pytest.raises(RuntimeError), host.session() as shell:
        raise RuntimeError
    with pytest.raises(PlaceClosedError):
        shell.exec("true")


def test_links_go_in_and_out_of_a_session(host: Host) -> None:
    """A link can be moved to where a shell is, which has no name, and back."""
    with host.session("unshare", "--net", "bash") as shell:
        _, inner = VethPair("outer", "inner", at=host).add()
        inner.set(netns=shell)
        assert {link.name for link in shell.link.list()} == {"lo", "inner"}
        assert inner.show().netnsid is not None
        inner.set(netns=host)
        assert host.link("inner").show().lower == "outer"


def test_what_a_session_refuses(host: Host) -> None:
    """What a typing shell cannot do is refused with a clear error."""
    with host.session() as shell:
        for refused in (lambda: shell.start("sleep", "1"), lambda: shell.shell("bash"), shell.socket):
            with pytest.raises(NetnsKitError, match="shell"):
                refused()


def test_the_transcript_tells_what_was_typed(host: Host) -> None:
    """It says into which shell each command was typed, and has nothing of the library's own."""
    with host.session("unshare", "--net", "bash") as shell:
        shell.exec("echo", "hello")
        shell.exec("sh", "-c", "echo bad >&2; exit 3", check=False)
    begun, hello, bad, ended = host.transcript[-4:]
    assert (begun.stdout, begun.stderr, hello.stdout, bad.stderr) == ("", "", "hello\n", "bad\n")
    assert [one["within"] for one in host.transcript.as_dicts()[-4:]] == [None, *[["unshare", "--net", "bash"]] * 3]
    assert "unshare --net bash> echo hello" in host.transcript.as_table()
    assert "in `unshare --net bash`:" in host.transcript.as_markdown()
    assert ended.argv == ("exit",)


def test_a_shell_is_where_it_will_be(host: Host) -> None:
    """From the first command on its process stands for its namespace, however slow it was to get there."""
    with host.session("sh", "-c", "sleep 0.5; exec unshare --net bash") as shell:
        _, inner = VethPair("outer", "inner", at=host).add()
        inner.set(netns=shell)
        assert {link.name for link in shell.link.list()} == {"lo", "inner"}
