"""How commands reach a machine over a connection: by its shells, or by sessions of their own for what lasts."""

from __future__ import annotations

import abc
import contextlib
import os
import re
import signal
import time
from collections.abc import Hashable, Sequence
from typing import ClassVar

from attrs import evolve

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import ConnectionLostError, PlaceClosedError
from netns_kit.machines.process import Process
from netns_kit.machines.runner import decode, environment, not_found
from netns_kit.machines.ssh.connection import Connection
from netns_kit.machines.ssh.shells import NAME, Answer, Request, Shell, ShellEndedError, lasting_line
from netns_kit.machines.terminal import interact

PATIENCE = 5.0
"""Seconds for what takes a round trip or two."""


class OverSsh(abc.ABC):
    """Runs commands over a connection; `entering` leads to where its shells are, `leading` each command from there."""

    host: str
    entering: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    private: ClassVar[bool] = False
    """Whether what it leads to is a private host."""

    @property
    def lane(self) -> Hashable:
        """What can be asked together."""
        return id(self)

    @abc.abstractmethod
    def connect(self, command: Command) -> Connection:
        """The connection, for this command."""

    @abc.abstractmethod
    def lost(self, connection: Connection, mark: str, result: Result) -> Exception:
        """The error of a command whose shell ended in the middle of it."""

    def run(self, command: Command) -> Result:
        """Run a command to its end; it is killed on a time-out and on Ctrl-C.

        Raises SshError, also where a failing command would be a result.
        """
        return self.run_each(((self, command),))[0]

    def run_each(self, commands: Sequence[tuple[OverSsh, Command]]) -> list[Result]:
        """Run commands one after the other until one fails, all in one round trip; the results of those that ran.

        Each has its runner, which may be another of the same lane.
        """
        connection, results = self.connect(commands[0][1]), []
        marks = [os.urandom(8).hex() for _ in commands]
        asked = [
            Request.to_run(command, mark, _given(command), runner.leading, first=mark is marks[0])
            for (runner, command), mark in zip(commands, marks, strict=True)
        ]
        with connection.shell(*self.entering) as shell:
            shell.ask(*asked)
            for (runner, command), mark in zip(commands, marks, strict=True):
                try:
                    result = runner.result(command, connection, shell, mark)
                except (ConnectionLostError, PlaceClosedError):
                    raise
                except BaseException:
                    connection.signal(mark, signal.SIGKILL, PATIENCE, *self.entering)
                    raise
                if result is None:
                    break
                results.append(result)
        return results

    def result(self, command: Command, connection: Connection, shell: Shell, mark: str) -> Result | None:
        """What came of a command that a shell was asked to run; None if it was not, as the one before it failed."""
        started, clock = time.time(), time.perf_counter()

        def result(status: int, out: bytes, err: bytes, timed_out: bool = False) -> Result:
            duration = time.perf_counter() - clock
            texts = decode(out), decode(err)
            return Result(command, self.host, status, *texts, started, duration, timed_out, private=self.private)

        try:
            answer, timed_out = shell.answer(command.timeout), False
            if answer is None:
                connection.signal(mark, signal.SIGKILL, PATIENCE, *self.entering)
                answer, timed_out = shell.answer(PATIENCE) or Answer(None, *shell.said()), True
        except ShellEndedError:
            raise self.lost(connection, mark, result(255, *shell.said())) from None
        if timed_out:
            return result(-signal.SIGKILL, answer.out, answer.err, True)
        if answer.status is None:
            return None
        found = result(answer.status, answer.out, answer.err)
        missing = rf"(?:{NAME}|setsid|nsenter): .*\W{re.escape(command.argv[0])}\W"
        if found.returncode == 127 and re.match(missing, found.stderr):
            return not_found(command, self.host, started)
        return found

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts; it ends there, too, when it is stopped or the host is closed."""
        connection = self.connect(command)
        mark = f"{connection.mark}/{os.urandom(8).hex()}"

        def end(group: int, number: int) -> None:
            if not connection.signal(mark, number, PATIENCE, *self.entering) or number == signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, number)

        # Two t: a terminal there, although there is none here.
        argv = connection.argv(self._line(command, mark), "-tt" if terminal else "-T")
        process = Process(command, self.host, argv, environment({}), False, end)
        connection.processes[:] = [*(one for one in connection.processes if one.running), process]
        return process

    def _line(self, command: Command, mark: str) -> str:
        return lasting_line(evolve(command, argv=(*self.leading, *command.argv)), mark, *self.entering)

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, for a person to talk to."""
        connection, started = self.connect(command), time.time()
        status = interact(connection.argv(self._line(command, os.urandom(8).hex()), "-t"), environment({}))
        return Result(command, self.host, status, started=started, duration=time.time() - started)


def _given(command: Command) -> bytes | None:
    """What a command reads, None for nothing."""
    if command.input is not None:
        return command.input.encode(errors="surrogateescape")
    if command.stdin is None:
        return None
    with os.fdopen(os.dup(command.stdin), "rb") as file:
        return file.read()
