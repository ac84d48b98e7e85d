"""Routes of packets to many: `ip mroute`."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Family, LinkName, Network, Statistics, TableName
from netns_kit.commands.words import words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable


@words
class MrouteSelector:
    """Which routes."""

    statistics: Statistics = False  # with what they counted
    family: Family | None = None  # 4 or 6, IPv4 otherwise
    to: Network | None = None  # only those to this group
    from_: Network | None = None  # only those from there
    iif: LinkName | None = None  # only those of packets that come by this link
    table: TableName | None = None  # number or name; "all" for all


@frozen
class MrouteInfo(Row):
    """A route of packets to many: from `src` by `iif` to the group `dst`, and on by links, `multipath`."""

    dst: str
    src: str | None = None
    iif: str | None = None
    state: str | None = None
    table: str | None = None
    multipath: tuple[dict[str, Any], ...] = ()
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class MrouteTable(ObjectTable):
    """Routes of packets to many at a place, `place.mroute`; a routing daemon makes them."""

    @verb("ip {statistics} {family} mroute show", MrouteSelector)
    def show(self, said: Said) -> Rows[MrouteInfo]:
        """The routes."""
        return self._rows(MrouteInfo, said)

    list = show.spelt("list")
