"""IP6TNL: tunnels that carry IPv6 or IPv4 in IPv6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands.word import spelled
from netns_kit.commands.words import words
from netns_kit.links.encap import WrapWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import tunnel_changing
from netns_kit.links.tunnel6 import HopWords, Tunnel6


@words
class Ip6tnlTunnelWords(HopWords):
    """What `ip -6 tunnel` says of such a tunnel."""

    mode: Annotated[Literal["ip6ip6", "ipip6", "any"], spelled(keys=("proto",))] | None = (
        None  # what it carries: IPv6, IPv4 or both
    )


@words
class Ip6tnlWords(WrapWords, Ip6tnlTunnelWords):
    """What `ip link` says of such a tunnel."""

    _usual: ClassVar[Mapping[str, Any]] = {"mode": "any"}


@kind
class Ip6tnlTunnel(Ip6tnlWords, Tunnel6):
    """IPv6, or IPv4, in IPv6."""

    kind = "ip6tnl"
    change = tunnel_changing(Ip6tnlTunnelWords, "ip -6 tunnel change <name>")
    link_change = changing(Ip6tnlWords)
