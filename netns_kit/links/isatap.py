"""ISATAP: IPv6 among the hosts of a site that speaks IPv4; a host's address holds its IPv4 one."""

from __future__ import annotations

from typing import Annotated, Any

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Ipv4Address
from netns_kit.commands.word import spelled
from netns_kit.commands.words import refuse_together, words
from netns_kit.links.encap import WrapWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.tunnel import TtlWords, Tunnel, tunnel_changing
from netns_kit.sites.verb import Said, verb


@words
class IsatapTunnelWords(TtlWords):
    """What `ip tunnel` says of such a tunnel."""


@words
class IsatapWords(WrapWords, IsatapTunnelWords):
    """What `ip link` says of such a tunnel."""


@words
class PrlWords:
    """One of the routers that it may take packets from."""

    prl_default: Annotated[Ipv4Address, spelled(token="prl-default")] | None = None  # add it, as a default router
    prl_nodefault: Annotated[Ipv4Address, spelled(token="prl-nodefault")] | None = None  # add it, as another one
    prl_delete: Annotated[Ipv4Address, spelled(token="prl-delete")] | None = None  # take it away

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """One of them must be said."""
        if not given:
            raise InvalidArgumentError("prl_default", None, "say which router")
        refuse_together(given, "prl_default", "prl_nodefault", "prl_delete")


@kind
class IsatapTunnel(IsatapWords, Tunnel):
    """IPv6 in IPv4, to the IPv4 address that is part of the IPv6 one, such as fd00::5efe:192.168.0.1."""

    kind = "sit"
    _mode = "isatap"
    change = tunnel_changing(IsatapTunnelWords)
    link_change = changing(IsatapWords)

    @verb("ip tunnel prl dev <name>", PrlWords)
    def prl(self, said: Said) -> None:
        """Change its list of potential routers."""
        self._site.change(*said)

    def spelled(self, *, up: bool = False, netns: str | None = None) -> tuple[str, ...]:
        """The words of the command that makes it."""
        return (*super().spelled(up=up, netns=netns), "isatap")
