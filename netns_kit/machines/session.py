"""A shell that commands are typed into, one after the other, as a person does."""

from __future__ import annotations

import os
import shlex
import time

from attrs import evolve

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import NetnsKitError, PlaceClosedError
from netns_kit.machines.process import Process
from netns_kit.machines.runner import Runner


class SessionRunner:
    """Runs commands by typing them into a shell that was started at a site; it ends with its block."""

    batches = False

    def __init__(self, runner: Runner, process: Process) -> None:
        self.host, self.pid, self.machine = runner.host, process.pid, runner.machine
        self._process, self._heard = process, 0
        self._before = "", ""

    def run(self, command: Command) -> Result:
        """Type a command, and wait for its end."""
        if not self._process.running:
            raise PlaceClosedError(f"The shell has ended: {self._process.command}")
        if command.stdin is not None:
            raise NetnsKitError(f"A shell that is typed into can be handed nothing else: {command}")
        command = evolve(command, within=self._process.command)
        token, started = os.urandom(8).hex(), time.time()
        clock = time.perf_counter()
        line = shlex.join(command.argv)
        typed = f"{line} </dev/null" if command.input is None else f"printf %s {shlex.quote(command.input)} | {line}"
        end = f"__status=$?; printf '\\n%s %s\\n' {token} $__status; printf '\\n%s\\n' {token} >&2"
        self._process.write(f"{typed}; {end}\n")
        lines: list[str] = []
        for line in self._process.lines(command.timeout):
            if line.startswith(token):
                out = "\n".join(lines)
                errors = self._errors(token)
                return Result(
                    command, self.host, int(line.split()[1]), out, errors, started, time.perf_counter() - clock
                )
            lines.append(line)
        ended = not self._process.running
        self._process.stop()
        return Result(command, self.host, -9, "\n".join(lines), "", started, time.time() - started, not ended)

    def _errors(self, token: str) -> str:
        deadline, end = time.monotonic() + 5, f"\n{token}\n"
        while end not in (said := self._process.error_text[self._heard :]) and time.monotonic() < deadline:
            time.sleep(0.001)
        errors, end, _ = said.partition(end)
        self._heard += len(errors) + len(end)
        return errors

    def settle(self) -> None:
        """Wait until the shell reads what is typed: before that, its process may not be where it will be."""
        if self._process.running:
            first = self.run(Command((":",), timeout=10))
            self._before = first.stdout, first.stderr

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Refused: a shell that types has one terminal."""
        raise PlaceClosedError(f"Start what lasts beside the shell, not in it: {command}")

    def interact(self, command: Command) -> Result:
        """Refused: nobody sits at this shell."""
        raise PlaceClosedError(f"Nobody sits at this shell to talk to: {command}")

    def exit(self) -> tuple[Result, Result]:
        """Type `exit`, and wait until the shell has ended: what came of that, and of the shell itself.

        What the shell's commands said is theirs, and not its own.
        """
        command = Command(("exit",), within=self._process.command)
        started = time.time()
        if self._process.running:
            self._process.write("exit\n")
            self._process.close_input()
        result = self._process.wait(10)
        out, errors = self._before
        shell = evolve(result, stdout=out, stderr=errors + self._process.error_text[self._heard :])
        ended = Result(command, self.host, result.returncode, started=started, duration=time.time() - started)
        return ended, shell
