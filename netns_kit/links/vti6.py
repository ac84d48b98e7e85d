"""VTI over IPv6: what goes through is encrypted by IPsec."""

from __future__ import annotations

from netns_kit.commands.types import Number
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import KeyWords, tunnel_changing
from netns_kit.links.tunnel6 import Ends6Words, Tunnel6


@words
class Vti6TunnelWords(KeyWords, Ends6Words):
    """What `ip -6 tunnel` says of such a tunnel."""


@words
class Vti6Words(Vti6TunnelWords):
    """What `ip link` says of such a tunnel."""

    fwmark: Number | None = None  # the firewall mark by which its packets are routed


@kind
class Vti6Tunnel(Vti6Words, Tunnel6):
    """A link for IPsec over IPv6; it carries packets once `place.xfrm` has states and policies of its key."""

    kind = _mode = "vti6"
    change = tunnel_changing(Vti6TunnelWords, "ip -6 tunnel change <name> mode vti6")
    link_change = changing(Vti6Words)
