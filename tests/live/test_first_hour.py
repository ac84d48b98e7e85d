"""What newcomers stumbled over: what they typed, and what says so."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netns_kit import Bridge, Host, InvalidArgumentError, Lab, Namespace, NetnsKitError, UnknownKeywordError, explain
from netns_kit.__main__ import main
from netns_kit.places.prompt import LabPrompt
from tests.conftest import needs_package

GUESSES: dict[str, tuple[Callable[[Host], Any], str]] = {
    "the beginning of a name": (lambda host: Bridge("br0", stp=True), "the nearest one is stp_state"),
    "ping's own letter": (lambda host: host.ping("10.0.0.1", n=1), r"ping\(\) has no such keyword"),
    "a switch without a name": (lambda host: Lab().switch(host, host), "name="),
    "no name at all": (lambda host: Bridge(), "name=None"),
}


@pytest.mark.parametrize(("typed", "said"), GUESSES.values(), ids=GUESSES)
def test_guesses(host: Host, typed: Callable[[Host], Any], said: str) -> None:
    """A guess is refused by what a user knows, with what was meant if that is near."""
    with pytest.raises((InvalidArgumentError, UnknownKeywordError), match=said):
        typed(host)


def test_interrupted_while_typing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C at the lab's prompt forgets the line, and the next one can be typed; the lab is as it was."""
    lines = iter(["^C", "ping_all", "exit"])

    def typed(_: str) -> str:
        line = next(lines)
        if line == "^C":
            raise KeyboardInterrupt
        return line

    with Lab() as lab:
        pc1, pc2 = lab.host("pc1"), lab.host("pc2")
        lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
        monkeypatch.setattr(builtins, "input", typed)
        LabPrompt(lab.hosts, lab).cmdloop()
        assert "2 of 2 reached" in capsys.readouterr().out
        assert pc1.ping("pc2", count=1).ok


def test_no_command_cures_it(host: Host) -> None:
    """What nobody can cure raises one of the library's own errors when it is applied."""
    Bridge("br0").add(up=True).addr.add("10.0.0.1/24")
    why = explain(host, "10.0.0.1", port=9)
    for finding in why.findings:
        if finding.cure is None:
            with pytest.raises(NetnsKitError, match="No command cures this"):
                finding.apply()


@needs_package("tree_sitter_bash")
def test_a_tutorial_that_shows_what_it_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is typed for its answer is printed; neither a script nor a notebook is refused before it is written."""
    (tmp_path / "x.sh").write_text("ip link add br0 type bridge\nip link show br0\ncat /etc/hostname\n")
    assert main(["convert", str(tmp_path / "x.sh")]) == 0
    said = capsys.readouterr()
    assert "print(br0.show())" in said.out
    assert "2 of 2 commands of wrapped tools are typed calls; 1 lines run by exec." in said.err
    assert main(["convert", str(tmp_path / "x.sh"), "-o", str(tmp_path / "x.txt")]) == 2
    assert not (tmp_path / "x.txt").exists()


def test_two_with_one_address(host: Host) -> None:
    """Of two who have an address, explain shows the way to the one that answers, as follow does."""
    br0 = Bridge("br0").add(up=True)
    for number, address in ((1, 1), (2, 2), (3, 2)):
        br0.plug(Namespace(f"net{number}").add(), address=f"10.0.0.{address}/24", port=f"p{number}")
    net1 = Namespace("net1")
    for wanted, other in (("net2", "net3"), ("net3", "net2")):
        Namespace(other).link("eth0").down()
        net1.neigh.flush(dev="eth0")
        assert net1.ping("10.0.0.2", count=1).ok
        Namespace(other).link("eth0").up()
        said = str(explain(net1, "10.0.0.2"))
        assert f"net1 reaches 10.0.0.2 (eth0 in {wanted})" in said
        assert f"{wanted}/eth0" in said
