"""A runner for tests of code that uses this package: its answers are given, and it refuses all else."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import NetnsKitError
from netns_kit.machines.process import Process

Answer = str | tuple[int, str, str]
"""What a command prints, or (exit status, output, error text)."""


_numbers = itertools.count()


class UnknownCommandError(NetnsKitError, AssertionError):
    """A fake was asked to run a command that it has no answer for."""


class FakeRunner:
    """Answers the commands that it was given answers for, and refuses all others.

    `answers` maps a command, as a line or as argv, to what it prints.
    """

    pid = 1
    batches = False

    def __init__(self, answers: Mapping[str | tuple[str, ...], Answer], host: str = "host") -> None:
        self.host = host
        self.machine = f"fake {next(_numbers)}"
        self._answers: dict[tuple[str, ...], Answer] = {("ip", "-V"): "ip utility, iproute2-6.1.0\n"}
        for line, answer in answers.items():
            self._answers[tuple(shlex.split(line)) if isinstance(line, str) else line] = answer

    def run(self, command: Command) -> Result:
        """Give the answer. Raises UnknownCommandError where there is none."""
        if command.argv not in self._answers:
            raise UnknownCommandError(f"No answer was given for: {command}")
        answer = self._answers[command.argv]
        status, out, err = (0, answer, "") if isinstance(answer, str) else answer
        return Result(command, self.host, status, out, err)

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Refused: a fake answers, it does not last."""
        raise UnknownCommandError(f"A fake starts nothing that lasts: {command}")

    def interact(self, command: Command) -> Result:
        """Give the answer, as `run` does."""
        return self.run(command)
