"""What a command holds of ours, which is nothing, and what comes of it when there may be no more descriptors."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from netns_kit import Host, LimitError, Namespace
from tests.conftest import needs_user

DESCRIPTORS = 'for n in $(seq 0 40); do [ ! -e /proc/$$/fd/$n ] || printf "%s " $n; done'
"""What prints its own descriptors. A shell that lists a folder would have that one open, too."""


def test_a_command_holds_three_descriptors(host: Host) -> None:
    """A hundred commands, with twenty others that run beside them, have descriptors 0, 1 and 2, and nothing of ours."""
    net = Namespace("net1").add()
    with ThreadPoolExecutor(20) as others, ThreadPoolExecutor(10) as pool:
        sleeping = [others.submit(host.exec, "sleep", "100", check=False, timeout=90) for _ in range(20)]
        found = list(pool.map(lambda number: (host, net)[number % 2].exec("sh", "-c", DESCRIPTORS).stdout, range(100)))
        assert {line.strip() for line in found} == {"0 1 2"}
        assert not any(one.done() for one in sleeping)
        host.exec("sh", "-c", "pkill -x -P $0 sleep || true", host.pid)


def test_what_lasts_holds_three_descriptors(host: Host, tmp_path: Path) -> None:
    """Background processes, sessions and shells at a terminal have no other descriptors either."""
    net = Namespace("net1").add()
    inherited = os.dup2(os.open("/dev/null", os.O_RDONLY), 30, inheritable=True)
    try:
        for place in (host, net):
            for terminal in (False, True):
                with place.start("sh", "-c", DESCRIPTORS, terminal=terminal) as process:
                    assert "".join(process.lines(10)).strip() == "0 1 2"
            with place.session() as shell:
                assert shell.exec("sh", "-c", DESCRIPTORS).stdout.strip() == "0 1 2"
    finally:
        os.close(inherited)
    assert net.shell("sh", "-c", f"({DESCRIPTORS.replace('$$', '$PPID')}) >{tmp_path}/shell </dev/null") == 0


@contextmanager
def descriptors(pid: int) -> Iterator[None]:
    """Let a process have no more descriptors than it has, for a block."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # The numbers below the highest may have gaps, and those may be taken.
    taken = sorted(map(int, os.listdir(f"/proc/{pid}/fd")))
    free = next(number for number in range(len(taken) + 1) if number not in taken)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


VERBS: dict[str, Callable[[Host], object]] = {
    "exec": lambda host: host.exec("true"),
    "input": lambda host: host.exec("cat", input="text"),
    "start": lambda host: host.start("true"),
    "session": lambda host: host.session().__enter__(),
    "private": lambda host: Host.private(),
    "local": lambda host: Host.local().exec("true"),
    "socket": lambda host: host.socket(),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_process_with_no_descriptors_left(verb: str, host: Host) -> None:
    """Where this process may open no more files each verb says so; when it may again, all goes on as if nothing was."""
    host.start("true").stop()
    before = len(os.listdir("/proc/self/fd"))
    with descriptors(os.getpid()), pytest.raises(LimitError, match="ulimit -n"):
        VERBS[verb](host)
    assert host.exec("echo", "usable").stdout == "usable\n"
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_agent_with_no_descriptors_left(host: Host) -> None:
    """Where a host's agent may open no more files, that is said, and later commands run."""
    with descriptors(host.pid), pytest.raises(LimitError, match="open files"):
        host.exec("true")
    assert host.exec("echo", "usable").stdout == "usable\n"


@needs_user
def test_a_user_with_no_processes_left() -> None:
    """Where a user may have no more processes, that is said, by whatever needs one."""
    with Host.private() as host:
        before = resource.getrlimit(resource.RLIMIT_NPROC)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, before[1]))
        try:
            for verb in (lambda: host.start("true"), lambda: Host.local().exec("true")):
                with pytest.raises(LimitError, match="ulimit -u"):
                    verb()
        finally:
            resource.setrlimit(resource.RLIMIT_NPROC, before)
        assert host.exec("echo", "usable").stdout == "usable\n"
