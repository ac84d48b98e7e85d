"""Virtual CAN: a car's bus in software."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class Vcan(Link):
    """A CAN bus on which all that is sent is seen by all programs that listen."""

    kind = "vcan"
