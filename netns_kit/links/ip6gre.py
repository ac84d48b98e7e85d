"""GRE over IPv6: tunnels that carry any network protocol."""

from __future__ import annotations

from netns_kit.commands.words import words
from netns_kit.links.encap import WrapWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import SeqWords, tunnel_changing
from netns_kit.links.tunnel6 import HopWords, Tunnel6


@words
class Ip6greTunnelWords(SeqWords, HopWords):
    """What `ip -6 tunnel` says of such a tunnel."""


@words
class Ip6greWords(WrapWords, Ip6greTunnelWords):
    """What `ip link` says of such a tunnel."""


@kind
class Ip6greTunnel(Ip6greWords, Tunnel6):
    """IPv4, IPv6 and others in IPv6."""

    kind = _mode = "ip6gre"
    change = tunnel_changing(Ip6greTunnelWords, "ip -6 tunnel change <name> mode ip6gre")
    link_change = changing(Ip6greWords)
