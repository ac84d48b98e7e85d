"""Text to Python: the shell of a tutorial as typed calls, each tried in a dry run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field

from netns_kit.commands.abbreviations import OBJECTS
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Rows
from netns_kit.conversion.calls import WIDTH, Call, imported, shown, written
from netns_kit.conversion.shell import cells, reading
from netns_kit.conversion.shell.commands import READERS, candidates
from netns_kit.conversion.shell.same import entered_by_nsenter
from netns_kit.conversion.shell.world import Spot, World

SHELLS = ("bash", "/bin/bash", "sh", "/bin/sh", "zsh")
NOTHING = ("exit", "cd", "clear", "history", "logout", "set", "su", "export", "alias", "source")
"""What a shell alone does: in Python it is a comment."""


@define
class Converted:
    """A text as Python. `commands` counts those of the wrapped tools, `typed` those that became typed calls.

    `untyped` are the lines that became `exec`.
    """

    text: str = field(repr=False)
    python: str = ""
    commands: int = 0
    typed: int = 0
    untyped: list[str] = field(factory=list)

    def __str__(self) -> str:
        return self.python

    def as_notebook(self) -> str:
        """As a notebook that has not run: its prose, a cell for each block of code, and a picture after each."""
        writer = _Writer(self.text, cellwise=True)
        whole = cells.notebook(writer.opening(), writer.world.hosts or {"host": "host"}, writer.cells)
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"

    def as_cell(self, netns: str = "") -> str:
        """As the lines of a notebook's cell, after `host = Host.private().use()`: typed where one is, or in `netns`."""
        writer = _Writer(self.text, netns=netns)
        return "".join(f"{line}\n" for line in writer.cell())

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:
        printer.text(self.python)  # type: ignore[attr-defined]


def convert(text: str) -> Converted:
    """A tutorial's text, a transcript or lines of shell as a Python script.

    The script defines `build`, with a parameter for each machine of the text, and run by itself builds on private
    hosts. Each call was run in a dry run, and types what its line says; what has no typed call is run by `exec`.
    Variables of the shell that nobody sets are asked for at the top, as variables of the environment.
    Raises NetnsKitError where the extra `convert` is not installed.
    """
    if not isinstance(text, str):
        raise InvalidArgumentError("text", text, "it must be text")
    return _Writer(text).converted()


