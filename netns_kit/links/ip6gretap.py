"""GRE over IPv6 that carries Ethernet."""

from __future__ import annotations

from netns_kit.links.ip6gre import Ip6greWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@kind
class Ip6gretapTunnel(Ip6greWords, Link):
    """Ethernet in IPv6: it may be a port of a bridge. `ip -6 tunnel` does not know it, `ip link` does."""

    kind = "ip6gretap"
    change = changing(Ip6greWords)
