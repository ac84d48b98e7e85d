"""Machines behind SSH: OpenSSH's own client, one connection shared by all commands."""

from __future__ import annotations

import re
import shlex
import signal
import threading
import time
from collections.abc import Mapping

from attrs import evolve

from netns_kit.commands import values
from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import (
    ConnectionLostError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostUnreachableError,
    LoginRefusedError,
    PlaceClosedError,
    SshError,
)
from netns_kit.machines.runner import not_found
from netns_kit.machines.ssh.connection import Connection
from netns_kit.machines.ssh.keeper import FarKeeper, FarPrivateRunner
from netns_kit.machines.ssh.over_ssh import PATIENCE, OverSsh

# The first that is said for an option counts, so these stand before the user's own …
_OURS = (
    "BatchMode=yes",
    "ControlMaster=no",
    "ControlPersist=no",
    "ClearAllForwardings=yes",
    "RemoteCommand=none",
    "LogLevel=ERROR",
    # The other side, too, knows by these that there is somebody.
    "ServerAliveInterval=2",
)
# … and these behind them.
_DEFAULTS = ("ServerAliveCountMax=7",)

# The first pattern that is found decides.
_CAUSES: tuple[tuple[str, type[SshError], str], ...] = (
    (
        r"HOST IDENTIFICATION HAS CHANGED",
        HostKeyChangedError,
        "Find out why. If it was installed anew, forget the old key: `ssh-keygen -R HOST`.",
    ),
    (
        r"Host key verification failed|No \S+ host key is known",
        HostKeyUnknownError,
        "Connect once by hand, `ssh {target}`, and compare the key that it shows.",
    ),
    (
        r"Permission denied \(|Too many authentication failures",
        LoginRefusedError,
        "No password is asked for: `ssh-copy-id {target}` once, or `ssh-add` the key.",
    ),
    (r"Could not resolve hostname", HostUnreachableError, "Nobody knows that name: check the spelling."),
    (
        r"Connection (?:refused|timed out|closed|reset)|No route to host|Network is unreachable|not answer",
        HostUnreachableError,
        "Is it up, and does sshd listen there? Try `ssh {target}` by hand.",
    ),
)


class SshRunner(OverSsh):
    """Runs commands on another machine, by OpenSSH's client with the user's own settings; it never asks a person.

    It connects with its first command, and anew after the connection was lost. `config` is a file instead of
    ~/.ssh/config, `options` are those of ssh_config(5). A command that a signal ended has the status that the shell
    there gives it, 128 and the signal's number.
    """

    pid = 1
    batches = True

    def __init__(
        self,
        target: str,
        host: str | None = None,
        *,
        config: str | None = None,
        options: Mapping[str, object] | None = None,
        connect_timeout: float = 15.0,
    ) -> None:
        self.target = values.plain("target", target)
        self.host = target if host is None else host
        self._patience = values.seconds("connect_timeout", connect_timeout, 0.1)
        chosen = (f"{values.plain('options', key)}={value}" for key, value in (options or {}).items())
        file = () if config is None else ("-F", values.plain("config", config))
        self._words = (*file, *(word for option in (*_OURS, *chosen, *_DEFAULTS) for word in ("-o", option)))
        self.machine = shlex.join(("ssh", *self._words, self.target))
        self._connection: Connection | None = None
        self._connecting = threading.Lock()
        self._closed = False
        self._lost: list[str] = []
        self._keeper: FarKeeper | None = None
        self._keeping = threading.Lock()

    def open_host(self, name: str) -> FarPrivateRunner:
        """Make a private host on the machine, and say how commands reach it.

        Raises PrivateHostError where the kernel there or its settings forbid it, SshError.
        """
        connection = self.connect(Command(("unshare", "--net", "--mount"), timeout=None))
        with self._keeping:
            if self._keeper is None or not self._keeper.serves(connection):
                self._keeper = FarKeeper(connection, self.host)
            return FarPrivateRunner(name, self._keeper)

    def close(self) -> None:
        """End what was started there, and the connection."""
        with self._connecting:
            self._closed = True
            if self._connection and self._connection.alive:
                for process in self._connection.processes:
                    process.stop()
                self._connection.close()

    def connect(self, command: Command) -> Connection:
        """The connection, made if there is none."""
        with self._connecting:
            if self._closed:
                raise PlaceClosedError(f"{self.host} is closed.")
            if self._connection and self._connection.alive:
                return self._connection
            started = time.time()
            try:
                connection = Connection(self._words, self.target)
            except FileNotFoundError:
                ssh = evolve(command, argv=("ssh", self.target))
                raise error_for(not_found(ssh, self.host, started)) from None
            try:
                if not connection.answers(self._patience):
                    said = connection.errors() or f"{self.target} does not answer.\n"
                    raise self._refusal(Result(command, self.host, 255, stderr=said, started=started))
                while self._lost:
                    connection.signal(self._lost.pop(), signal.SIGKILL, PATIENCE)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            return connection

    def lost(self, connection: Connection, mark: str, result: Result) -> ConnectionLostError:
        """The error of a command whose shell ended; it is ended there, too, at the latest with the next connection."""
        if connection.answers(PATIENCE) and connection.signal(mark, signal.SIGKILL, PATIENCE):
            return ConnectionLostError(result, "The shell that ran it there was ended. The next command gets another.")
        connection.close()
        self._lost.append(mark)
        return ConnectionLostError(result, "Nobody knows how far it came. The next command connects anew.")

    def _refusal(self, result: Result) -> SshError:
        for pattern, error, hint in _CAUSES:
            if re.search(pattern, result.stderr):
                return error(result, hint.format(target=self.target))
        return SshError(result, f"Try `ssh {self.target}` by hand.")
