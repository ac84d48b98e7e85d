"""Virtual Ethernet pairs: two links, what goes in at one end comes out at the other."""

from __future__ import annotations

from typing import Literal

from netns_kit.links.kind import kind
from netns_kit.links.pair import End, Pair


@kind
class Veth(End):
    """One end of a pair."""

    kind = "veth"

    def ethtool(self) -> dict[str, int]:
        """The driver's counters; `peer_ifindex` is the index of the other end. Equivalent to: `ethtool -S NAME`"""
        from netns_kit.tables import ethtool

        return ethtool.statistics(self._site, self.name)

    def peer(self, by: Literal["netnsid", "ethtool"] = "netnsid") -> Veth:
        """The other end, wherever on this host it is.

        Equivalent to: `ip link show dev NAME` and `ip netns list-id` (or `ethtool -S NAME`, with `by="ethtool"`),
        then `ip link` there

        Raises NotFoundError if the other end is in no namespace that has a name here.
        """
        if by == "netnsid":
            return super().peer()
        info = self.show()
        sites = [self._site] if info.netnsid is None else self._elsewhere()
        return self._among(sites, info, self.ethtool()["peer_ifindex"])


class VethPair(Pair[Veth]):
    """A pair of Ethernet links; iterate it for its two ends: `outer, inner = VethPair().add()`.

    Without names the kernel picks them. `netns` and `peer_netns` (a place, a name or a process id) are where the first
    and the second end are born. As a context manager it is made on entry and deleted on exit.
    """

    _kind = Veth
