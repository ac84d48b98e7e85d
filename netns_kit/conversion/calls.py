"""A script as data: calls in order, which can be run as they stand, or written as Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, count, groupby
from typing import Any

from attrs import define, field, frozen

from netns_kit.commands.rows import legible
from netns_kit.places.host import Host

WIDTH = 88
"""Columns of a line at the most, as formatters have it."""


@frozen
class Variable:
    """A variable of the script, as an argument."""

    name: str


@frozen
class Call:
    """One call: `verb` begins with a variable or a class, such as "br0.set" or "Bridge".

    `makes` are the variables for what it gives; a class's objects are made by their own `add`. `remark` goes before it.
    """

    verb: str
    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = field(factory=dict)
    makes: tuple[str, ...] = ()
    remark: str = ""
    added: str = ""

    def words(self) -> list[str]:
        """Its arguments as they are written."""
        return [*map(written, self.arguments), *(f"{key}={written(value)}" for key, value in self.keywords.items())]

    def text(self, indent: int, after: str = "") -> Iterator[str]:
        """Its lines, with something behind the last one."""
        space = " " * indent
        if self.remark:
            yield f"{space}# {legible(self.remark)}"
        if not self.verb:
            return
        words = self.words()
        head = f"{', '.join(self.makes)} = {self.verb}(" if self.makes else f"{self.verb}("
        tail = (f").{self.added}()" if self.added else ")") + after
        line = f"{space}{head}{', '.join(words)}{tail}"
        if len(line) <= WIDTH or not words:
            yield line
            return
        yield f"{space}{head}"
        for name, value in (*(("", value) for value in self.arguments), *self.keywords.items()):
            yield from _on_lines(f"{space}    ", f"{name}=" if name else "", value)
        yield f"{space}{tail}"

    def run(self, known: dict[str, Any]) -> Any:
        """Call it, and give what that gives; `known` are the classes and the variables so far."""
        if not self.verb:
            return None
        first, *rest = self.verb.split(".")
        function: Any = known[first]
        for name in rest:
            function = getattr(function, name)
        made = function(
            *(_meant(value, known) for value in self.arguments),
            **{key: _meant(value, known) for key, value in self.keywords.items()},
        )
        made = getattr(made, self.added)() if self.added else made
        known.update(zip(self.makes, made if len(self.makes) > 1 else (made,), strict=False))
        return made


def _on_lines(space: str, name: str, value: object) -> Iterator[str]:
    """An argument on a line of its own, or on several."""
    line = f"{space}{name}{written(value)},"
    if len(line) <= WIDTH or not isinstance(value, tuple | dict):
        yield line
        return
    start, *parts, end = _parts(value)
    yield f"{space}{name}{start}"
    yield from (f"{space}    {part}," for part in parts)
    yield f"{space}{end},"


def call(verb: str, /, *arguments: object, **keywords: object) -> Call:
    """A call as it is written: `call("net0.route.add", "default", via="10.0.0.1")`."""
    return Call(verb, arguments, keywords)


_TELLING = {
    "show", "list", "get", "ping", "statistics", "details", "showmacs", "showstp", "rules", "identify", "pids",
    "list_id", "snapshot", "ports", "save",
}  # fmt: skip
"""Verbs that are typed for what they answer."""


def shown(one: Call, indent: int) -> Call:
    """A call whose answer is printed, if it is typed for that, and the line does not get too long."""
    telling = one.verb.rpartition(".")[2] in _TELLING and not one.makes
    return Call("print", (one,)) if telling and indent + len(written(one)) + len("print()") <= WIDTH else one


def written(value: object) -> str:
    """A value as it is written in Python, with the quotes that formatters choose."""
    if isinstance(value, Variable):
        return value.name
    if isinstance(value, Call):
        return f"{value.verb}({', '.join(value.words())})"
    if isinstance(value, tuple | dict):
        start, *parts, end = _parts(value)
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"{start}{', '.join(parts)}{comma}{end}"
    if not isinstance(value, str):
        return repr(value)
    text = repr(value)[1:-1]
    if repr(value)[0] == '"':
        return f'"{text}"'
    return f"'{text}'" if value.count('"') > value.count("'") else '"' + _with_double(text) + '"'


def _parts(value: tuple[object, ...] | dict[Any, object]) -> tuple[str, ...]:
    """A value's parts as they are written, between its brackets."""
    if isinstance(value, dict):
        return ("{", *(f"{written(key)}: {written(one)}" for key, one in value.items()), "}")
    return ("(", *map(written, value), ")")


