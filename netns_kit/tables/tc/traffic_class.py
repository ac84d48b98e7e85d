"""Classes of queueing disciplines: `tc class`."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import field as fact
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Statistics
from netns_kit.commands.words import ALONE, field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table
from netns_kit.tables.tc import kinds
from netns_kit.tables.tc.measures import Handle, Parent


@frozen
class ClassInfo(Row):
    """A class as the kernel has it: rates in bits per second.

    `bytes`, `packets`, `dropped` and `backlog` (bytes that wait) are counted where they were asked for.
    """

    kind: str
    dev: str | None = None
    handle: str = ""
    parent: str | None = None
    rate: int | None = None
    ceil: int | None = None
    prio: int | None = None
    bytes: int | None = None
    packets: int | None = None
    dropped: int | None = None
    backlog: int | None = None
    raw: Entry = fact(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> ClassInfo:
        """From an entry of `tc -j class`."""
        counted: Entry = entry.get("stats") or entry
        rate, ceil = (None if entry.get(name) is None else int(entry[name]) * 8 for name in ("rate", "ceil"))
        return cls(
            entry.get("class", ""),
            entry.get("dev"),
            entry.get("handle", ""),
            entry.get("parent") or ("root" if entry.get("root") else None),
            rate,
            ceil,
            entry.get("prio"),
            counted.get("bytes"),
            counted.get("packets"),
            counted.get("drops"),
            counted.get("backlog"),
            entry,
        )


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
        return Rows(ClassInfo.from_json({"dev": self._dev, **entry}) for entry in self._site.read(*said))

    def list(self) -> Rows[ClassInfo]:
        """The link's classes. Equivalent to: `tc class show dev DEV`"""
        return self.show()
