"""Every command that ran, in order, as data; shown as a shell script, as Markdown or as a table."""

from __future__ import annotations

import json
import re
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, overload

from netns_kit.commands.command import Result
from netns_kit.commands.rows import html_table, legible, text_table

_COLUMNS = ("host", "namespace", "status", "ms", "command")

# Words that a shell keeps for itself: behind `env` they are programs, as they were when they ran.
_SHELL_WORD = re.compile(
    r"[!.:{}]|\[\[|\]\]|alias|bg|bind|break|builtin|caller|case|cd|command|compgen|complete|compopt|continue|coproc"
    r"|declare|dirs|disown|do|done|elif|else|enable|esac|eval|exec|exit|export|fc|fg|fi|for|function|getopts|hash|help"
    r"|history|if|in|jobs|let|local|logout|mapfile|popd|pushd|read|readarray|readonly|return|select|set|shift|shopt"
    r"|source|suspend|then|time|times|trap|type|typeset|ulimit|umask|unalias|unset|until|wait|while"
)

Listener = Callable[[Result], None]


class Transcript(Sequence[Result]):
    """The commands that ran, in order, each with what came of it. Safe to read and to write from many threads."""

    def __init__(self, *also: Transcript) -> None:
        self._results: list[Result] = []
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
            self._results.append(result)
        for listener in tuple(self._listeners):
            listener(result)
        for transcript in self._also:
            transcript.append(result)

    def ended(self, result: Result) -> None:
        """Record what came of a background process, where its start was recorded."""
        with self._lock:
            for index, known in enumerate(self._results):
                if known.command is result.command:
                    self._results[index] = result
        for transcript in self._also:
            transcript.ended(result)

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
        that had ended before the next command was typed are waited for.
        """
        lines = ["#!/bin/bash -e"]
        results = tuple(self._results)
        ended = {
            id(result) for result, then in zip_longest(results, results[1:]) if result and _had_ended(result, then)
        }
        typed = [result for result in results if result.command.within]
        shells = {id(result.command.within) for result in typed}
        if any(
            result.background and id(result.command) not in shells and id(result) not in ended for result in results
        ):
            lines.append("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT")
        host: str | None = None
        for result in results:
            if result.host != host:
                host = result.host
                lines.append(f"# on {legible(host)}")
            if id(result.command) in shells:
                inside = [_shell_line(one) for one in typed if one.command.within is result.command]
                lines += [f"{shlex.join(result.argv)} <<'TYPED'", *inside, "TYPED"]
            elif result.command.within is None:
                lines.append(_shell_line(result, id(result) in ended))
        return "\n".join(lines) + "\n"

    def as_markdown(self) -> str:
        """As Markdown: each command as a prompt in a code block, with what it printed."""
        blocks = []
        for result in self._results:
            said = str(result).rstrip("\n")
            status = "" if result.returncode in (0, None) else f"\n(exit status {result.returncode})"
            body = f"# {shlex.join(result.argv)}" + (f"\n{said}" if said else "") + status
            fence = "`" * max(3, _longest_run(body) + 1)
            blocks.append(f"On {legible(result.host)}:\n{fence}console\n{body}\n{fence}\n")
        return "\n".join(blocks)

    def as_table(self) -> str:
        """As aligned text: host, namespace, exit status, milliseconds, command."""
        return text_table(_COLUMNS, self._cells())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.as_table())

    def _repr_html_(self) -> str:
        return html_table(_COLUMNS, self._cells())

    def _cells(self) -> Iterator[tuple[str, ...]]:
        for result in self._results:
            status = "…" if result.returncode is None else str(result.returncode)
            milliseconds = f"{result.duration * 1000:.1f}"
            yield result.host, result.netns or "", status, milliseconds, shlex.join(result.argv)

    def as_dicts(self) -> list[dict[str, Any]]:
        """As plain data, one dictionary for each command."""
        return [
            {
                "host": result.host,
                "netns": result.netns,
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


def _had_ended(result: Result, then: Result | None) -> bool:
    """Whether a background process had ended, and that by itself, before the next command was typed."""
    if not result.background or result.stopped or result.returncode is None:
        return False
    return then is None or result.started + result.duration < then.started


def _shell_line(result: Result, ended: bool = False) -> str:
    line = _shell_words(result)
    if result.background and not ended:
        return f"{line} &"
    if result.timed_out:
        line = f"timeout {result.command.timeout:g} {line}"
    if result.command.input is not None:
        line = f"printf %s {shlex.quote(result.command.input)} | {line}"
    elif result.command.within and result.argv != ("exit",):
        # It must not read the lines that are typed after it.
        line = f"{line} </dev/null"
    return line if result.ok else f"{line} || true"


def _shell_words(result: Result) -> str:
    if result.command.within:
        return shlex.join(result.argv)
    argv = ("env", *result.argv) if _SHELL_WORD.fullmatch(result.argv[0]) else result.argv
    # Without quotes, a program of such a name would be an assignment.
    program = f"'{argv[0]}'" if "=" in argv[0] and shlex.quote(argv[0]) == argv[0] else shlex.quote(argv[0])
    return " ".join((program, *map(shlex.quote, argv[1:])))


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
