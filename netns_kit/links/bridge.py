"""Bridges: switches in software."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Rows
from netns_kit.commands.types import Interface, Number, OneZero, Present, whole
from netns_kit.commands.word import Word
from netns_kit.commands.words import words
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link, entry_of
from netns_kit.links.netns import Netns, find_netns
from netns_kit.links.options import Count, VlanProtocol
from netns_kit.links.table import LinkTable
from netns_kit.links.veth import Veth, VethPair

# What few need is loaded where it is asked for.
if TYPE_CHECKING:
    from netns_kit.tables.fdb import FdbTable
    from netns_kit.tables.mdb import MdbTable
    from netns_kit.tables.stp import StpInfo
    from netns_kit.tables.vlan_filter import VlanFilterTable


def _checked_group(argument: str, value: Any) -> str:
    text = values.mac(argument, value)
    if not re.fullmatch("01:80:c2:00:00:0[04-9a-f]", text):
        raise InvalidArgumentError(argument, value, "it must be 01:80:c2:00:00:00, or :04 to :0f")
    return text


def _checked_mask(argument: str, value: Any) -> int:
    mask = values.integer(argument, value, 0, 2**16 - 1)
    if mask & 7:
        raise InvalidArgumentError(argument, value, "the kernel never forwards those of the lowest three bits")
    return mask


ForwardMask = Annotated[int, Word(_checked_mask, "MASK", read=lambda known: int(str(known), 0), absent=0)]
"""A bit for each link-local address to forward."""


class _Timer(Word):
    def known(self, data: Mapping[str, Any]) -> Any:
        """The kernel's answer calls them shorter."""
        return data.get(self.token.replace("interval", "intvl").replace("count", "cnt"))


HUNDREDTHS = "hundredths of a second"

Interval = Annotated[int, _Timer(whole(0, 2**32 - 1).check, "TIME")]
"""Hundredths of a second."""

QueryInterval = Annotated[int, _Timer(whole(100, 8_640_000).check, "TIME")]
"""Hundredths of a second, a second to a day."""

QueryCount = Annotated[int, _Timer(whole(0, 2**32 - 1).check, "NUMBER")]
"""How many."""

GroupAddress = Annotated[str, Word(_checked_group, "MAC", keys=("group_addr",))]
"""A link-local multicast address."""


