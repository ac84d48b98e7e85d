"""The keeper: one for each process, started when it is first needed, and gone with the process."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from netns_kit import Host, Lab, Namespace, PlaceClosedError
from netns_kit.machines.private import opening
from scripts.testing.waiting import stop
from tests.conftest import needs_root


def parent(pid: int) -> int:
    """The parent of a process, which for a host's agent is its keeper."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def python(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a Python of its own."""
    text = f"import os, sys, time\nfrom netns_kit import Host, Lab\n{script}"
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(
        (sys.executable, "-c", text), capture_output=True, text=True, timeout=60, env=environment, check=False
    )


def test_one_keeper_for_all() -> None:
    """Private hosts and labs have one keeper, which stays when they are gone; threads that ask at once get the same."""
    with Host.private() as first, Lab() as lab:
        keeper = parent(first.pid)
        assert parent(lab.host("one").pid) == keeper
    with Host.private() as second:
        assert parent(second.pid) == keeper
    script = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

together = Barrier(8)

def opened(number):
    together.wait()
    return Host.private()

with ThreadPoolExecutor(8) as pool:
    hosts = list(pool.map(opened, range(8)))
print(len({open(f"/proc/{host.pid}/stat").read().rpartition(")")[2].split()[1] for host in hosts}))
print(len({host.pid for host in hosts}), all(host.exec("true").ok for host in hosts))
"""
    assert python(script).stdout == "1\n8 True\n"


def test_hosts_of_one_keeper_are_apart() -> None:
    """Two hosts share a keeper and nothing else: neither links nor namespaces, and one ends without the other."""
    with Host.private("one") as one, Host.private("two") as two:
        Namespace("net1", at=one).add()
        assert two.netns.list() == ()
        two.exec("ip", "link", "add", "name", "br0", "type", "bridge")
        assert [link.name for link in one.link.list()] == ["lo"]
        two.close()
        assert Namespace("net1", at=one).exists()


@pytest.mark.parametrize("way", ["os.fork", "multiprocessing"])
def test_a_process_that_forks_has_a_keeper_of_its_own(way: str) -> None:
    """What is forked starts another keeper, and its end is not that of its parent's, nor of the hosts there."""
    forks = {
        "os.fork": """
pid = os.fork()
if pid == 0:
    work()
    sys.exit()
os.waitpid(pid, 0)
""",
        "multiprocessing": """
import multiprocessing
process = multiprocessing.get_context("fork").Process(target=work)
process.start()
process.join()
""",
    }
    script = f"""
def keeper(host):
    return open(f"/proc/{{host.pid}}/stat").read().rpartition(")")[2].split()[1]

first = Host.private()

def work():
    with Host.private() as own:
        print(own.exec("echo", "child").stdout, keeper(own) == keeper(first), flush=True)

{forks[way]}
second = Host.private()
print(first.exec("echo", "parent").stdout, keeper(first) == keeper(second))
"""
    done = python(script)
    assert done.stdout == "child\n False\nparent\n True\n", done
    assert done.stderr == ""


def test_a_fork_while_another_thread_asks() -> None:
    """A process that is forked while a thread of its parent waits for the keeper does not wait for that thread."""
    script = """
import threading
from netns_kit.machines.private import opening

held = threading.Event()

def hold():
    with opening._lock:
        held.set()
        time.sleep(3)

threading.Thread(target=hold, daemon=True).start()
held.wait()
pid = os.fork()
if pid == 0:
    with Host.private() as host:
        print(host.exec("echo", "child").stdout)
    os._exit(0)
print(os.waitpid(pid, 0)[1])
"""
    assert "child" in python(script).stdout


VERBS: dict[str, Callable[[Host], object]] = {
    "exec": lambda host: host.exec("true"),
    "link": lambda host: host.link.list(),
    "start": lambda host: host.start("sleep", "1"),
    "shell": lambda host: host.shell("true"),
    "session": lambda host: host.session().__enter__(),
    "socket": lambda host: host.socket(),
    "batch": lambda host: batched(host),
}


def batched(host: Host) -> None:
    """A change in a batch."""
    with host.batch():
        host.link("lo").set(mtu=1400)


def test_a_keeper_that_was_killed_is_replaced() -> None:
    """Hosts of a killed keeper are gone, by every verb; the next host has a new keeper."""
    script = """
import os, select, signal
from netns_kit import PlaceClosedError
from tests.live.test_keeper import VERBS, parent

lab, host = Lab(), Host.private()
one = lab.host("one")
ends = [os.pidfd_open(pid) for pid in (parent(host.pid), host.pid, one.pid)]
os.kill(parent(host.pid), signal.SIGKILL)
for end in ends:
    assert select.select([end], [], [], 5)[0]
for place in (host, one):
    for name, verb in VERBS.items():
        try:
            verb(place)
        except PlaceClosedError:
            continue
        print(place, name)
host.close()
two = lab.host("two")
print(two.exec("echo", "two").stdout, Host.private().exec("echo", "three").stdout)
lab.close()
"""
    done = python(script)
    assert done.stdout == "two\n three\n\n", done


