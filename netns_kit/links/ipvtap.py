"""IPVTAPs: IPVLANs whose packets a program, such as a virtual machine, takes from a file."""

from __future__ import annotations

from netns_kit.links.ipvlan import Ipvlan
from netns_kit.links.kind import kind


@kind
class Ipvtap(Ipvlan):
    """A link with the Ethernet address of the link `link`, for the program that opens /dev/tapINDEX."""

    kind = "ipvtap"