@words
class BridgeWords:
    """What is said of a bridge. Times are in hundredths of a second; the kernel rounds them to its own ticks."""

    _usual: ClassVar[Mapping[str, Any]] = {
        "forward_delay": 1500,
        "hello_time": 200,
        "max_age": 2000,
        "ageing_time": 30000,
        "priority": 32768,
        "group_address": "01:80:c2:00:00:00",
        "vlan_protocol": "802.1q",
        "vlan_default_pvid": 1,
        "mcast_snooping": True,
        "mcast_router": 1,
        "mcast_hash_elasticity": 16,
        "mcast_hash_max": 4096,
        "mcast_last_member_count": 2,
        "mcast_startup_query_count": 2,
        "mcast_last_member_interval": 100,
        "mcast_membership_interval": 26000,
        "mcast_querier_interval": 25500,
        "mcast_query_interval": 12500,
        "mcast_query_response_interval": 1000,
        "mcast_startup_query_interval": frozenset({3124, 3125}),
        "mcast_igmp_version": 2,
        "mcast_mld_version": 1,
    }

    forward_delay: Annotated[int, whole(200, 3000, HUNDREDTHS)] | None = (
        None  # hundredths of a second before a port forwards, 200 to 3000
    )
    hello_time: Annotated[int, whole(100, 1000, HUNDREDTHS)] | None = (
        None  # hundredths of a second between the root's hellos, 100 to 1000
    )
    max_age: Annotated[int, whole(600, 4000, HUNDREDTHS)] | None = (
        None  # hundredths of a second after which a hello is too old, 600 to 4000
    )
    ageing_time: Count | None = None  # hundredths of a second after which what was learnt is forgotten
    stp_state: OneZero | None = None  # whether it speaks the spanning tree protocol
    priority: Annotated[int, whole(0, 65535)] | None = None  # the lowest becomes the root, 0 to 65535
    group_fwd_mask: ForwardMask | None = None  # a bit for each 01:80:c2:00:00:0X to forward
    group_address: GroupAddress | None = None  # where its spanning tree packets go
    no_linklocal_learn: OneZero | None = None  # whether it learns nothing from link-local packets
    vlan_filtering: OneZero | None = None  # whether ports let only their VLANs through
    vlan_protocol: VlanProtocol | None = None  # which tags
    vlan_default_pvid: Annotated[int, whole(0, 4094)] | None = None  # for untagged packets at new ports; 0 is none
    vlan_stats_enabled: OneZero | None = None  # whether it counts by VLAN
    vlan_stats_per_port: OneZero | None = None  # whether it counts by VLAN and port
    mcast_snooping: OneZero | None = None  # whether multicast goes only where somebody listens
    mcast_vlan_snooping: OneZero | None = None  # whether that is so for each VLAN by itself
    mcast_router: Annotated[int, whole(0, 2)] | None = None  # towards routers: 0 never, 1 if there is one, 2 always
    mcast_query_use_ifaddr: OneZero | None = None  # whether its queries bear its own address
    mcast_querier: OneZero | None = None  # whether it asks who listens
    mcast_hash_elasticity: Number | None = None  # has had no effect since Linux 5.0
    mcast_hash_max: Number | None = None  # how many groups it keeps
    mcast_last_member_count: QueryCount | None = None  # queries before a group is left
    mcast_startup_query_count: QueryCount | None = None  # queries in the beginning
    mcast_last_member_interval: Interval | None = None  # hundredths of a second between those
    mcast_membership_interval: Interval | None = None  # hundredths of a second after which a member is forgotten
    mcast_querier_interval: Interval | None = None  # hundredths of a second after which another querier is forgotten
    mcast_query_interval: QueryInterval | None = None  # hundredths of a second between queries, a second to a day
    mcast_query_response_interval: Interval | None = None  # hundredths of a second for the answers
    mcast_startup_query_interval: QueryInterval | None = None  # so for the first queries
    mcast_stats_enabled: OneZero | None = None  # whether it counts multicast
    mcast_igmp_version: Annotated[int, whole(2, 3)] | None = None  # 2 or 3
    mcast_mld_version: Annotated[int, whole(1, 2)] | None = None  # 1 or 2
    nf_call_iptables: OneZero | None = None  # whether iptables sees what it forwards
    nf_call_ip6tables: OneZero | None = None  # whether ip6tables sees what it forwards
    nf_call_arptables: OneZero | None = None  # whether arptables sees what it forwards


@words
class BridgeChange(BridgeWords):
    """What a bridge may be told."""

    fdb_flush: Present = False  # its forwarding database is emptied


@kind
class Bridge(BridgeWords, Link):
    """A bridge: a switch in software. A link becomes its port with `set(master=bridge)`."""

    kind = "bridge"
    change = changing(BridgeChange)

    def ports(self) -> Rows[LinkInfo]:
        """Its ports. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)

    def stp(self) -> StpInfo:
        """The spanning tree as it sees it: who is the root, and what each port does.

        Equivalent to: `ip -d link show dev NAME` and `ip -d link show master NAME`
        """
        from netns_kit.tables.stp import StpInfo

        ports = self._site.read("ip", "-d", "link", "show", "master", self.name)
        return StpInfo.from_json(entry_of(self._site, self.name, "-d"), ports)

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
        name = values.link_name("name", name)
        default = f"{there.name or there.runner.host}-{name}"
        checked = None if address is None else values.interface("address", address)
        pair = VethPair(port or default, name, peer_netns=place, at=self._site)
        outer, inner = pair.add()
        try:
            if checked is not None:
                inner.addr.add(checked, nodad=":" in checked)
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
        from netns_kit.tables.vlan_filter import VlanFilterTable

        return VlanFilterTable(self._site, self.name, bridge=True)

    @property
    def mdb(self) -> MdbTable:
        """Who listens to which multicast behind its ports."""
        from netns_kit.tables.mdb import MdbTable

        return MdbTable(self._site, self.name)

    @property
    def fdb(self) -> FdbTable:
        """Its forwarding database, over all ports."""
        from netns_kit.tables.fdb import FdbTable

        return FdbTable(self._site, self.name, bridge=True)
