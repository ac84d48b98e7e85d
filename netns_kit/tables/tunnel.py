"""Tunnels as `ip tunnel` lists them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from attrs import field as attribute
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Family, LinkName
from netns_kit.commands.word import ALONE, Word
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.fallbacks import FALLBACKS
from netns_kit.tables.table import Table

Ip4Mode = Literal["gre", "ipip", "isatap", "sit", "vti"]
Ip6Mode = Literal["ip6ip6", "ipip6", "ip6gre", "vti6", "any"]


def _checked_mode(argument: str, value: Any) -> str:
    return values.choice(argument, value, (*get_args(Ip4Mode), *get_args(Ip6Mode)))


@frozen
class TunnelInfo(Row):
    """A tunnel as the kernel has it. `mode` such as "ip/ip" or "gre/ipv6"; `ttl` 0 is taken from the packet inside.

    `fallback` tells the kernel's own devices, such as tunl0, from those that somebody made.
    """

    name: str
    mode: str = ""
    remote: str = "0.0.0.0"
    local: str = "0.0.0.0"
    dev: str | None = None
    ttl: int = 0
    ikey: int | None = None
    okey: int | None = None
    pmtudisc: bool = True
    raw: Entry = attribute(factory=dict, repr=False, eq=False)

    @property
    def fallback(self) -> bool:
        """Whether the kernel made it by itself."""
        return self.name in FALLBACKS and self.remote == self.local and self.local in ("0.0.0.0", "::")

    @classmethod
    def from_json(cls, entry: Entry) -> TunnelInfo:
        """From an entry of `ip -j tunnel`."""
        key = entry.get("key")
        return cls(
            entry.get("ifname", ""),
            entry.get("mode", ""),
            entry.get("remote", "0.0.0.0"),
            entry.get("local", "0.0.0.0"),
            entry.get("dev", entry.get("link")),
            entry.get("ttl") or entry.get("hoplimit") or 0,
            entry.get("ikey", key),
            entry.get("okey", key),
            "nopmtudisc" not in entry,
            entry,
        )


@words
class TunnelSelector:
    """Which tunnels."""

    name: Annotated[LinkName, ALONE] | None = field(default=None, kw_only=False)  # only this one
    family: Family | None = None  # 6: those over IPv6; IPv4 otherwise
    mode: Annotated[Ip4Mode | Ip6Mode, Word(_checked_mode, "MODE")] | None = None  # those of this kind


class TunnelTable(Table):
    """The tunnels of a place, `place.tunnel`, whichever way they were made."""

    @verb("ip {family} tunnel show", TunnelSelector)
    def show(self, said: Said) -> Rows[TunnelInfo]:
        """The tunnels, the kernel's own among them."""
        name = said.given.get("name") if said.given.get("family") else None
        # Of a single tunnel over IPv6, `ip` speaks no JSON.
        words = tuple(word for word in said if word != name)
        found = Rows(TunnelInfo.from_json(entry) for entry in self._site.read(*words))
        return found if name is None else Rows(one for one in found if one.name == name)

    list = show.spelt("list")