def _with_double(text: str) -> str:
    return text.replace("\\'", "'").replace('"', '\\"')


def _meant(value: object, known: dict[str, Any]) -> object:
    if isinstance(value, tuple):
        return tuple(_meant(one, known) for one in value)
    if isinstance(value, Call):
        return value.run(known)
    return known[value.name] if isinstance(value, Variable) else value


class Names:
    """Variables for things by what these are called: none twice, and none that Python or the script needs itself."""

    def __init__(self, *taken: str) -> None:
        self._taken = {*taken, "build", "print", *keyword.kwlist, *keyword.softkwlist}

    def new(self, *words: str) -> str:
        """A variable for the first of these names that is free: "eth0", then "net1_eth0", then "net1_eth0_2"."""
        names = [identifier(word) for word in words]
        numbered = (f"{names[-1]}_{number}" for number in count(2))
        found = next(name for name in chain(names, numbered) if name not in self._taken)
        self._taken.add(found)
        return found


def identifier(text: str) -> str:
    """A text as a name of Python: what cannot be in one is an underscore."""
    name = re.sub(r"[^0-9a-zA-Z_]", "_", text)
    return f"n{name}" if not name or name[0].isdigit() else name


@frozen
class Step:
    """A call at a host; with `batched`, next to others like it, it is handed over together with them."""

    host: str
    call: Call
    batched: bool = True


@define
class Script:
    """Calls that build something on hosts. `hosts` are their variables, by name."""

    hosts: dict[str, str]
    steps: Sequence[Step]
    classes: Mapping[str, Any]

    def run(self, hosts: Mapping[str, Host]) -> None:
        """Run it on these hosts, by name."""
        known: dict[str, Any] = {**self.classes, **{name: hosts[host] for host, name in self.hosts.items()}}
        for host, steps in groupby(self.steps, lambda step: step.host):
            with hosts[host].enter():
                for batched, some in groupby(steps, lambda step: step.batched):
                    with ExitStack() as block:
                        if batched:
                            block.enter_context(hosts[host].batch())
                        for step in some:
                            step.call.run(known)

    def as_python(self) -> str:
        """It as a Python script, with `build`, which has a parameter for each host, and a main part that runs it."""
        several = len(self.hosts) > 1
        body = list(self._body())
        text = "\n".join(body)
        used = {step.call.verb.partition(".")[0] for step in self.steps} & set(self.classes)
        used |= {name for name in self.classes if re.search(rf"\b{name}\(", text)}
        imports = sorted(
            {"Host", "Topology", *used, *(["Lab"] if several else [])}, key=lambda name: (name[0].islower(), name)
        )
        lines = ['"""Builds a network on private hosts. Made from what was there."""', "", *imported(imports), "", ""]
        lines += [*self._signature(), *body, "", "", 'if __name__ == "__main__":', *self._main()]
        return "".join(f"{line}\n" for line in lines)

    def _signature(self) -> Iterator[str]:
        words = [f"{name}: Host" for name in self.hosts.values()]
        line = f"def build({', '.join(words)}) -> None:"
        yield from [line] if len(line) <= WIDTH else ["def build(", *(f"    {word}," for word in words), ") -> None:"]

    def _body(self) -> Iterator[str]:
        if not self.steps:
            yield "    pass"
        for host, steps in groupby(self.steps, lambda step: step.host):
            yield f"    with {self.hosts[host]}.enter():"
            for batched, some in groupby(steps, lambda step: step.batched):
                if batched:
                    yield f"        with {self.hosts[host]}.batch():"
                calls = [step.call for step in some]
                yield from (line for call in calls for line in call.text(12 if batched else 8))
                if not any(call.verb for call in calls):
                    yield f"{' ' * (12 if batched else 8)}pass"

    def _main(self) -> Iterator[str]:
        if len(self.hosts) == 1:
            ((host, name),) = self.hosts.items()
            yield f"    with Host.private({written(host)}) as {name}:"
            yield f"        build({name})"
            yield f"        print(Topology.of({name}))"
            return
        yield "    with Lab() as lab:"
        yield from Call("build", tuple(_Code(f"lab.host({written(host)})") for host in self.hosts)).text(8)
        yield "        print(Topology.of(lab))"


class _Code(Variable):
    """An argument that is written as it stands."""


def imported(names: Iterable[str]) -> Iterator[str]:
    """The line that imports public names."""
    chosen = list(names)
    line = f"from netns_kit import {', '.join(chosen)}"
    yield from [line] if len(line) <= WIDTH else ["from netns_kit import (", *(f"    {name}," for name in chosen), ")"]
