"""ERSPAN over IPv6."""

from __future__ import annotations

from netns_kit.commands.words import words
from netns_kit.links.erspan import MirrorWords
from netns_kit.links.ip6gre import Ip6greWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class Ip6erspanWords(MirrorWords, Ip6greWords):
    """What is said of such a tunnel."""


@kind
class Ip6erspanTunnel(Ip6erspanWords, Link):
    """Mirrored packets in GRE over IPv6; it needs a `key`, and `seq`."""

    kind = "ip6erspan"
    change = changing(Ip6erspanWords)
