"""GRE that carries Ethernet."""

from __future__ import annotations

from netns_kit.commands.types import Negatable
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.tunnel import KeyWords, TtlWords


@words
class GretapWords(KeyWords, TtlWords):
    """What is said of such a tunnel."""

    pmtudisc: Negatable | None = None  # whether it finds out what MTU the path has


@kind
class GretapTunnel(GretapWords, Link):
    """Ethernet in IPv4: it may be a port of a bridge. `ip tunnel` does not know it, `ip link` does."""

    kind = "gretap"
    change = changing(GretapWords)
