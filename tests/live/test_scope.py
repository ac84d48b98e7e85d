"""Scopes on a real host, for which a private one stands in: what was done in them is undone, however they end."""

from __future__ import annotations

import os
import sys

import pytest

from netns_kit import Bridge, Host, Link, Namespace, VethPair
from scripts.testing import scope_points
from tests.conftest import needs_root, needs_tool
from tests.live.test_local import AS_USER, SUDOERS, on_a_machine

POINTS = os.environ.get("NETNS_KIT_POINTS", "3")
"""At how many random points a script is ended; the points are others in each run."""


@pytest.mark.parametrize("how", ["NONE", "SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"])
def test_nothing_is_left(how: str) -> None:
    """A script that uses everything ends by itself or at random points: then, or once swept, all is as it was.

    A second one beside it, whose scope lives, loses nothing, and what both have set is as it was once both have ended.
    """
    with Host.private() as machine:
        words = ("env", f"PYTHONPATH={':'.join(sys.path)}", sys.executable, scope_points.__file__)
        done = machine.exec(*words, how, POINTS, timeout=None, check=False)
    assert (done.stdout, done.stderr) == ("", "")


WAITING = """
import subprocess, sys
script = subprocess.Popen((sys.executable, "-c", SCRIPT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
def until(said):
    while script.stdout.readline().strip() != said: pass
def sweep(*words):
    return subprocess.run((sys.executable, "-m", "netns_kit", "sweep", *words), capture_output=True, text=True)
"""


def killed(inside: str, after: str) -> list[str]:
    """What is printed after a script was killed in its scope."""
    script = f"""
from netns_kit import *
host = Host.local()
with host.scope():
    {inside}
    print("done", flush=True)
    input()
"""
    return on_a_machine(
        f"SCRIPT = {script!r}\n{WAITING}\nuntil('done')\nscript.kill(); script.wait()\n"
        f"from netns_kit import *\nhost = Host.local()\n{after}"
    ).splitlines()


def test_what_only_looks_alike_stays() -> None:
    """A namespace and a link that somebody else made anew by the same names are not swept, nor what nobody recorded."""
    after = """
host.netns.delete("net1"); host.netns.add("net1"); host.netns.add("net2")
host.link("br0").delete(); Bridge("br0", at=host).add()
swept = sweep()
print(swept.returncode, swept.stderr, sorted(one.name for one in host.netns.list()))
print([link.name for link in host.link.list()])
"""
    assert killed('Namespace("net1").add(); Bridge("br0").add(); Bridge("br1").add()', after) == [
        "0  ['net1', 'net2']",
        "['lo', 'br0']",
    ]


def test_what_sweep_says() -> None:
    """With --dry-run it only tells; then it takes away what it told, once; the error of what is in the way says so."""
    after = """
try:
    Namespace("net1", at=host).add()
except ExistsError as error:
    print(error.hint)
print(sweep("--dry-run").stdout.replace(str(script.pid), "PID"), end="")
print(len(host.netns.list()))
print(sweep().stdout.replace(str(script.pid), "PID"), end="")
print(len(host.netns.list()), host.sysctl["net.ipv4.ip_forward"])
print(sweep().stdout, end="")
"""
    told = ["PID-1: namespace net1", "PID-1: link br0", "PID-1: sysctl -w net.ipv4.ip_forward=1"]
    assert killed(
        'Namespace("net1").add(); Bridge("br0").add(); host.sysctl.set("net.ipv4.ip_forward", 1)', after
    ) == [
        "A scope of a process that is gone has left it: `python -m netns_kit sweep` takes that away, and no more.",
        *told, "1", *told, "0 0",
        "Nothing is left of scopes whose processes are gone.",
    ]  # fmt: skip


LIVING = """
from netns_kit import *
with Host.local().scope():
    Namespace("net1").add()
    print("done", flush=True)
    input()
"""


def test_a_scope_that_lives_is_not_swept() -> None:
    """While a script is in its scope, sweep finds nothing."""
    after = """
from netns_kit import *
until("done")
print(sweep().stdout, end="")
print(len(Host.local().netns.list()))
script.communicate("\\n")
print(len(Host.local().netns.list()))
"""
    assert on_a_machine(f"SCRIPT = {LIVING!r}\n{WAITING}\n{after}").splitlines() == [
        "Nothing is left of scopes whose processes are gone.", "1", "0",
    ]  # fmt: skip


def test_what_two_have_set_is_brought_back_by_the_last() -> None:
    """A parameter and a policy that two scopes have set stay while one of them lives, and are then as before."""
    script = """
from netns_kit import *

one, two = Host.local(), Host.local()
def told():
    return one.sysctl["net.ipv4.ip_forward"], one.iptables.rules()[1].policy
print(*told())
with two.scope():
    with one.scope():
        one.sysctl["net.ipv4.ip_forward"] = 1
        one.iptables.policy("FORWARD", "DROP")
        two.sysctl["net.ipv4.ip_forward"] = 1
        two.iptables.policy("FORWARD", "DROP")
    print(*told())
print(*told())
"""
    assert on_a_machine(script).splitlines() == ["0 ACCEPT", "1 DROP", "0 ACCEPT"]


