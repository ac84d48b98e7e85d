"""HSR and PRP: everything is sent twice, over two links, so that either may fail."""

from __future__ import annotations

from typing import Annotated

from netns_kit.commands.types import Byte, LinkName, whole
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@words
class HsrWords:
    """What is said of such a link."""

    slave1: LinkName | None = None  # one link
    slave2: LinkName | None = None  # the other
    supervision: Byte | None = None  # the last byte of the address that supervision frames go to
    version: Annotated[int, whole(0, 1)] | None = None  # HSR's version, 0 or 1
    proto: Annotated[int, whole(0, 1)] | None = None  # 0 is HSR, a ring; 1 is PRP, two networks


@kind
class Hsr(HsrWords, Link):
    """Two links as one."""

    kind = "hsr"
    _needs = ("slave1", "slave2")
