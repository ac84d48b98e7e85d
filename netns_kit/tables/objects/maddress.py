"""Multicast addresses: `ip maddr`."""

from __future__ import annotations

from typing import Annotated

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Family, LinkName, Mac
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable


@words
class MaddressWords:
    """An Ethernet address of many."""

    address: Annotated[Mac, ALONE] = field(kw_only=False)  # such as "33:33:00:00:00:01"
    dev: LinkName = field(kw_only=True)  # the link that listens to it


@words
class MaddressSelector:
    """Which addresses."""

    family: Family | None = None  # 4 or 6, all without it
    dev: LinkName | None = None  # only those of this link


@frozen
class MaddressInfo(Row):
    """An address of many that a link listens to; `family` is "link" for one of Ethernet."""

    dev: str
    family: str
    address: str
    users: int = 1
    static: bool = False
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class MaddressTable(ObjectTable):
    """Multicast addresses of a place, `place.maddress`."""

    @verb("ip maddr add", MaddressWords)
    def add(self, said: Said) -> None:
        """Have a link listen to an address. Raises NotFoundError (no such link)."""
        self._site.change(*said)

    @verb("ip maddr del", MaddressWords)
    def delete(self, said: Said) -> None:
        """Have a link listen to an address no more."""
        self._site.change(*said)

    @verb("ip {family} maddr show", MaddressSelector)
    def show(self, said: Said) -> Rows[MaddressInfo]:
        """The addresses that links listen to."""
        return Rows(
            MaddressInfo(
                entry.get("ifname", ""),
                one.get("family", "link"),
                one.get("address") or one.get("link", ""),
                one.get("users", 1),
                one.get("features") == "static",
                one,
            )
            for entry in self._site.read("ip", *said[1:])
            for one in entry.get("maddr", ())
        )

    list = show.spelt("list")
