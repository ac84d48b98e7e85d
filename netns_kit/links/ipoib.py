"""IPoIB: IP over InfiniBand."""

from __future__ import annotations

from typing import Annotated, Literal

from netns_kit.commands.types import LinkName, OneZero, whole
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class IpoibWords:
    """What is said of a partition."""

    pkey: Annotated[int, whole(0x8001, 0xFFFF)] | None = None  # its key, 0x8001 to 0xffff
    mode: Literal["datagram", "connected"] | None = None  # how packets are sent
    umcast: OneZero | None = None  # whether programs manage multicast


@kind
class Ipoib(IpoibWords, Link):
    """A partition on the InfiniBand link `link`."""

    kind = "ipoib"
    _needs = ("link",)
    change = changing(IpoibWords)

    link: LinkName | None = None  # the link that it stands on
