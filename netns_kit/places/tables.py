"""What a place has: a table of each sort of entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netns_kit.links.table import LinkTable
from netns_kit.places.objects import Objects
from netns_kit.tables.bridges import BridgeTables
from netns_kit.tables.netns import NetnsTable

# What few need is loaded where it is asked for.
if TYPE_CHECKING:
    from netns_kit.tables.address import AddressTable
    from netns_kit.tables.brctl import BrctlTable
    from netns_kit.tables.docker import DockerTable
    from netns_kit.tables.ethtool import EthtoolTable
    from netns_kit.tables.iptables import IptablesTable
    from netns_kit.tables.module import ModuleTable
    from netns_kit.tables.neighbour import NeighbourTable
    from netns_kit.tables.nft import NftTable
    from netns_kit.tables.ping import Ping
    from netns_kit.tables.route import RouteTable
    from netns_kit.tables.rule import RuleTable
    from netns_kit.tables.ss import SsTable
    from netns_kit.tables.sysctl import SysctlTable
    from netns_kit.tables.tc.qdisc import QdiscsTable
    from netns_kit.tables.tunnel import TunnelTable
    from netns_kit.tables.tuntap import TuntapTable
    from netns_kit.tables.wg import WgTable
    from netns_kit.tables.xfrm.xfrm import Xfrm


class Tables(Objects, BridgeTables):
    """The tables of a place."""

    @property
    def link(self) -> LinkTable:
        """Its links: `place.link.list()`; `place.link("eth0")` is one of them."""
        return LinkTable(self._site)

    @property
    def addr(self) -> AddressTable:
        """Its addresses."""
        from netns_kit.tables.address import AddressTable

        return AddressTable(self._site)

    @property
    def route(self) -> RouteTable:
        """Its routes."""
        from netns_kit.tables.route import RouteTable

        return RouteTable(self._site)

    @property
    def rule(self) -> RuleTable:
        """Its policy routing rules."""
        from netns_kit.tables.rule import RuleTable

        return RuleTable(self._site)

    @property
    def neigh(self) -> NeighbourTable:
        """Its neighbours."""
        from netns_kit.tables.neighbour import NeighbourTable

        return NeighbourTable(self._site)

    @property
    def netns(self) -> NetnsTable:
        """The named namespaces, and the ids that this place gives to them."""
        return NetnsTable(self._site)

    @property
    def iptables(self) -> IptablesTable:
        """Its firewall for IPv4."""
        from netns_kit.tables.iptables import IptablesTable

        return IptablesTable(self._site)

    @property
    def ip6tables(self) -> IptablesTable:
        """Its firewall for IPv6."""
        from netns_kit.tables.iptables import IptablesTable

        return IptablesTable(self._site, "ip6tables")

    @property
    def sysctl(self) -> SysctlTable:
        """Its kernel parameters: `place.sysctl["net.ipv4.ip_forward"]`."""
        from netns_kit.tables.sysctl import SysctlTable

        return SysctlTable(self._site)

    @property
    def brctl(self) -> BrctlTable:
        """Its bridges, by brctl's verbs."""
        from netns_kit.tables.brctl import BrctlTable

        return BrctlTable(self._site)

    @property
    def module(self) -> ModuleTable:
        """The modules of its kernel."""
        from netns_kit.tables.module import ModuleTable

        return ModuleTable(self._site)

    @property
    def docker(self) -> DockerTable:
        """Docker's containers, and their namespaces."""
        from netns_kit.tables.docker import DockerTable

        return DockerTable(self._site)

    @property
    def ping(self) -> Ping:
        """Ping from here: `place.ping("10.0.0.2")`, or `place.ping.live("10.0.0.2")`."""
        from netns_kit.tables.ping import Ping

        return Ping(self._site)

    @property
    def tunnel(self) -> TunnelTable:
        """Its tunnels, the kernel's own among them."""
        from netns_kit.tables.tunnel import TunnelTable

        return TunnelTable(self._site)

    @property
    def tuntap(self) -> TuntapTable:
        """Its TUN and TAP links, and who has them open."""
        from netns_kit.tables.tuntap import TuntapTable

        return TuntapTable(self._site)

    @property
    def xfrm(self) -> Xfrm:
        """Its IPsec: `place.xfrm.state` and `place.xfrm.policy`."""
        from netns_kit.tables.xfrm.xfrm import Xfrm

        return Xfrm(self._site)

    @property
    def ethtool(self) -> EthtoolTable:
        """What its links' drivers tell."""
        from netns_kit.tables.ethtool import EthtoolTable

        return EthtoolTable(self._site)

    @property
    def ss(self) -> SsTable:
        """Its sockets: who listens, and who talks to whom."""
        from netns_kit.tables.ss import SsTable

        return SsTable(self._site)

    @property
    def qdisc(self) -> QdiscsTable:
        """The queueing disciplines of all its links."""
        from netns_kit.tables.tc.qdisc import QdiscsTable

        return QdiscsTable(self._site)

    @property
    def nft(self) -> NftTable:
        """Its firewall by nft's words."""
        from netns_kit.tables.nft import NftTable

        return NftTable(self._site)

    @property
    def wg(self) -> WgTable:
        """The keys and peers of its WireGuard links."""
        from netns_kit.tables.wg import WgTable

        return WgTable(self._site)
