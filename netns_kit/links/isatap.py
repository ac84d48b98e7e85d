"""ISATAP: IPv6 among the hosts of a site that speaks IPv4; a host's address holds its IPv4 one."""

from __future__ import annotations

from netns_kit.commands.types import Negatable
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.tunnel import TtlWords, Tunnel, tunnel_changing


@words
class IsatapWords(TtlWords):
    """What is said of such a tunnel."""

    pmtudisc: Negatable | None = None  # whether it finds out what MTU the path has


@kind
class IsatapTunnel(IsatapWords, Tunnel):
    """IPv6 in IPv4, to the IPv4 address that is part of the IPv6 one, such as fd00::5efe:192.168.0.1."""

    kind = "sit"
    mode = "isatap"
    change = tunnel_changing(IsatapWords)

    def _add_words(self, born: tuple[str, ...] = ()) -> tuple[str, ...]:
        return (*super()._add_words(born), "isatap")
