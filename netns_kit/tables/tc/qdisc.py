"""Queueing disciplines: `tc qdisc`, to delay, lose and limit what a link sends."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import field as fact
from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Present, Statistics
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, refuse_together, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table
from netns_kit.tables.tc import kinds
from netns_kit.tables.tc.measures import Handle, Parent
from netns_kit.tables.tc.told import WITHOUT_PARENT, part, told, typed


@frozen
class QdiscInfo(Row):
    """A queueing discipline as the kernel has it: times in seconds, percentages 0 to 100, rates in bits per second.

    `bytes`, `packets`, `dropped`, `overlimits`, `requeues` and `backlog` (bytes that wait) are counted where they were
    asked for, by `show(statistics=True)`. `options` are the tool's own: times in seconds, rates in bytes per second.
    """

    kind: str
    dev: str | None = None
    handle: str = ""
    parent: str | None = None
    delay: float = 0
    jitter: float = 0
    loss: float = 0
    duplicate: float = 0
    reorder: float = 0
    corrupt: float = 0
    rate: int = 0
    bytes: int | None = None
    packets: int | None = None
    dropped: int | None = None
    overlimits: int | None = None
    requeues: int | None = None
    backlog: int | None = None
    options: Entry = fact(factory=dict)
    raw: Entry = fact(factory=dict, repr=False, eq=False)

    usual = dict.fromkeys(("delay", "jitter", "loss", "duplicate", "reorder", "corrupt", "rate"), 0)

    @classmethod
    def from_json(cls, entry: Entry) -> QdiscInfo:
        """From an entry of `tc -j qdisc`."""
        options = entry.get("options") or {}
        return cls(
            entry.get("kind", ""),
            entry.get("dev"),
            entry.get("handle", ""),
            entry.get("parent"),
            float(part(options, "delay", "delay")),
            float(part(options, "delay", "jitter")),
            float(part(options, "loss-random", "loss")) * 100,
            float(part(options, "duplicate", "duplicate")) * 100,
            float(part(options, "reorder", "reorder")) * 100,
            float(part(options, "corrupt", "corrupt")) * 100,
            int(part(options, "rate", "rate")) * 8,
            entry.get("bytes"),
            entry.get("packets"),
            entry.get("drops"),
            entry.get("overlimits"),
            entry.get("requeues"),
            entry.get("backlog"),
            options,
            entry,
        )

    @property
    def is_named(self) -> bool:
        """Whether somebody chose its number: from 8000: on the kernel does."""
        return int(self.handle.partition(":")[0] or "0", 16) in range(1, 0x8000)

    @property
    def keywords(self) -> dict[str, Any]:
        """What `add` is told, beside the kind, to make one like it."""
        parent = {} if self.kind in WITHOUT_PARENT else {"parent": self.parent or "root"}
        return {**parent, "handle": self.handle or None, **told(self.kind, self.options)}

    def __str__(self) -> str:
        handle = self.handle if self.is_named else None
        return typed(QdiscTable.add, self.dev, self.kind, {**self.keywords, "handle": handle})


@words
class QdiscWords(
    kinds.NetemWords,
    kinds.TbfWords,
    kinds.HtbWords,
    kinds.PrioWords,
    kinds.FqCodelWords,
    kinds.FqWords,
    kinds.SfqWords,
    kinds.FifoWords,
    kinds.RedWords,
    kinds.CakeWords,
    kinds.HfscWords,
):
    """A queueing discipline of a link, and where it belongs."""

    as_given = True

    parent: Parent | None = None  # "root" unless it is given
    handle: Handle | None = None  # its number, such as "1:"
    kind: Annotated[kinds.QdiscKind, ALONE] = field(kw_only=False)  # which one

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What the kind does not know is refused, and so is what does not fit together."""
        kinds.fit(given, kinds.QDISCS)
        kind = given["kind"]
        if kind not in ("ingress", "clsact"):
            given.setdefault("parent", "root")
        for argument, needed in (("jitter", "delay"), ("correlation", "jitter")):
            if argument in given and needed not in given:
                raise InvalidArgumentError(argument, given[argument], f"it needs a {needed} to belong to")
        if "reorder" in given and "delay" not in given:
            reason = "it needs a delay: what is sent at once overtakes the others"
            raise InvalidArgumentError("reorder", given["reorder"], reason)
        if kind == "tbf":
            refuse_together(given, "limit", "latency")
            for argument in ("rate", "burst", "limit" if "limit" in given else "latency"):
                if argument not in given:
                    raise InvalidArgumentError(argument, None, "a tbf needs it")


@words
class PlaceWords:
    """Where a discipline belongs."""

    parent: Parent | None = None  # "root" unless it is given
    handle: Handle | None = None  # its number, such as "1:"
    kind: Annotated[kinds.QdiscKind, ALONE] | None = None  # which one it must be


@words
class ShowWords:
    """Which disciplines."""

    statistics: Statistics = False  # with what they counted
    invisible: Present = False  # the kernel's own, too


class QdiscsTable(Table):
    """The queueing disciplines of a place, `place.qdisc`; a link's own are `link.qdisc`."""

    @verb("tc {statistics} qdisc show", ShowWords)
    def show(self, said: Said) -> Rows[QdiscInfo]:
        """Those of all links."""
        return Rows(map(QdiscInfo.from_json, self._site.read(*said)))

    list = show.spelt("list")


class QdiscTable(Table):
    """The queueing disciplines of a link, `link.qdisc`. They see what the link sends, not what it receives.

    Times are in seconds, or as the tool has them ("100ms"); percentages are 0 to 100; rates are in bits per second, or
    such as "1mbit"; sizes in bytes, or such as "32kbit".
    """

    def __init__(self, at: At | None, dev: str) -> None:
        super().__init__(at)
        self._dev = dev

    @verb("tc qdisc add dev <_dev> {parent} {handle} {kind}", QdiscWords)
    def add(self, said: Said) -> None:
        """Give the link a discipline.

        Raises InvalidArgumentError, ExistsError, NotFoundError, MissingModuleError (the kernel lacks this kind).
        """
        self._site.change(*said)

    @verb("tc qdisc change dev <_dev> {parent} {handle} {kind}", QdiscWords)
    def change(self, said: Said) -> None:
        """Change the options of the discipline that is there."""
        self._site.change(*said)

    @verb("tc qdisc replace dev <_dev> {parent} {handle} {kind}", QdiscWords)
    def replace(self, said: Said) -> None:
        """Give the link a discipline, or change the one it has."""
        self._site.change(*said)

    @verb("tc qdisc del dev <_dev> {parent} {handle}", PlaceWords)
    def delete(self, said: Said) -> None:
        """Take a discipline away; the kernel's default takes its place. Raises NotFoundError if there is none."""
        self._site.change(*said, *(() if said.given.get("parent") or said.given.get("handle") else ("root",)))

    @verb("tc {statistics} qdisc show dev <_dev>", ShowWords)
    def show(self, said: Said) -> Rows[QdiscInfo]:
        """The link's disciplines."""
        return Rows(QdiscInfo.from_json({"dev": self._dev, **entry}) for entry in self._site.read(*said))

    list = show.spelt("list")
