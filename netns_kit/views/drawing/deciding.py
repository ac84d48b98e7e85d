"""What decides about packets and is neither link nor route: forwarding, firewalls, VLANs, spanning tree, proxies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from netns_kit.commands.errors import CommandError
from netns_kit.commands.reading import Entries
from netns_kit.conversion.network.state import PlaceState, firewalls
from netns_kit.links.info import LinkInfo
from netns_kit.sites.site import Site
from netns_kit.views.nodes import LinkNode, PlaceNode, edges

FAMILIES = {"inet": "IPv4", "inet6": "IPv6"}
PROXIES = {"inet": "proxy ARP", "inet6": "proxy NDP"}

ETHERNET = ("vxlan", "gretap", "ip6gretap", "erspan", "ip6erspan", "geneve")
"""Kinds of tunnels that carry frames."""


@frozen
class Deciding:
    """What a place's tools told of it: `ip netconf`, `bridge vlan` and each firewall's own."""

    netconf: Entries = field(factory=list)
    vlans: Entries = field(factory=list)
    firewall: Mapping[str, tuple[str, ...] | None] = field(factory=dict)

    @classmethod
    def read(cls, site: Site, state: PlaceState) -> Deciding:
        """Read it, by three processes, four where a bridge tells VLANs apart."""
        filters = any(_filters(info) for info in state.snapshot.links)
        return cls(
            site.read("ip", "netconf", "show"), site.read("bridge", "vlan", "show") if filters else [], firewalls(site)
        )

    @classmethod
    def of(cls, state: PlaceState) -> Deciding:
        """What is known of a place that was read whole."""
        if state.rest is None:
            return cls()
        set_up = state.rest.sysctls or {}
        switched = {"inet": "net.ipv4.conf.all.forwarding", "inet6": "net.ipv6.conf.all.forwarding"}
        netconf: Entries = [
            {"family": family, "interface": "all", "forwarding": set_up.get(key) == "1"}
            for family, key in switched.items()
        ]
        return cls(netconf, state.rest.vlans, state.rest.firewall)

    def of_place(self, state: PlaceState) -> tuple[str, ...]:
        """What is told of the place: whether it forwards, what it translates, how many rules decide."""
        addressed = {one.dev for one in state.snapshot.addresses if one.scope == "global" and one.dev != "lo"}
        forwards = [FAMILIES[family] for family in FAMILIES if self._forwards(family)] if len(addressed) > 1 else []
        return tuple(filter(None, (f"forwards {', '.join(forwards)}" if forwards else "", *self._firewall())))

    def _forwards(self, family: str) -> bool:
        return any(
            entry.get("forwarding")
            for entry in self.netconf
            if (entry["family"], entry["interface"]) == (family, "all")
        )

    def _firewall(self) -> Iterator[str]:
        rules: Counter[str] = Counter()
        table, drops = "", []
        for line in (line for lines in self.firewall.values() for line in lines or ()):
            if line.startswith("*"):
                table = line[1:]
            elif line.startswith("-A"):
                rules["NAT" if table == "nat" else "firewall"] += 1
            elif re.match(r":\w+ (DROP|REJECT)\b", line):
                drops.append(" ".join(line[1:].split()[:2]))
        yield from (f"{what}: {_rules(number)}" for what, number in sorted(rules.items(), reverse=True))
        yield from dict.fromkeys(drops)

    def of_link(self, info: LinkInfo, links: Mapping[str, LinkInfo]) -> tuple[str, ...]:
        """What is told of one of these links: its VLANs, that it does not forward as a port, for whom it answers."""
        master = links.get(info.master or "", info)
        told = [_vlans(entry["vlans"]) for entry in self.vlans if entry["ifname"] == info.name and _filters(master)]
        does = info.port_data.get("state", "forwarding")
        if master.kind == "bridge" and info.up and master.up and does != "forwarding":
            told.append(f"STP {does}")
        told += [
            PROXIES[entry["family"]]
            for entry in self.netconf
            if entry["interface"] == info.name and entry.get("proxy_neigh") and entry["family"] in PROXIES
        ]
        return tuple(filter(None, told))


def _filters(info: LinkInfo) -> bool:
    return info.kind == "bridge" and bool(info.data.get("vlan_filtering"))


def _rules(number: int) -> str:
    return f"{number} rule{'s' if number > 1 else ''}"


def _vlans(entries: Iterable[Mapping[str, Any]]) -> str:
    """The VLANs of a port: first that of what comes untagged, then those whose packets have their tags."""
    untagged = [str(one["vlan"]) for one in entries if "PVID" in one.get("flags", ())]
    tagged = [
        f"{one['vlan']}-{one['vlanEnd']}" if "vlanEnd" in one else str(one["vlan"])
        for one in entries
        if "Egress Untagged" not in one.get("flags", ())
    ]
    words = (f"VLAN {untagged[0]}" if untagged else "", f"tagged {','.join(tagged)}" if tagged else "")
    return ", ".join(filter(None, words))


def with_rivals(places: Iterable[PlaceNode]) -> tuple[PlaceNode, ...]:
    """The places, each link told of those in its segment that have one of its addresses, too."""
    everywhere = tuple(places)
    segments = _segments(everywhere)
    holders: dict[tuple[str, str], list[str]] = {}
    for link in (link for place in everywhere for link in place.links if link.up and link.kind != "loopback"):
        for address in link.addresses:
            holders.setdefault((segments[link.id], address.partition("/")[0]), []).append(link.id)

    def told(link: LinkNode) -> LinkNode:
        keys = ((segments[link.id], address.partition("/")[0]) for address in link.addresses)
        others = (f"{key[1]} also at {one}" for key in keys for one in holders.get(key, ()) if one != link.id)
        rivals = tuple(dict.fromkeys(others)) if link.up else ()
        return evolve(link, decides=(*link.decides, *rivals)) if rivals else link

    return tuple(evolve(place, links=tuple(map(told, place.links))) for place in everywhere)


def _segments(places: tuple[PlaceNode, ...]) -> dict[str, str]:
    """For each link one that stands for all that a frame reaches from it, by cables, bridges and Ethernet tunnels."""
    links = {link.id: link for place in places for link in place.links}
    leads = {one: one for one in links}

    def top(one: str) -> str:
        while leads[one] != one:
            one = leads[one]
        return one

    for edge in edges(places):
        bridged = edge.kind == "port" and links[edge.second].kind == "bridge"
        tunnelled = edge.kind == "tunnel" and links[edge.first].kind in ETHERNET
        if edge.kind == "veth" or bridged or tunnelled:
            leads[top(edge.first)] = top(edge.second)
    return {one: top(one) for one in links}


def decided(site: Site, state: PlaceState) -> Deciding:
    """What decides at a place, as far as whoever asks may know it."""
    try:
        return Deciding.read(site, state)
    except CommandError:
        return Deciding.of(state)
