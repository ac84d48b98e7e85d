"""Real partners, started by the tests themselves: SSH servers, a Docker engine, a user for sudo.

They live in private hosts and temporary folders: the machine's own links, firewall and settings stay as they were.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define

from netns_kit import Host
from scripts.replaying import engine as engines
from scripts.testing.ssh_lab import SshLab, machines_behind_ssh

PACKAGES = {"sshd": "openssh-server", "ssh": "openssh-client", "busybox": "busybox-static", "dockerd": "docker.io"}
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def need(*tools: str) -> None:
    """Skip a test where a partner is not installed, or where nobody may start it."""
    if os.geteuid() != 0:
        pytest.skip("only root can start this partner: the leg partners runs it")
    for tool in tools:
        if shutil.which(tool, path=PATH) is None:
            pytest.skip(f"no {tool} here: `apt-get install {PACKAGES.get(tool, tool)}`; CI's leg partners runs it")


@pytest.fixture
def ssh_lab(tmp_path: Path) -> Iterator[SshLab]:
    """node1 (10.9.0.1) and node2 (10.9.0.2) with an sshd each; keys, known hosts and settings of the test's own."""
    need("sshd", "ssh", "busybox")
    with machines_behind_ssh(tmp_path) as partner:
        yield partner


@define
class Engine:
    """A Docker engine in a private host, with an image called `busybox`."""

    host: Host
    folder: Path

    @property
    def docker_host(self) -> str:
        """Where it listens."""
        return f"unix://{self.folder}/docker.sock"

    def docker(self, *words: object) -> str:
        """What a command of Docker's own printed."""
        return self.host.exec("docker", "-H", self.docker_host, *words).stdout.strip()

    def run(self, name: str, *options: object) -> str:
        """Run a container that does nothing for an hour; its id."""
        return self.docker("run", "-d", "--name", name, *options, "busybox", "/bin/sleep", "3600")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A Docker engine whose links, firewall, mounts and files are its own; it is gone afterwards."""
    need("dockerd", "docker", "busybox")
    folder = tmp_path_factory.mktemp("docker")
    with Host.private("docker") as host:
        partner = Engine(host, folder)
        with engines.engine(host, folder, socket=partner.docker_host):
            yield partner


@pytest.fixture
def node1(ssh_lab: SshLab) -> Iterator[Host]:
    """The first machine, behind SSH, entered."""
    with ssh_lab.ssh("node1") as host:
        yield host
