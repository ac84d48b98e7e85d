"""Bonds: several links as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Rows
from netns_kit.commands.types import Byte, LinkName, Mac, OneZero, OnOff, Present, ipv4, ipv6, whole
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import words
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import Count
from netns_kit.links.table import LinkTable

Mode = Literal["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"]
Hash = Literal["layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"]


Validate = Literal["none", "active", "backup", "all", "filter", "filter_active", "filter_backup"]
Addresses = str | IPv4Address | IPv6Address | Sequence[str | IPv4Address | IPv6Address]


def _several(check: Callable[[str, Any], str]) -> Word:
    """Addresses, which are typed with commas between."""

    def checked(argument: str, value: Any) -> str:
        one = isinstance(value, str | IPv4Address | IPv6Address)
        if not one and not isinstance(value, Sequence):
            raise InvalidArgumentError(argument, value, "it must be an address, or several")
        return ",".join(check(argument, address) for address in ([value] if one else value))

    return Word(checked, "ADDRESS,…", read=",".join)


@words
class BondWords:
    """What is said of a bond. Times are in milliseconds."""

    _usual: ClassVar[Mapping[str, Any]] = {
        "mode": "balance-rr",
        "use_carrier": True,
        "arp_all_targets": "any",
        "primary_reselect": "always",
        "fail_over_mac": "none",
        "xmit_hash_policy": "layer2",
        "resend_igmp": 1,
        "num_grat_arp": 1,
        "lp_interval": 1,
        "packets_per_slave": 1,
        "tlb_dynamic_lb": True,
        "lacp_rate": "slow",
        "lacp_active": True,
        "ad_select": "stable",
        "arp_missed_max": 2,
        **dict.fromkeys(("miimon", "updelay", "downdelay", "peer_notify_delay", "arp_interval", "min_links"), 0),
    }

    mode: Mode | None = None  # how it uses its links
    active_slave: LinkName | None = None  # the link that it uses now
    miimon: Count | None = None  # how often it looks whether they are up, in milliseconds
    updelay: Count | None = None  # how long one that is up again is not used yet, in milliseconds
    downdelay: Count | None = None  # how long one that is down is still used, in milliseconds
    peer_notify_delay: Count | None = None  # between the ARPs that follow a change, in milliseconds
    use_carrier: OneZero | None = None  # whether the driver is asked, or the device
    arp_interval: Count | None = None  # how often it asks by ARP, in milliseconds
    arp_validate: Annotated[Validate, spelled(absent="none")] | None = (
        None  # on which links only ARP that was asked for counts
    )
    arp_all_targets: Literal["any", "all"] | None = None  # how many of those that it asks must answer
    arp_ip_target: Annotated[Addresses, _several(ipv4)] | None = None  # whom it asks, of IPv4
    ns_ip6_target: Annotated[Addresses, _several(ipv6)] | None = None  # whom it asks, of IPv6
    primary: LinkName | None = None  # the link that it uses if it can
    primary_reselect: Literal["always", "better", "failure"] | None = None  # when the primary is used again
    fail_over_mac: Literal["none", "active", "follow"] | None = None  # whose Ethernet address it has
    xmit_hash_policy: Hash | None = None  # what decides which link a packet takes
    resend_igmp: Byte | None = None  # how many IGMP reports follow a change
    num_grat_arp: Annotated[Byte, spelled(keys=("num_peer_notif",))] | None = None  # how many ARPs follow a change
    all_slaves_active: OneZero | None = None  # whether unused links take packets
    min_links: Count | None = None  # how many must be up
    lp_interval: Annotated[int, whole(1, 2**31 - 1)] | None = None  # seconds between learning packets
    packets_per_slave: Annotated[int, whole(0, 65535)] | None = None  # before it takes the next link
    tlb_dynamic_lb: OneZero | None = None  # in mode "balance-tlb", whether by load, not by hash
    lacp_rate: Annotated[Literal["slow", "fast"], spelled(keys=("ad_lacp_rate",))] | None = None  # how often LACP asks
    lacp_active: Annotated[OnOff, spelled(keys=("ad_lacp_active",))] | None = None  # whether LACP speaks first
    ad_select: Literal["stable", "bandwidth", "count"] | None = None  # which group of links is used
    ad_user_port_key: Annotated[int, whole(0, 1023)] | None = None  # the upper part of LACP's port key, 0 to 1023
    ad_actor_sys_prio: Annotated[int, whole(1, 65535)] | None = None  # LACP's priority of this host, 1 to 65535
    ad_actor_system: Mac | None = None  # the Ethernet address that LACP tells
    arp_missed_max: Annotated[int, whole(1, 255)] | None = None  # after how many silent questions a link is down


@words
class BondChange(BondWords):
    """What a bond may be told."""

    clear_active_slave: Present = False  # it chooses anew which link it uses


@kind
class Bond(BondWords, Link):
    """A bond. A link joins it with `set(master=bond)` while it is down."""

    kind = "bond"
    change = changing(BondChange)

    def ports(self) -> Rows[LinkInfo]:
        """Its links. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)
