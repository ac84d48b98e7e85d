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
    site = place.site
    told: dict[str, Any] = {
        "links": sorted((_stable(one) for one in site.read("ip", "-d", "addr")), key=str),
        "routes": sorted(_lines(place, "ip", "route", "show", "table", "all")),
        "routes6": sorted(_lines(place, "ip", "-6", "route", "show", "table", "all")),
        "rules": _lines(place, "ip", "rule") + _lines(place, "ip", "-6", "rule"),
        "vlans": site.read("bridge", "vlan", "show"),
        "fdb": sorted(line for line in _lines(place, "bridge", "fdb", "show") if "dst" in line),
        "neigh": sorted(line for line in _lines(place, "ip", "neigh", "show") if "PERMANENT" in line),
        "xfrm": len(_lines(place, "ip", "xfrm", "state")) + len(_lines(place, "ip", "xfrm", "policy")),
        "sysctls": [site.run("sysctl", "-n", one, check=False).stdout for one in SYSCTLS],
    }
    for tool in ("iptables", "ip6tables"):
        told[tool] = [line for line in _lines(place, f"{tool}-save") if not line.startswith(("#", "COMMIT", "*", ":"))]
        told[f"{tool} policies"] = [line for line in _lines(place, tool, "-S") if line.startswith("-P")]
    return told


def _lines(place: Place, *argv: str) -> list[str]:
    said = place.site.run(*argv, check=False).stdout
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
