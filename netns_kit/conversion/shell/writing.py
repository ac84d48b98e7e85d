"""Text to Python: the shell of a tutorial as typed calls, each tried in a dry run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, evolve, field

from netns_kit.commands.abbreviations import OBJECTS
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Rows
from netns_kit.conversion.calls import WIDTH, Call, imported, written
from netns_kit.conversion.shell import cells, entering, framing, reading
from netns_kit.conversion.shell.commands import READERS, candidates
from netns_kit.conversion.shell.lines import Lines
from netns_kit.conversion.shell.same import entered_by_nsenter
from netns_kit.conversion.shell.world import Spot, World


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
        given = map(writer.asked, framing.given(writer.world))
        whole = cells.notebook(writer.opening(), writer.world.hosts or {"host": "host"}, given, writer.cells)
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
    Variables of the shell that nobody sets are asked for at the top, as variables of the environment; namespaces and
    links that it takes as given are made before it where the script runs by itself.
    Raises NetnsKitError where the extra `convert` is not installed.
    """
    if not isinstance(text, str):
        raise InvalidArgumentError("text", text, "it must be text")
    return _Writer(text).converted()


class _Writer:
    """Writes one script; `cellwise`, each block stands for itself. With `netns` all is typed there."""

    def __init__(self, text: str, cellwise: bool = False, netns: str = "") -> None:
        self.world, self.result = World(), Converted(text)
        self.lines, self.last, self.outer = Lines(self.asked), "host", list[str]()
        self.unknown, self.used = dict[str, str](), set[str]()
        if netns:
            words = ("ip", "netns", "exec", netns, "bash")
            self.enter(reading.Typed(" ".join(words), words), self.world.on("host"), netns)
        blocks = list(entering.left(reading.read(text)))
        self.last = next((one.host for block in blocks for one in block.commands if one.host), self.last)
        self.cells = [(block.prose, self.block(block, cellwise)) for block in blocks]

    def converted(self) -> Converted:
        """The whole script, and what is to be said of it."""
        self.result.python = "".join(f"{line}\n" for line in self.script())
        return self.result

    def block(self, block: reading.Block, cellwise: bool) -> list[str]:
        """Write a block; its lines."""
        begun = len(self.lines.written)
        if cellwise:
            self.lines.open.clear()
        for line in block.prose.split("\n") if block.prose else ():
            # A heading's own # would stand beside the remark's.
            self.lines.said.append(re.sub("^#+ ", "", line))
        for typed in block.commands:
            self.command(typed)
        if cellwise or not block.prose:
            self.lines.say()
        return self.lines.written[begun:]

    def command(self, typed: reading.Typed) -> None:
        """Write a command."""
        host = self.last = typed.host or self.last
        words = self.filled(entering.without_sudo(typed.words or ()))
        if entering.of_host(typed.words or ()):
            # Whoever types that has left the container without a word.
            self.world.entered[:] = [one for one in self.world.entered if one.host != host or not one.foreign]
        spot = self.world.on(host)
        name, machine, shell = entering.entered(words), entering.machine_of(words), entering.shell_of(words)
        if typed.words is None:
            self.by_exec(typed, spot, ("sh" if spot.foreign else "bash", "-c", typed.text))
        elif name is not None and not spot.foreign:
            self.enter(typed, spot, name)
        elif machine is not None:
            self.lines.remark(typed)
            self.outer.append(host)
            self.last = machine
        elif shell is not None:
            self.begin(typed, spot, shell)
        elif words[:1] == ("exit",):
            self.leave(host)
        elif not words or words[0] in (*entering.NOTHING, *entering.LEFT):
            self.lines.remark(typed, "this is left to you" if words and words[0] in entering.LEFT else "")
        elif spot.foreign:
            self.by_exec(typed, spot, entering.ending(words))
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
                self.world.follow(calls[-1])
                self.result.typed += 1
                self.write_calls(typed, spot, [*named, *calls])
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
        words = entering.by_name(words)
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
        self.world.elsewhere.update(word.rpartition("/")[2] for word in typed.text.split())
        verb = "start" if typed.background else "exec"
        if typed.background and spot.begun:
            # A shell that is typed into starts nothing that lasts but by itself.
            verb, words = "exec", ("sh", "-c", f"{typed.text} &")
        self.write_calls(entering.seen(typed, words), spot, [*before, Call(f"{spot.variable}.{verb}", tuple(words))])

    def enter(self, typed: reading.Typed, spot: Spot, name: str) -> None:
        """A namespace's shell is entered: what is typed next stands in a block of its own."""
        variable, before = self.world.netns(spot, name)
        self.world.run(before, spot)
        self.write_calls(typed, spot, before)
        self.world.entered.append(Spot(spot.host, name, variable))
        self.lines.stand(self.world.blocks(spot.host))

    def begin(self, typed: reading.Typed, spot: Spot, shell: entering.Shell) -> None:
        """Another shell is begun."""
        self.write_calls(typed, spot, ())
        variable = self.world.names.new("shell")
        self.world.known[variable] = self.world.known[self.world.host(spot)]
        begun = Call(f"{spot.variable}.session", shell.argv)
        self.world.entered.append(Spot(spot.host, f"/{variable}", variable, begun=begun, foreign=shell.foreign))
        self.lines.stand(self.world.blocks(spot.host))

    def leave(self, host: str) -> None:
        """The shell that was entered last is left, or the machine."""
        inside = self.world.blocks(host)
        if len(inside) > 1:
            self.world.entered.remove(inside[-1])
        elif self.outer:
            self.last = self.outer.pop()

    def filled(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Words with an address in the place of each variable that nobody has set."""

        def address(found: re.Match[str]) -> str:
            return self.unknown.setdefault(found[1], f"198.51.100.{len(self.unknown) + 1}")

        return tuple(re.sub("\0(\\w+)\0", address, word) for word in words)

    def write_calls(self, typed: reading.Typed, spot: Spot, calls: Sequence[Call]) -> None:
        """Write calls below the shell's line."""
        kept = self.kept(typed, calls[-1]) if calls else ""
        self.lines.begin(self.world.blocks(spot.host), typed, "" if kept else typed.remark)
        for call in _as_shown(typed, calls[:-1] if kept else calls):
            self.used.add(call.verb.partition(".")[0])
            self.lines.add(call)
        if kept:
            self.used.add("Rows")
            self.lines.write(kept)

    def kept(self, typed: reading.Typed, call: Call) -> str:
        """What prints of an answer the rows that have a word; nothing where it has no rows, or that were too long."""
        line = f"print(Rows(one for one in {written(call)} if {written(typed.grep)} in repr(one)))"
        has_rows = call.verb.rpartition(".")[2] != "exec" and isinstance(self.world.answer, Rows)
        return line if typed.grep and has_rows and 4 * self.lines.depth + len(line) <= WIDTH else ""

    def asked(self, line: str) -> str:
        """A line with the variables that were asked for."""
        for name, address in self.unknown.items():
            line = re.sub(rf'"{re.escape(address)}"', name, line)
            line = re.sub(rf'"([^"]*){re.escape(address)}([^"]*)"', rf'f"\1{{{name}}}\2"', line)
        return line

    def script(self) -> Iterator[str]:
        """The lines of the script."""
        hosts, lines = list(self.world.hosts.values()) or ["host"], self.lines.written
        yield '"""A network, from a tutorial\'s shell."""'
        yield ""
        yield from self.opening()
        yield ""
        yield f"def build({', '.join(f'{name}: Host' for name in hosts)}) -> None:"
        yield from cells.filled([*lines] if cells.has_code(lines) else [*lines, "    pass"])
        if self.result.untyped:
            yield f"    # By exec, for lack of a typed call: {len(self.result.untyped)}."
        yield ""
        yield ""
        yield 'if __name__ == "__main__":'
        yield from map(self.asked, framing.main(self.world))

    def cell(self) -> Iterator[str]:
        """The lines of a cell, with what they import."""
        hosts = list(self.world.hosts.values())
        lines, margin = list(cells.filled(self.lines.written)), 4
        if len(hosts) == 1 and lines[:1] == [f"    with {hosts[0]}.enter():"]:
            lines, margin = lines[1:], 8
        yield from self.opening(()) if self.used or self.unknown else ()
        yield from (line[margin:] for line in lines)

    def opening(self, always: Iterable[str] = ("Host", "Topology")) -> Iterator[str]:
        """What is imported, and asked for."""
        several = len(self.world.hosts) > 1
        names = {*always, *(["Lab"] if several and always else []), *(self.used & _classes(self.world))}
        names |= framing.needed(self.world) if always else set()
        modules = ["import os"] if self.unknown else []
        if "suppress" in self.used:
            modules.append("from contextlib import suppress")
            names.add("CommandError")
        if modules:
            yield from (*modules, "")
        if names:
            yield from imported(sorted(names, key=lambda name: (name[0].islower(), name)))
            yield ""
        for name in self.unknown:
            yield f'{name} = os.environ["{name}"]  # the text does not say'
        if self.unknown:
            yield ""


def _classes(world: World) -> set[str]:
    return {"Rows", *(name for name, value in world.known.items() if isinstance(value, type))}


def _as_shown(typed: reading.Typed, calls: Sequence[Call]) -> Iterator[Call]:
    """Calls of which the last may fail where the text shows that it does."""
    yield from calls if not typed.fails else calls[:-1]
    for last in calls[-1:] if typed.fails else ():
        if last.verb.rpartition(".")[2] in ("ping", "exec"):
            yield evolve(last, keywords={**last.keywords, "check": False})
        elif last.added and len(last.makes) == 1:
            yield evolve(last, added="")
            yield Call("suppress", (Call(f"{last.makes[0]}.{last.added}"),))
        else:
            yield last if last.makes else Call("suppress", (last,))
