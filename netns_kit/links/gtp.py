"""GTP: the tunnels of mobile networks, one for each telephone."""

from __future__ import annotations

from typing import Annotated, Literal

from netns_kit.commands.types import Byte, whole
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@words
class GtpWords:
    """What is said of such a link."""

    role: Literal["sgsn", "ggsn"] | None = None  # which end it is: towards telephones, or towards the Internet
    hsize: Annotated[int, whole(1, 131071)] | None = None  # how large its hash tables are, 1 to 131071
    restart_count: Byte | None = None  # how often it was started, which the other end asks


@kind
class Gtp(GtpWords, Link):
    """A link that holds the tunnels of telephones."""

    kind = "gtp"
    _needs = ("role",)
