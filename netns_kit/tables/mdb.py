"""Multicast databases of bridges: `bridge mdb`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from attrs import field as attribute
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, LinkName, Mac
from netns_kit.commands.word import ALONE, Word
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.fdb import Vid
from netns_kit.tables.table import Table, complete_with_link


def _checked_group(argument: str, value: Any) -> str:
    is_mac = re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", str(value))
    return values.mac(argument, value) if is_mac else values.address(argument, value)


MulticastGroup = Annotated[Address | Mac, Word(_checked_group, "GROUP")]
"""An address of many, of IP or Ethernet."""


@frozen
class MdbInfo(Row):
    """An entry as the kernel has it: behind `port` is who wants what is sent to `grp`. `state` is temp or permanent."""

    dev: str
    port: str
    grp: str
    src: str | None = None
    state: str = ""
    vid: int | None = None
    flags: tuple[str, ...] = ()
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> MdbInfo:
        """From an entry of `bridge -j mdb`."""
        return cls(
            entry.get("dev", ""),
            entry.get("port", ""),
            entry.get("grp", ""),
            entry.get("src"),
            entry.get("state", ""),
            entry.get("vid"),
            tuple(entry.get("flags") or ()),
            entry,
        )


@words
class MdbWords:
    """An entry."""

    dev: LinkName | None = None  # the bridge
    port: LinkName = field(kw_only=True)  # behind which somebody listens
    grp: MulticastGroup = field(kw_only=True)  # to what address
    src: Address | None = None  # from what address
    state: Annotated[Literal["permanent", "temp"], ALONE] | None = None  # whether it is kept, "temp" otherwise
    vid: Vid | None = None  # the VLAN that it is in

    complete = staticmethod(complete_with_link)


@words
class MdbSelector:
    """Which entries."""

    dev: LinkName | None = None  # those of this bridge
    vid: Vid | None = None  # those in this VLAN


class MdbTable(Table):
    """Multicast databases of a place, `place.mdb`, or of a bridge, `bridge.mdb`; there, `dev` need not be given."""

    def __init__(self, at: At | None = None, dev: str | None = None) -> None:
        super().__init__(at)
        self._bound = {"dev": dev} if dev else {}

    @verb("bridge mdb add", MdbWords)
    def add(self, said: Said) -> None:
        """Add an entry; the bridge must be up. Raises ExistsError, NotFoundError."""
        self._site.change(*said)

    @verb("bridge mdb del", MdbWords)
    def delete(self, said: Said) -> None:
        """Delete an entry. Raises NotFoundError."""
        self._site.change(*said)

    @verb("bridge mdb show", MdbSelector)
    def show(self, said: Said) -> Rows[MdbInfo]:
        """Who listens to what."""
        found = (one for entry in self._site.read(*said) for one in entry.get("mdb", ()))
        return Rows(MdbInfo.from_json(one) for one in found)

    list = show.spelt("list")
