"""The links of a place: `ip link`."""

from __future__ import annotations

from typing import Any

from netns_kit.commands import values
from netns_kit.commands.rows import Rows
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link
from netns_kit.tables.table import Table, tokens


class LinkTable(Table):
    """Links of a place, `place.link`; `place.link("eth0")` is one of them."""

    def __call__(self, name: str) -> Link:
        """A link of this place, of whatever kind. Touches nothing."""
        return Link(name, at=self._site)

    def show(self, *, type: str | None = None, master: Any = None, up: bool = False) -> Rows[LinkInfo]:
        """The links, all or some.

        Equivalent to: `ip link` or `ip link show [up] [master DEV] [type KIND]`
        """
        selector = tokens(
            up=values.truth("up", up),
            master=None if master is None else values.link_name("master", master),
            type=None if type is None else values.plain("type", type),
        )
        return self._read(*(("show", *selector) if selector else ()))

    def list(self) -> Rows[LinkInfo]:
        """The links. Equivalent to: `ip link list`"""
        return self._read("list")

    def _read(self, *words: str) -> Rows[LinkInfo]:
        return Rows(LinkInfo.from_json(entry) for entry in self._site.read("ip", "-d", "link", *words))
