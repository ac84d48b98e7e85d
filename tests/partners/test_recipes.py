"""The recipes that need a partner: a Docker engine, a machine behind SSH."""

from __future__ import annotations

import subprocess
import sys

from tests.documents.readmes import ROOT
from tests.documents.test_recipes import drawing

from .conftest import Engine, SshLab

RECIPES = ROOT / "scripts" / "recipes"


def test_docker(engine: Engine) -> None:
    """Two containers without a network get one by hand, and nothing of it is left."""
    before = engine.host.exec("iptables", "-S").stdout, engine.docker("ps", "-aq")
    done = engine.host.exec(sys.executable, RECIPES / "docker.py", env={"DOCKER_HOST": engine.docker_host})
    assert drawing("docker") in done.stdout
    assert "1 packets received" in done.stdout
    assert (engine.host.exec("iptables", "-S").stdout, engine.docker("ps", "-aq")) == before
    assert not engine.host.link("br-recipe").exists()


def test_ssh(ssh_lab: SshLab) -> None:
    """A private host on a machine behind SSH."""
    command = (sys.executable, RECIPES / "ssh.py", "node1", ssh_lab.config)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert drawing("ssh") in done.stdout
