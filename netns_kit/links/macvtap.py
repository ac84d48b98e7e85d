"""MACVTAPs: MACVLANs whose packets a program, such as a virtual machine, takes from a file."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.macvlan import Macvlan


@kind
class Macvtap(Macvlan):
    """A further Ethernet address on the link `link`, for the program that opens /dev/tapINDEX."""

    kind = "macvtap"