class _Writer:
    """Writes one script; `cellwise`, each block stands for itself. With `netns` all is typed there."""

    def __init__(self, text: str, cellwise: bool = False, netns: str = "") -> None:
        self.world, self.lines, self.result = World(), list[str](), Converted(text)
        self.depth, self.host, self.last = 1, "", "host"
        self.unknown, self.used = dict[str, str](), set[str]()
        if netns:
            words = ("ip", "netns", "exec", netns, "bash")
            self.enter(reading.Typed(" ".join(words), words, ""), self.on("host"), netns)
        blocks = reading.read(text)
        self.last = next((one.host for block in blocks for one in block.commands if one.host), self.last)
        self.cells = [(block.prose, self.block(block, cellwise)) for block in blocks]

    def converted(self) -> Converted:
        """The whole script, and what is to be said of it."""
        self.result.python = "".join(f"{line}\n" for line in self.script())
        return self.result

    def block(self, block: reading.Block, cellwise: bool) -> list[str]:
        """Write a block; its lines."""
        begun = len(self.lines)
        if cellwise:
            self.host, self.depth = "", 1
            for spot in self.world.entered:
                self.on(spot.host)
                self.write(f"with {spot.variable}.enter():")
                self.depth += 1
        for line in block.prose.split("\n") if block.prose else ():
            # A heading's own # would stand beside the remark's.
            self.write(f"# {re.sub('^#+ ', '', line)}".rstrip())
        for typed in block.commands:
            self.command(typed)
        return self.lines[begun:]

    def command(self, typed: reading.Typed) -> None:
        """Write a command."""
        host = self.last = typed.host or self.last
        spot = self.on(host)
        if typed.words is None:
            self.by_exec(typed, spot, ("bash", "-c", typed.text))
            return
        words = self.filled(_without_sudo(typed.words))
        entering = _entered(words)
        if entering is not None:
            self.enter(typed, spot, entering)
        elif words[:1] == ("exit",) and self.world.entered:
            self.world.entered.pop()
            self.depth -= 1
        elif not words or words[0] in NOTHING:
            self.write(f"# {typed.text}")
        else:
            self.plain(typed, words, spot)

    def plain(self, typed: reading.Typed, words: tuple[str, ...], spot: Spot) -> None:
        """Write a command by the first call that types it, or as it stands."""
        there, inner, named = self.placed(words, spot)
        self.result.commands += inner[0].rsplit("/", 1)[-1] in READERS
        self.world.run(named, there)
        before = self.world
        for calls in self.candidates(inner, there) if not typed.background else ():
            if self.world.attempt(calls, inner, there):
                self.world.moved()
                self.result.typed += 1
                self.write_calls(typed, [*named, *calls])
                return
            self.world = before
        self.by_exec(typed, there, inner, named)

    def candidates(self, words: tuple[str, ...], spot: Spot) -> Iterator[list[Call]]:
        """The calls that may stand for it, each planned in a world of its own."""
        before = self.world
        number = 0
        while True:
            self.world = before.saved()
            found = list(candidates(words, self.world, spot))
            if number >= len(found):
                self.world = before
                return
            # What later candidates gave names to is forgotten again.
            self.world = before.saved()
            chosen = next(one for index, one in enumerate(candidates(words, self.world, spot)) if index == number)
            yield chosen
            number += 1

    def placed(self, words: tuple[str, ...], spot: Spot) -> tuple[Spot, tuple[str, ...], list[Call]]:
        """Where a command is typed in truth, what is typed there, and what gives the place a name."""
        words = (
            words[0].rsplit("/", 1)[-1] if words[0].startswith(("/sbin/", "/usr/", "/bin/")) else words[0],
            *words[1:],
        )
        if words[:3] == ("ip", "netns", "exec") and len(words) > 4:
            name, words = words[3], words[4:]
        elif words[0] == "nsenter" and len(words) > 2 and (path := entered_by_nsenter(words)):
            name, words = path, words[2:]
        elif words[0] in OBJECTS and words[1:2] in (("-n",), ("-netns",)) and len(words) > 3:
            name, words = words[2], (words[0], *words[3:])
        else:
            return spot, words, []
        _, named = self.world.netns(spot, name)
        return self.world.spot(spot.host, name), words, named

    def by_exec(self, typed: reading.Typed, spot: Spot, words: Sequence[str], before: Sequence[Call] = ()) -> None:
        """Write a command as it stands."""
        self.result.untyped.append(typed.text)
        verb = "start" if typed.background else "exec"
        self.write_calls(typed, [*before, Call(f"{spot.variable}.{verb}", tuple(words))])

    def enter(self, typed: reading.Typed, spot: Spot, name: str) -> None:
        """Write a shell that is entered."""
        variable, before = self.world.netns(spot, name)
        self.world.run(before, spot)
        self.write_calls(typed, before)
        self.write(f"with {variable}.enter():")
        self.world.entered.append(Spot(spot.host, name, variable))
        self.depth += 1

    def on(self, host: str) -> Spot:
        """The spot of a host's commands; on another host than before, a block of its own."""
        spot = self.world.on(host)
        if host != self.host and (self.depth == 1 or not self.world.entered):
            self.host, self.depth = host, 1
            self.write(f"with {self.world.hosts[host]}.enter():")
            self.depth = 2
        return spot

    def filled(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Words with an address in the place of each variable that nobody has set."""

        def address(found: re.Match[str]) -> str:
            return self.unknown.setdefault(found[1], f"198.51.100.{len(self.unknown) + 1}")

        return tuple(re.sub("\0(\\w+)\0", address, word) for word in words)

    def write_calls(self, typed: reading.Typed, calls: Sequence[Call]) -> None:
        """Write calls below the shell's line."""
        for line in typed.text.split("\n"):
            self.write(f"# {line}")
        kept = self.kept(typed, calls[-1]) if calls else ""
        if typed.remark and not kept:
            self.write(f"# ({typed.remark})")
        for call in calls[:-1] if kept else calls:
            self.used.add(call.verb.partition(".")[0])
            self.lines += map(self.asked, shown(call, 4 * self.depth).text(4 * self.depth))
        if kept:
            self.used.add("Rows")
            self.write(kept)

    def kept(self, typed: reading.Typed, call: Call) -> str:
        """What prints of an answer the rows that have a word; nothing where it has no rows, or that were too long."""
        line = f"print(Rows(one for one in {written(call)} if {written(typed.grep)} in repr(one)))"
        has_rows = call.verb.rpartition(".")[2] != "exec" and isinstance(self.world.answer, Rows)
        return line if typed.grep and has_rows and 4 * self.depth + len(line) <= WIDTH else ""

    def asked(self, line: str) -> str:
        """A line with the variables that were asked for."""
        for name, address in self.unknown.items():
            line = re.sub(rf'"{re.escape(address)}"', name, line)
            line = re.sub(rf'"([^"]*){re.escape(address)}([^"]*)"', rf'f"\1{{{name}}}\2"', line)
        return line

    def write(self, line: str) -> None:
        """Write a line."""
        self.lines.append(f"{' ' * (4 * self.depth)}{line}".rstrip())

    def script(self) -> Iterator[str]:
        """The lines of the script."""
        hosts = list(self.world.hosts.values()) or ["host"]
        yield '"""A network, from a tutorial\'s shell."""'
        yield ""
        yield from self.opening()
        yield ""
        yield f"def build({', '.join(f'{name}: Host' for name in hosts)}) -> None:"
        yield from cells.filled([*self.lines] if cells.has_code(self.lines) else [*self.lines, "    pass"])
        if self.result.untyped:
            yield f"    # By exec, for lack of a typed call: {len(self.result.untyped)}."
        yield ""
        yield ""
        yield 'if __name__ == "__main__":'
        if len(hosts) > 1:
            yield "    with Lab() as lab:"
            yield f"        build({', '.join(f'lab.host({written(host)})' for host in self.world.hosts)})"
            yield "        print(Topology.of(lab))"
        else:
            yield f"    with Host.private() as {hosts[0]}:"
            yield f"        build({hosts[0]})"
            yield f"        print(Topology.of({hosts[0]}))"

    def cell(self) -> Iterator[str]:
        """The lines of a cell, with what they import."""
        hosts = list(self.world.hosts.values())
        lines, margin = list(cells.filled(self.lines)), 4
        if len(hosts) == 1 and lines[:1] == [f"    with {hosts[0]}.enter():"]:
            lines, margin = lines[1:], 8
        yield from self.opening(()) if self.used or self.unknown else ()
        yield from (line[margin:] for line in lines)

    def opening(self, always: Iterable[str] = ("Host", "Topology")) -> Iterator[str]:
        """What is imported, and asked for."""
        several = len(self.world.hosts) > 1
        names = {*always, *(["Lab"] if several and always else []), *(self.used & _classes(self.world))}
        if self.unknown:
            yield from ("import os", "")
        if names:
            yield from imported(sorted(names, key=lambda name: (name[0].islower(), name)))
            yield ""
        for name in self.unknown:
            yield f'{name} = os.environ["{name}"]  # the text does not say'
        if self.unknown:
            yield ""


def _classes(world: World) -> set[str]:
    return {"Rows", *(name for name, value in world.known.items() if isinstance(value, type))}


def _without_sudo(words: tuple[str, ...]) -> tuple[str, ...]:
    rest = list(words)
    while rest[:1] == ["sudo"] or (rest[:1] and words[0] == "sudo" and rest[0] in ("-n", "-E", "-i", "-H")):
        rest.pop(0)
    return tuple(rest)


def _entered(words: tuple[str, ...]) -> str | None:
    """The namespace that a shell is entered in."""
    if words[:1] == ("nsenter",) and (
        len(words) == 2 or words[2:3] == ("--",) or words[2:] in [(one,) for one in SHELLS]
    ):
        return entered_by_nsenter(words)
    if words[:3] == ("ip", "netns", "exec") and len(words) >= 5 and words[4] in SHELLS:
        return words[3] if len(words) == 5 or words[5] in ("--rcfile", "-i", "-l") else None
    return None
