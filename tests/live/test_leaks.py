"""Nothing of a private host survives the process that made it, however that ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netns_kit import Host, Lab
from scripts.testing.waiting import left_of, wait_for

BUILD = """
import os, signal, sys, tempfile
from netns_kit import Bridge, Host, Namespace, VethPair

host = Host.private()
host.use()
nets = [Namespace(f"net{number}").add() for number in range(3)]
br0 = Bridge("br0").add()
br0.up()
server = nets[0].start("sleep", "1000")
loose = host.exec("sh", "-c", "env -i setsid sh -c 'sleep 1001 & sleep 1002' >/dev/null 2>&1 &")
for number, net in enumerate(nets):
    outer, inner = VethPair().add()
    inner.set(netns=net)
    inner.set(name="eth0")
    inner.addr.add(f"10.0.1.{number + 1}/24")
    print(host.pid, os.stat(f"/proc/{host.pid}/ns/net").st_ino, flush=True)
    inner.up()
    outer.set(master=br0)
    outer.up()
    if number == 1:
        %s
"""


SECONDS = f"{os.getpid()}.5"
"""How long the processes sleep that are looked for: a number that no other run of the tests has."""


class Machine:
    """What there is on this machine of a process that made private hosts, found by all of its marks."""

    def __init__(self, pid: int, inode: str) -> None:
        self.mark, self.inode = f"NETNS_KIT_HOST={pid}-".encode(), inode

    def left(self) -> list[str]:
        """Its processes: by their mark, their parent, and the namespaces that they hold."""
        return [f"{pid}: {line}" for pid, line in commands() if self._is_ours(pid, line)]

    def _is_ours(self, pid: int, line: str) -> bool:
        try:
            if self.mark in Path(f"/proc/{pid}/environ").read_bytes():
                return True
            if os.readlink(f"/proc/{pid}/ns/net") == f"net:[{self.inode}]":
                return True
        except OSError:
            return False
        # The keeper's own last word; that of another process may end in the same digits.
        return self.mark.replace(b"NETNS_KIT_HOST=", b" ") in line.encode()

    def gone(self) -> list[str]:
        """What is left of it after it had a moment to end."""
        return left_of(self.left)


def commands() -> Iterator[tuple[int, str]]:
    """All processes that run, with their command lines."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue


def mounts() -> set[str]:
    """This process's mounts."""
    return set(Path("/proc/self/mountinfo").read_text().splitlines())


def run(ending: str, tmp_path: Path) -> tuple[subprocess.Popen[str], Machine]:
    """Start Python building D0.4.3 with temporary files in `tmp_path`, up to its second namespace."""
    process = subprocess.Popen(
        (sys.executable, "-c", BUILD % ending),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout
    _, inode = process.stdout.readline().split()
    return process, Machine(process.pid, inode)


ENDINGS = {
    "kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "term": "os.kill(os.getpid(), signal.SIGTERM)",
    "hangup": "os.kill(os.getpid(), signal.SIGHUP)",
    "_exit": "os._exit(3)",
    "exit": "sys.exit(3)",
    "error": "raise RuntimeError('unhandled')",
    "end": "break",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_of_a_process_that_ends_in_the_middle(ending: str, tmp_path: Path) -> None:
    """However Python ends in the middle of D0.4.3, no process, namespace, mount or file of it is left."""
    before = mounts()
    process, machine = run(ENDINGS[ending], tmp_path)
    assert machine.left()
    _, said = process.communicate(timeout=20)
    assert machine.gone() == []
    assert mounts() == before
    assert list(tmp_path.iterdir()) == []
    assert bool(said) is (ending == "error"), said


def test_kill_while_a_command_runs(tmp_path: Path) -> None:
    """A command that is running when Python is killed ends with it."""
    process, machine = run(f"host.exec('sleep', '{SECONDS}', timeout=None)", tmp_path)
    wait_for(lambda: any(f"sleep {SECONDS}" in line for line in machine.left()))
    process.kill()
    process.communicate(timeout=60)
    assert machine.gone() == []


def test_all_keepers_are_swept_in_a_lab(tmp_path: Path) -> None:
    """Killed with several labs and hosts open, Python leaves nothing behind."""
    script = """
import os, signal
from netns_kit import Host, Lab
lab, other = Lab(), Host.private()
one, two = lab.host("one"), lab.host("two")
lab.cable(one, two)
lone = [host.start("env", "-i", "sleep", "SECONDS") for host in (one, two, other)]
print(one.pid, os.stat(f"/proc/{two.pid}/ns/net").st_ino, flush=True)
input()
os.kill(os.getpid(), signal.SIGKILL)
""".replace("SECONDS", SECONDS)
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen(
        (sys.executable, "-c", script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout
    machine = Machine(process.pid, process.stdout.readline().split()[1])
    assert machine.left()
    assert len(sleepers(SECONDS)) == 3
    process.communicate("\n", timeout=60)
    assert machine.gone() == []
    assert sleepers(SECONDS) == {}


@pytest.mark.parametrize("way", ["exec", "start"])
def test_a_process_that_hides_dies_with_its_host(way: str) -> None:
    """Twice forked, in a session of its own, without environment, in another namespace: it ends with the host."""
    hide = f"env -i setsid sh -c '(ip netns exec net1 sleep {SECONDS} &) ; (sleep {SECONDS} &)'"
    with Host.private() as host:
        host.netns.add("net1")
        if way == "exec":
            host.exec("sh", "-c", f"{hide} >/dev/null 2>&1")
        else:
            host.start("sh", "-c", hide).wait()
        wait_for(lambda: len(sleepers(SECONDS)) == 2)
    try:
        assert sleepers(SECONDS) == {}
    finally:
        for pid in sleepers(SECONDS):
            os.kill(pid, signal.SIGKILL)


def sleepers(seconds: str) -> dict[int, str]:
    """The running `sleep`s of that many seconds."""
    return {pid: line for pid, line in commands() if re.fullmatch(rf"sleep {re.escape(seconds)}\s*", line)}


def test_closing_one_host_of_a_lab_ends_nothing_of_another(lab: Lab) -> None:
    """What runs on one host goes on when another host of the lab is closed."""
    one, two = lab.host("one"), lab.host("two")
    with two.start("sleep", "100") as lasting:
        one.close()
        time.sleep(0.1)
        assert lasting.running
        assert two.exec("echo", "alive").stdout == "alive\n"


def test_fifty_hosts_come_and_go() -> None:
    """Fifty hosts of a lab leave as many processes and descriptors as there were before."""
    Host.private().close()

    def count() -> tuple[int, int]:
        ours = [line for _, line in commands() if f" {os.getpid()}-" in line and "machines/private" in line]
        return len(ours), len(os.listdir("/proc/self/fd"))

    before = count()
    with Lab() as lab:
        hosts = [lab.host(f"host{number}") for number in range(50)]
        assert count()[0] == before[0] + 50
        assert len({os.readlink(f"/proc/{host.pid}/ns/net") for host in hosts}) == 50
        assert hosts[49].exec("echo", "there").ok
    assert count() == before


def test_a_host_that_nobody_holds_any_more_is_gone() -> None:
    """A host that was never closed vanishes with the last reference to it."""
    host = Host.private()
    pid = host.pid
    del host
    wait_for(lambda: not Path(f"/proc/{pid}").exists())
