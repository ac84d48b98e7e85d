"""Scopes on a machine behind SSH: its record lies there, and its keeper ends with the connection."""

from __future__ import annotations

import os
import subprocess
import sys

from netns_kit import Bridge, Host, Namespace, VethPair
from netns_kit.undoing.sweep import sweep
from scripts.testing.ssh_lab import SshLab
from scripts.testing.waiting import wait_for

SCRIPT = """
import sys
from netns_kit import Bridge, Host, Namespace, VethPair
with Host.ssh("node1", config=sys.argv[1]) as host, host.scope():
    net = Namespace("net1").add()
    VethPair("outer", "inner", peer_netns=net).add()
    host.sysctl["net.ipv4.ip_forward"] = 1
    print("done", flush=True)
    input()
"""


def state(host: Host) -> tuple[object, ...]:
    """What a scope may have changed there."""
    return (
        [link.name for link in host.link.list()],
        [known.name for known in host.netns.list()],
        host.sysctl["net.ipv4.ip_forward"],
        host.exec("ls", "/run/netns_kit", check=False).stdout,
    )


def test_a_scope_behind_ssh(node1: Host) -> None:
    """What was done in it is undone, in a batch and by itself, and nothing is kept there."""
    links, spaces, forwards, _ = state(node1)
    with node1.scope():
        net = Namespace("net1").add()
        br0 = Bridge("br0").add()
        with node1.batch():
            for number in range(5):
                outer, _inner = VethPair(f"outer{number}", f"eth{number}", peer_netns=net).add()
                outer.set(master=br0)
                outer.up()
        node1.sysctl["net.ipv4.ip_forward"] = 1
        server = net.start("sleep", "4545.5")
    assert not server.running
    assert state(node1) == (links, spaces, forwards, "")


def test_what_a_killed_script_leaves_behind_ssh(ssh_lab: SshLab) -> None:
    """While a script lives nothing of it is swept; once it was killed and its connection has broken, all is."""
    with ssh_lab.ssh("node1") as host:
        links, spaces, forwards, _ = state(host)
        with subprocess.Popen(
            (sys.executable, "-c", SCRIPT, str(ssh_lab.config)),
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as script:
            assert script.stdout
            assert script.stdout.readline() == "done\n"
            assert sweep(host.site).found == ()
            assert [known.name for known in host.netns.list()] == [*spaces, "net1"]
            script.kill()
        wait_for(lambda: len(sweep(host.site, dry_run=True).found) == 3)
        assert sweep(host.site).problems == ()
        assert state(host)[:3] == (links, spaces, forwards)
