"""How this process comes by private hosts: it has one keeper, which makes them all."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import weakref
from typing import Any

from netns_kit.commands.errors import PrivateHostError
from netns_kit.machines.descriptors import numbers_above_standard
from netns_kit.machines.private.messages import answered, receive
from netns_kit.machines.private.runner import PrivateRunner
from netns_kit.machines.private.switches import explain
from netns_kit.machines.surroundings import exhausted, has_standard_error

PATIENCE = 30.0
"""Seconds for a keeper to begin, or for a host to be there: a busy machine may need some."""

_CAP_SYS_ADMIN, _CAP_NET_ADMIN = 21, 12

_lock = threading.RLock()
_keeper: Keeper | None = None


def open_host(name: str) -> PrivateRunner:
    """Make a private host and say how commands reach it.

    Raises PrivateHostError where the kernel or its settings forbid it, LimitError.
    """
    found = keeper()
    try:
        return found.new_host(name)
    except PrivateHostError:
        if found.serves(_standing()):
            raise
    # It was ended just then, and there is another one now.
    return keeper().new_host(name)


def keeper() -> Keeper:
    """This process's keeper, started when first needed.

    It is another one after a fork, when it was killed, and when this process has other rights or namespaces by now.
    """
    global _keeper
    with _lock:
        if _keeper is None or not _keeper.serves(_standing()):
            _keeper = Keeper()
        return _keeper


def _forget_lock() -> None:
    """A thread that held it is none in a process that was forked."""
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_forget_lock)


def _standing() -> tuple[object, ...]:
    """What a keeper, and the hosts that it makes, have of this process."""
    spaces = (os.readlink(f"/proc/self/ns/{kind}") for kind in ("user", "mnt"))
    root = os.stat("/")
    return os.getpid(), os.geteuid(), os.getegid(), _is_privileged(), root.st_dev, root.st_ino, *spaces


class Keeper:
    """The process that makes private hosts, and ends them all when this process ends."""

    def __init__(self) -> None:
        self._standing, self.user_namespace = _standing(), not _is_privileged()
        self._failing = False
        try:
            self._control, self._process = self._started()
        except OSError as error:
            raise exhausted(error) or PrivateHostError(f"No private host: {error}") from None
        self._finalizer = weakref.finalize(self, _end, self._control, self._process, os.getpid())
        self._answer(self._control)

    def _started(self) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        cookie = f"{os.getpid()}-{os.urandom(4).hex()}/"
        folder = os.path.dirname(__file__)
        kind = "user" if self.user_namespace else "root"
        options = ("-IS", "-B") if sys.dont_write_bytecode else ("-IS",)
        with numbers_above_standard(), contextlib.ExitStack() as on_failure:
            control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            on_failure.callback(control.close)
            itself = os.pidfd_open(os.getpid())
            try:
                socket.send_fds(control, [b"watch"], [itself])
            finally:
                os.close(itself)
            with theirs:
                process = subprocess.Popen(
                    (sys.executable, *options, "-X", "utf8", folder, kind, cookie),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=None if has_standard_error() else subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                )
            on_failure.pop_all()
        return control, process

    def serves(self, standing: tuple[object, ...]) -> bool:
        """Whether it lives, as far as is known, and is the keeper of a process that stands so."""
        alive = self._finalizer.alive and not self._failing and self._process.poll() is None
        return alive and self._standing == standing

    def new_host(self, name: str) -> PrivateRunner:
        """Make a private host and say how commands reach it."""
        try:
            with numbers_above_standard():
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with ours:
                    with theirs, contextlib.suppress(BrokenPipeError):
                        socket.send_fds(self._control, [f"host {name}".encode()], [theirs.fileno()])
                    answer, fds = self._answer(ours)
        except OSError as error:
            raise exhausted(error) or PrivateHostError(f"No private host: {error}") from None
        told = answer["pid"], answer["cookie"], *fds
        return PrivateRunner(name, *told, user_namespace=self.user_namespace, held=self)

    def _answer(self, channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
        poll = select.poll()
        poll.register(channel, select.POLLIN)
        if not poll.poll(1000 * PATIENCE):
            self._finalizer()
            raise PrivateHostError(f"No private host: its keeper, process {self._process.pid}, does not answer.")
        message, fds = receive(channel)
        if not message:
            self._failing = True
            raise PrivateHostError("No private host: the process that was to make it was killed.")
        answer = answered(message)
        if "errno" in answer:
            error = OSError(answer["errno"], answer["message"])
            raise exhausted(error) or PrivateHostError(explain(answer, self.user_namespace))
        return answer, fds


def _end(control: socket.socket, process: subprocess.Popen[bytes], owner: int) -> None:
    ours = os.getpid() == owner
    with contextlib.suppress(OSError):
        if ours:
            control.shutdown(socket.SHUT_WR)
    control.close()
    if not ours:
        # It is no child of ours, and Popen is not to wonder what became of it.
        process.returncode = 0
        return
    try:
        process.wait(PATIENCE / 5)
    except subprocess.TimeoutExpired:
        # Its hosts see it go, and end.
        process.kill()
        process.wait()


def _is_privileged() -> bool:
    with open("/proc/self/status", encoding="ascii") as file:
        capabilities = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff:"))
    needed = 1 << _CAP_SYS_ADMIN | 1 << _CAP_NET_ADMIN
    return capabilities & needed == needed
