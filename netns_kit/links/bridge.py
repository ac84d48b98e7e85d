"""Bridges: switches in software."""

from __future__ import annotations

from attrs import define

from netns_kit.commands import values
from netns_kit.commands.rows import Rows
from netns_kit.commands.site import At
from netns_kit.commands.values import Interface
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link, find_netns
from netns_kit.links.options import number, switch, word
from netns_kit.links.table import LinkTable
from netns_kit.links.veth import Veth, VethPair
from netns_kit.tables.fdb import FdbTable
from netns_kit.tables.vlan_filter import VlanFilterTable


@define(eq=False, repr=False)
class Bridge(Link):
    """A bridge. Times are in hundredths of a second, as `ip` has them; `priority` is the spanning tree's."""

    kind = "bridge"

    forward_delay: int | None = number("forward_delay", 200, 3000)
    hello_time: int | None = number("hello_time", 100, 1000)
    max_age: int | None = number("max_age", 600, 4000)
    ageing_time: int | None = number("ageing_time", 0, 2**31 - 1)
    stp_state: bool | None = switch("stp_state")
    priority: int | None = number("priority", 0, 65535)
    vlan_filtering: bool | None = switch("vlan_filtering")
    vlan_protocol: str | None = word("vlan_protocol", ("802.1q", "802.1ad"))
    vlan_default_pvid: int | None = number("vlan_default_pvid", 0, 4094)
    mcast_snooping: bool | None = switch("mcast_snooping")
    mcast_querier: bool | None = switch("mcast_querier")
    nf_call_iptables: bool | None = switch("nf_call_iptables")
    nf_call_ip6tables: bool | None = switch("nf_call_ip6tables")
    nf_call_arptables: bool | None = switch("nf_call_arptables")

    def ports(self) -> Rows[LinkInfo]:
        """Its ports. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)

    def plug(self, place: At, *, name: str = "eth0", address: Interface | None = None, port: str | None = None) -> Veth:
        """Lead a cable from the bridge to a place, such as a namespace: its end is born there, addressed and up.

        Equivalent to: `ip link add name PORT type veth peer name NAME netns NETNS`, `ip addr add ADDRESS dev NAME` and
        `ip link set dev NAME up` there, `ip link set dev PORT master BRIDGE` and `ip link set dev PORT up`

        `port` is the name of the bridge's end, NETNS-NAME unless it is given. Gives the end that is at the place.
        Nothing half-made is left behind.
        """
        there = find_netns("place", place, self._site)
        default = f"{there.name or there.runner.host}-{name}"
        checked = None if address is None else values.interface("address", address)
        pair = VethPair(port or default, name, peer_netns=place, at=self._site)
        outer, inner = pair.add()
        try:
            if checked is not None:
                inner.addr.add(checked)
            inner.up()
            outer.set(master=self)
            outer.up()
        except BaseException:
            pair.delete()
            raise
        return inner

    @property
    def vlan(self) -> VlanFilterTable:
        """The VLANs of the bridge itself; `port.vlan` are a port's."""
        return VlanFilterTable(self._site, self.name, is_bridge=True)

    @property
    def fdb(self) -> FdbTable:
        """Its forwarding database, over all ports."""
        return FdbTable(self._site, self.name, "br")
