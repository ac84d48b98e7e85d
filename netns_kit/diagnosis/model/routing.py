"""Routes in thought: which rule leads to which table, and which route there is the one for a packet."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from attrs import frozen

from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.firewall import has_mark
from netns_kit.diagnosis.model.packet import PROTOCOL_NUMBERS, Packet
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.rule import RuleInfo

_UNKNOWN = ("uid_start", "tos", "tun_id")
NAMES = {"254": "main", "253": "default", "255": "local"}


@frozen
class Found:
    """The route that a packet takes, through `dev` and, unless it ends on that link, `via` a gateway.

    `rule` led there. Without a route, or with one that swallows, the packet goes nowhere; a rule may swallow, too.
    """

    route: RouteInfo | None = None
    rule: RuleInfo | None = None
    dev: str | None = None
    via: str | None = None

    @property
    def type(self) -> str:
        """The route's type, or the action of a rule that swallows; empty if there is no way."""
        if self.route is not None:
            return self.route.type
        return (self.rule.action or "") if self.rule else ""


def lookup(place: PlaceFacts, packet: Packet, came: str | None = None, leaves: str | None = None) -> Found:
    """The way of a packet from a place, for one of its own or one that came by a link; `leaves` is a link chosen."""
    vrf = place.vrf(came or leaves)
    if _is_local(place, packet.dst, vrf):
        own = place.holder(packet.dst)
        return Found(RouteInfo(dst=packet.dst, type="local"), dev=own.dev if own else "lo")
    rules = place.rules(packet.family)
    jump = 0
    for rule in rules:
        if rule.priority < jump or not _applies(rule, packet, came, leaves, vrf):
            continue
        action = (rule.action or "").removeprefix("to_tbl")
        if rule.goto is not None:
            jump = rule.goto
        elif action in ("blackhole", "unreachable", "prohibit"):
            return Found(rule=rule)
        elif action != "nop":
            table = _table_of(place, rule, vrf)
            route = best(place, packet, table, rule)
            if route is not None and route.type != "throw":
                return _hop(route, rule)
    if not rules:
        route = best(place, packet, _vrf_table(place, vrf) or "main")
        return Found() if route is None else _hop(route, None)
    return Found()


def best(place: PlaceFacts, packet: Packet, table: str | None, rule: RuleInfo | None = None) -> RouteInfo | None:
    """The route of a table for a packet: of the longest prefix, and of the smallest metric."""
    target = ip_address(packet.dst)
    least = rule.raw.get("suppress_prefixlen", -1) if rule else -1
    fitting = [
        (network_of(route).prefixlen, -(route.metric or 0), route)
        for route in place.routes(packet.family)
        if NAMES.get(route.table or "main", route.table or "main") == NAMES.get(table or "", table)
        and route.type not in ("local", "broadcast", "multicast", "anycast")
        and not {"dead"} & {*route.flags}
        and (route.metric != 2**32 - 1)
        and target in network_of(route, target.version)
    ]
    fitting = [one for one in fitting if one[0] > int(least)]
    return max(fitting, key=lambda one: one[:2])[2] if fitting else None


def network_of(route: RouteInfo, version: int = 4) -> IPv4Network | IPv6Network:
    """Where a route leads, as a network."""
    if route.dst == "default":
        return ip_network("0.0.0.0/0" if version == 4 else "::/0")
    return ip_network(route.dst, strict=False)


def source_for(place: PlaceFacts, packet: Packet, found: Found) -> str | None:
    """The address that the kernel gives a packet of the place's own."""
    if found.route is not None and found.route.prefsrc:
        return found.route.prefsrc
    if found.type == "local":
        return packet.dst
    given = [
        one
        for one in place.addresses(packet.family)
        if one.scope in ("global", "site") and "tentative" not in one.flags
    ]
    target = ip_address(found.via or packet.dst)
    if target.is_link_local or ip_address(packet.dst).is_link_local:
        given = [one for one in place.addresses(packet.family, found.dev) if one.scope == "link"]
    near = [one for one in given if one.dev == found.dev]
    same = [one for one in near if target in ip_network(str(one), strict=False)]
    vrf = place.vrf(found.dev)
    others = [one for one in given if place.vrf(one.dev) == vrf]
    return next((one.local for one in (*same, *near, *others)), None)


def _is_local(place: PlaceFacts, address: str, vrf: str | None) -> bool:
    if ip_address(address).is_loopback:
        return True
    own = place.holder(address)
    return own is not None and place.vrf(own.dev) == vrf


def _hop(route: RouteInfo, rule: RuleInfo | None) -> Found:
    alive = [hop for hop in route.nexthops if not {"dead", "linkdown"} & {*_flags_of(route, hop.dev)}]
    for hop in alive or route.nexthops:
        return Found(route, rule, hop.dev, hop.via)
    return Found(route, rule, route.dev, route.gateway)


def _flags_of(route: RouteInfo, dev: str | None) -> Iterator[str]:
    for hop in route.raw.get("nexthops", ()):
        if hop.get("dev") == dev:
            yield from hop.get("flags", ())


def _vrf_table(place: PlaceFacts, vrf: str | None) -> str | None:
    return None if vrf is None else str(place.links[vrf].about.get("table"))


def _table_of(place: PlaceFacts, rule: RuleInfo, vrf: str | None) -> str | None:
    return _vrf_table(place, vrf) if is_l3mdev(rule) else rule.table


def is_l3mdev(rule: RuleInfo) -> bool:
    """Whether a rule leads to the table of the VRF that a packet is in."""
    return "l3mdev" in rule.raw or "[l3mdev-table]" in (rule.table, rule.raw.get("table"))


def _applies(rule: RuleInfo, packet: Packet, came: str | None, leaves: str | None, vrf: str | None) -> bool:
    if is_l3mdev(rule) and vrf is None:
        return False
    hits = [_in(packet.src, rule.src), _in(packet.dst, rule.dst)]
    hits += [rule.iif in (None, came or "lo", vrf), rule.oif in (None, leaves, vrf)]
    protocol = str(rule.raw.get("ipproto", ""))
    if protocol:
        hits.append(str(PROTOCOL_NUMBERS.get(packet.protocol)) == protocol or packet.protocol == protocol)
    for key, number in (("sport", packet.sport), ("dport", packet.dport)):
        if key in rule.raw:
            hits.append(str(rule.raw[key]) == str(number))
    if "fwmark" in rule.raw:
        mask = rule.raw.get("fwmask", "0xffffffff")
        hits.append(has_mark(f"{rule.raw['fwmark']}/{mask}", packet.mark))
    hits += [key not in rule.raw for key in _UNKNOWN]
    return all(hits) is not rule.negated


def _in(address: str | None, network: str) -> bool:
    if network in ("all", "default", "any"):
        return True
    return address is not None and ip_address(address) in ip_network(network, strict=False)
