"""All that makes a network what it is, to be compared: what a fault has changed, and whether a cure took it back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from netns_kit import Place

SYSCTLS = (
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    "net.bridge.bridge-nf-call-iptables",
    "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.conf.all.rp_filter",
)
OF_A_FAMILY = ("route show table all", "rule", "neigh show")
VOLATILE = {
    *("valid_life_time", "preferred_life_time", "stats", "stats64", "expires", "operstate", "ifindex", "link_index"),
    *("hello_timer", "gc_timer", "tcn_timer", "topology_change_timer", "forward_delay_timer", "hold_timer"),
    *("message_age_timer", "state", "dynamic", "tentative", "nodad", "txqlen", "carrier", "broadcast", "address"),
    *("root_id", "bridge_id", "designated_bridge", "designated_root", "age", "used", "updated"),
}


def state_of(places: Iterable[Place]) -> dict[str, Any]:
    """Links, addresses, routes, rules, firewall, sysctls, entries by hand, VLANs and xfrm of these places."""
    return {f"{place.site.runner.host}/{place.site.name}": _place(place) for place in places}


def _place(place: Place) -> dict[str, Any]:
    four, six = (_batch(place, "ip", family, *OF_A_FAMILY) for family in ("-4", "-6"))
    bridges = _batch(place, "bridge", "-d", "vlan show", "fdb show")
    told: dict[str, Any] = {
        "links": sorted((_stable(one) for one in place.site.read("ip", "-d", "addr")), key=str),
        "rules": [line for line in (*four, *six) if re.match(r"\d+:", line)],
        "routes and entries by hand": sorted(line for line in (*four, *six) if not re.match(r"\d+:", line)),
        "vlans": [line for line in bridges if " dev " not in line],
        "fdb": sorted(line for line in bridges if " dev " in line and " dst " in line),
        "xfrm": len(_batch(place, "ip", "-4", "xfrm state", "xfrm policy")),
        "sysctls": _lines(place, "sysctl", *SYSCTLS),
    }
    for tool in ("iptables", "ip6tables"):
        saved = [line for line in _lines(place, f"{tool}-save") if not line.startswith(("#", "COMMIT", "*"))]
        # A chain that accepts what no rule of it decides may be there or not.
        told[tool] = [line for line in saved if not re.match(":.* ACCEPT ?$", line)]
    return told


def _batch(place: Place, tool: str, option: str, *commands: str) -> list[str]:
    """What several commands say, and of neighbours those that somebody has set."""
    said = _lines(place, tool, option, "-force", "-batch", "-", given="".join(f"{one}\n" for one in commands))
    return [
        line for line in said if not re.search(" lladdr | nud | (?:FAILED|INCOMPLETE)$", line) or "PERMANENT" in line
    ]


def _lines(place: Place, *argv: str, given: str | None = None) -> list[str]:
    said = place.site.run(*argv, check=False, input=given).stdout
    # What the kernel gives to each link by itself comes and goes in its own time.
    lines = (line for line in said.splitlines() if not re.search("fe80:|ff00::|^multicast", line))
    return [re.sub(r"\[\d+:\d+\]| expires \d+sec| linkdown", "", line).strip() for line in lines]


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        if str(value.get("local", "")).startswith("fe80:"):
            return {}
        return {key: _stable(one) for key, one in sorted(value.items()) if key not in VOLATILE}
    if isinstance(value, list):
        words = all(isinstance(one, str) for one in value)
        kept = [one for one in value if one not in ("NO-CARRIER", "M-DOWN", "LOWER_UP")] if words else value
        return sorted(filter(None, map(_stable, kept)), key=str)
    return value


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Where two states differ, in words."""
    found = []
    for place, told in before.items():
        for what, was in told.items():
            now = after[place][what]
            if was != now and isinstance(was, list):
                found += [f"{place} {what}: - {one}" for one in was if one not in now]
                found += [f"{place} {what}: + {one}" for one in now if one not in was]
            elif was != now:
                found.append(f"{place} {what}: {was} → {now}")
    return found
