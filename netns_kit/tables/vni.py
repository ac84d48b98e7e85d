"""The networks of an external VXLAN: `bridge vni`."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import field as attribute
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, LinkName
from netns_kit.commands.word import Word
from netns_kit.commands.words import field, refuse_together, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table, complete_with_link
from netns_kit.tables.vlan_filter import checked_vnis

Vnis = Annotated[int | str, Word(checked_vnis, "VNI")]
"""A network's number, or several, such as "100-110"."""


@frozen
class VniInfo(Row):
    """A network, or those up to `vni_end`, of a VXLAN; `statistics` tells the counters."""

    dev: str
    vni: int
    vni_end: int | None = None
    group: str | None = None
    remote: str | None = None
    rx_bytes: int | None = None
    rx_packets: int | None = None
    tx_bytes: int | None = None
    tx_packets: int | None = None
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, dev: str, entry: Entry) -> VniInfo:
        """From an entry of a link's `vnis`."""
        counters = entry.get("stats") or {}
        return cls(
            dev,
            entry.get("vni", 0),
            entry.get("vniEnd"),
            entry.get("group", entry.get("group6")),
            entry.get("remote", entry.get("remote6")),
            counters.get("rx_bytes"),
            counters.get("rx_pkts"),
            counters.get("tx_bytes"),
            counters.get("tx_pkts"),
            entry,
        )


@words
class VniWords:
    """Networks."""

    vni: Vnis = field(kw_only=False)  # a number, 0 to 16777215, or several, such as "100-110"
    group: Address | None = None  # the multicast group of all its ends
    remote: Address | None = None  # or the other end
    dev: LinkName | None = None  # the VXLAN, made with `external` and `vnifilter`

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It is a VXLAN's, and leads one way."""
        complete_with_link(given)
        refuse_together(given, "group", "remote")


@words
class VniSelector:
    """Which networks."""

    dev: LinkName | None = None  # those of this link


class VniTable(Table):
    """Networks of a place's VXLANs, `place.vni`, or of one, `vxlan.vni`; there, `dev` need not be given."""

    def __init__(self, at: At | None = None, dev: str | None = None) -> None:
        super().__init__(at)
        self._bound = {"dev": dev} if dev else {}

    @verb("bridge vni add", VniWords)
    def add(self, said: Said) -> None:
        """Let networks in. Raises ExistsError, NotFoundError."""
        self._site.change(*said)

    @verb("bridge vni delete", VniWords)
    def delete(self, said: Said) -> None:
        """Let networks in no more. Raises NotFoundError."""
        self._site.change(*said)

    @verb("bridge vni show", VniSelector)
    def show(self, said: Said) -> Rows[VniInfo]:
        """The networks that are let in."""
        return self._rows(said)

    list = show.spelt("list")

    @verb("bridge -s vni show", VniSelector)
    def statistics(self, said: Said) -> Rows[VniInfo]:
        """The networks that are let in, with their counters."""
        return self._rows(said)

    def _rows(self, said: Said) -> Rows[VniInfo]:
        return Rows(
            VniInfo.from_json(entry.get("ifname", ""), one)
            for entry in self._site.read(*said)
            for one in entry.get("vnis", ())
        )
