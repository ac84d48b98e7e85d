"""The keeper: the process that makes private hosts for another one, and ends them when that one ends. Stdlib only.

It has a user namespace of its own, unless it may do without, and forks an agent for each host, which takes its own
network and mount namespace. A request is `host NAME`; what it leads to, or why to nothing, goes to the one descriptor
with it: the agent's process id, and with that the socket for its commands, which nobody else can have a copy of.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import socket
import sys
import time

from netns_kit.machines.private.agent import Agent
from netns_kit.machines.private.isolation import be_called, become_host, become_root_of_a_user_namespace, start_clean
from netns_kit.machines.private.messages import GONE, receive, tell, tell_failure
from netns_kit.machines.private.serving import Server
from netns_kit.machines.private.sweeping import sweep

PATIENCE = 3.0
"""Seconds that agents have for ending their hosts."""


class Tie:
    """What the keeper holds of a host: its mark, the agent's end of its socket, and its /run once there is one."""

    def __init__(self, cookie: str, control: socket.socket) -> None:
        self.cookie, self.control = cookie, control
        self.runs: list[int] = []

    def close(self) -> None:
        """Let go of it."""
        self.control.close()
        for fd in self.runs:
            os.close(fd)


class Keeper(Server):
    """Makes hosts, and sees to it that nothing is left of one whose agent was killed."""

    def __init__(self, control: socket.socket, watched: tuple[int, ...], cookie: str) -> None:
        super().__init__(control, watched)
        self.cookie, self.numbers = cookie, itertools.count(1)
        self.itself = os.pidfd_open(os.getpid())
        self.hosts: dict[int, Tie] = {}  # by the process ids of their agents
        self.reports, self.report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.reports.setblocking(False)
        self.poll.register(self.reports, select.POLLIN)

    def request(self, channel: socket.socket, message: bytes, fds: list[int]) -> None:
        """Fork an agent for a new host."""
        cookie = f"{self.cookie}{next(self.numbers)}/"
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            pid = os.fork()
            if pid == 0:
                be_called(message.decode(errors="replace").partition(" ")[2])
                self.become(channel, ours, theirs, cookie)
        channel.close()
        self.hosts[pid] = Tie(cookie, theirs)

    def become(self, channel: socket.socket, ours: socket.socket, theirs: socket.socket, cookie: str) -> None:
        """Be a host's agent from now on, and never come back."""
        status = 1
        try:
            self.let_go()
            become_host()
            agent = Agent(theirs, (*self.watched, self.itself), cookie)
            # The keeper first: from now on commands run here, whose end it has to see to.
            socket.send_fds(self.report, [str(os.getpid()).encode()], [agent.run])
            self.report.close()
            tell(channel, {"pid": os.getpid(), "cookie": cookie}, ours.fileno(), agent.run)
            channel.close()
            ours.close()
            agent.last()
            status = 0
        except OSError as error:
            tell_failure(channel, error)
        finally:
            os._exit(status)

    def let_go(self) -> None:
        """Close what an agent has no use for."""
        for sock in (self.control, self.reports):
            sock.close()
        for fd in (self.alarm, self.wakeup):
            os.close(fd)
        for tie in self.hosts.values():
            tie.close()

    def heard(self, fd: int) -> None:
        """Take note of the /run of hosts that are there by now."""
        with contextlib.suppress(BlockingIOError):
            while True:
                message, fds = receive(self.reports)
                if fds and int(message) in self.hosts:
                    self.hosts[int(message)].runs += fds

    def ended(self, pid: int, status: int) -> None:
        """End what a killed agent has left, and say that the host is gone."""
        self.heard(self.reports.fileno())
        tie = self.hosts.pop(pid, None)
        if tie:
            if status:
                sweep(tie.cookie, tie.runs, spared=self.hosts)
            with contextlib.suppress(OSError):
                tie.control.send(GONE)
            tie.close()

    def last(self) -> None:
        """Serve until it is time to end, then have the agents end their hosts, which they know best how to do."""
        self.serve()
        for pid in self.hosts:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self.hosts and time.monotonic() < deadline:
            select.select([self.alarm], [], [], max(0.0, deadline - time.monotonic()))
            self.signals()
            self.reap()
        sweep(self.cookie, [fd for tie in self.hosts.values() for fd in tie.runs], spared=())


def main(namespace: str, cookie: str) -> None:
    """Become the keeper of the process that stands on the other end of standard input."""
    control = socket.socket(fileno=start_clean())
    try:
        _, watched = receive(control)
        if namespace == "user":
            become_root_of_a_user_namespace()
        keeper = Keeper(control, tuple(watched), cookie)
    except OSError as error:
        tell_failure(control, error)
        sys.exit(1)
    tell(control, {"pid": os.getpid()})
    keeper.last()
    os._exit(0)
