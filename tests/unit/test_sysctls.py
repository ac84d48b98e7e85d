"""Which parameters count as set by somebody."""

from __future__ import annotations

from netns_kit.conversion.network.sysctls import differing
from netns_kit.links.info import LinkInfo

FRESH = {
    "net/ipv6/conf/default/mtu": "1280",
    "net/ipv6/conf/default/hop_limit": "64",
    "net/ipv6/conf/erspan0/mtu": "1500",
    "net/ipv6/conf/erspan0/hop_limit": "64",
}


def test_the_kernels_own_tunnels() -> None:
    """What a new namespace's tunnels have as well is no setting; what differs from them is one."""
    found = {**FRESH, "net/ipv6/conf/erspan0/hop_limit": "9"}
    assert differing(found, FRESH, ()) == {"net.ipv6.conf.erspan0.hop_limit": "9"}


def test_more_than_the_link_takes() -> None:
    """An MTU of IPv6 above the link's own is the kernel's; one below is somebody's."""
    links = (LinkInfo.from_json({"ifname": "it", "mtu": 1450}), LinkInfo.from_json({"ifname": "that", "mtu": 1450}))
    found = {**FRESH, "net/ipv6/conf/it/mtu": "1500", "net/ipv6/conf/that/mtu": "1400"}
    assert differing(found, FRESH, links) == {"net.ipv6.conf.that.mtu": "1400"}
