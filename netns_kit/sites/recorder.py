"""What stands between a place and its runner: it records each command, or leaves it to a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import CommandError
from netns_kit.commands.transcript import Transcript
from netns_kit.machines.process import Process
from netns_kit.machines.runner import Runner
from netns_kit.sites.batch import gathering


class Undoing(Protocol):
    """Who undoes what a host's commands change."""

    def before(self, command: Command) -> Command:
        """Hear of a command that is about to be run, and say how: one without `change` is gathered by no batch."""

    def tell(self) -> None:
        """Put down what was heard of: it is about to be run."""

    def after(self, done: Sequence[tuple[Command, Result | None]]) -> None:
        """Hear what came of commands; None of one that was not run after all."""

    def started(self, process: Process) -> None:
        """Hear of a process that lasts."""


class Recorder:
    """A runner that records what another one runs; `before` hears of each command first."""

    def __init__(self, runner: Runner, transcript: Transcript) -> None:
        self.runner, self.transcript = runner, transcript
        self.before: Callable[[Command], None] = lambda _: None
        self.undoing: Undoing | None = None
        self.host, self.pid, self.machine, self.batches = runner.host, runner.pid, runner.machine, runner.batches

    def run(self, command: Command) -> Result:
        """Run a command to its end, and record it, even if it is interrupted or its host is lost.

        A batch may gather it instead.
        """
        command = self._announced(command)
        batch = gathering()
        if batch and batch.covers(self) and batch.take(self, command):
            return Result(command, self.host, 0)
        self.send()
        try:
            result = self.runner.run(command)
        except (KeyboardInterrupt, SystemExit):
            self.transcript.append(Result(command, self.host, -2, stderr="interrupted\n"))
            raise
        except CommandError as error:
            self.done([(command, error.result)])
            raise
        self.done([(command, result)])
        return result

    def done(self, done: Sequence[tuple[Command, Result | None]]) -> None:
        """Record what came of commands; None of one that was not run after all."""
        for _, result in done:
            if result:
                self.transcript.append(result)
        if self.undoing:
            self.undoing.after(done)

    def _announced(self, command: Command) -> Command:
        self.before(command)
        return self.undoing.before(command) if self.undoing else command

    def interact(self, command: Command) -> Result:
        """Run a command on this process's own terminal, and record it."""
        command = self._announced(command)
        self.send()
        result = self.runner.interact(command)
        self.done([(command, result)])
        return result

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Start a command that lasts, and record it now and at its end."""
        command = self._announced(command)
        self.send()
        process = self.runner.start(command, terminal=terminal)
        if self.undoing:
            self.undoing.started(process)
        started = Result(process.command, self.host, None, started=process.started, background=True)
        self.transcript.append(started)
        process.when_ended(self.transcript.ended)
        return process

    def send(self) -> None:
        """Have what a batch has gathered that touches this host run first, and tell what comes now."""
        batch = gathering()
        if batch and (batch.covers(self) or batch.touches(self)):
            batch.flush()
        self.tell()

    def tell(self) -> None:
        """Have it known elsewhere what is about to be run."""
        if self.undoing:
            self.undoing.tell()
