"""GRE that carries Ethernet."""

from __future__ import annotations

from netns_kit.links.gre import GreWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@kind
class GretapTunnel(GreWords, Link):
    """Ethernet in IPv4: it may be a port of a bridge. `ip tunnel` does not know it, `ip link` does."""

    kind = "gretap"
    change = changing(GreWords)
