"""From another terminal: which private hosts run, a shell in one, and its picture."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from netns_kit import Bridge, Host, InvalidArgumentError, Lab, Namespace
from netns_kit.views import running


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    """What another process's command line says."""
    return subprocess.run(
        (sys.executable, "-m", "netns_kit", *words),
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
    )


@pytest.fixture
def pc1(lab: Lab) -> Host:
    """A host of a lab with a namespace; its name is no other test's."""
    pc1 = lab.host(f"pc{os.getpid()}")
    Bridge("br0", at=Namespace("net1", at=pc1).add()).add()
    return pc1


def test_those_that_run(pc1: Host, lab: Lab) -> None:
    """Each is listed with its name, its process, whose it is and its namespaces, and no more once it is closed."""
    lab.host("a-name-longer-than-15-bytes")
    mine = [one for one in running.running() if one.owner == os.getpid()]
    assert {(one.name, one.namespaces) for one in mine} >= {(pc1.name, ("net1",)), ("a-name-longer-t", ())}
    (own,) = (one for one in mine if one.pid == pc1.pid)
    assert "pytest" in own.program or "-c" in own.program
    assert f"{pc1.name} " in cli("ps").stdout
    pid = pc1.pid
    pc1.close()
    assert pid not in [one.pid for one in running.running()]


def test_to_enter_one(pc1: Host) -> None:
    """A command in it, by its name and by its process, and in a namespace of it, with the command's own exit status."""
    assert cli("enter", pc1.name, "--", "ip", "-br", "netns").stdout == "net1\n"
    assert cli("enter", str(pc1.pid), "net1", "--", "ip", "-br", "link", "show", "br0").stdout.startswith("br0")
    assert cli("enter", pc1.name, "net1", "ip", "netns", "identify").stdout == "net1\n"
    assert cli("enter", pc1.name, "--", "sh", "-c", "exit 7").returncode == 7
    shell = cli("enter", pc1.name)
    assert (shell.returncode, shell.stderr) == (0, "")


def test_to_draw_one(pc1: Host) -> None:
    """`show NAME` draws it as `show` draws a machine, in each form."""
    assert (
        cli("show", pc1.name).stdout
        == f"host {pc1.name}\n├─ lo loopback up\n└─ namespace net1\n   └─ br0 bridge down\n"
    )
    assert cli("show", pc1.name, "--mermaid").stdout.startswith("flowchart")
    assert 'Bridge("br0"' in cli("show", "--python", pc1.name).stdout


def test_a_name_that_is_none(pc1: Host, lab: Lab) -> None:
    """A name that nobody has, and one that two have, are refused with what there is."""
    assert f"{pc1.name}" in cli("enter", "nobody-has-this").stderr
    with Lab() as other:
        twin = other.host(pc1.name)
        with pytest.raises(InvalidArgumentError, match=f"several.*{pc1.pid}.*{twin.pid}|{twin.pid}.*{pc1.pid}"):
            running.find(pc1.name)
    assert running.find(pc1.name).pid == pc1.pid
