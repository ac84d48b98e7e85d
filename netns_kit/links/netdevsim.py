"""Simulated network cards, to test drivers' interfaces."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Netdevsim(Link):
    """A link whose driver only pretends to have a card."""

    kind = "netdevsim"
