"""GRE: tunnels that carry any network protocol, such as IPv4 and IPv6 both."""

from __future__ import annotations

from typing import Annotated

from netns_kit.commands.types import Negatable
from netns_kit.commands.word import spelled
from netns_kit.commands.words import words
from netns_kit.links.encap import WrapWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import SeqWords, TtlWords, Tunnel, tunnel_changing


@words
class GreTunnelWords(SeqWords, TtlWords):
    """What `ip tunnel` says of such a tunnel."""


@words
class GreWords(WrapWords, GreTunnelWords):
    """What `ip link` says of such a tunnel."""

    ignore_df: Annotated[Negatable, spelled(token="ignore-df", keys=("ignore_df",))] | None = (
        None  # packets may be cut, whatever they say
    )


@kind
class GreTunnel(GreWords, Tunnel):
    """IPv4, IPv6 and others in IPv4."""

    kind = _mode = "gre"
    change = tunnel_changing(GreTunnelWords)
    link_change = changing(GreWords)
