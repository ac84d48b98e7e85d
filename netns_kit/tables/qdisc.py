"""Queueing disciplines: `tc qdisc`, to delay, lose and limit what a link sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.site import At
from netns_kit.tables.table import Table


@frozen
class QdiscInfo(Row):
    """A queueing discipline as the kernel has it. `options` are the tool's: times in seconds, rates in bytes/s."""

    kind: str
    handle: str = ""
    parent: str | None = None
    options: Entry = field(factory=dict)
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @property
    def delay(self) -> float:
        """A netem's delay in seconds."""
        return float(self._part("delay", "delay"))

    @property
    def jitter(self) -> float:
        """How far a netem's delay varies, in seconds."""
        return float(self._part("delay", "jitter"))

    @property
    def loss(self) -> float:
        """The percentage that a netem loses."""
        return float(self._part("loss-random", "loss")) * 100

    @property
    def duplicate(self) -> float:
        """The percentage that a netem sends twice."""
        return float(self._part("duplicate", "duplicate")) * 100

    @property
    def reorder(self) -> float:
        """The percentage that a netem sends at once, before those that are delayed."""
        return float(self._part("reorder", "reorder")) * 100

    @property
    def corrupt(self) -> float:
        """The percentage that a netem damages."""
        return float(self._part("corrupt", "corrupt")) * 100

    @property
    def rate(self) -> int:
        """The limit of a netem or a tbf in bits per second; 0 is none."""
        return int(self._part("rate", "rate")) * 8

    def _part(self, key: str, part: str) -> Any:
        known = self.options.get(key, 0)
        return known.get(part, 0) if isinstance(known, dict) else known

    @classmethod
    def from_json(cls, entry: Entry) -> QdiscInfo:
        """From an entry of `tc -j qdisc`."""
        options = entry.get("options") or {}
        return cls(entry.get("kind", ""), entry.get("handle", ""), entry.get("parent"), options, entry)


class QdiscTable(Table):
    """The queueing disciplines of a link, `link.qdisc`. They see what the link sends, not what it receives.

    netem takes `delay`, `jitter`, `correlation`, `loss`, `duplicate`, `reorder`, `corrupt`, `rate` and `limit`; tbf
    takes `rate`, `burst` and `latency` or `limit`. Times are in seconds, or as the tool has them ("100ms");
    percentages are 0 to 100; rates are in bits per second, or such as "1mbit"; `burst` and tbf's `limit` are in bytes,
    or such as "32kbit"; netem's `limit` is in packets.
    """

    def __init__(self, at: At | None, dev: str) -> None:
        super().__init__(at)
        self._dev = dev

    def add(self, kind: str, *, parent: str | None = None, handle: str | None = None, **options: Any) -> None:
        """Give the link a discipline, at its root unless a `parent` is given.

        Equivalent to: `tc qdisc add dev DEV root|parent PARENT [handle HANDLE] netem|tbf OPTIONS`

        Raises InvalidArgumentError, ExistsError, NotFoundError, MissingModuleError (the kernel lacks this kind).
        """
        self._change("add", kind, parent, handle, options)

    def change(self, kind: str, *, parent: str | None = None, handle: str | None = None, **options: Any) -> None:
        """Change the options of the discipline that is there. Equivalent to: `tc qdisc change dev DEV …`"""
        self._change("change", kind, parent, handle, options)

    def replace(self, kind: str, *, parent: str | None = None, handle: str | None = None, **options: Any) -> None:
        """Give the link a discipline, or change the one it has. Equivalent to: `tc qdisc replace dev DEV …`"""
        self._change("replace", kind, parent, handle, options)

    def delete(self, *, parent: str | None = None) -> None:
        """Take the discipline away; the kernel's default takes its place.

        Equivalent to: `tc qdisc del dev DEV root|parent PARENT`. Raises NotFoundError if there is none.
        """
        self._site.change("tc", "qdisc", "del", "dev", self._dev, *_place(parent))

    def show(self) -> Rows[QdiscInfo]:
        """The link's disciplines. Equivalent to: `tc qdisc show dev DEV`"""
        return Rows(QdiscInfo.from_json(entry) for entry in self._site.read("tc", "qdisc", "show", "dev", self._dev))

    def _change(self, verb: str, kind: str, parent: str | None, handle: str | None, options: dict[str, Any]) -> None:
        words = _WORDS[values.choice("kind", kind, _WORDS)](**options)
        name = () if handle is None else ("handle", values.plain("handle", handle))
        self._site.change("tc", "qdisc", verb, "dev", self._dev, *_place(parent), *name, kind, *words)


