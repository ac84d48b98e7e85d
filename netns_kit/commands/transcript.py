"""Every command that ran, in order, as data; shown as a shell script, as Markdown or as a table."""

from __future__ import annotations

import json
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

from attrs import evolve

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.rows import html_table, legible, text_table

_COLUMNS = ("host", "namespace", "status", "ms", "command")

Listener = Callable[[Result], None]


class Transcript(Sequence[Result]):
    """The commands that ran, in order, each with what came of it. Safe to read and to write from many threads.

    With `commands` it keeps that many, the last ones, and `forgotten` counts the others; with `output`, no more than so
    many characters of each output, and a mark that says how many there were. A host's is bounded by
    `Host.private(transcript=Transcript(commands=10_000, output=10_000))`, or for the first alone `transcript=10_000`.
    What a verb gives back is whole, whatever its transcript keeps. Raises InvalidArgumentError.
    """

    def __init__(self, *also: Transcript, commands: int | None = None, output: int | None = None) -> None:
        for name, limit in (("commands", commands), ("output", output)):
            if limit is not None:
                values.integer(name, limit, 1, 2**63 - 1)
        self._results: list[Result] = []
        self._commands, self._output, self.forgotten = commands, output, 0
        self._lock = threading.Lock()
        self._also = also
        self._listeners: list[Listener] = []

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> list[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | list[Result]:
        return self._results[index]

    def __len__(self) -> int:
        return len(self._results)

    def __str__(self) -> str:
        return self.as_shell()

    def __repr__(self) -> str:
        return f"Transcript({len(self)} commands)"

    def append(self, result: Result) -> None:
        """Record a command."""
        with self._lock:
            self._results.append(self._bounded(result))
            if self._commands is not None and len(self._results) > self._commands:
                del self._results[0]
                self.forgotten += 1
        for listener in tuple(self._listeners):
            listener(result)
        for transcript in self._also:
            transcript.append(result)

    def ended(self, result: Result) -> None:
        """Record what came of a background process, where its start was recorded."""
        with self._lock:
            for index, known in enumerate(self._results):
                if known.command is result.command:
                    self._results[index] = self._bounded(result)
        for transcript in self._also:
            transcript.ended(result)

    def clear(self) -> None:
        """Forget all commands so far."""
        with self._lock:
            self.forgotten += len(self._results)
            self._results.clear()

    def _bounded(self, result: Result) -> Result:
        """A command with no more of its outputs than is kept."""
        if self._output is None or max(len(result.stdout), len(result.stderr)) <= self._output:
            return result
        return evolve(result, stdout=_cut(result.stdout, self._output), stderr=_cut(result.stderr, self._output))

    @contextmanager
    def watched(self, listener: Listener) -> Iterator[None]:
        """Have `listener` called with each command of this block as it ends."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def as_shell(self) -> str:
        """As a script that runs as it stands: `bash -e` of it on a fresh host gives the same network.

        Commands that failed, and were let fail, are followed by `|| true`; background ones end with the script, those
        that had ended before the next command was typed are waited for, and behind the others it waits as long as was
        waited then. On several hosts, it says at its top how it is told how to reach each. What a script cannot keep,
        such as the number of a process, it says in a comment, and so it does of commands that are forgotten.
        """
        # A long way to go, which few scripts do.
        from netns_kit.commands.shell import Script

        return str(Script(tuple(self._results), self.forgotten))

    def as_markdown(self) -> str:
        """As Markdown: each command as a prompt in a code block, with what it printed."""
        blocks = []
        for result in self._results:
            said = str(result).rstrip("\n")
            status = "" if result.returncode in (0, None) else f"\n(exit status {result.returncode})"
            body = f"# {shlex.join(result.argv)}" + (f"\n{said}" if said else "") + status
            fence = "`" * max(3, _longest_run(body) + 1)
            within = f", in `{legible(str(result.command.within))}`" if result.command.within else ""
            blocks.append(f"On {legible(result.host)}{within}:\n{fence}console\n{body}\n{fence}\n")
        return "\n".join(blocks)

    def as_table(self) -> str:
        """As aligned text: host, namespace, exit status, milliseconds, command behind the shell it was typed into."""
        return text_table(_COLUMNS, self._cells())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.as_table())

    def _repr_html_(self) -> str:
        return html_table(_COLUMNS, self._cells())

    def _cells(self) -> Iterator[tuple[str, ...]]:
        for result in self._results:
            status = "…" if result.returncode is None else str(result.returncode)
            milliseconds = f"{result.duration * 1000:.1f}"
            shell = f"{result.command.within}> " if result.command.within else ""
            yield result.host, result.netns or "", status, milliseconds, shell + shlex.join(result.argv)

    def as_dicts(self) -> list[dict[str, Any]]:
        """As plain data, one dictionary for each command; `within` is the shell that it was typed into, if it was."""
        return [
            {
                "host": result.host,
                "netns": result.netns,
                "within": list(result.command.within.argv) if result.command.within else None,
                "argv": list(result.argv),
                "returncode": result.returncode,
                "stdout": result.stdout,
                "stderr": result.stderr,
                "started": result.started,
                "duration": result.duration,
                "background": result.background,
                "batch": result.batch,
            }
            for result in self._results
        ]

    def save(self, path: str | Path) -> None:
        """Write it as JSON lines, one for each command."""
        text = "".join(json.dumps(entry) + "\n" for entry in self.as_dicts())
        Path(path).write_text(text, encoding="ascii")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}\n… and {len(text) - longest} characters more\n"


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
