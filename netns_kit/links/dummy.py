"""Dummies: links that lead nowhere, to hold an address or to be a port."""

from __future__ import annotations

from attrs import define

from netns_kit.links.link import Link


@define(eq=False, repr=False)
class Dummy(Link):
    """A link that drops what it is given."""

    kind = "dummy"
