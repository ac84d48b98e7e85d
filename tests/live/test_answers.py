"""What answers, nouns and the transcript say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

import netns_kit
from netns_kit import Bridge, Host, InvalidArgumentError, Namespace, Rows, ToolMissingError, Topology, VethPair, explain
from tests.conftest import needs_package


def test_a_slice_of_rows_is_a_table(host: Host) -> None:
    """A part of an answer shows itself as the whole does."""
    VethPair("a", "b").add()
    links = host.link.list()
    assert isinstance(links[:1], Rows)
    assert str(links[1:]).splitlines()[0].split()[:2] == ["name", "index"]
    assert links[0].name == "lo"


def test_a_ping_that_nobody_hears_says_so(host: Host) -> None:
    """A ping that could not be sent has lost all, and tells why."""
    told = host.ping("1.2.3.4", count=1, check=False)
    assert told.loss == 100
    assert not told.ok
    assert "Network is unreachable" in str(told)


@pytest.mark.parametrize("destination", [("10.0.0.1",), 5, None, b"x", "10.0.0.1/24"])
def test_what_cannot_be_pinged(host: Host, destination: Any) -> None:
    """What is no address and no name is refused before anything runs."""
    with pytest.raises(InvalidArgumentError, match="destination"):
        host.ping(destination)
    assert len(host.transcript) == 0


def test_a_live_ping_keeps_its_errors(host: Host) -> None:
    """Nobody answers: there are no replies, and the result says who told what."""
    br0 = Bridge("br0").add()
    br0.plug(Namespace("net").add(), address="10.0.0.2/24")
    br0.up()
    br0.addr.add("10.0.0.1/24")
    with host.ping.live("10.0.0.9", count=2, interval=0.2) as replies:
        assert list(replies) == []
        assert {error.message for error in replies.result.errors} == {"Destination Host Unreachable"}
        assert replies.result.loss == 100


def test_a_program_that_is_nowhere_is_an_error_in_all_of_them(host: Host) -> None:
    """`ip -all netns exec` ends well whatever became of the program; what is missing is an error all the same."""
    Namespace("net").add()
    with pytest.raises(ToolMissingError):
        host.netns.exec_all("nosuch")
    assert host.netns.exec_all("nosuch", check=False) == {"net": ""}


def test_words_of_the_shell_in_a_script(host: Host) -> None:
    """A program called `exit` or `if`, which is none, does not end the transcript's script."""
    for word in ("exit", "if", "cd"):
        host.exec(word, check=False)
    Bridge("br0").add()
    with Host.private() as fresh:
        fresh.exec("bash", "-e", "-c", host.transcript.as_shell())
        assert fresh.link("br0").exists()


def test_how_they_show_themselves(host: Host) -> None:
    """At a prompt, a transcript and a process say what they are in few words."""
    with host.start("sleep", "60") as process:
        assert repr(process) == f"Process('sleep 60', pid={process.pid}, running)"
    assert repr(process).endswith("ended)")
    assert repr(host.transcript) == "Transcript(1 commands)"
    assert repr(VethPair()) == "VethPair(at=host)"
    assert repr(VethPair("a", "b", peer_netns=Namespace("net1"))) == (
        "VethPair('a', 'b', peer_netns=Namespace('net1', at=host), at=host)"
    )


@needs_package("IPython")
def test_a_result_at_a_prompt(host: Host) -> None:
    """IPython shows of a result what a terminal shows, and how it ended if that was not well."""
    from IPython.lib.pretty import pretty

    assert pretty(host.exec("printf", r"a\n\377\n")) == "a\n�"
    assert pretty(host.exec("sh", "-c", "echo out; echo err >&2; exit 3", check=False)) == "out\nerr\n(exit status 3)"


@needs_package("IPython")
def test_the_extension_goes_as_it_came() -> None:
    """`%unload_ext` takes the magics away, and a second `%load_ext` brings them back."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    for verb, known in (("load_ext", True), ("unload_ext", False), ("load_ext", True)):
        shell.run_line_magic(verb, "netns_kit")
        assert (shell.find_magic("netns") is not None, shell.find_cell_magic("netns") is not None) == (known, known)


def test_names_of_the_package() -> None:
    """What completes behind `netns_kit.` is each public name once, and nothing of how they are loaded."""
    assert dir(netns_kit) == sorted({*netns_kit.__all__, "load_ipython_extension", "unload_ipython_extension"})


def test_answers_at_pythons_own_prompt(host: Host) -> None:
    """A table, a tree or a line each, and never a wall of fields, in a list of them, too."""
    net = Namespace("net1").add()
    Bridge("br0", at=net).add()
    assert repr(net.link.list()).startswith("name  index  kind")
    assert repr(Topology.of(host)).endswith("└─ namespace net1\n   └─ br0 bridge down")
    assert repr(net.snapshot()) == "Snapshot(2 links, 0 addresses, 0 routes, 0 neighbours)"
    assert repr(net.addr) == "AddressTable(at=net1)"
    assert repr([host.exec("true")]) == "[Result('true', exit status 0)]"
    host.link("lo").up()
    answer = host.ping("127.0.0.1", count=1)
    assert repr(answer) == f"PingResult({answer})"
    with host.ping.live("127.0.0.1", count=1) as replies:
        assert [reply.seq for reply in replies] == [1]
        assert repr(replies).endswith("1 read)")
    assert repr(explain(host, "127.0.0.1")).startswith("host reaches 127.0.0.1")
