"""How the kernel treats packets of a link: `ip netconf`."""

from __future__ import annotations

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName
from netns_kit.commands.words import words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable


@words
class NetconfSelector:
    """Of what."""

    dev: LinkName | None = None  # only of this link


@frozen
class NetconfInfo(Row):
    """The settings of a link, or of "all" or "default", for one family."""

    interface: str
    family: str = ""
    forwarding: bool = False
    rp_filter: str | None = None
    mc_forwarding: bool = False
    proxy_neigh: bool = False
    ignore_routes_with_linkdown: bool = False
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class NetconfTable(ObjectTable):
    """The settings of a place, `place.netconf`; `place.sysctl` changes them."""

    @verb("ip netconf show", NetconfSelector)
    def show(self, said: Said) -> Rows[NetconfInfo]:
        """The settings."""
        return self._rows(NetconfInfo, said)

    list = show.spelt("list")
