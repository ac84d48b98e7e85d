"""Bonds: several links as one."""

from __future__ import annotations

from typing import Annotated, Literal

from netns_kit.commands.rows import Rows
from netns_kit.commands.types import Byte, OneZero, whole
from netns_kit.commands.word import spelled
from netns_kit.commands.words import words
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import Count
from netns_kit.links.table import LinkTable

Mode = Literal["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"]
Hash = Literal["layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"]


@words
class BondWords:
    """What is said of a bond. Times are in milliseconds."""

    mode: Mode | None = None  # how it uses its links
    miimon: Count | None = None  # how often it looks whether they are up, in milliseconds
    updelay: Count | None = None  # how long one that is up again is not used yet, in milliseconds
    downdelay: Count | None = None  # how long one that is down is still used, in milliseconds
    use_carrier: OneZero | None = None  # whether the driver is asked, or the device
    arp_interval: Count | None = None  # how often it asks by ARP, in milliseconds
    primary_reselect: Literal["always", "better", "failure"] | None = None  # when the primary is used again
    fail_over_mac: Literal["none", "active", "follow"] | None = None  # whose Ethernet address it has
    xmit_hash_policy: Hash | None = None  # what decides which link a packet takes
    resend_igmp: Byte | None = None  # how many IGMP reports follow a change
    num_grat_arp: Annotated[Byte, spelled(keys=("num_peer_notif",))] | None = None  # how many ARPs follow a change
    all_slaves_active: OneZero | None = None  # whether unused links take packets
    min_links: Count | None = None  # how many must be up
    lp_interval: Annotated[int, whole(1, 2**31 - 1)] | None = None  # seconds between learning packets
    packets_per_slave: Annotated[int, whole(0, 65535)] | None = None  # before it takes the next link
    lacp_rate: Annotated[Literal["slow", "fast"], spelled(keys=("ad_lacp_rate",))] | None = None  # how often LACP asks
    ad_select: Literal["stable", "bandwidth", "count"] | None = None  # which group of links is used


@kind
class Bond(BondWords, Link):
    """A bond. A link joins it with `set(master=bond)` while it is down."""

    kind = "bond"
    change = changing(BondWords)

    def ports(self) -> Rows[LinkInfo]:
        """Its links. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)
