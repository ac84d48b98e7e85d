"""IPVLANs: further network stacks on one link, all with its Ethernet address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands.types import LinkName
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


@words
class IpvlanWords:
    """What is said of an IPVLAN."""

    _usual: ClassVar[Mapping[str, Any]] = {"mode": "l3", "flag": "bridge"}

    mode: Literal["l2", "l3", "l3s"] | None = None  # on which layer it is joined to the link
    flag: Annotated[Literal["bridge", "private", "vepa"], ALONE] | None = None  # whom it may talk to


@kind
class Ipvlan(IpvlanWords, Link):
    """A link that shares the Ethernet address of the link `link`."""

    kind = "ipvlan"
    _needs = ("link",)
    change = changing(IpvlanWords)

    link: LinkName | None = None  # the link that it stands on
