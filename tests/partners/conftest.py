"""Real partners, started by the tests themselves: SSH servers, a Docker engine, a user for sudo.

They live in private hosts and temporary folders: the machine's own links, firewall and settings stay as they were.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import define, field

from netns_kit import Host, Lab
from netns_kit.machines.process import Process
from scripts.replaying import engine as engines

PACKAGES = {"sshd": "openssh-server", "ssh": "openssh-client", "busybox": "busybox-static", "dockerd": "docker.io"}
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def need(*tools: str) -> None:
    """Skip a test where a partner is not installed, or where nobody may start it."""
    if os.geteuid() != 0:
        pytest.skip("only root can start this partner: the root legs run it")
    for tool in tools:
        if shutil.which(tool, path=PATH) is None:
            pytest.skip(f"no {tool} here: `apt-get install {PACKAGES.get(tool, tool)}`; CI's root legs run it")


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


@define
class SshLab:
    """Two lab hosts with an sshd each, on one segment with a third, from which ssh reaches them."""

    lab: Lab
    folder: Path
    servers: dict[str, Process] = field(factory=dict)

    @property
    def config(self) -> str:
        """The file with the settings of ssh."""
        return str(self.folder / "config")

    def ssh(self, name: str, **more: object) -> Host:
        """One of the two, as a host behind SSH."""
        return Host.ssh(name, config=self.config, **more)  # type: ignore[arg-type]

    def serve(self, name: str) -> None:
        """Start the sshd of a host, and wait until it listens."""
        host = self.lab.hosts[name]
        host.exec("mkdir", "-p", "/run/sshd")
        # On some machines root's account is locked, and sshd lets nobody in by a locked one.
        shadow = self.folder / "shadow"
        shadow.write_text("root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n")
        host.exec("mount", "--bind", shadow, "/etc/shadow")
        # Not the test's, and slow in places: what root's shell does first.
        bashrc = Path("~root/.bashrc").expanduser()
        if bashrc.exists():
            host.exec("mount", "--bind", "/dev/null", bashrc)
        server = host.start("/usr/sbin/sshd", "-D", "-e", "-f", str(self.folder / f"sshd-{name}"))
        wait_for(lambda: "Server listening" in server.error_text)
        self.servers[name] = server

    def cut(self, name: str) -> None:
        """Kill the processes that serve the connections to a host, by their ids, without a word to anybody."""
        for pid in descendants(self.servers[name].pid):
            # Killing one ends others.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if "sshd" in Path(f"/proc/{pid}/comm").read_text():
                    os.kill(pid, signal.SIGKILL)


def descendants(parent: int) -> list[int]:
    """The ids of all processes that a process has started, and of those that these have."""
    children = subprocess.run(
        ("pgrep", "-P", str(parent)), capture_output=True, text=True, check=False
    ).stdout.split()  # fmt: skip
    return [pid for child in map(int, children) for pid in (child, *descendants(child))]


def make_key(path: Path) -> None:
    """A key pair without a passphrase."""
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path), check=True)


@pytest.fixture
def ssh_lab(tmp_path: Path) -> Iterator[SshLab]:
    """node1 (10.9.0.1) and node2 (10.9.0.2) with an sshd each; keys, known hosts and settings of the test's own."""
    need("sshd", "ssh", "busybox")
    make_key(tmp_path / "login")
    shutil.copy(tmp_path / "login.pub", tmp_path / "authorized_keys")
    with Lab() as lab:
        lab.switch(
            "segment",
            *map(lab.host, ("node1", "node2", "desk")),
            addresses=("10.9.0.1/24", "10.9.0.2/24", "10.9.0.3/24"),
        )
        partner = SshLab(lab, tmp_path)
        known = []
        for name, address in (("node1", "10.9.0.1"), ("node2", "10.9.0.2")):
            make_key(tmp_path / f"key-{name}")
            known.append(f"{address} {(tmp_path / f'key-{name}.pub').read_text()}")
            (tmp_path / f"sshd-{name}").write_text(
                f"ListenAddress {address}\nHostKey {tmp_path}/key-{name}\nPidFile none\nUsePAM no\nStrictModes no\n"
                f"AuthorizedKeysFile {tmp_path}/authorized_keys\nPasswordAuthentication no\nPermitRootLogin yes\n"
            )
            partner.serve(name)
        (tmp_path / "known_hosts").write_text("".join(known))
        (tmp_path / "config").write_text(
            "Host node1\n  HostName 10.9.0.1\nHost node2\n  HostName 10.9.0.2\n"
            f"Host *\n  User root\n  IdentityFile {tmp_path}/login\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {tmp_path}/known_hosts\n  GlobalKnownHostsFile none\n"
            # ssh itself runs here; what it says goes out from the desk.
            f"  ProxyCommand nsenter --net=/proc/{lab.hosts['desk'].pid}/ns/net busybox nc %h %p\n"
        )
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