def test_scopes_within_a_scope_and_errors() -> None:
    """An inner scope undoes what was done in it; what an error of the block or a refused command leaves is undone."""
    script = """
from netns_kit import *

host = Host.local()
names = lambda: sorted(link.name for link in host.link.list())
try:
    with host.scope() as same:
        assert same is host
        br0 = Bridge("br0").add()
        with host.scope():
            Bridge("br1").add()
            br0.set(mtu=1400)
            print(names(), br0.show().mtu)
        print(names(), br0.show().mtu)
        with host.batch():
            Bridge("br2").add()
            Bridge("br0").add()
            Bridge("br3").add()
except ExistsError as error:
    print(error.argv[-3:])
print(names())
"""
    assert on_a_machine(script).splitlines() == [
        "['br0', 'br1', 'lo'] 1400", "['br0', 'lo'] 1500", "('br0', 'type', 'bridge')", "['lo']",
    ]  # fmt: skip


def test_a_scope_on_a_dry_run() -> None:
    """A script with a scope runs on a dry run, with nothing but its own commands."""
    with Host.dry_run().scope() as host:
        Namespace("net1").add()
        Bridge("br0").add()
    assert [str(result.command) for result in host.transcript] == [
        "ip netns add net1",
        "ip link add name br0 type bridge",
    ]


def test_a_scope_of_a_private_host(host: Host) -> None:
    """A scope works where its record is kept by commands, too, and adds nothing to what was typed."""
    Link("lo").down()
    host.transcript.clear()
    with host.scope():
        net = Namespace("net1").add()
        outer, _ = VethPair("outer", "eth0", peer_netns=net).add()
        outer.up()
        Link("lo").up()
        typed = [str(result.command) for result in host.transcript]
    assert len(typed) == 4
    assert host.netns.list() == ()
    assert [(link.name, link.up) for link in host.link.list()] == [("lo", False)]
    assert not host.exec("find", "/run/netns_kit", "-name", "*.jsonl").stdout


@needs_root
@needs_tool("sudo")
def test_a_scope_under_sudo() -> None:
    """Under sudo a scope undoes, and sweep finds what one has left whose process was killed."""
    script = """
import os, subprocess, sys, time
from netns_kit import *

host = Host.local(sudo=True)
with host.scope():
    Namespace("net1").add()
    VethPair("outer", "inner").add()
print(len(host.netns.list()), [link.name for link in host.link.list()])
script = subprocess.Popen((sys.executable, "-c", '''
from netns_kit import *
with Host.local(sudo=True).scope():
    Namespace("net1").add()
    print(end="done", flush=True)
    import time; time.sleep(100)
'''), stdout=subprocess.PIPE)
script.stdout.read(4)
script.kill()
script.wait()
done = subprocess.run((sys.executable, "-m", "netns_kit", "sweep", "--sudo"), capture_output=True, text=True)
print(done.stdout.partition(": ")[2].strip(), done.stderr, len(host.netns.list()))
"""
    assert on_a_machine(script, SUDOERS % "NOPASSWD:", become=AS_USER).splitlines() == ["0 ['lo']", "namespace net1  0"]


def test_a_signal_that_somebody_swallows() -> None:
    """Where what a signal has raised is swallowed, the next command of the scope leaves it all the same."""
    script = """
import os, signal, subprocess, sys
SCRIPT = '''
import os, signal
from netns_kit import Host, Namespace
with Host.local().scope():
    Namespace("net1").add()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except SystemExit:
        print("swallowed", flush=True)
    Namespace("net2").add()
    print("not said")
'''
print(subprocess.run((sys.executable, "-c", SCRIPT)).returncode, os.listdir("/run/netns"))
"""
    assert on_a_machine(script).splitlines() == ["swallowed", "-15 []"]


def test_interrupted_when_it_was_done() -> None:
    """What a command has done that Ctrl-C interrupts, so that nobody saw it end, is taken back as well."""
    script = """
import contextlib
from netns_kit import Host

LINES = [
    "iptables -N MINE", "iptables -A FORWARD -s 10.0.0.1 -j DROP", "ip netns add net1", "ip link add br7 type bridge"
]

class Interrupted:
    def __init__(self, runner):
        self.inner = runner

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def run(self, command):
        done = self.inner.run(command)
        if " ".join(command.argv) in LINES:
            raise KeyboardInterrupt
        return done

host = Host.local()
recorder = host.site.runner
for line in LINES:
    direct = recorder.runner
    with contextlib.suppress(KeyboardInterrupt), host.scope():
        recorder.runner = Interrupted(direct)
        try:
            host.exec(*line.split())
        finally:
            recorder.runner = direct
    told = host.exec("iptables-save").stdout + str(host.netns.list()) + str(host.link.list())
    print([word for word in ("MINE", "10.0.0.1", "net1", "br7") if word in told])
"""
    assert on_a_machine(script).splitlines() == ["[]"] * 4


def test_batches_of_the_tool_itself() -> None:
    """The lines of what somebody hands to `ip -batch -` are undone like commands."""
    script = """
from netns_kit import *

host = Host.local()
lines = ("netns add net1", "link add br0 type bridge", "link set br0 up", "link set lo down", "")
with host.scope():
    host.exec("ip", "-batch", "-", input="\\n".join(lines))
    print(len(host.netns.list()), [link.name for link in host.link.list()], host.link("lo").show().up)
print(len(host.netns.list()), [link.name for link in host.link.list()], host.link("lo").show().up)
"""
    assert on_a_machine(script).splitlines() == ["1 ['lo', 'br0'] False", "0 ['lo'] True"]
