"""D1 with its two machines behind SSH: the same script as for the lab, but for the line that names them."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve, frozen

from netns_kit import Host, Lab
from scripts.replaying.cells import FOLDER, read_cells
from scripts.replaying.running import Replay
from tests.documents.ledger import STEPS, canonical, typed
from tests.partners.conftest import SshLab

IN_A_LAB = 'node1, node2 = lab.host("node1"), lab.host("node2")'
BEHIND_SSH = 'node1, node2 = ssh("node1"), ssh("node2")'


@frozen
class Cables:
    """What is given: cables between the machines that the SSH servers run on."""

    lab: Lab

    def cable(self, first: Host, second: Host, **options: Any) -> None:
        """A cable, as the script asks a lab for it."""
        self.lab.cable(self.lab.hosts[first.name], self.lab.hosts[second.name], **options)


def replay_behind_ssh(ssh_lab: SshLab, steps: tuple[str, ...]) -> Replay:
    """Replay steps of D1 with node1 and node2 behind SSH."""
    replay = Replay()
    path = FOLDER / "D1.py"
    assert path.read_text().count(IN_A_LAB) == 2
    cells = [evolve(cell, code=cell.code.replace(IN_A_LAB, BEHIND_SSH)) for cell in read_cells(path)]
    with replay.open:
        names = replay.begin(path)
        names.update(ssh=ssh_lab.ssh, Lab=lambda: Cables(ssh_lab.lab))
        replay.play([cell for cell in cells if cell.step in steps], names)
    return replay


def hold_to_the_ledger(replay: Replay, steps: tuple[str, ...]) -> None:
    """Every check held, and each machine was told what the document says."""
    assert replay.failed == replay.left_out == []
    for step in steps:
        host, lines = STEPS[step]
        ran = [(result.host, canonical(result.argv)) for known, _, result in replay.ran if known == step]
        assert ran == [(host, words) for words in typed(lines)], step


def test_vxlan_as_the_document_types_it(ssh_lab: SshLab) -> None:
    """D1.6a to c on two machines behind SSH: the transcript is the document's."""
    steps = ("D1.6a", "D1.6b", "D1.6c")
    hold_to_the_ledger(replay_behind_ssh(ssh_lab, steps), steps)


@pytest.mark.needs_kernel("ipip", "gre", "sit", "vti", "vrf")
def test_tunnels_and_vrfs_as_the_document_types_them(ssh_lab: SshLab) -> None:
    """D1.5b to d and D1.6 whole, on a kernel that has the tunnels and VRFs."""
    steps = ("D1.5b", "D1.5c", "D1.5d", "D1.6a", "D1.6b", "D1.6c", "D1.6d", "D1.6e")
    # The cable of D1.5 is called eth0, as is what leads to the SSH servers.
    for name in ("node1", "node2"):
        eth0 = ssh_lab.lab.hosts[name].link("eth0")
        eth0.down()
        eth0.set(name="lan0")
        eth0.up()
    hold_to_the_ledger(replay_behind_ssh(ssh_lab, steps), steps)
