"""Who reaches whom in a lab, and one prompt for all of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from netns_kit import InvalidArgumentError, Lab, Namespace
from netns_kit.places.prompt import LabPrompt


@pytest.fixture
def three(lab: Lab) -> Lab:
    """Three hosts on a segment, and a namespace that only one of them knows, by IPv6."""
    pc1, pc2, pc3 = (lab.host(f"pc{number}") for number in (1, 2, 3))
    lab.switch("segment", pc1, pc2, pc3, addresses=[f"10.0.0.{number}/24" for number in (1, 2, 3)])
    lab.cable(pc1, Namespace("net", at=pc3).add(), addresses=("fd00::1/64", "fd00::2/64"))
    return lab


def test_who_reaches_whom(three: Lab) -> None:
    """Each place with an address to each other one, by an address of a network that both are in."""
    three.hosts["pc2"].link("eth0").down()
    reached = three.ping_all()
    assert reached.names == ("pc1", "pc2", "pc3", "pc3/net")
    found = {(one.source, one.destination) for one in reached if one.ok}
    assert found == {("pc1", "pc3"), ("pc3", "pc1"), ("pc1", "pc3/net"), ("pc3/net", "pc1")}
    assert str(reached) == (
        "         pc1  pc2  pc3  pc3/net\n"
        "pc1      ·    ✗    ✓    ✓\n"
        "pc2      ✗    ·    ✗    ✗\n"
        "pc3      ✓    ✗    ·    ✗\n"
        "pc3/net  ✓    ✗    ✗    ·\n"
        "4 of 12 reached\n"
    )
    assert not reached.ok
    assert {one.heard for one in reached.failed} == {"no answer", "Network is unreachable"}
    assert next(one.address for one in reached if (one.source, one.destination) == ("pc1", "pc3/net")) == "fd00::2"
    shown = reached._repr_html_()
    assert shown.count("✓") == 4
    assert 'title="pc1 → pc2 (10.0.0.2): no answer"' in shown


def test_everybody(three: Lab) -> None:
    """Where all are reached it is said, and a lab without addresses has nobody to ask."""
    three.hosts["pc3"].netns.delete("net")
    assert three.ping_all().ok
    with Lab() as empty:
        empty.host("alone")
        assert str(empty.ping_all()) == "(no two places with addresses)"


def test_a_prompt(three: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    """Commands at places, names for addresses, what the library says of the whole, and mistakes that end nothing."""
    prompt = LabPrompt(three.hosts, three)
    said = {}
    for line in ("pc1 ping -c1 pc2", "pc9 ls", 'pc1 ls "', "explain pc1", "explain pc2 pc3", "show", "", "ping_all"):
        assert prompt.onecmd(line) is False
        said[line] = capfd.readouterr().out
    assert "1 received" in said["pc1 ping -c1 pc2"]
    assert "there are pc1, pc2, pc3, pc3/net, segment" in said["pc9 ls"]
    assert "No closing quotation" in said['pc1 ls "']
    assert "it takes two" in said["explain pc1"]
    assert "pc2 reaches 10.0.0.3" in said["explain pc2 pc3"]
    assert "10.0.0.3/24 ── segment/port3" in said["show"]
    assert "of 12 reached" in said["ping_all"]
    assert said[""] == ""
    assert prompt.onecmd("exit") is True
    with pytest.raises(InvalidArgumentError, match="no address"):
        prompt._address(three.hosts["pc1"], "segment")


def test_tab_knows_the_names(three: Lab) -> None:
    """The names of places, and the prompt's own commands."""
    prompt = LabPrompt(three.hosts, three)
    assert prompt.completenames("p") == ["ping_all", "pc1", "pc2", "pc3", "pc3/net"]
    assert prompt.completedefault("pc3") == ["pc3", "pc3/net"]


def test_what_is_typed(three: Lab) -> None:
    """The prompt of a script reads its input to the end, and the lab goes on."""
    script = "from netns_kit import Lab\nwith Lab() as lab:\n    lab.host('pc1')\n    lab.shell()\n    print('on')"
    done = subprocess.run(
        (sys.executable, "-c", script),
        input="pc1 echo there\n",
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert "there\n" in done.stdout, done.stderr
    assert done.stdout.endswith("on\n")
