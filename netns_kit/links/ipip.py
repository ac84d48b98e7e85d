"""IPIP: tunnels that carry IPv4 in IPv4."""

from __future__ import annotations

from attrs import define

from netns_kit.links.options import flag, time_to_live, type_of_service
from netns_kit.links.tunnel import Tunnel


@define(eq=False, repr=False)
class IpipTunnel(Tunnel):
    """IPv4 in IPv4.

    `ttl` is 1 to 255 hops, `tos` 0 to 255; each may be "inherit", which takes it from the packet inside.
    """

    kind = mode = "ipip"

    ttl: int | str | None = time_to_live()
    tos: int | str | None = type_of_service()
    pmtudisc: bool | None = flag("pmtudisc")
