"""ERSPAN: what a switch sees at a port, sent elsewhere to be looked at."""

from __future__ import annotations

from typing import Annotated, Literal

from netns_kit.commands.types import whole
from netns_kit.commands.words import words
from netns_kit.links.gre import GreWords
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class MirrorWords:
    """What is said of ERSPAN over IPv4 and IPv6."""

    erspan_ver: Annotated[int, whole(0, 2)] | None = None  # which ERSPAN: 0, 1 or 2
    erspan: Annotated[int, whole(0, 2**20 - 1, keys=("erspan_index",))] | None = (
        None  # the port that is seen, in version 1
    )
    erspan_dir: Literal["ingress", "egress"] | None = None  # which of its packets are seen, in version 2
    erspan_hwid: Annotated[int, whole(0, 63)] | None = None  # which engine sees them, in version 2


@words
class ErspanWords(MirrorWords, GreWords):
    """What is said of such a tunnel."""


@kind
class ErspanTunnel(ErspanWords, Link):
    """Mirrored packets in GRE over IPv4; it needs a `key`, and `seq`."""

    kind = "erspan"
    change = changing(ErspanWords)
