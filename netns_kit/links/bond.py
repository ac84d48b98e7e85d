"""Bonds: several links as one."""

from __future__ import annotations

from attrs import define

from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link
from netns_kit.links.options import number, switch, word
from netns_kit.links.table import LinkTable

MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
HASHES = ("layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac")


@define(eq=False, repr=False)
class Bond(Link):
    """A bond. A link joins it with `set(master=bond)` while it is down. Times are in milliseconds."""

    kind = "bond"

    mode: str | None = word("mode", MODES)
    miimon: int | None = number("miimon", 0, 2**31 - 1)
    updelay: int | None = number("updelay", 0, 2**31 - 1)
    downdelay: int | None = number("downdelay", 0, 2**31 - 1)
    use_carrier: bool | None = switch("use_carrier")
    arp_interval: int | None = number("arp_interval", 0, 2**31 - 1)
    primary_reselect: str | None = word("primary_reselect", ("always", "better", "failure"))
    fail_over_mac: str | None = word("fail_over_mac", ("none", "active", "follow"))
    xmit_hash_policy: str | None = word("xmit_hash_policy", HASHES)
    resend_igmp: int | None = number("resend_igmp", 0, 255)
    num_grat_arp: int | None = number("num_grat_arp", 0, 255, key="num_peer_notif")
    all_slaves_active: bool | None = switch("all_slaves_active")
    min_links: int | None = number("min_links", 0, 2**31 - 1)
    lp_interval: int | None = number("lp_interval", 1, 2**31 - 1)
    packets_per_slave: int | None = number("packets_per_slave", 0, 65535)
    lacp_rate: str | None = word("lacp_rate", ("slow", "fast"), key="ad_lacp_rate")
    ad_select: str | None = word("ad_select", ("stable", "bandwidth", "count"))

    def ports(self) -> tuple[LinkInfo, ...]:
        """Its links. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)
