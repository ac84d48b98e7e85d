"""Virtual Ethernet pairs: two links, what goes in at one end comes out at the other."""

from __future__ import annotations

from typing import Literal

from netns_kit.commands import values
from netns_kit.commands.errors import OutputError
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
        if values.choice("by", by, ("netnsid", "ethtool")) == "netnsid":
            return super().peer()
        info = self.show()
        sites = [self._site] if info.netnsid is None else self._elsewhere()
        told = self.ethtool()
        if "peer_ifindex" not in told:
            raise OutputError(f"ethtool tells no peer of {self.name}")
        return self._among(sites, info, told["peer_ifindex"])


class VethPair(Pair[Veth]):
    """A pair of Ethernet links; iterate it for its two ends: `outer, inner = VethPair().add()`.

    Without names the kernel picks them. `netns` and `peer_netns` (a place, a name or a process id) are where the first
    and the second end are born. As a context manager it is made on entry and deleted on exit.
    """

    _kind = Veth
