"""Bare UDP: packets of one protocol in UDP, with nothing between."""

from __future__ import annotations

from typing import Annotated

from netns_kit.commands.types import Negatable, Plain, Port
from netns_kit.commands.word import spelled
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@words
class BareudpWords:
    """What is said of such a tunnel."""

    dstport: Annotated[Port, spelled(keys=("port",))] | None = None  # the UDP port
    ethertype: Plain | None = None  # what it carries: "ipv4", "ipv6", "mpls_uc" or a number
    srcportmin: Port | None = None  # the lowest port to send from
    multiproto: Negatable | None = None  # it carries the protocol's kin as well: IPv6 beside IPv4


@kind
class Bareudp(BareudpWords, Link):
    """Packets in UDP; each one's route says where it goes."""

    kind = "bareudp"
    _needs = ("dstport", "ethertype")
