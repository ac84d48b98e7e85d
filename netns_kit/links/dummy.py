"""Dummies: links that lead nowhere, to hold an address or to be a port."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Dummy(Link):
    """A link that drops what it is given."""

    kind = "dummy"
