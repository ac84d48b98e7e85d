"""GRE: tunnels that carry any network protocol, such as IPv4 and IPv6 both."""

from __future__ import annotations

from netns_kit.commands.types import Negatable
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.tunnel import KeyWords, TtlWords, Tunnel, tunnel_changing


@words
class GreWords(KeyWords, TtlWords):
    """What is said of such a tunnel."""

    pmtudisc: Negatable | None = None  # whether it finds out what MTU the path has


@kind
class GreTunnel(GreWords, Tunnel):
    """IPv4, IPv6 and others in IPv4."""

    kind = mode = "gre"
    change = tunnel_changing(GreWords)
