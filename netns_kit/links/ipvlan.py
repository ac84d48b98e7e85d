"""IPVLANs: further network stacks on one link, all with its Ethernet address."""

from __future__ import annotations

from attrs import define

from netns_kit.links.link import Link
from netns_kit.links.options import lower, one_flag, word


@define(eq=False, repr=False)
class Ipvlan(Link):
    """A link that shares the Ethernet address of the link `link`; `flag` says whom it may talk to."""

    kind = "ipvlan"

    link: str = lower()
    mode: str | None = word("mode", ("l2", "l3", "l3s"))
    flag: str | None = one_flag("flag", ("bridge", "private", "vepa"))
