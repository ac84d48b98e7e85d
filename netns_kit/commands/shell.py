"""A transcript as a script of the shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, zip_longest

from netns_kit.commands.command import Result
from netns_kit.commands.rows import legible

# Words that a shell keeps for itself: behind `env` they are programs, as they were when they ran.
_SHELL_WORD = re.compile(
    r"%[^=]*|[!.:{}]|\[\[|\]\]|alias|bg|bind|break|builtin|caller|case|cd|command|compgen|complete|compopt|continue|coproc"
    r"|declare|dirs|disown|do|done|elif|else|enable|esac|eval|exec|exit|export|fc|fg|fi|for|function|getopts|hash|help"
    r"|history|if|in|jobs|let|local|logout|mapfile|popd|pushd|read|readarray|readonly|return|select|set|shift|shopt"
    r"|source|suspend|then|time|times|trap|type|typeset|ulimit|umask|unalias|unset|until|wait|while"
)
# Names that no host's function and variable have: those of the environment, and what a script itself calls.
_TAKEN = re.compile(rf"{_SHELL_WORD.pattern}|[A-Z_]+|PS\d|kill|printf|sleep|true|words")
_NO_TEXT = re.compile(r"([\udc80-\udcff]+)")
# Between single quotes every shell takes all as it is, which it does not between those that bash's %q writes.
_WORDS = """words() { local word; for word; do word=${word//\\'/\\'\\\\\\'\\'}; printf "'%s' " "$word"; done; }"""

_WAIT = 0.05
"""Seconds behind a background command that a script waits, too."""


class Script:
    """Commands as a script that runs as it stands on a fresh host; on several, by a function for each.

    What is typed into a shell stands in a here-document of that shell's. Commands that failed, and were let fail, are
    followed by `|| true`; background ones end with the script, those that had ended before the next command was typed
    are waited for.
    """

    def __init__(self, results: Sequence[Result], forgotten: int = 0) -> None:
        self._typed: dict[int, list[Result]] = {}
        for result in results:
            if result.command.within:
                self._typed.setdefault(id(result.command.within), []).append(result)
        self._results = [result for result in results if result.command.within is None]
        shells = {id(result.command) for result in self._results}
        # What was typed into a shell that is not kept goes with it.
        self._forgotten = forgotten + sum(len(typed) for shell, typed in self._typed.items() if shell not in shells)
        self._functions = _functions(dict.fromkeys(result.host for result in self._results))

    def __str__(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "#!/bin/bash -e"
        if self._forgotten:
            yield f"# {self._forgotten} commands before these are not kept: alone they may not do."
        if len(self._functions) > 1:
            yield "# Several hosts: say how each is reached, such as `export one='ssh root@one'`."
            yield _WORDS
            for host, function in self._functions.items():
                name = shlex.quote(legible(host))
                yield f'{function}() {{ $exec ${function} "$(words "$@")"; }}; : ${{{function}:?how to reach {name}}}'
        steps = list(zip_longest(self._results, self._results[1:]))
        if any(self._lasts(result, then) for result, then in steps):
            # One that has just been forked may lose a signal: bash itself is still in its way.
            yield "trap 'for try in 1 2 3; do kill $(jobs -pr) 2>/dev/null || break; sleep 0.1; done' EXIT"
        before: str | None = None
        for result, then in steps:
            if result.host != before:
                before = result.host
                yield f"# on {legible(before)}"
            yield from self._step(result, then)

    def _step(self, result: Result, then: Result | None) -> Iterator[str]:
        yield from _remarks(result)
        lasts = self._lasts(result, then)
        start = f"{self._functions[result.host]} " if len(self._functions) > 1 else ""
        if id(result.command) in self._typed:
            yield from _session(start, result, self._typed[id(result.command)])
        elif lasts:
            # The process that is killed at the end must be the one that lasts, and not a shell that waits for it.
            yield _line(result, start and f"exec=exec {start}") + " &"
        else:
            yield _line(result, start) + _let_fail(result)
        if lasts and then and then.started - result.started > _WAIT:
            yield f"sleep {then.started - result.started + _WAIT:.1f}"

    def _lasts(self, result: Result, then: Result | None) -> bool:
        """Whether it goes on while the next command is typed."""
        return result.background and id(result.command) not in self._typed and not _had_ended(result, then)


def _functions(hosts: Iterable[str]) -> dict[str, str]:
    """For each host the name of its function: its own, if that can be one."""
    own = {host for host in hosts if re.fullmatch(r"(?a:[a-zA-Z_]\w*)", host) and not _TAKEN.fullmatch(host)}
    free = (name for number in count(1) if (name := f"host{number}") not in own)
    return {host: host if host in own else next(free) for host in hosts}


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


def _session(start: str, shell: Result, typed: Sequence[Result]) -> Iterator[str]:
    lines = [_line(one) + _let_fail(one) if one.argv != ("exit",) else "exit" for one in typed]
    end = "TYPED"
    while any(end in line.split("\n") for line in lines):
        end += "_"
    yield f"{start}{_program(shell.argv)} <<'{end}'{_let_fail(shell)}"
    yield from lines
    yield end


def _line(result: Result, start: str = "") -> str:
    command = result.command
    line = start + (_words(command.argv) if command.within else _program(command.argv))
    if result.timed_out:
        line = f"{start}timeout {command.timeout:g} {_words(command.argv)}"
    if command.input is not None:
        line = f"{_printing(command.input)} | {line}"
    elif command.within:
        # It must not read the lines that are typed after it.
        line = f"{line} </dev/null"
    return line


def _let_fail(result: Result) -> str:
    return "" if result.returncode in (0, None) else " || true"


def _program(argv: tuple[str, ...]) -> str:
    whole = ("env", *argv) if _SHELL_WORD.fullmatch(argv[0]) else argv
    # Without quotes, a program of such a name would be an assignment.
    program = _in_quotes(whole[0]) if "=" in whole[0] and quoted(whole[0]) == whole[0] else quoted(whole[0])
    return " ".join((program, *map(quoted, whole[1:])))


def _words(argv: tuple[str, ...]) -> str:
    return " ".join(map(quoted, argv))


def _printing(text: str) -> str:
    """The command that prints a text, of which a word of a shell cannot hold everything."""
    if "\0" not in text and not _NO_TEXT.search(text):
        return f"printf %s {shlex.quote(text)}"
    plain = re.sub(r"[\0\\\udc80-\udcff]", lambda found: f"\\0{ord(found[0]) & 0xFF:03o}", text)
    return f"printf %b {shlex.quote(plain)}"


def quoted(word: str) -> str:
    """A word as every shell reads it; bytes that are no text stand as `"$(printf '\\377')"`."""
    if not _NO_TEXT.search(word):
        return shlex.quote(word)
    return "".join(_bytes(part) if _NO_TEXT.match(part) else _in_quotes(part) for part in _NO_TEXT.split(word) if part)


def _bytes(part: str) -> str:
    octal = "".join(f"\\{byte:o}" for byte in part.encode(errors="surrogateescape"))
    return f"\"$(printf '{octal}')\""


def _in_quotes(text: str) -> str:
    inner = text.replace("'", "'\"'\"'")
    return f"'{inner}'"
