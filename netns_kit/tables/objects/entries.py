"""What the rarer objects share: answers whose fields are called as the tool calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.verb import Said
from netns_kit.tables.table import Table

RowT = TypeVar("RowT", bound=Row)


def filled(kind: type[RowT], entry: Entry) -> RowT:
    """An info whose fields are called as the answer's keys are; a key whose value is null is a flag."""
    fields: dict[str, Any] = {
        name: True if entry[name] is None else tuple(entry[name]) if isinstance(entry[name], list) else entry[name]
        for name in kind._names()
        if name in entry
    }
    return cast(Callable[..., RowT], kind)(**fields, raw=entry)


class ObjectTable(Table):
    """Entries of an object of `ip`."""

    def _rows(self, kind: type[RowT], said: Said, *options: str) -> Rows[RowT]:
        """The entries of an answer."""
        return Rows(filled(kind, entry) for entry in self._site.read("ip", *options, *said[1:]))
