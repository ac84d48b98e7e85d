"""Virtual CAN pairs: a bus that leads from one namespace to another."""

from __future__ import annotations

from netns_kit.links.kind import kind
from netns_kit.links.pair import End, Pair


@kind
class Vxcan(End):
    """One end of a pair."""

    kind = "vxcan"


class VxcanPair(Pair[Vxcan]):
    """A pair of CAN links; iterate it for its two ends.

    Without names the kernel picks them. `netns` and `peer_netns` (a place, a name or a process id) are where the first
    and the second end are born. As a context manager it is made on entry and deleted on exit.
    """

    _kind = Vxcan
