"""VTI: what goes through is encrypted by IPsec."""

from __future__ import annotations

from netns_kit.commands.types import Number
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import EndsWords, KeyWords, Tunnel, tunnel_changing


@words
class VtiTunnelWords(KeyWords, EndsWords):
    """What `ip tunnel` says of such a tunnel."""


@words
class VtiWords(VtiTunnelWords):
    """What `ip link` says of such a tunnel."""

    fwmark: Number | None = None  # the firewall mark by which its packets are routed


@kind
class VtiTunnel(VtiWords, Tunnel):
    """A link for IPsec.

    It carries packets once `place.xfrm` has the states, and policies whose `mark` is its key.
    """

    kind = _mode = "vti"
    change = tunnel_changing(VtiTunnelWords)
    link_change = changing(VtiWords)
