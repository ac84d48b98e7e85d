"""RmNet: one of several channels of a mobile modem."""

from __future__ import annotations

from typing import Annotated

from netns_kit.commands.types import LinkName, whole
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class RmnetWords:
    """What is said of a channel."""

    mux_id: Annotated[int, whole(1, 254)] | None = None  # its number, 1 to 254


@kind
class Rmnet(RmnetWords, Link):
    """A channel of the modem's link `link`."""

    kind = "rmnet"
    _needs = ("link", "mux_id")
    change = changing(RmnetWords)

    link: LinkName | None = None  # the link that it stands on
