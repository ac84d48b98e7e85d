"""What a place has of bridges, by the objects of the tool `bridge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netns_kit.sites.site import Site

# What few need is loaded where it is asked for.
if TYPE_CHECKING:
    from netns_kit.tables.brport import BrportTable
    from netns_kit.tables.fdb import FdbTable
    from netns_kit.tables.mdb import MdbTable
    from netns_kit.tables.vlan_filter import VlanFilterTable
    from netns_kit.tables.vni import VniTable


class BridgeTables:
    """The tables of a place's bridges and VXLANs, each over all links."""

    _site: Site

    @property
    def fdb(self) -> FdbTable:
        """The forwarding databases of all its links."""
        from netns_kit.tables.fdb import FdbTable

        return FdbTable(self._site)

    @property
    def mdb(self) -> MdbTable:
        """The multicast databases of its bridges."""
        from netns_kit.tables.mdb import MdbTable

        return MdbTable(self._site)

    @property
    def brport(self) -> BrportTable:
        """The ports of its bridges."""
        from netns_kit.tables.brport import BrportTable

        return BrportTable(self._site)

    @property
    def vlan(self) -> VlanFilterTable:
        """The VLANs that its bridges let through their ports."""
        from netns_kit.tables.vlan_filter import VlanFilterTable

        return VlanFilterTable(self._site)

    @property
    def vni(self) -> VniTable:
        """The networks that its external VXLANs let in."""
        from netns_kit.tables.vni import VniTable

        return VniTable(self._site)
