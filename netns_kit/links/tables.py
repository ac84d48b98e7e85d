"""What a link has: a table of each sort of entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netns_kit.sites.site import Site

# What few need is loaded where it is asked for.
if TYPE_CHECKING:
    from netns_kit.links.altname import AltnameTable
    from netns_kit.tables.address import AddressTable
    from netns_kit.tables.brport import BrportTable
    from netns_kit.tables.fdb import FdbTable
    from netns_kit.tables.tc.filter import FilterTable
    from netns_kit.tables.tc.qdisc import QdiscTable
    from netns_kit.tables.tc.traffic_class import ClassTable
    from netns_kit.tables.vlan_filter import VlanFilterTable


class LinkTables:
    """The tables of a link."""

    _site: Site
    name: str

    @property
    def addr(self) -> AddressTable:
        """Its addresses."""
        from netns_kit.tables.address import AddressTable

        return AddressTable(self._site, self.name)

    @property
    def altname(self) -> AltnameTable:
        """Its alternative names, which may be long: `link.altname.add("a-very-long-name")`."""
        from netns_kit.links.altname import AltnameTable

        return AltnameTable(self._site, self.name)

    @property
    def fdb(self) -> FdbTable:
        """Its forwarding database, if it is a bridge's port or a VXLAN."""
        from netns_kit.tables.fdb import FdbTable

        return FdbTable(self._site, self.name)

    @property
    def brport(self) -> BrportTable:
        """What it does as a bridge's port: `link.brport.set(isolated=True)`."""
        from netns_kit.tables.brport import BrportTable

        return BrportTable(self._site, self.name)

    @property
    def vlan(self) -> VlanFilterTable:
        """The VLANs that it lets through, if it is a port of a bridge."""
        from netns_kit.tables.vlan_filter import VlanFilterTable

        return VlanFilterTable(self._site, self.name)

    @property
    def qdisc(self) -> QdiscTable:
        """Its queueing disciplines: `link.qdisc.add("netem", delay="100ms", loss=1)`."""
        from netns_kit.tables.tc.qdisc import QdiscTable

        return QdiscTable(self._site, self.name)

    @property
    def class_(self) -> ClassTable:
        """The classes of its disciplines: `link.class_.add("htb", parent="1:", classid="1:10", rate="1mbit")`."""
        from netns_kit.tables.tc.traffic_class import ClassTable

        return ClassTable(self._site, self.name)

    @property
    def filter(self) -> FilterTable:
        """Its filters: `link.filter.add("u32", parent="1:", match="ip dst 10.0.0.2/32", flowid="1:10")`."""
        from netns_kit.tables.tc.filter import FilterTable

        return FilterTable(self._site, self.name)
