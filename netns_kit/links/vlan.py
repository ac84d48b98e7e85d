"""VLANs: one link's traffic of one tag, as a link of its own."""

from __future__ import annotations

from typing import Annotated, Any

from netns_kit.commands import values
from netns_kit.commands.types import LinkName, whole
from netns_kit.commands.word import Switch
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import VlanProtocol


class _Marked(Switch):
    def known(self, data: Any) -> bool:
        """Whether it is among the link's flags."""
        return self.token.upper() in data.get("flags", ())


Marked = Annotated[bool, _Marked(values.truth)]
"""`on` or `off`, found again among the link's flags."""


@words
class VlanWords:
    """What is said of a VLAN."""

    protocol: VlanProtocol | None = None  # which tags
    id: Annotated[int, whole(1, 4094)] | None = None  # the tag, 1 to 4094
    reorder_hdr: Marked | None = None  # packets are seen without their tag
    gvrp: Marked | None = None  # the switch is told of it by GVRP
    mvrp: Marked | None = None  # the switch is told of it by MVRP
    loose_binding: Marked | None = None  # it may be up while its link is down


@kind
class Vlan(VlanWords, Link):
    """A VLAN on the link `link`, of tag `id`."""

    kind = "vlan"
    _needs = ("link", "id")
    change = changing(VlanWords)

    link: LinkName | None = None  # the link that it stands on
