"""Bridges: switches in software."""

from __future__ import annotations

import re
from typing import Any

from attrs import define

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Rows
from netns_kit.commands.values import Interface
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link, Netns, find_netns
from netns_kit.links.options import Option, number, option, switch, word
from netns_kit.links.table import LinkTable
from netns_kit.links.veth import Veth, VethPair
from netns_kit.tables.fdb import FdbTable
from netns_kit.tables.vlan_filter import VlanFilterTable


def _group_address(value: Any) -> str:
    text = values.mac("group_address", value)
    if not re.fullmatch("01:80:c2:00:00:0[04-9a-f]", text):
        raise InvalidArgumentError("group_address", value, "it must be 01:80:c2:00:00:00, or :04 to :0f")
    return text


def _forwarded(value: Any) -> int:
    mask = values.integer("group_fwd_mask", value, 0, 2**16 - 1)
    if mask & 7:
        raise InvalidArgumentError("group_fwd_mask", value, "the kernel never forwards those of the lowest three bits")
    return mask


def _interval(token: str, low: int = 0, high: int = 2**32 - 1) -> Any:
    return number(token, low, high, key=token.replace("interval", "intvl"))


def _count(token: str) -> Any:
    return number(token, 0, 2**32 - 1, key=token.replace("count", "cnt"))


@define(eq=False, repr=False)
class Bridge(Link):
    """A bridge. `priority` is the spanning tree's; `group_fwd_mask` has a bit for each 01:80:c2:00:00:0X to forward.

    Times are in hundredths of a second, as `ip` has them; the kernel rounds them to its own ticks. A query's and a
    startup query's interval are a second to a day.
    """

    kind = "bridge"

    forward_delay: int | None = number("forward_delay", 200, 3000)
    hello_time: int | None = number("hello_time", 100, 1000)
    max_age: int | None = number("max_age", 600, 4000)
    ageing_time: int | None = number("ageing_time", 0, 2**31 - 1)
    stp_state: bool | None = switch("stp_state")
    priority: int | None = number("priority", 0, 65535)
    group_fwd_mask: int | None = option(
        Option(
            _forwarded,
            lambda mask: ("group_fwd_mask", str(mask)),
            lambda info: int(str(info.data.get("group_fwd_mask", 0)), 0),
        )
    )
    group_address: str | None = option(
        Option(
            _group_address,
            lambda address: ("group_address", address),
            lambda info: info.data.get("group_addr"),
        )
    )
    no_linklocal_learn: bool | None = switch("no_linklocal_learn")
    vlan_filtering: bool | None = switch("vlan_filtering")
    vlan_protocol: str | None = word("vlan_protocol", ("802.1q", "802.1ad"))
    vlan_default_pvid: int | None = number("vlan_default_pvid", 0, 4094)
    vlan_stats_enabled: bool | None = switch("vlan_stats_enabled")
    vlan_stats_per_port: bool | None = switch("vlan_stats_per_port")
    mcast_snooping: bool | None = switch("mcast_snooping")
    mcast_router: int | None = number("mcast_router", 0, 2)
    mcast_query_use_ifaddr: bool | None = switch("mcast_query_use_ifaddr")
    mcast_querier: bool | None = switch("mcast_querier")
    mcast_hash_max: int | None = number("mcast_hash_max", 0, 2**32 - 1)
    mcast_last_member_count: int | None = _count("mcast_last_member_count")
    mcast_startup_query_count: int | None = _count("mcast_startup_query_count")
    mcast_last_member_interval: int | None = _interval("mcast_last_member_interval")
    mcast_membership_interval: int | None = _interval("mcast_membership_interval")
    mcast_querier_interval: int | None = _interval("mcast_querier_interval")
    mcast_query_interval: int | None = _interval("mcast_query_interval", 100, 8_640_000)
    mcast_query_response_interval: int | None = _interval("mcast_query_response_interval")
    mcast_startup_query_interval: int | None = _interval("mcast_startup_query_interval", 100, 8_640_000)
    mcast_stats_enabled: bool | None = switch("mcast_stats_enabled")
    mcast_igmp_version: int | None = number("mcast_igmp_version", 2, 3)
    mcast_mld_version: int | None = number("mcast_mld_version", 1, 2)
    nf_call_iptables: bool | None = switch("nf_call_iptables")
    nf_call_ip6tables: bool | None = switch("nf_call_ip6tables")
    nf_call_arptables: bool | None = switch("nf_call_arptables")

    def ports(self) -> Rows[LinkInfo]:
        """Its ports. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)

    def plug(
        self, place: Netns, *, name: str = "eth0", address: Interface | None = None, port: str | None = None
    ) -> Veth:
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
