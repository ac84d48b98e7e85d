"""Teams: several links as one, led by the program `teamd`."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Team(Link):
    """A team. A link joins it with `set(master=team)` while it is down."""

    kind = "team"
