"""IPIP: tunnels that carry IPv4 in IPv4."""

from __future__ import annotations

from netns_kit.commands.types import Negatable
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.tunnel import TtlWords, Tunnel, tunnel_changing


@words
class IpipWords(TtlWords):
    """What is said of such a tunnel."""

    pmtudisc: Negatable | None = None  # whether it finds out what MTU the path has


@kind
class IpipTunnel(IpipWords, Tunnel):
    """IPv4 in IPv4."""

    kind = mode = "ipip"
    change = tunnel_changing(IpipWords)
