"""Private hosts: their agents, and how commands reach them. No root needed where user namespaces are allowed."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netns_kit.commands.command import IPROUTE2, Command, Result
from netns_kit.commands.errors import PlaceClosedError, PrivateHostError
from netns_kit.machines.outputs import Outputs
from netns_kit.machines.process import Process, interact
from netns_kit.machines.runner import environment, not_found, refused

COOKIE = "NETNS_KIT_HOST"
LONGEST = 1 << 15
"""Bytes of a message to an agent at the most; what is longer goes into a memory file beside it."""

_CAP_SYS_ADMIN, _CAP_NET_ADMIN = 21, 12


class Keeper:
    """Starts private hosts, and ends them all when it is closed or this process ends."""

    def __init__(self) -> None:
        self.user_namespace = not _is_privileged()
        self._cookie = f"{os.getpid()}-{os.urandom(4).hex()}/"
        self._numbers = itertools.count(1)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                (
                    sys.executable,
                    "-IS",
                    str(Path(__file__).with_name("agent.py")),
                    str(os.getpid()),
                    "user" if self.user_namespace else "root",
                    self._cookie,
                ),
                stdin=theirs.fileno(),
                start_new_session=True,
                cwd="/",
            )
        self._finalizer = weakref.finalize(self, _end, self._control, self._process, os.getpid())
        self._answer(self._control)

    def new_host(self, name: str) -> PrivateRunner:
        """Make a private host and say how commands reach it.

        Raises PrivateHostError where the kernel or its settings forbid it, PlaceClosedError when this is closed.
        """
        if not self._finalizer.alive:
            raise PlaceClosedError("The lab is closed: all that was in it is gone.")
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        cookie = f"{self._cookie}{next(self._numbers)}/"
        with theirs:
            socket.send_fds(self._control, [f"host {cookie}".encode()], [theirs.fileno()])
        return PrivateRunner(name, self._answer(control)["pid"], control, cookie, self)

    def close(self) -> None:
        """End all hosts that are left, and wait until they are gone."""
        self._finalizer()

    def _answer(self, control: socket.socket) -> dict[str, Any]:
        message = control.recv(4096)
        answer: dict[str, Any] = json.loads(message) if message else {"errno": 0, "message": "its agent died"}
        if "errno" in answer:
            control.close()
            raise PrivateHostError(explain(answer, self.user_namespace))
        return answer


def _hang_up(control: socket.socket, owner: int) -> None:
    """Have an agent end. A copy of its socket in a process that was forked neither ends it nor keeps it."""
    with contextlib.suppress(OSError):
        if os.getpid() == owner:
            control.shutdown(socket.SHUT_WR)
    control.close()


def _end(control: socket.socket, process: subprocess.Popen[bytes], owner: int) -> None:
    _hang_up(control, owner)
    process.wait()


def _is_privileged() -> bool:
    with open("/proc/self/status", encoding="ascii") as file:
        capabilities = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff:"))
    needed = 1 << _CAP_SYS_ADMIN | 1 << _CAP_NET_ADMIN
    return capabilities & needed == needed


SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
    ("user/max_net_namespaces", "0", "sysctl -w user.max_net_namespaces=15000"),
    ("user/max_mnt_namespaces", "0", "sysctl -w user.max_mnt_namespaces=15000"),
)
"""What can forbid private hosts: the switch under /proc/sys, its forbidding value, and what allows them again."""


def forbidding_switch(root: Path = Path("/proc/sys")) -> tuple[str, str] | None:
    """The switch that forbids user namespaces here as (name=value, command that allows them), or None."""
    for path, value, cure in SWITCHES:
        with contextlib.suppress(OSError):
            if (root / path).read_text().strip() == value:
                return f"{path.replace('/', '.')}={value}", cure
    return None


def explain(answer: dict[str, Any], user_namespace: bool) -> str:
    """Why there is no private host, and the two ways on."""
    said = f"No private host: {answer.get('what', 'agent')}: {answer['message']}."
    if not user_namespace:
        return f"{said} This process is root, yet not allowed to make namespaces: is it in a container?"
    switch = forbidding_switch()
    sudo = "or run Python under sudo."
    if switch:
        return f"{said} {switch[0]} forbids user namespaces here. Allow them (as root: `{switch[1]}`), {sudo}"
    if answer["errno"] in (errno.EPERM, errno.ENOSPC):
        names = ", ".join(path.replace("/", ".") for path, _, _ in SWITCHES[:3])
        return (
            f"{said} User namespaces are forbidden here, by one of {names}, or by the container or sandbox"
            f" that this runs in. Allow them there, {sudo}"
        )
    return f"{said} Run Python under sudo."


class PrivateRunner:
    """Runs commands in a private host: its agent starts them, so that entering costs next to nothing."""

    machine = "this machine"
    batches = True

    def __init__(self, host: str, pid: int, control: socket.socket, cookie: str, keeper: Keeper) -> None:
        self.host, self.pid = host, pid
        # Its keeper lives as long as anything that can be typed at, be it only a noun.
        self._control, self._cookie, self._keeper = control, cookie, keeper
        self._processes: weakref.WeakSet[Process] = weakref.WeakSet()
        self._owner = os.getpid()
        self._finalizer = weakref.finalize(self, _hang_up, control, self._owner)

    @property
    def closed(self) -> bool:
        """Whether the host is gone."""
        return not self._finalizer.alive

    def run(self, command: Command) -> Result:
        """Run a command to its end; it is killed on a time-out and on Ctrl-C."""
        self._check_open()
        started, clock = time.time(), time.perf_counter()
        with contextlib.closing(Outputs()) as outputs:
            answer, timed_out = self._ask(command, outputs)
            if answer.get("errno") in (errno.ENOENT, errno.ENOTDIR):
                return not_found(command, self.host, started)
            if "errno" in answer:
                return refused(command, self.host, started, answer["message"])
            duration = time.perf_counter() - clock
            texts = outputs.texts()
        return Result(command, self.host, answer["returncode"], *texts, started, duration, timed_out)

    def _ask(self, command: Command, outputs: Outputs) -> tuple[dict[str, Any], bool]:
        """Have the agent run a command: what it answers, and whether that took too long."""
        request = json.dumps(self._request(command)).encode()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, contextlib.ExitStack() as files:
            fds = [files.enter_context(theirs).fileno(), *outputs.theirs]
            files.callback(outputs.hand_over)
            if command.stdin is not None:
                fds.append(command.stdin)
            elif command.input is not None:
                fds.append(files.enter_context(_memory_file(command.input.encode(errors="surrogateescape"))))
            if len(request) > LONGEST:
                fds.append(files.enter_context(_memory_file(request)))
                request = b"file"
            try:
                socket.send_fds(self._control, [request], fds)
            except OSError:
                raise PlaceClosedError(f"{self.host} is gone: its agent has ended.") from None
            files.close()
            return self._wait(ours, outputs, command.timeout)

    def _request(self, command: Command) -> dict[str, Any]:
        """What the agent must know. It enters a namespace by itself, which is cheaper than `ip -n` does it."""
        tool, *words = command.argv
        named = tool in IPROUTE2 and words[:1] == ["-n"] and len(words) > 1
        return {
            "argv": command.argv,
            "folder": _folder(),
            "environment": environment(command.environment),
            "netns": words[1] if named else None,
            "inside": (tool, *words[2:]) if named else (),
        }

    def _wait(self, status: socket.socket, outputs: Outputs, timeout: float | None) -> tuple[dict[str, Any], bool]:
        timed_out = False
        try:
            timed_out = not outputs.until(status, timeout)
            message = _kill(status) if timed_out else status.recv(4096)
        except BaseException:
            _kill(status)
            raise
        if not message:
            raise PlaceClosedError(f"{self.host} was closed while the command ran.")
        answer: dict[str, Any] = json.loads(message)
        return answer, timed_out

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts; it ends with its block, or with the host."""
        self._check_open()
        argv, variables = self._entering(command)
        process = Process(command, self.host, argv, variables, terminal, _signal_group)
        self._processes.add(process)
        return process

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""
        self._check_open()
        started = time.time()
        status = interact(*self._entering(command))
        return Result(command, self.host, status, started=started, duration=time.time() - started)

    def _entering(self, command: Command) -> tuple[tuple[str, ...], dict[str, str]]:
        """What leads a process of this machine into the host, and its environment."""
        user = ("-U",) if self._keeper.user_namespace else ()
        enter = ("nsenter", "--preserve-credentials", *user, "-t", str(self.pid), "-n", "-m", f"--wd={_folder()}")
        return (*enter, *command.argv), {**environment(command.environment), COOKIE: self._cookie}

    def close(self) -> None:
        """End the host and all that runs on it, and wait until it is gone."""
        if self.closed or os.getpid() != self._owner:
            self._finalizer()
            return
        for process in list(self._processes):
            process.signal(signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
            self._control.recv(1)
        self._finalizer()
        for process in list(self._processes):
            process.wait()

    def _check_open(self) -> None:
        if self.closed:
            raise PlaceClosedError(f"{self.host} is closed: all that was on it is gone.")


@contextlib.contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    with os.fdopen(os.memfd_create("given"), "r+b", 0) as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "/"


def _kill(status: socket.socket) -> bytes:
    """Have the agent kill the command, and wait until it has."""
    with contextlib.suppress(OSError):
        status.settimeout(10)
        status.send(b"k")
        return status.recv(4096)
    return b""


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
