"""MACVLANs: further Ethernet addresses on one link, each as a link of its own."""

from __future__ import annotations

from typing import Literal

from netns_kit.commands.types import LinkName
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class MacvlanWords:
    """What is said of a MACVLAN."""

    mode: Literal["private", "vepa", "bridge", "passthru", "source"] | None = None  # whom it may talk to


@kind
class Macvlan(MacvlanWords, Link):
    """A further Ethernet address on the link `link`."""

    kind = "macvlan"
    _needs = ("link",)
    change = changing(MacvlanWords)

    link: LinkName | None = None  # the link that it stands on
