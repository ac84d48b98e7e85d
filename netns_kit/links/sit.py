"""SIT: tunnels that carry IPv6 in IPv4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Network, Present
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import refuse_together, words
from netns_kit.links.encap import WrapWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import TtlWords, Tunnel, tunnel_changing
from netns_kit.sites.verb import Said, verb


class _SixRd(Word):
    def known(self, data: Mapping[str, Any]) -> str | None:
        """The prefix, which the kernel's answer has in two parts."""
        (key,) = self.keys
        return f"{data[key]}/{data[f'{key}len']}" if key in data else None


Prefix = Annotated[Network, _SixRd(values.network, "PREFIX", "6rd-prefix", keys=("prefix",))]
"""The provider's prefix of IPv6."""

RelayPrefix = Annotated[Network, _SixRd(values.network, "PREFIX", "6rd-relay_prefix", keys=("relay_prefix",))]
"""What all addresses of IPv4 there have in common."""


@words
class RapidWords:
    """What is said of 6rd, by which a provider gives its customers IPv6 over its IPv4."""

    sixrd_prefix: Prefix | None = None  # the provider's of IPv6
    sixrd_relay_prefix: RelayPrefix | None = None  # what all IPv4 has in common
    sixrd_reset: Annotated[Present, spelled(token="6rd-reset")] = False  # back to 6to4, 2002::/16

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Something must be said, and not two things."""
        if not given:
            raise InvalidArgumentError("sixrd_prefix", None, "say the prefix, or sixrd_reset=True")
        refuse_together(given, "sixrd_prefix", "sixrd_reset")


@words
class SitTunnelWords(TtlWords):
    """What `ip tunnel` says of such a tunnel."""


@words
class SitWords(WrapWords, SitTunnelWords):
    """What `ip link` says of such a tunnel."""

    _usual: ClassVar[Mapping[str, Any]] = {
        "mode": "any",
        "sixrd_prefix": "2002::/16",
        "sixrd_relay_prefix": "0.0.0.0/0",
    }

    mode: Annotated[Literal["ip6ip", "ipip", "mplsip", "any"], spelled(keys=("proto",))] | None = (
        None  # what it carries
    )
    sixrd_prefix: Prefix | None = None  # 6rd: the provider's prefix of IPv6
    sixrd_relay_prefix: RelayPrefix | None = None  # 6rd: what all IPv4 shares
    isatap: Present | None = None  # it finds the other end by the IPv4 address within the IPv6 one


@words
class SitChange(SitWords):
    """What such a tunnel may be told."""

    sixrd_reset: Annotated[Present, spelled(token="6rd-reset")] = False  # 6rd: back to 6to4, 2002::/16


@kind
class SitTunnel(SitWords, Tunnel):
    """IPv6 in IPv4; other protocols with `mode`."""

    kind = _mode = "sit"
    change = tunnel_changing(SitTunnelWords)
    link_change = changing(SitChange)

    @verb("ip tunnel 6rd dev <name>", RapidWords)
    def sixrd(self, said: Said) -> None:
        """Have the other end's IPv4 address be found within the IPv6 one, below a provider's prefix."""
        self._site.change(*said)
