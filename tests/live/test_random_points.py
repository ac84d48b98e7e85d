"""Whatever is killed, and whenever: nothing is left, every verb ends and says why, and hosts close in seconds."""

from __future__ import annotations

import functools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from netns_kit import Host, Lab, Namespace, NetnsKitError, VethPair
from scripts.testing.waiting import LONG, left_of
from tests.live.test_keeper import marked, parent, seeing

POINTS = 12
"""How many times each is killed in a run of the tests; the points are others in each run."""

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)

SCRIPT = """
from netns_kit import Lab, NetnsKitError, Namespace, VethPair

with Lab() as lab:
    one, two = lab.host("one"), lab.host("two")
    print(one.pid, two.pid, flush=True)
    while True:
        three = lab.host(f"host{len(lab.hosts)}")
        lab.cable(one, two)
        net = Namespace("net", at=one).add()
        server = net.start("env", "-i", "sleep", "1000")
        two.exec("sh", "-c", "env -i setsid sleep 1000 >/dev/null 2>&1 &")
        with one.batch():
            VethPair("a", "b", peer_netns=net, at=one).add()
        with two.session() as shell:
            shell.exec("true")
        one.exec("ip", "link", "delete", "dev", "a")
        one.exec("ip", "link", "delete", "dev", "eth0")
        net.delete()
        three.close()
"""


def left(script: int, networks: list[str]) -> list[str]:
    """The processes of a script's hosts: by their mark, by their keeper's, and by their networks."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        folder = Path("/proc", entry)
        try:
            mine = f"NETNS_KIT_HOST={script}-".encode() in (folder / "environ").read_bytes()
            mine = mine or f"\0{script}-".encode() in (folder / "cmdline").read_bytes()
            mine = mine or os.readlink(folder / "ns/net") in networks
            if mine and "State:\tZ" not in (folder / "status").read_text():
                state = (folder / "status").read_text().partition("State:")[2].partition("\n")[0]
                found.append(f"{(folder / 'cmdline').read_text()} {state} {(folder / 'wchan').read_text()}")
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_script_that_is_ended_anywhere(number: signal.Signals) -> None:
    """Of a script that a signal ends at a random point, no process and no network of its hosts is left."""
    scripts = []
    with ExitStack() as stack:
        for _ in range(POINTS // 3):
            process = subprocess.Popen(
                # What runs by nohup has taught what it starts not to hear the terminal's end.
                ("env", "--default-signal", sys.executable, "-c", SCRIPT),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
            )
            stack.callback(process.kill)
            assert process.stdout
            # While they are held, no other network gets their numbers.
            held = [os.open(f"/proc/{pid}/ns/net", os.O_RDONLY) for pid in process.stdout.readline().split()]
            for fd in held:
                stack.callback(os.close, fd)
            scripts.append((process, held))
        for process, _ in scripts:
            time.sleep(random.uniform(0, 0.1))
            process.send_signal(number)
            process.communicate(timeout=LONG)
        for process, held in scripts:
            networks = [f"net:[{os.fstat(fd).st_ino}]" for fd in held]
            assert left_of(functools.partial(left, process.pid, networks)) == []


VERBS: tuple[Callable[[Host], object], ...] = (
    lambda host: host.exec("true"),
    lambda host: host.link.list(),
    lambda host: Namespace("net", at=host).exec("true"),
    lambda host: VethPair(at=host).add(),
    lambda host: host.start("sleep", "1000"),
    lambda host: host.shell("true"),
    lambda host: host.session().__enter__(),
    lambda host: host.socket().close(),
    lambda host: host.snapshots(),
)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("whose", ["agent", "keeper"])
def test_an_agent_or_a_keeper_that_is_ended_anywhere(whose: str, number: signal.Signals) -> None:
    """While verbs run, a signal ends who serves them: each does its work or has a typed error, and `close` is quick."""
    for _ in range(POINTS):
        with Lab() as lab:
            host = lab.host("one")
            Namespace("net", at=host).add()
            mark = marked(host)
            victim = host.pid if whose == "agent" else parent(host.pid)
            timer = threading.Timer(random.uniform(0, 0.05), os.kill, (victim, number))
            timer.start()
            ended = False
            deadline = time.monotonic() + 20
            while not ended and time.monotonic() < deadline:
                try:
                    random.choice(VERBS)(host)
                except NetnsKitError:
                    ended = not timer.is_alive()
            timer.join()
            started = time.monotonic()
            lab.close()
            assert time.monotonic() - started < 30
            assert ended
            assert seeing(mark) == []
