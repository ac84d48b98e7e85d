"""Intermediate functional blocks: to shape what comes in as one shapes what goes out."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Ifb(Link):
    """A link to which another's incoming traffic is redirected, so that its queue can shape it."""

    kind = "ifb"
