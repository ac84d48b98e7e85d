"""Answers of many entries: they show themselves as tables, and turn into plain data."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, SupportsIndex, TypeVar, cast, overload

import attrs


class Row(Mapping[str, Any]):
    """What all infos are: attrs classes that can be read as mappings too, so that `dict(info)` is plain data.

    The raw JSON is no part of it. What is `usual` of a field goes without saying in a table.
    """

    __slots__ = ()
    usual: ClassVar[Mapping[str, Any]] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._names():
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cast(Any, cls))
        return tuple(one.name for one in fields if one.name not in ("raw", "result", "at"))


RowT_co = TypeVar("RowT_co", bound=Row, covariant=True)


class Rows(tuple[RowT_co, ...]):
    """A tuple of infos. It prints as an aligned table, is a table in a notebook, and `pandas.DataFrame` takes it."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> RowT_co: ...
    @overload
    def __getitem__(self, index: slice) -> Rows[RowT_co]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> RowT_co | Rows[RowT_co]:
        if isinstance(index, slice):
            return Rows(super().__getitem__(index))
        return super().__getitem__(index)

    def __str__(self) -> str:
        return text_table(*self._table()) if self else "(none)"

    def __repr__(self) -> str:
        return str(self).rstrip("\n")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return html_table(*self._table()) if self else "<p>(none)</p>"

    def _table(self) -> tuple[list[str], list[list[Any]]]:
        """The columns in which some row has something, and the rows; what is nested has no place in a table."""
        columns = [
            name for name in self[0] if any(_is_told(row[name]) and row[name] != row.usual.get(name) for row in self)
        ]
        return columns, [[row[name] for name in columns] for row in self]


def _is_told(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", ()) and not isinstance(value, dict)


def text_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table as aligned text, a line for each row."""
    lines = [list(columns), *([legible(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def html_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table as HTML, with all that came from the system escaped."""

    def line(tag: str, cells: Iterable[Any]) -> str:
        inside = "".join(f'<{tag} style="text-align: left">{html.escape(legible(cell))}</{tag}>' for cell in cells)
        return f"<tr>{inside}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    return f"<table>\n<thead>{line('th', columns)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def readable(text: str) -> str:
    """A text that can be printed: bytes that are no UTF-8 show as marks."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def legible(value: Any) -> str:
    """A value as it can stand in a cell: without quotes and brackets, in one line, and true Unicode."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(map(legible, value)) if isinstance(value, list | tuple) else str(value)
    clean = readable(text.rstrip("\n").replace("\n", "⏎"))
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "�", clean)
