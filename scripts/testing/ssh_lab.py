"""Machines behind SSH: private hosts with an sshd each, which live and end with a lab. Only root can start them."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from attrs import define, field

from netns_kit import Host, Lab
from netns_kit.machines.process import Process
from scripts.testing.waiting import wait_for

DELAY = Path(__file__).with_name("delay.py")


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

    @property
    def way(self) -> tuple[str, ...]:
        """The command that leads to a host's sshd: ssh itself runs here, what it says goes out from the desk."""
        return ("nsenter", f"--net=/proc/{self.lab.hosts['desk'].pid}/ns/net", "busybox", "nc", "%h", "%p")

    def ssh(self, name: str, **more: object) -> Host:
        """One of the two, as a host behind SSH."""
        return Host.ssh(name, config=self.config, **more)  # type: ignore[arg-type]

    def delayed(self, seconds: float) -> dict[str, object]:
        """The options of ssh for which each way, there and back, takes so many seconds."""
        return {"ProxyCommand": shlex.join((sys.executable, str(DELAY), str(seconds), *self.way))}

    def far(self, name: str, seconds: float) -> Host:
        """One of the two, so far away that each way, there and back, takes so many seconds."""
        return self.ssh(name, options=self.delayed(seconds))

    def command(self, name: str, options: Mapping[str, object] = MappingProxyType({})) -> tuple[str, ...]:
        """What somebody types for a shell there."""
        chosen = (word for key, value in options.items() for word in ("-o", f"{key}={value}"))
        return ("ssh", "-F", self.config, *chosen, name, "exec sh")

    def serve(self, name: str) -> None:
        """Start the sshd of a host, and wait until it listens."""
        host = self.lab.hosts[name]
        host.exec("mkdir", "-p", "/run/sshd")
        # On some machines root's account is locked, and sshd lets nobody in by a locked one.
        self.replace(name, "/etc/shadow", "root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n")
        # Not the test's, and slow in places: what root's shell does first.
        bashrc = Path("~root/.bashrc").expanduser()
        if bashrc.exists():
            self.replace(name, str(bashrc), "")
        server = host.start("/usr/sbin/sshd", "-D", "-e", "-f", str(self.folder / f"sshd-{name}"))
        wait_for(lambda: "Server listening" in server.error_text)
        self.servers[name] = server

    def replace(self, name: str, path: str, text: str) -> None:
        """Give a file other content, that only this host sees."""
        file = self.folder / f"{name}-{path.replace('/', '-')}"
        file.write_text(text)
        self.lab.hosts[name].exec("mount", "--bind", file, path)

    def configure(self, name: str, *lines: str) -> None:
        """Start a host's sshd anew, with further settings."""
        self.servers[name].stop()
        with open(self.folder / f"sshd-{name}", "a") as file:
            file.writelines(f"{line}\n" for line in lines)
        self.serve(name)

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


@contextlib.contextmanager
def machines_behind_ssh(folder: Path) -> Iterator[SshLab]:
    """node1 (10.9.0.1) and node2 (10.9.0.2) with an sshd each; keys, known hosts and settings lie in the folder."""
    make_key(folder / "login")
    shutil.copy(folder / "login.pub", folder / "authorized_keys")
    with Lab() as lab:
        lab.switch(
            "segment",
            *map(lab.host, ("node1", "node2", "desk")),
            addresses=("10.9.0.1/24", "10.9.0.2/24", "10.9.0.3/24"),
        )
        partner = SshLab(lab, folder)
        known = []
        for name, address in (("node1", "10.9.0.1"), ("node2", "10.9.0.2")):
            make_key(folder / f"key-{name}")
            known.append(f"{address} {(folder / f'key-{name}.pub').read_text()}")
            (folder / f"sshd-{name}").write_text(
                f"ListenAddress {address}\nHostKey {folder}/key-{name}\nPidFile none\nUsePAM no\nStrictModes no\n"
                f"AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\nPermitRootLogin yes\n"
            )
            partner.serve(name)
        (folder / "known_hosts").write_text("".join(known))
        (folder / "config").write_text(
            "Host node1\n  HostName 10.9.0.1\nHost node2\n  HostName 10.9.0.2\n"
            f"Host *\n  User root\n  IdentityFile {folder}/login\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile none\n"
            f"  ProxyCommand {shlex.join(partner.way)}\n"
        )
        yield partner
