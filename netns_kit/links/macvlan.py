"""MACVLANs: further Ethernet addresses on one link, each as a link of its own."""

from __future__ import annotations

from attrs import define

from netns_kit.links.link import Link
from netns_kit.links.options import lower, word


@define(eq=False, repr=False)
class Macvlan(Link):
    """A further Ethernet address on the link `link`; `mode` says whom it may talk to."""

    kind = "macvlan"

    link: str = lower()
    mode: str | None = word("mode", ("private", "vepa", "bridge", "passthru", "source"))
