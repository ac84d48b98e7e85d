"""DSA: the ports of a switch chip, each as a link; its driver makes them."""

from __future__ import annotations

from netns_kit.commands.types import LinkName
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class DsaWords:
    """What is said of a port."""

    conduit: LinkName | None = None  # the link that leads from the processor to the switch


@kind
class Dsa(DsaWords, Link):
    """A port of a switch chip: it can be changed, not made."""

    kind = "dsa"
    change = changing(DsaWords)
