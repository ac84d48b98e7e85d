"""WireGuard, as far as `ip link` goes; keys and peers are `wg`'s business."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Wireguard(Link):
    """A WireGuard link: `place.exec("wg", "set", …)` gives it its key and its peers."""

    kind = "wireguard"
