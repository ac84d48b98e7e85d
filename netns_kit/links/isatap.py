"""ISATAP: IPv6 among the hosts of a site that speaks IPv4; a host's address holds its IPv4 one."""

from __future__ import annotations

from attrs import define

from netns_kit.links.options import flag, time_to_live, type_of_service
from netns_kit.links.tunnel import Tunnel


@define(eq=False, repr=False)
class IsatapTunnel(Tunnel):
    """IPv6 in IPv4, to the IPv4 address that is part of the IPv6 one, such as fd00::5efe:192.168.0.1.

    `ttl` is 1 to 255 hops, `tos` 0 to 255; each may be "inherit", which takes it from the packet inside.
    """

    kind = "sit"
    mode = "isatap"

    ttl: int | str | None = time_to_live()
    tos: int | str | None = type_of_service()
    pmtudisc: bool | None = flag("pmtudisc")

    def _add_words(self) -> tuple[str, ...]:
        return (*super()._add_words(), "isatap")
