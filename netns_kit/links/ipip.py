"""IPIP: tunnels that carry IPv4 in IPv4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands.word import spelled
from netns_kit.commands.words import words
from netns_kit.links.encap import WrapWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import TtlWords, Tunnel, tunnel_changing


@words
class IpipTunnelWords(TtlWords):
    """What `ip tunnel` says of such a tunnel."""


@words
class IpipWords(WrapWords, IpipTunnelWords):
    """What `ip link` says of such a tunnel."""

    _usual: ClassVar[Mapping[str, Any]] = {"mode": "any"}

    mode: Annotated[Literal["ipip", "mplsip", "any"], spelled(keys=("proto",))] | None = None  # what it carries


@kind
class IpipTunnel(IpipWords, Tunnel):
    """IPv4 in IPv4; MPLS with `mode="mplsip"`."""

    kind = _mode = "ipip"
    change = tunnel_changing(IpipTunnelWords)
    link_change = changing(IpipWords)
