"""VTI: what goes through is encrypted by IPsec."""

from __future__ import annotations

from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.tunnel import EndsWords, KeyWords, Tunnel, tunnel_changing


@words
class VtiWords(KeyWords, EndsWords):
    """What is said of such a tunnel."""


@kind
class VtiTunnel(VtiWords, Tunnel):
    """A link for IPsec.

    It carries packets once `place.xfrm` has the states, and policies whose `mark` is its key.
    """

    kind = mode = "vti"
    change = tunnel_changing(VtiWords)
