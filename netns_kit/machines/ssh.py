"""Machines behind SSH: OpenSSH's own client, one connection shared by all commands."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import threading
import time
from collections.abc import Mapping, Sequence

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
from netns_kit.machines.connection import Connection
from netns_kit.machines.process import Process, interact
from netns_kit.machines.runner import decode, environment, not_found
from netns_kit.machines.shells import NAME, Answer, Request, Shell, ShellEndedError, lasting_line

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
        return self.run_each((command,))[0]

    def run_each(self, commands: Sequence[Command]) -> list[Result]:
        """Run commands one after the other until one fails, all in one round trip; the results of those that ran."""
        connection, results = self._connect(commands[0]), []
        asked = [(command, os.urandom(8).hex()) for command in commands]
        with connection.shell() as shell:
            shell.ask(*(Request.to_run(*one, _given(one[0]), first=one is asked[0]) for one in asked))
            for command, mark in asked:
                try:
                    result = self._result(command, connection, shell, mark)
                except ConnectionLostError:
                    raise
                except BaseException:
                    connection.signal(mark, signal.SIGKILL, _PATIENCE)
                    raise
                if result is None:
                    break
                results.append(result)
        return results

    def _result(self, command: Command, connection: Connection, shell: Shell, mark: str) -> Result | None:
        """What came of a command that a shell was asked to run; None if it was not, as the one before it failed."""
        started, clock = time.time(), time.perf_counter()

        def result(status: int, out: bytes, err: bytes, timed_out: bool = False) -> Result:
            duration = time.perf_counter() - clock
            return Result(command, self.host, status, decode(out), decode(err), started, duration, timed_out)

        try:
            answer, timed_out = shell.answer(command.timeout), False
            if answer is None:
                connection.signal(mark, signal.SIGKILL, _PATIENCE)
                answer, timed_out = shell.answer(_PATIENCE) or Answer(None, *shell.said()), True
        except ShellEndedError:
            raise self._lost_in(connection, mark, result(255, *shell.said())) from None
        if timed_out:
            return result(-signal.SIGKILL, answer.out, answer.err, True)
        if answer.status is None:
            return None
        found = result(answer.status, answer.out, answer.err)
        missing = rf"(?:{NAME}|setsid): .*\W{re.escape(command.argv[0])}\W"
        if found.returncode == 127 and re.match(missing, found.stderr):
            return not_found(command, self.host, started)
        return found

    def _lost_in(self, connection: Connection, mark: str, result: Result) -> ConnectionLostError:
        """The error of a command whose shell ended; it is ended there, too, at the latest with the next connection."""
        if connection.answers(_PATIENCE) and connection.signal(mark, signal.SIGKILL, _PATIENCE):
            return ConnectionLostError(result, "The shell that ran it there was ended. The next command gets another.")
        connection.close()
        self._lost.append(mark)
        return ConnectionLostError(result, "Nobody knows how far it came. The next command connects anew.")

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts; it ends there, too, when it is stopped or the host is closed."""
        connection = self._connect(command)
        mark = f"{connection.mark}/{os.urandom(8).hex()}"

        def end(group: int, number: int) -> None:
            if not connection.signal(mark, number, _PATIENCE) or number == signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, number)

        # Two t: a terminal there, although there is none here.
        argv = connection.argv(lasting_line(command, mark), "-tt" if terminal else "-T")
        process = Process(command, self.host, argv, environment({}), False, end)
        connection.processes[:] = [*(one for one in connection.processes if one.running), process]
        return process

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""
        connection, started = self._connect(command), time.time()
        status = interact(connection.argv(lasting_line(command, os.urandom(8).hex()), "-t"), environment({}))
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
                    connection.signal(self._lost.pop(), signal.SIGKILL, _PATIENCE)
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


def _given(command: Command) -> bytes | None:
    """What a command reads, None for nothing."""
    if command.input is not None:
        return command.input.encode(errors="surrogateescape")
    if command.stdin is None:
        return None
    with os.fdopen(os.dup(command.stdin), "rb") as file:
        return file.read()
