"""Intermediate functional blocks: to shape what comes in as one shapes what goes out."""

from __future__ import annotations

from attrs import define

from netns_kit.links.link import Link


@define(eq=False, repr=False)
class Ifb(Link):
    """A link to which another's incoming traffic is redirected, so that its queue can shape it."""

    kind = "ifb"
