"""Machines behind SSH that cannot be reached: each cause is told by its own error, which names the host."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from netns_kit import (
    Host,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostUnreachableError,
    InvalidArgumentError,
    LoginRefusedError,
    Namespace,
    NetnsKitError,
    ToolMissingError,
)
from scripts.testing.ssh_lab import SshLab, make_key
from scripts.testing.waiting import wait_for

from .conftest import need
from .test_ssh import left_there


def test_a_host_that_does_not_serve(ssh_lab: SshLab) -> None:
    """Nobody who listens, no way, and a name that nobody knows are the host's unreachability, and name it."""
    ssh_lab.servers["node1"].stop()
    with ssh_lab.ssh("node1") as host, pytest.raises(HostUnreachableError, match="on node1"):
        host.exec("true")
    with Host.ssh("no-such-name.invalid", options={"ProxyCommand": "none"}) as host:
        with pytest.raises(HostUnreachableError, match="Could not resolve") as unknown:
            host.exec("true", check=False)
        assert unknown.value.host == "no-such-name.invalid"
    ssh_lab.serve("node1")


def test_a_host_that_says_nothing() -> None:
    """One that takes the connection and never says anything is given up in time."""
    need("ssh")
    options = {"ProxyCommand": "sleep 4719"}
    started = time.monotonic()
    with Host.ssh("root@silent", options=options, connect_timeout=1) as host:
        with pytest.raises(HostUnreachableError, match="does not answer"):
            host.exec("true")
        assert time.monotonic() - started < 60
    wait_for(lambda: left_there("4719") == [])


def test_a_key_that_is_refused(ssh_lab: SshLab) -> None:
    """With a key that the host does not know, nobody is asked for a password."""
    make_key(ssh_lab.folder / "other")
    options = {"IdentityFile": ssh_lab.folder / "other"}
    with ssh_lab.ssh("node1", options=options) as host:
        (ssh_lab.folder / "authorized_keys").write_text((ssh_lab.folder / "key-node1.pub").read_text())
        with pytest.raises(LoginRefusedError, match="ssh-copy-id node1"):
            host.exec("true")


def test_a_host_key_that_is_unknown_or_changed(ssh_lab: SshLab) -> None:
    """A host whose key nobody vouched for, and one that shows another than before, are refused, each by its name."""
    known = ssh_lab.folder / "known_hosts"
    whole = known.read_text()
    known.write_text("")
    with ssh_lab.ssh("node1") as host, pytest.raises(HostKeyUnknownError, match="on node1"):
        host.exec("true")
    known.write_text(whole.replace("10.9.0.2", "10.9.0.3").replace("10.9.0.1", "10.9.0.2"))
    with ssh_lab.ssh("node2") as host, pytest.raises(HostKeyChangedError, match="on node2"):
        host.exec("true")


def test_ssh_itself_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without OpenSSH's client, the error names its package."""
    monkeypatch.setattr("netns_kit.machines.ssh.connection.environment", lambda extra: {"PATH": str(tmp_path)})
    before = set(Path("/tmp").glob("netns_kit-*"))
    with Host.ssh("root@node1") as host, pytest.raises(ToolMissingError, match="openssh-client"):
        host.exec("true")
    assert set(Path("/tmp").glob("netns_kit-*")) <= before


def test_what_cannot_reach_that_far(ssh_lab: SshLab, node1: Host) -> None:
    """A socket stays on one machine, and so does a link."""
    with pytest.raises(NetnsKitError, match="one machine only, not from node1"):
        node1.socket()
    with ssh_lab.ssh("node2") as other, pytest.raises(InvalidArgumentError, match="another machine"):
        node1.link("eth0").set(netns=Namespace("net0", at=other))
    with pytest.raises(InvalidArgumentError, match="target"):
        Host.ssh("-oProxyCommand=id")
