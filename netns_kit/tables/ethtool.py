"""What a link's driver tells: `ethtool`."""

from __future__ import annotations

import re
from typing import Any

from netns_kit.commands import values
from netns_kit.sites.site import Site


def statistics(site: Site, dev: Any) -> dict[str, int]:
    """The driver's counters by name; of a veth, `peer_ifindex` is the other end's index.

    Equivalent to: `ethtool -S DEV`
    """
    return parse_statistics(site.run("ethtool", "-S", values.link_name("dev", dev)).stdout)


def parse_statistics(text: str) -> dict[str, int]:
    """The counters in what `ethtool -S` printed."""
    return {name.strip(): int(number) for name, number in re.findall(r"^\s+(.+?):\s*(\d+)\s*$", text, re.MULTILINE)}
