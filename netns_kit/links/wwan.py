"""WWAN: one of several sessions of a mobile modem."""

from __future__ import annotations

from netns_kit.commands.types import Number
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@words
class WwanWords:
    """What is said of a session."""

    linkid: Number | None = None  # its number


@kind
class Wwan(WwanWords, Link):
    """A session of the modem `parentdev`."""

    kind = "wwan"
    _needs = ("parentdev", "linkid")
