"""VTI: what goes through is encrypted by IPsec."""

from __future__ import annotations

from attrs import define

from netns_kit.links.options import tunnel_key
from netns_kit.links.tunnel import Tunnel


@define(eq=False, repr=False)
class VtiTunnel(Tunnel):
    """A link for IPsec. It carries packets once `place.xfrm` has the states, and policies whose `mark` is its key."""

    kind = mode = "vti"

    key: int | None = tunnel_key("key", "ikey", "okey")
    ikey: int | None = tunnel_key("ikey")
    okey: int | None = tunnel_key("okey")
