"""Tunnels as `ip tunnel` lists them."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.tables.table import Table

FALLBACKS = ("tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip_vti0", "ip6tnl0", "ip6gre0", "ip6_vti0")
"""The links that the kernel makes by itself when a tunnel's module is loaded, for packets that no tunnel takes."""


@frozen
class TunnelInfo(Row):
    """A tunnel as the kernel has it. `mode` such as "ip/ip" or "gre/ip"; `ttl` 0 is taken from the packet inside.

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
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @property
    def fallback(self) -> bool:
        """Whether the kernel made it by itself."""
        return self.name in FALLBACKS and self.remote == self.local == "0.0.0.0"

    @classmethod
    def from_json(cls, entry: Entry) -> TunnelInfo:
        """From an entry of `ip -j tunnel`."""
        key = entry.get("key")
        return cls(
            entry.get("ifname", ""),
            entry.get("mode", ""),
            entry.get("remote", "0.0.0.0"),
            entry.get("local", "0.0.0.0"),
            entry.get("dev"),
            entry.get("ttl", 0),
            entry.get("ikey", key),
            entry.get("okey", key),
            "nopmtudisc" not in entry,
            entry,
        )


class TunnelTable(Table):
    """The tunnels of a place, `place.tunnel`, whichever way they were made."""

    def show(self, name: Any = None) -> Rows[TunnelInfo]:
        """The tunnels, the kernel's own among them. Equivalent to: `ip tunnel show [NAME]`"""
        words = () if name is None else (values.link_name("name", name),)
        return Rows(TunnelInfo.from_json(entry) for entry in self._site.read("ip", "tunnel", "show", *words))
