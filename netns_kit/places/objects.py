"""The rarer objects of `ip` that a place has; each is loaded where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netns_kit.sites.site import Site

if TYPE_CHECKING:
    from netns_kit.tables.objects.addrlabel import LabelTable
    from netns_kit.tables.objects.fou import FouTable
    from netns_kit.tables.objects.ila import IlaTable
    from netns_kit.tables.objects.l2tp import L2tp
    from netns_kit.tables.objects.macsec import MacsecTable
    from netns_kit.tables.objects.maddress import MaddressTable
    from netns_kit.tables.objects.monitor import MonitorTable
    from netns_kit.tables.objects.mptcp import Mptcp
    from netns_kit.tables.objects.mroute import MrouteTable
    from netns_kit.tables.objects.netconf import NetconfTable
    from netns_kit.tables.objects.nexthop import NexthopTable
    from netns_kit.tables.objects.ntable import NtableTable
    from netns_kit.tables.objects.sr import Sr
    from netns_kit.tables.objects.tcp_metrics import TcpMetricsTable
    from netns_kit.tables.objects.token import TokenTable
    from netns_kit.tables.objects.vrf import VrfTable


class Objects:
    """The rarer objects of a place."""

    _site: Site

    @property
    def nexthop(self) -> NexthopTable:
        """Next hops that routes share."""
        from netns_kit.tables.objects.nexthop import NexthopTable

        return NexthopTable(self._site)

    @property
    def maddress(self) -> MaddressTable:
        """Multicast addresses that its links listen to."""
        from netns_kit.tables.objects.maddress import MaddressTable

        return MaddressTable(self._site)

    @property
    def netconf(self) -> NetconfTable:
        """How its links' packets are treated."""
        from netns_kit.tables.objects.netconf import NetconfTable

        return NetconfTable(self._site)

    @property
    def token(self) -> TokenTable:
        """The lower halves of addresses that come from router advertisements."""
        from netns_kit.tables.objects.token import TokenTable

        return TokenTable(self._site)

    @property
    def addrlabel(self) -> LabelTable:
        """Labels by which source addresses of IPv6 are chosen."""
        from netns_kit.tables.objects.addrlabel import LabelTable

        return LabelTable(self._site)

    @property
    def fou(self) -> FouTable:
        """Ports at which tunnels arrive in UDP."""
        from netns_kit.tables.objects.fou import FouTable

        return FouTable(self._site)

    @property
    def macsec(self) -> MacsecTable:
        """Channels and keys of its MACsec links."""
        from netns_kit.tables.objects.macsec import MacsecTable

        return MacsecTable(self._site)

    @property
    def mptcp(self) -> Mptcp:
        """Its multipath TCP: `place.mptcp.endpoint` and `place.mptcp.limits`."""
        from netns_kit.tables.objects.mptcp import Mptcp

        return Mptcp(self._site)

    @property
    def vrf(self) -> VrfTable:
        """Its VRFs, and who is in them."""
        from netns_kit.tables.objects.vrf import VrfTable

        return VrfTable(self._site)

    @property
    def monitor(self) -> MonitorTable:
        """What changes, as it changes: `with place.monitor("route") as events: …`"""
        from netns_kit.tables.objects.monitor import MonitorTable

        return MonitorTable(self._site)

    @property
    def ntable(self) -> NtableTable:
        """Settings of its neighbour tables."""
        from netns_kit.tables.objects.ntable import NtableTable

        return NtableTable(self._site)

    @property
    def mroute(self) -> MrouteTable:
        """Routes of packets to many."""
        from netns_kit.tables.objects.mroute import MrouteTable

        return MrouteTable(self._site)

    @property
    def tcp_metrics(self) -> TcpMetricsTable:
        """What its TCP has learnt of other machines."""
        from netns_kit.tables.objects.tcp_metrics import TcpMetricsTable

        return TcpMetricsTable(self._site)

    @property
    def sr(self) -> Sr:
        """Its segment routing: `place.sr.tunsrc`."""
        from netns_kit.tables.objects.sr import Sr

        return Sr(self._site)

    @property
    def l2tp(self) -> L2tp:
        """Its L2TP: `place.l2tp.tunnel` and `place.l2tp.session`."""
        from netns_kit.tables.objects.l2tp import L2tp

        return L2tp(self._site)

    @property
    def ila(self) -> IlaTable:
        """Its translations of addresses of IPv6."""
        from netns_kit.tables.objects.ila import IlaTable

        return IlaTable(self._site)
