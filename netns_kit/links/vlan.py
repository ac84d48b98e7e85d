"""VLANs: one link's traffic of one tag, as a link of its own."""

from __future__ import annotations

from attrs import define

from netns_kit.commands import values
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link
from netns_kit.links.options import Option, lower, number, option, word


def _marked(token: str, mark: str) -> Option:
    def read(info: LinkInfo) -> bool:
        return mark in info.data.get("flags", ())

    return Option(lambda v: values.truth(token, v), lambda v: (token, "on" if v else "off"), read)


@define(eq=False, repr=False)
class Vlan(Link):
    """A VLAN on the link `link`, of tag `id` (1 to 4094)."""

    kind = "vlan"

    link: str = lower()
    protocol: str | None = word("protocol", ("802.1q", "802.1ad"))
    id: int = number("id", 1, 4094, required=True)
    reorder_hdr: bool | None = option(_marked("reorder_hdr", "REORDER_HDR"))
    gvrp: bool | None = option(_marked("gvrp", "GVRP"))
    mvrp: bool | None = option(_marked("mvrp", "MVRP"))
    loose_binding: bool | None = option(_marked("loose_binding", "LOOSE_BINDING"))