def _place(parent: str | None) -> tuple[str, ...]:
    return ("root",) if parent is None else ("parent", values.plain("parent", parent))


def _netem(
    *,
    delay: float | str | None = None,
    jitter: float | str | None = None,
    correlation: float | None = None,
    loss: float | None = None,
    duplicate: float | None = None,
    reorder: float | None = None,
    corrupt: float | None = None,
    rate: int | str | None = None,
    limit: int | None = None,
) -> tuple[str, ...]:
    for argument, value, needed in (("jitter", jitter, delay), ("correlation", correlation, jitter)):
        if value is not None and needed is None:
            raise InvalidArgumentError(argument, value, "it needs a delay and, for correlation, a jitter to belong to")
    if reorder is not None and delay is None:
        raise InvalidArgumentError("reorder", reorder, "it needs a delay: what is sent at once overtakes the others")
    words: list[str] = []
    if delay is not None:
        words += ["delay", _time("delay", delay)]
        words += [] if jitter is None else [_time("jitter", jitter)]
        words += [] if correlation is None else [_percent("correlation", correlation)]
    for name, value in (("loss", loss), ("duplicate", duplicate), ("reorder", reorder), ("corrupt", corrupt)):
        words += [] if value is None else [name, _percent(name, value)]
    words += [] if rate is None else ["rate", _rate("rate", rate)]
    words += [] if limit is None else ["limit", str(values.integer("limit", limit, 1, 2**32 - 1))]
    return tuple(words)


def _tbf(
    *,
    rate: int | str | None = None,
    burst: int | str | None = None,
    latency: float | str | None = None,
    limit: int | str | None = None,
) -> tuple[str, ...]:
    for argument, value in (("rate", rate), ("burst", burst)):
        if value is None:
            raise InvalidArgumentError(argument, None, "a tbf needs it")
    if (latency is None) == (limit is None):
        raise InvalidArgumentError("latency", latency, "a tbf needs either a latency or a limit")
    queue = ("latency", _time("latency", latency)) if limit is None else ("limit", _size("limit", limit))
    return ("rate", _rate("rate", rate), "burst", _size("burst", burst), *queue)


_WORDS: dict[str, Callable[..., tuple[str, ...]]] = {"netem": _netem, "tbf": _tbf}


def _time(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return _measure(argument, value, "(s|ms|us)", "100ms")
    return f"{values.seconds(argument, value) * 1000:g}ms"


def _percent(argument: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise InvalidArgumentError(argument, value, "it must be a percentage, 0 to 100")
    return f"{value}%"


def _rate(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return _measure(argument, value, "[kmgt]?i?(bit|bps)", "1mbit")
    return f"{values.integer(argument, value, 1, 2**64 - 1)}bit"


def _size(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return _measure(argument, value, "(b|[kmg](b|bit)?)?", "32kbit")
    return str(values.integer(argument, value, 1, 2**32 - 1))


def _measure(argument: str, value: str, units: str, example: str) -> str:
    if not re.fullmatch(rf"\d+(\.\d+)?{units}", value.lower()):
        raise InvalidArgumentError(argument, value, f'it must be a number, or one with its unit such as "{example}"')
    return value
