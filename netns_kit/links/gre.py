"""GRE: tunnels that carry any network protocol, such as IPv4 and IPv6 both."""

from __future__ import annotations

from attrs import define

from netns_kit.links.options import flag, time_to_live, tunnel_key, type_of_service
from netns_kit.links.tunnel import Tunnel


@define(eq=False, repr=False)
class GreTunnel(Tunnel):
    """IPv4, IPv6 and others in IPv4.

    `ttl` is 1 to 255 hops, `tos` 0 to 255; each may be "inherit", which takes it from the packet inside. `key` tells
    tunnels between the same two ends apart, `ikey` and `okey` are those of one direction.
    """

    kind = mode = "gre"

    ttl: int | str | None = time_to_live()
    tos: int | str | None = type_of_service()
    key: int | None = tunnel_key("key", "ikey", "okey")
    ikey: int | None = tunnel_key("ikey")
    okey: int | None = tunnel_key("okey")
    pmtudisc: bool | None = flag("pmtudisc")
