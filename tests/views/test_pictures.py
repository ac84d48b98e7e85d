"""`%netns pictures on`: after each cell a picture of what it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import netns_kit
from netns_kit import Bridge, Host, InvalidArgumentError, Lab, Namespace, Topology, UnknownCommandError, VethPair
from netns_kit.views.drawing.dot import COLOURS, HOST
from tests.conftest import needs_package


class Shell:
    """As much of IPython's shell as the pictures need."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.shown: list[str] = []
        self.after: list[Callable[[object], None]] = []
        self.magic: Callable[..., None] = print
        self.events = self.display_pub = self

    def register_magic_function(self, function: Callable[..., None], kind: str, name: str) -> None:
        """Keep the function."""
        self.magic = function

    def set_custom_exc(self, *_: object) -> None:
        """How errors are shown is none of the pictures' business."""

    def register(self, event: str, callback: Callable[[object], None]) -> None:
        """Keep what is to be called after a cell."""
        assert event == "post_run_cell"
        self.after.append(callback)

    def unregister(self, event: str, callback: Callable[[object], None]) -> None:
        """Forget it."""
        self.after.remove(callback)

    def publish(self, data: dict[str, str]) -> None:
        """Keep what is shown."""
        self.shown.append(data["text/plain"])

    def end_cell(self, **names: Any) -> str:
        """What a cell that gave these names shows at its end."""
        self.user_ns |= names
        for callback in self.after:
            callback(None)
        shown = "".join(self.shown)
        self.shown.clear()
        return shown


@pytest.fixture
def shell() -> Shell:
    """A shell whose pictures are on."""
    shell = Shell()
    netns_kit.load_ipython_extension(shell)
    shell.magic("pictures on")
    return shell


def test_what_a_cell_changed(shell: Shell, host: Host) -> None:
    """A cell that changed something shows it, marked; one that only looked, or ran nothing, shows nothing."""
    assert shell.end_cell(host=host) == ""
    Namespace("net1").add()
    assert "+ └─ namespace net1" in shell.end_cell()
    assert shell.end_cell() == ""
    host.link.list()
    assert shell.end_cell() == ""
    Namespace("net1").link("lo").up()
    assert "~    └─ lo loopback up" in shell.end_cell()
    Namespace("net1").delete()
    assert "- └─ namespace net1" in shell.end_cell()


def test_a_cell_that_ran_nothing_costs_nothing(shell: Shell, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing was typed is not looked at again."""
    shell.end_cell(host=host)
    monkeypatch.setattr("netns_kit.views.topology.survey.read", None)
    assert shell.end_cell() == ""


def test_the_machine_in_use_needs_no_name(shell: Shell, host: Host) -> None:
    """The host that is current is looked at, whether or not the notebook has a name for it."""
    Bridge("br0").add()
    assert "br0 bridge" in shell.end_cell()


def test_a_machine_and_its_network_in_one_cell(shell: Shell) -> None:
    """What is not known from before is shown as it is, without marks."""
    with Host.private("node7") as node7:
        Namespace("net1").add()
        assert shell.end_cell(node7=node7).startswith("host node7\n├─ lo")


def test_a_lab_is_one_picture(shell: Shell) -> None:
    """The hosts of a lab are shown together, also where each has a name of its own."""
    with Lab() as lab:
        node1, node2 = lab.host("node1"), lab.host("node2")
        assert shell.end_cell(lab=lab, node1=node1, node2=node2) == ""
        lab.cable(node1, node2)
        shown = shell.end_cell()
    assert shown.count("host node1") == shown.count("host node2") == 1
    assert "+ └─ eth0 veth up ── node2/eth0" in shown


def test_a_state_that_follows_late_is_no_cell_s_doing(shell: Shell, host: Host) -> None:
    """The kernel tells a link's state in its own time: a picture for nothing else there is none."""
    VethPair("a", "b").add()
    shell.end_cell(host=host)
    host.link("a").up()
    assert "~" in shell.end_cell()
    host.link.list()
    assert shell.end_cell() == ""


def test_a_route_changes_the_border_of_its_place(host: Host) -> None:
    """A place of which only a route has changed is not coloured whole, as if all in it had."""
    before = Topology.of(host)
    host.route.add("10.9.0.0/16", dev="lo")
    drawn = before.compare(Topology.of(host)).as_dot()
    assert f'fillcolor="{HOST[0]}"; color="{COLOURS["changed"][1]}"' in drawn


def test_what_is_there_already_is_no_cell_s_doing(host: Host) -> None:
    """What was made before the pictures were turned on is not shown as new."""
    shell = Shell()
    shell.user_ns["host"] = host
    netns_kit.load_ipython_extension(shell)
    Namespace("old").add()
    shell.magic("pictures on")
    assert shell.end_cell() == ""
    Namespace("new").add()
    shown = shell.end_cell()
    assert "+ ├─ namespace new" in shown
    assert "  └─ namespace old" in shown


def test_off_and_on_again(shell: Shell, host: Host) -> None:
    """Off, nothing is shown; on again, only what came after. Saying it twice changes nothing."""
    shell.magic("pictures off")
    shell.magic("pictures off")
    Namespace("net1").add()
    assert shell.end_cell(host=host) == ""
    shell.magic("pictures on")
    shell.magic("pictures on")
    Namespace("net2").add()
    shown = shell.end_cell()
    assert shown.count("+") == 1
    assert "namespace net2" in shown


def test_closed_machines_and_those_of_no_kernel(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """A closed host shows nothing, nor does a dry run; where reading fails, one sentence says so, once."""
    with Host.private() as gone:
        Namespace("net1").add()
    with Host.dry_run() as dry:
        Namespace("net1").add()
    assert shell.end_cell(gone=gone, dry=dry, other=[]) == ""
    assert capsys.readouterr().err == ""
    fake = Host.fake({"ip netns add net1": ""})
    fake.netns.add("net1")
    assert shell.end_cell(fake=fake) == shell.end_cell() == ""
    assert capsys.readouterr().err.count("No picture of Host('host')") == 1
    with pytest.raises(UnknownCommandError):
        fake.link.list()


@pytest.mark.parametrize("line", ["pictures", "pictures maybe", "pictures on off", "picture on"])
def test_what_is_neither_on_nor_off(shell: Shell, line: str) -> None:
    """Anything else is refused, with what there is."""
    with pytest.raises(InvalidArgumentError, match="%netns pictures on, or off"):
        shell.magic(line)


@needs_package("IPython")
def test_ipython(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """IPython itself shows a picture after a cell, and none after the extension is unloaded."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_cell("%load_ext netns_kit\n%netns pictures on")
    shell.run_cell("from netns_kit import Namespace; Namespace('net1').add();")
    assert "+ └─ namespace net1" in capsys.readouterr().out
    shell.run_cell("%unload_ext netns_kit")
    shell.run_cell("Namespace('net2').add();")
    assert "namespace net2" not in capsys.readouterr().out
