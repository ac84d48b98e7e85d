"""Ports of bridges: `bridge link`."""

from __future__ import annotations

from typing import Any, Literal

from attrs import field as attribute
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, OnOff, Present
from netns_kit.commands.words import words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.brport_words import SlaveWords
from netns_kit.tables.table import Table, complete_with_link


@frozen
class BrportInfo(Row):
    """A port of a bridge as `bridge -d link` shows it; what is no field here is in `raw`."""

    dev: str
    master: str | None = None
    state: str = ""
    priority: int | None = None
    cost: int | None = None
    hairpin: bool = False
    guard: bool = False
    root_block: bool = False
    fastleave: bool = False
    learning: bool = False
    flood: bool = False
    mcast_flood: bool = False
    bcast_flood: bool = False
    mcast_router: int | None = None
    mcast_to_unicast: bool = False
    neigh_suppress: bool = False
    vlan_tunnel: bool = False
    isolated: bool = False
    locked: bool = False
    backup_port: str | None = None
    hwmode: str | None = None
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> BrportInfo:
        """From an entry of `bridge -j -d link`."""
        told = {name: entry[name] for name in BrportInfo._names() if name in entry}
        return cls(dev=entry.get("ifname", ""), raw=entry, **told)


@words
class BrportWords(SlaveWords):
    """What `bridge link` says of a port."""

    dev: LinkName | None = None  # the port
    learning_sync: OnOff | None = None  # whether the card tells the bridge what it learns
    hwmode: Literal["vepa", "veb"] | None = None  # whether the card or the switch behind it joins virtual cards
    self_: Present = False  # the card itself is meant
    master: Present = False  # the bridge is meant, as it is unless something else is said

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It is a port's."""
        complete_with_link(given)
        SlaveWords.complete(given)


@words
class BrportSelector:
    """Which ports."""

    dev: LinkName | None = None  # only this one


class BrportTable(Table):
    """The ports of a place's bridges, `place.brport`, or what one link is as a port, `link.brport`.

    For a link's, `dev` need not be given.
    """

    def __init__(self, at: At | None = None, dev: str | None = None) -> None:
        super().__init__(at)
        self._bound = {"dev": dev} if dev else {}

    @verb("bridge link set {dev}", BrportWords)
    def set(self, said: Said) -> None:
        """Change what a port does. Raises NotFoundError, RefusedValueError (it is no port)."""
        self._site.change(*said)

    @verb("bridge -d link show", BrportSelector)
    def show(self, said: Said) -> Rows[BrportInfo]:
        """The ports, and what each does."""
        return Rows(BrportInfo.from_json(entry) for entry in self._site.read(*said))

    list = show.spelt("list")
