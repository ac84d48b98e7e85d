"""AMT: multicast for places that their network brings none to, through a relay."""

from __future__ import annotations

from typing import Literal

from netns_kit.commands.types import Ipv4Address, Number, Port
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import Device


@words
class AmtWords:
    """What is said of either end."""

    mode: Literal["gateway", "relay"] | None = None  # which end it is
    local: Ipv4Address | None = None  # this end's address
    discovery: Ipv4Address | None = None  # for a gateway: where a relay is looked for
    dev: Device | None = None  # the link that its packets leave by
    relay_port: Port | None = None  # the relay's UDP port, 2268 otherwise
    gateway_port: Port | None = None  # the gateway's UDP port, 2268 otherwise
    max_tunnels: Number | None = None  # for a relay: how many gateways it serves


@kind
class Amt(AmtWords, Link):
    """A gateway, or a relay."""

    kind = "amt"
    _needs = ("mode", "local", "dev")
    change = changing(AmtWords)
