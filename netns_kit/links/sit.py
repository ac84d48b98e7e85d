"""SIT: tunnels that carry IPv6 in IPv4."""

from __future__ import annotations

from netns_kit.commands.types import Negatable
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.tunnel import TtlWords, Tunnel, tunnel_changing


@words
class SitWords(TtlWords):
    """What is said of such a tunnel."""

    pmtudisc: Negatable | None = None  # whether it finds out what MTU the path has


@kind
class SitTunnel(SitWords, Tunnel):
    """IPv6 in IPv4."""

    kind = mode = "sit"
    change = tunnel_changing(SitWords)
