"""Monitors of netlink: what programs and the kernel tell each other."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Nlmon(Link):
    """A link on which a capture sees the netlink messages of its namespace."""

    kind = "nlmon"
