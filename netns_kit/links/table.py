"""The links of a place: `ip link`."""

from __future__ import annotations

from typing import Any

from netns_kit.commands import values
from netns_kit.commands.reading import Entries
from netns_kit.commands.rows import Rows
from netns_kit.commands.types import LinkName, Plain, Present
from netns_kit.commands.words import field, words
from netns_kit.links.finding import class_of
from netns_kit.links.info import LinkInfo, LinkStatistics
from netns_kit.links.link import Link, entry_of
from netns_kit.links.setting import Group, GroupSetWords
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


@words
class LinkSelector:
    """Which links."""

    dev: LinkName | None = None  # only this one
    group: Group | None = None  # those of this group
    up: Present = False  # those that are set up
    master: LinkName | None = None  # those that belong to this bridge, VRF or bond
    vrf: LinkName | None = None  # those of this VRF
    type: Plain | None = None  # those of this kind
    nomaster: Present = False  # those that belong to no other


@words
class GroupWords:
    """A group of links."""

    group: Group = field(kw_only=True)  # number, or name of /etc/iproute2/group


@words
class StatisticsSelector:
    """Which counters."""

    type: Plain = field(kw_only=False)  # "bridge", "bridge_slave", "bond" or "bond_slave"
    dev: LinkName | None = None  # those of this link


@words
class OneLink:
    """Which link."""

    dev: LinkName | None = None  # only this one


class LinkTable(Table):
    """Links of a place, `place.link`; `place.link("eth0")` is one of them."""

    def __call__(self, name: str) -> Link:
        """A link of this place, of whatever kind. Touches nothing."""
        return Link(name, at=self._site)

    def get(self, name: Any) -> Link:
        """A link of this place as what it is, a Bridge, a VxlanLink …, with the options that the kernel has.

        Equivalent to: `ip link show dev NAME`

        An alternative name will do. One of a kind that has no class here is a plain Link. Raises NotFoundError.
        """
        wanted = values.short("name", getattr(name, "name", name), 127)
        info = LinkInfo.from_json(entry_of(self._site, wanted, "-d"))
        return class_of(info.kind).of(info, self._site)  # type: ignore[no-any-return]

    @verb("ip link [show]", LinkSelector)
    def show(self, said: Said) -> Rows[LinkInfo]:
        """The links, all or some."""
        return self._read(*said)

    list = show.spelt("list")

    @verb("ip link set {group}", GroupSetWords)
    def set(self, said: Said) -> None:
        """Change all links of a group at once; a single one has `set` itself."""
        self._site.change(*said, ends=True)

    @verb("ip link delete {group}", GroupWords)
    def delete(self, said: Said) -> None:
        """Delete all links of a group."""
        self._site.change(*said, ends=True)

    def statistics(self) -> Rows[LinkStatistics]:
        """The counters of all links. Equivalent to: `ip -s link show`"""
        return Rows(LinkStatistics.from_json(entry) for entry in self._site.read("ip", "-s", "link", "show"))

    @verb("ip link xstats {type}", StatisticsSelector)
    def xstats(self, said: Said) -> Entries:
        """The counters of a kind, as the tool has them: a bridge's of multicast, a bond's of LACP."""
        return self._site.read(*said)

    @verb("ip link afstats", OneLink)
    def afstats(self, said: Said) -> Entries:
        """The counters of protocols, such as MPLS, as the tool has them."""
        return self._site.read(*said)

    def _read(self, tool: str, *words: str) -> Rows[LinkInfo]:
        return Rows(LinkInfo.from_json(entry) for entry in self._site.read(tool, "-d", *words))
