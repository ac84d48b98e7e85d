"""The documents, replayed: every check holds, and what ran is what the documents say, one for one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netns_kit import Host
from scripts.replaying import engine
from scripts.replaying.cells import documents
from scripts.replaying.running import Replay
from tests.documents.ledger import STEPS, canonical, ran, typed

ROOT = Path(__file__).parents[2]
REPLAY = (sys.executable, "-m", "scripts.replaying.replay")
ENGINE = engine.missing()

NATIVE = ("D0", "D1.1", "D1.2", "D1.3", "D1.6a", "D1.6b", "D1.6c", "D2", "D3.2", "D3.3", "D4.1", "D4.2", "D4.4")
DOCKER = ("D3", "D4")
LEFT_OUT = {
    # An install step: the set-up's business.
    "apt install bridge-utils net-tools",
}


def replay(folder: Path, *steps: str) -> tuple[subprocess.CompletedProcess[str], list[dict[str, object]]]:
    """Run the replay of some steps, and read its transcript."""
    file = folder / "transcript.jsonl"
    done = subprocess.run(
        (*REPLAY, *steps, "--transcript", str(file)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
    )
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return done, lines


def assert_equal_to_the_ledger(steps: tuple[str, ...], lines: list[dict[str, object]], engine: bool = True) -> None:
    """Hold a transcript to the ledger's steps whose ids begin with these.

    Where no Docker engine can be started, any process stands for D4.4's container.
    """
    left_out = LEFT_OUT if engine else LEFT_OUT | {"docker inspect nginx | grep Pid"}
    commands = ran(lines)
    hosts = {(str(line["step"]), line["host"]) for line in lines}
    wanted = [step for step in STEPS if step.startswith(steps)]
    assert wanted
    for step in wanted:
        host, spelled = STEPS[step]
        expected = typed((line for line in spelled if line not in left_out), expand=step == "D1.1")
        assert commands.get(step, []) == expected, step
        assert {name for known, name in hosts if known == step} <= {host}, step


def test_replay_equals_the_documents(tmp_path: Path) -> None:
    """Every check of the replay holds, and its commands are the documents', in order, one for one."""
    done, lines = replay(tmp_path, *NATIVE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert_equal_to_the_ledger(NATIVE, lines, engine=ENGINE is None)


@pytest.mark.skipif(ENGINE is not None, reason=f"{ENGINE}: the root legs of CI run it")
def test_replay_of_containers_equals_the_documents(tmp_path: Path) -> None:
    """D3 and D4 as wholes, with the containers of a real Docker engine."""
    done, lines = replay(tmp_path, *DOCKER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_equal_to_the_ledger(DOCKER, lines)


@pytest.mark.needs_kernel("ipip", "gre", "sit", "vti", "vrf")
def test_replay_of_the_tunnels_equals_the_document(tmp_path: Path) -> None:
    """D1 as a whole, on a kernel that has the tunnels and VRF."""
    done, lines = replay(tmp_path, "D1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert_equal_to_the_ledger(("D1",), lines)


def test_on_this_machine_itself_no_container_is_started() -> None:
    """With `--sudo`, the steps with containers are left out before anything runs."""
    replay = Replay(sudo=True)
    replay.play([cell for cell in documents()["D3"] if cell.step == "D3.1"], {"host": Host.fake({})})
    assert replay.left_out == ["D3.1: no containers are started on this machine itself"]
    assert replay.failed == replay.ran == []


def test_replay_of_one_step_brings_what_it_builds_on(tmp_path: Path) -> None:
    """A step alone runs those before it that it needs, and only it is in the transcript."""
    done, lines = replay(tmp_path, "D3.3")
    assert done.returncode == 0, done.stdout
    assert {line["step"] for line in lines} == {"D3.3"}


def test_replay_refuses_a_step_that_is_not_there(tmp_path: Path) -> None:
    """A wrong id is an error that says how to find the right one, and runs nothing."""
    done, _ = replay(tmp_path, "D9.9")
    assert done.returncode == 2
    assert "D9.9" in done.stderr
    assert "--list" in done.stderr


def test_replay_refuses_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A transcript that has nowhere to go is said before anything runs, in one line."""
    done = subprocess.run(
        (*REPLAY, "D0.1", "--transcript", str(tmp_path / "none" / "file")),
        capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("none/file: No such file or directory\n")


def test_replay_that_is_interrupted_says_so() -> None:
    """Ctrl-C ends it with one line, and whoever stops reading its output makes no noise."""
    command = (*REPLAY, "D0.3")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as replay:
        assert replay.stdout
        assert replay.stderr
        while "D0.3.3" not in replay.stdout.readline():
            pass
        replay.send_signal(signal.SIGINT)
        assert replay.wait(60) == 130
        assert replay.stderr.read() == "\ninterrupted\n"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as replay:
        assert replay.stdout
        assert replay.stderr
        replay.stdout.close()
        assert replay.wait(60) == 1
        assert replay.stderr.read() == ""


def test_replay_fails_when_a_check_does_not_hold(tmp_path: Path) -> None:
    """The exit status is 1, and the last lines name what did not hold."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("*.ipynb"))
    d3 = tmp_path / "scripts" / "documents" / "D3.py"
    d3.write_text(d3.read_text().replace("assert host.netns.list() == before", "assert host.netns.list() != before"))
    done = subprocess.run((*REPLAY, "D3.2"), capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 1
    assert "✗ D3.2: host.netns.list() != before" in done.stdout


def test_replay_lists_its_steps(tmp_path: Path) -> None:
    """`--list` names every step of the ledger that the replay has, with a title."""
    done = subprocess.run((*REPLAY, "--list"), capture_output=True, text=True, timeout=60, cwd=ROOT)
    listed = [line.split()[0] for line in done.stdout.splitlines()]
    assert set(NATIVE) - {"D0", "D2", "D1.2"} <= set(listed)
    assert [step for step in STEPS if step in listed] == listed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ip netns exec net1 ip a", "ip -n net1 -j -d addr"),
        ("ip link list", "ip -j -d link show"),
        ("ip link set veth0 netns net0", "ip link set dev veth0 netns net0"),
        ("ip netns exec n ping 10.0.0.1 -I veth1", "ip netns exec n ping -n -c 3 -i 0.2 10.0.0.1 -I veth1"),
        ("sysctl net.ipv4.ip_forward=1", "sysctl -w net.ipv4.ip_forward=1"),
    ],
)
def test_what_counts_as_the_same_command(one: str, other: str) -> None:
    """The ledger's spelling and the library's are held to each other by these rules, and by no others."""
    assert canonical(one.split()) == canonical(other.split())
