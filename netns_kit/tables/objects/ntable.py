"""Settings of the neighbour tables: `ip ntable`."""

from __future__ import annotations

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Family, LinkName, Number, Plain
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable


@words
class NtableWords:
    """Settings of a table; times are in milliseconds."""

    family: Family | None = None  # 4 or 6
    name: Plain = field(kw_only=False)  # "arp_cache" or "ndisc_cache"
    dev: LinkName | None = None  # on this link; without it, what holds for all
    thresh1: Number | None = None  # with fewer entries, none is thrown away
    thresh2: Number | None = None  # with more, they are thrown away soon
    thresh3: Number | None = None  # there are never more
    gc_int: Number | None = None  # how often is looked for old ones
    base_reachable: Number | None = None  # how long one counts as reachable, about
    retrans: Number | None = None  # how long before it is asked for again
    gc_stale: Number | None = None  # how long an old one is kept
    delay_probe: Number | None = None  # how long before an old one that is used is asked for
    queue: Number | None = None  # how many packets wait for an answer
    app_probes: Number | None = None  # how often a program is asked
    ucast_probes: Number | None = None  # how often it is asked itself
    mcast_probes: Number | None = None  # how often all are asked
    anycast_delay: Number | None = None  # how long at most before answering for an anycast address
    proxy_delay: Number | None = None  # how long at most before answering for others
    proxy_queue: Number | None = None  # how many questions about others may wait
    locktime: Number | None = None  # for how long an entry is not changed again


@words
class NtableSelector:
    """Which settings."""

    family: Family | None = None  # 4 or 6, both without it
    dev: LinkName | None = None  # only those on this link
    name: Plain | None = None  # only this table's: "arp_cache" or "ndisc_cache"


@frozen
class NtableInfo(Row):
    """Settings of a neighbour table, on a link or for all; `raw` has them all. Times are in milliseconds."""

    name: str
    family: str = ""
    dev: str | None = None
    thresh1: int | None = None
    thresh2: int | None = None
    thresh3: int | None = None
    gc_interval: int | None = None
    base_reachable: int | None = None
    retrans: int | None = None
    gc_stale: int | None = None
    delay_probe: int | None = None
    queue: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class NtableTable(ObjectTable):
    """Settings of a place's neighbour tables, `place.ntable`."""

    @verb("ip {family} ntable change", NtableWords)
    def change(self, said: Said) -> None:
        """Change settings of a neighbour table."""
        self._site.change(*said)

    @verb("ip {family} ntable show", NtableSelector)
    def show(self, said: Said) -> Rows[NtableInfo]:
        """The settings."""
        return self._rows(NtableInfo, said)

    list = show.spelt("list")
