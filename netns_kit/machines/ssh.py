"""Machines behind SSH: OpenSSH's own client, one connection shared by all commands."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
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
from netns_kit.machines.connection import MARK, Connection, kill_line
from netns_kit.machines.process import Process, interact
from netns_kit.machines.runner import environment, not_found, run_here

_PATIENCE = 5.0  # seconds for what takes a round trip or two

# The first that is said for an option counts, so these stand before the user's own …
_OURS = (
    "BatchMode=yes",
    "ControlMaster=no",
    "ControlPersist=no",
    "ClearAllForwardings=yes",
    "RemoteCommand=none",
    "LogLevel=ERROR",
)
# … and these behind them.
_DEFAULTS = ("ServerAliveInterval=5", "ServerAliveCountMax=3")

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


def shell_line(command: Command, mark: str) -> str:
    """The line of shell that runs a command on the other machine, quoted once; its processes carry the mark."""
    variables = (f"{name}={value}" for name, value in command.environment.items())
    run = shlex.join(("env", f"{MARK}={mark}", *variables, *command.argv))
    # Many a login there lacks the folders that hold ip and iptables. The shell stays, to pass on how the command ended,
    # and says nothing about it itself.
    return f'PATH="$PATH:/usr/sbin:/sbin"; export PATH; exec 3>&2 2>/dev/null; {run} 2>&3 3>&-; exit $?'


class SshRunner:
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

    def run(self, command: Command) -> Result:
        """Run a command to its end; it is killed on a time-out and on Ctrl-C.

        Raises SshError, also where a failing command would be a result.
        """
        connection, mark = self._connect(command), os.urandom(8).hex()
        argv = connection.argv(shell_line(command, mark), "-T")

        def kill(group: int) -> None:
            _signal(connection, mark, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

        result = run_here(command, self.host, argv, environment({}), kill)
        # ssh says 255 of itself, too, and so does ip of a word that it does not know.
        if result.returncode == 255 and not connection.answers(_PATIENCE):
            connection.close()
            self._lost.append(mark)
            raise ConnectionLostError(result, "Nobody knows how far it came. The next command connects anew.")
        if result.returncode == 127 and re.match(rf"env: .*\W{re.escape(command.argv[0])}\W", result.stderr):
            return not_found(command, self.host, result.started)
        return result

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts; it ends there, too, when it is stopped or the host is closed."""
        connection = self._connect(command)
        mark = f"{connection.mark}/{os.urandom(8).hex()}"

        def end(group: int, number: int) -> None:
            if not _signal(connection, mark, number) or number == signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, number)

        # Two t: a terminal there, although there is none here.
        argv = connection.argv(shell_line(command, mark), "-tt" if terminal else "-T")
        process = Process(command, self.host, argv, environment({}), False, end)
        connection.processes[:] = [*(one for one in connection.processes if one.running), process]
        return process

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""
        connection, started = self._connect(command), time.time()
        status = interact(connection.argv(shell_line(command, os.urandom(8).hex()), "-t"), environment({}))
        return Result(command, self.host, status, started=started, duration=time.time() - started)

    def close(self) -> None:
        """End what was started there, and the connection."""
        with self._connecting:
            self._closed = True
            if self._connection and self._connection.alive:
                for process in self._connection.processes:
                    process.stop()
                self._connection.close()

    def _connect(self, command: Command) -> Connection:
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
                    _signal(connection, self._lost.pop(), signal.SIGKILL)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            return connection

    def _refusal(self, result: Result) -> SshError:
        for pattern, error, hint in _CAUSES:
            if re.search(pattern, result.stderr):
                return error(result, hint.format(target=self.target))
        return SshError(result, f"Try `ssh {self.target}` by hand.")


def _signal(connection: Connection, mark: str, number: int) -> bool:
    """Send a signal to the processes of a command, and say whether the machine was reached."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            connection.argv(kill_line(mark, number), "-T"),
            check=False,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment({}),
        )
        return connection.alive
    return False
