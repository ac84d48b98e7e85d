"""How all processes of a host are ended, also those that left their session or their namespace. Stdlib only."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection

COOKIE = "NETNS_KIT_HOST"
"""The variable that marks the processes of a host."""

PATIENCE = 2.0
"""Seconds after which a process that will not die is left to the kernel."""


def sweep(cookie: str, runs: Collection[int], spared: Collection[int] | None = None) -> None:
    """End every process whose mark begins with the cookie, or whose /run is one of these folders.

    An agent, which adopts orphans, says which of its children to spare: all others end, too. The folders are open ones,
    so that nobody else's can have got the same number since.
    """
    devices, deadline = {os.fstat(fd).st_dev for fd in runs}, time.monotonic() + PATIENCE
    mark = f"{COOKIE}={cookie}".encode()
    while time.monotonic() < deadline:
        found = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is(pid, mark, devices, spared)]
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if spared is not None:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
        if not found:
            return
        time.sleep(0.002)


def _is(pid: int, mark: bytes, devices: Collection[int], spared: Collection[int] | None) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
        if pid == os.getpid() or state in (b"Z", b"X"):
            return False
        if spared is not None and int(parent) == os.getpid():
            return pid not in spared
        with open(f"/proc/{pid}/environ", "rb") as file:
            if any(entry.startswith(mark) for entry in file.read().split(b"\0")):
                return True
        return os.stat(f"/proc/{pid}/root/run").st_dev in devices
    except OSError:
        return False
