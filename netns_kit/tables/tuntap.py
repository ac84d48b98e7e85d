"""TUN and TAP links as `ip tuntap` lists them."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from netns_kit.commands import reading
from netns_kit.commands.errors import OutputError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName
from netns_kit.commands.words import words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


@frozen
class TuntapInfo(Row):
    """A TUN or TAP link; `flags` such as "tap", "vnet_hdr" and "persist"; `processes` have it open."""

    name: str
    flags: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    processes: tuple[str, ...] = ()
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> TuntapInfo:
        """From an entry of `ip -j tuntap`."""
        processes = (f"{one.get('name')}({one.get('pid')})" for one in entry.get("processes") or ())
        flags = tuple(entry.get("flags") or ())
        return cls(entry.get("ifname", ""), flags, entry.get("user"), entry.get("group"), tuple(processes), entry)


@words
class TuntapSelector:
    """Which links."""

    dev: LinkName | None = None  # only this one
    mode: Literal["tun", "tap"] | None = None  # those of this mode


class TuntapTable(Table):
    """The TUN and TAP links of a place, `place.tuntap`; a `Tuntap` is made and deleted by itself."""

    @verb("ip tuntap show", TuntapSelector)
    def show(self, said: Said) -> Rows[TuntapInfo]:
        """The links, and who has them open.

        Raises OutputError where /sys shows another namespace than the one that was asked: there,
        `link.show(type="tun")` tells which there are.
        """
        result = self._site.run(said[0], "-j", *said[1:])
        if "/sys/class/net" in result.stderr:
            raise OutputError(
                '`ip tuntap` finds no /sys of this namespace: link.show(type="tun") tells which there are'
            )
        return Rows(TuntapInfo.from_json(entry) for entry in reading.entries(result))

    list = show.spelt("list")
