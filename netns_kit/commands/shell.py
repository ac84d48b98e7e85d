"""A transcript as a script of the shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from netns_kit.commands.command import Command, Result
from netns_kit.commands.rows import legible

# Words that a shell keeps for itself: behind `env` they are programs, as they were when they ran.
_SHELL_WORD = re.compile(
    r"[!.:{}]|\[\[|\]\]|alias|bg|bind|break|builtin|caller|case|cd|command|compgen|complete|compopt|continue|coproc"
    r"|declare|dirs|disown|do|done|elif|else|enable|esac|eval|exec|exit|export|fc|fg|fi|for|function|getopts|hash|help"
    r"|history|if|in|jobs|let|local|logout|mapfile|popd|pushd|read|readarray|readonly|return|select|set|shift|shopt"
    r"|source|suspend|then|time|times|trap|type|typeset|ulimit|umask|unalias|unset|until|wait|while"
)

_WAIT = 0.05
"""Seconds behind a background command that a script waits, too."""


class Script:
    """Commands as a script that runs as it stands on a fresh host; on several, by a function for each.

    What is typed into a shell stands in a here-document of that shell's. Commands that failed, and were let fail, are
    followed by `|| true`; background ones end with the script, those that had ended before the next command was typed
    are waited for.
    """

    def __init__(self, results: Sequence[Result], forgotten: int = 0) -> None:
        self._forgotten = forgotten
        self._typed: dict[int, list[Result]] = {}
        for result in results:
            if result.command.within:
                self._typed.setdefault(id(result.command.within), []).append(result)
        self._results = [result for result in results if result.command.within is None]
        hosts = dict.fromkeys(result.host for result in self._results)
        self._functions = {host: _function(host, number) for number, host in enumerate(hosts, 1)}

    def __str__(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "#!/bin/bash -e"
        if self._forgotten:
            yield f"# {self._forgotten} commands before these are not kept: alone they may not do."
        if len(self._functions) > 1:
            yield "# Several hosts: say how each is reached, such as `export one='ssh root@one'`."
            for host, function in self._functions.items():
                yield f'{function}() {{ ${{{function}:?how to reach {_comment(host)}}} "$(printf \'%q \' "$@")"; }}'
        steps = list(zip_longest(self._results, self._results[1:]))
        if any(self._lasts(result, then) for result, then in steps):
            yield "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"
        before: str | None = None
        for result, then in steps:
            if result.host != before:
                before = result.host
                yield f"# on {_comment(before)}"
            yield from self._step(result, then)

    def _step(self, result: Result, then: Result | None) -> Iterator[str]:
        yield from _remarks(result)
        lasts = self._lasts(result, then)
        start = f"{self._functions[result.host]} " if len(self._functions) > 1 else ""
        if id(result.command) in self._typed:
            yield from _session(start, result.command, self._typed[id(result.command)])
        else:
            yield _line(result, start) + (" &" if lasts else "")
        if lasts and then and then.started - result.started > _WAIT:
            yield f"sleep {then.started - result.started + _WAIT:.1f}"

    def _lasts(self, result: Result, then: Result | None) -> bool:
        """Whether it goes on while the next command is typed."""
        return result.background and id(result.command) not in self._typed and not _had_ended(result, then)


def _function(host: str, number: int) -> str:
    return host if re.fullmatch(r"[a-zA-Z_]\w*", host) and not _SHELL_WORD.fullmatch(host) else f"host{number}"


def _comment(text: str) -> str:
    return legible(text).replace("}", "")


def _had_ended(result: Result, then: Result | None) -> bool:
    """Whether a background process had ended, and that by itself, before the next command was typed."""
    if result.stopped or result.returncode is None:
        return False
    return then is None or result.started + result.duration < then.started


def _remarks(result: Result) -> Iterator[str]:
    """What a script cannot keep."""
    for before, word in zip(("", *result.argv), result.argv, strict=False):
        found = re.fullmatch(r"/proc/(\d+)/.*", word) or (before == "netns" and re.fullmatch(r"(\d+)", word))
        if found:
            yield f"# {found[1]} was a process of that time: put in the one that stands for it now."


def _session(start: str, shell: Command, typed: Sequence[Result]) -> Iterator[str]:
    lines = [_line(one) if one.argv != ("exit",) else "exit" for one in typed]
    end = "TYPED"
    while any(end in line.split("\n") for line in lines):
        end += "_"
    yield f"{start}{_words(shell.argv)} <<'{end}'"
    yield from lines
    yield end


def _line(result: Result, start: str = "") -> str:
    command = result.command
    line = start + (_words(command.argv) if command.within else _program(command.argv))
    if result.timed_out:
        line = f"{start}timeout {command.timeout:g} {_words(command.argv)}"
    if command.input is not None:
        line = f"printf %s {quoted(command.input)} | {line}"
    elif command.within:
        # It must not read the lines that are typed after it.
        line = f"{line} </dev/null"
    return line if result.ok or result.background else f"{line} || true"


def _program(argv: tuple[str, ...]) -> str:
    whole = ("env", *argv) if _SHELL_WORD.fullmatch(argv[0]) else argv
    # Without quotes, a program of such a name would be an assignment.
    program = f"'{whole[0]}'" if "=" in whole[0] and quoted(whole[0]) == whole[0] else quoted(whole[0])
    return " ".join((program, *map(quoted, whole[1:])))


def _words(argv: tuple[str, ...]) -> str:
    return " ".join(map(quoted, argv))


def quoted(word: str) -> str:
    """A word as a shell reads it; bytes that are no text stand as `$'\\xff'`."""
    if not re.search(r"[\udc80-\udcff]", word):
        return shlex.quote(word)
    plain = (
        chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else f"\\x{byte:02x}"
        for byte in word.encode(errors="surrogateescape")
    )
    return f"$'{''.join(plain)}'"
