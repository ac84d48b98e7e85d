"""Classes of queueing disciplines: `tc class`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from attrs import frozen

from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Statistics
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table
from netns_kit.tables.tc import kinds
from netns_kit.tables.tc.measures import Handle, Parent
from netns_kit.tables.tc.told import bursts, typed


@frozen
class ClassInfo(Row):
    """A class as the kernel has it: rates in bits per second, bursts as the tool tells them, such as "15Kb".

    `bytes`, `packets`, `dropped` and `backlog` (bytes that wait) are counted where they were asked for.
    """

    kind: str
    dev: str | None = None
    handle: str = ""
    parent: str | None = None
    rate: int | None = None
    ceil: int | None = None
    prio: int | None = None
    burst: str | None = None
    cburst: str | None = None
    bytes: int | None = None
    packets: int | None = None
    dropped: int | None = None
    backlog: int | None = None

    @property
    def keywords(self) -> dict[str, Any]:
        """What `add` is told, beside the kind, to make one like it, but for the number of the root."""
        ceil = self.ceil if self.ceil != self.rate else None
        told = {"parent": self.parent, "classid": self.handle, "rate": self.rate, "ceil": ceil}
        return {**told, "prio": self.prio or None, **bursts(burst=self.burst, cburst=self.cburst)}

    def __str__(self) -> str:
        return typed(ClassTable.add, self.dev, self.kind, self.keywords)


def parse_classes(text: str, dev: str) -> Rows[ClassInfo]:
    """The classes in what `tc class show` printed; up to 6.1 at least, it knows no JSON."""
    found = re.findall(r"^class (\S+) (\S+) (?:(root)|parent (\S+)) (.*(?:\n[ \t].*)*)", text, re.MULTILINE)
    return Rows(
        ClassInfo(
            kind,
            dev,
            handle,
            parent or root,
            _bits(_find(r"\brate (\S+)", rest)),
            _bits(_find(r"\bceil (\S+)", rest)),
            _number(_find(r"\bprio (\d+)", rest)),
            _find(r"\bburst (\S+)", rest),
            _find(r"\bcburst (\S+)", rest),
            _number(_find(r"Sent (\d+) bytes", rest)),
            _number(_find(r"(\d+) pkt", rest)),
            _number(_find(r"dropped (\d+)", rest)),
            _number(_find(r"backlog (\d+)b", rest)),
        )
        for kind, handle, root, parent, rest in found
    )


def _find(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _bits(text: str | None) -> int | None:
    """Bits per second of such as 10Mbit, 1500bit or 2Gibit."""
    found = re.fullmatch(r"([\d.]+)([KMGT]?)(i?)bit", text or "")
    return round(float(found[1]) * (1024 if found[3] else 1000) ** " KMGT".index(found[2] or " ")) if found else None


@words
class ClassWords(kinds.HtbClassWords, kinds.HfscClassWords, kinds.DrrClassWords):
    """A class, and where it belongs."""

    parent: Parent | None = None  # "root" unless it is given
    classid: Handle | None = None  # its number, such as "1:10"
    kind: Annotated[kinds.ClassKind, ALONE] = field(kw_only=False)  # of which kind its discipline is

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What the kind does not know is refused."""
        kinds.fit(given, kinds.CLASSES)
        given.setdefault("parent", "root")


@words
class PlaceWords:
    """Which class."""

    parent: Parent | None = None  # to whom it belongs
    classid: Handle | None = None  # its number, such as "1:10"


@words
class ShowWords:
    """Which classes."""

    statistics: Statistics = False  # with what they counted
    parent: Parent | None = None  # only those of this one
    classid: Handle | None = None  # only this one


class ClassTable(Table):
    """The classes of a link's queueing disciplines, `link.class_`.

    Rates are in bits per second, or such as "1mbit"; sizes in bytes, or such as "32kbit".
    """

    def __init__(self, at: At | None, dev: str) -> None:
        super().__init__(at)
        self._dev = dev

    @verb("tc class add dev <_dev> {parent} {classid} {kind}", ClassWords)
    def add(self, said: Said) -> None:
        """Add a class. Raises InvalidArgumentError, ExistsError, NotFoundError (no such link, or parent)."""
        self._site.change(*said)

    @verb("tc class change dev <_dev> {parent} {classid} {kind}", ClassWords)
    def change(self, said: Said) -> None:
        """Change the class that is there."""
        self._site.change(*said)

    @verb("tc class replace dev <_dev> {parent} {classid} {kind}", ClassWords)
    def replace(self, said: Said) -> None:
        """Add a class, or change the one that is there."""
        self._site.change(*said)

    @verb("tc class del dev <_dev>", PlaceWords)
    def delete(self, said: Said) -> None:
        """Delete a class. Raises NotFoundError."""
        self._site.change(*said)

    @verb("tc {statistics} class show dev <_dev>", ShowWords)
    def show(self, said: Said) -> Rows[ClassInfo]:
        """The link's classes."""
        return parse_classes(self._site.run(*said).stdout, self._dev)

    list = show.spelt("list")