def killed(pid: int) -> None:
    """Kill a process, and wait for its end."""
    end = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        assert select.select([end], [], [], 5)[0]
    finally:
        os.close(end)


def test_what_a_killed_agent_leaves() -> None:
    """Of a host whose agent was killed nothing is left when it is closed; others of its keeper live on."""
    with Host.private("one") as one, Host.private("two") as two:
        two.start("env", "-i", "setsid", "sleep", "1000")
        two.exec("sh", "-c", "env -i setsid sh -c '(sleep 1000 &); (sleep 1001 &)' >/dev/null 2>&1")
        mark = marked(two)
        assert len(seeing(mark)) >= 3
        os.kill(two.pid, signal.SIGKILL)
        two.close()
        assert seeing(mark) == []
        assert one.exec("echo", "alive").stdout == "alive\n"


def marked(host: Host) -> str:
    """A file that only the processes of this host see."""
    path = f"/run/{uuid.uuid4()}"
    host.exec("touch", path)
    return path


def seeing(path: str) -> list[int]:
    """The processes that see this file. Numbers of devices and processes are given out again, so they tell nothing."""
    return [
        int(entry) for entry in os.listdir("/proc") if entry.isdigit() and os.path.exists(f"/proc/{entry}/root{path}")
    ]


def test_every_verb_of_a_host_whose_agent_was_killed() -> None:
    """Once its agent was killed, even while its keeper does not know, each verb of a host raises PlaceClosedError."""
    for verb in VERBS.values():
        with Host.private() as host:
            killed(host.pid)
            with pytest.raises(PlaceClosedError):
                verb(host)


def test_a_command_whose_agent_is_killed() -> None:
    """A command that runs, without a limit, when its agent is killed ends with PlaceClosedError."""
    with Host.private() as host, ThreadPoolExecutor(1) as pool:
        running = pool.submit(host.exec, "sleep", "1000", timeout=None)
        while "sleep 1000" not in host.exec("ps", "-o", "args=", "--ppid", host.pid).stdout:
            pass
        os.kill(host.pid, signal.SIGKILL)
        with pytest.raises(PlaceClosedError):
            running.result(10)


def test_an_agent_whose_end_nobody_has_seen_yet() -> None:
    """A killed agent's command ends with PlaceClosedError, also while a keeper on a busy machine is late to see it."""
    with Host.private() as host, ThreadPoolExecutor(1) as pool:
        running = pool.submit(host.exec, "sleep", "1000", timeout=None)
        while "sleep 1000" not in host.exec("ps", "-o", "args=", "--ppid", host.pid).stdout:
            pass
        keeper = parent(host.pid)
        stop(keeper)
        try:
            os.kill(host.pid, signal.SIGKILL)
            with pytest.raises(PlaceClosedError):
                running.result(10)
        finally:
            os.kill(keeper, signal.SIGCONT)


@pytest.mark.parametrize("way", ["close", "time-out"])
def test_an_agent_that_does_not_answer(way: str) -> None:
    """A host whose agent stands still is taken down by `close`, and by a command's time-out."""
    with Host.private() as host:
        mark = marked(host)
        host.start("sleep", "1000")
        stop(host.pid)
        if way == "close":
            host.close()
        else:
            with pytest.raises(PlaceClosedError, match="did not answer"):
                host.exec("true", timeout=0.1)
        with pytest.raises(PlaceClosedError):
            host.exec("true")
        assert seeing(mark) == []


def test_a_keeper_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keeper that stands still is given up after a while, and its hosts with it; the next host has another."""
    with Host.private() as host:
        keeper, end = parent(host.pid), os.pidfd_open(host.pid)
        stop(keeper)
        monkeypatch.setattr(opening, "PATIENCE", 3.0)
        with Host.private() as other:
            assert parent(other.pid) != keeper
        assert select.select([end], [], [], 10)[0]
        os.close(end)
        with pytest.raises(PlaceClosedError):
            host.exec("true")


@needs_root
def test_who_gives_up_rights_has_another_keeper() -> None:
    """A process that may do less than before makes its hosts, from then on, as one that may do no more."""
    script = """
import ctypes
before = Host.private()
libc, header, rights = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc.capget(header, rights)
for one in (0, 1):
    rights[one] &= ~(1 << 21)  # CAP_SYS_ADMIN
assert libc.capset(header, rights) == 0
for host in (before, Host.private()):
    print(open(f"/proc/{host.pid}/uid_map").read().split()[2], host.exec("echo", "alive").stdout)
"""
    assert python(script).stdout == "4294967295 alive\n\n1 alive\n\n"


def test_barrier_of_threads() -> None:
    """Hosts that are opened and closed from many threads at once have each their own namespaces."""
    together = Barrier(6)

    def work(number: int) -> set[str]:
        together.wait()
        with Host.private(f"host{number}") as host:
            Namespace(f"net{number}", at=host).add()
            return {known.name for known in host.netns.list()}

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [{f"net{number}"} for number in range(6)]
