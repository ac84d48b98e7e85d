"""nft's firewall in thought: which of its rules stops a packet, in tables that iptables did not make."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Any

from netns_kit.diagnosis.model.packet import PROTOCOL_NUMBERS, Packet
from netns_kit.tables.nft import NftInfo

_OF_IPTABLES = ("filter", "nat", "mangle", "raw", "security")


def stopping(found: Iterable[NftInfo], packet: Packet, links: Iterable[str]) -> NftInfo | None:
    """The rule, or the chain whose policy it is, that stops a packet at a place with these links; None if none does."""
    objects = [one for one in found if _is_asked(one, packet)]
    for chain in (one for one in objects if one.object == "chain" and one.hook):
        rules = [one for one in objects if one.object == "rule" and (one.table, one.chain) == (chain.table, chain.name)]
        for rule in rules:
            verdicts = {key for part in rule.expr for key in part}
            if verdicts & {"drop", "reject", "accept"} and _matches(rule, packet, links):
                if "accept" in verdicts:
                    break
                return rule
        else:
            if chain.policy == "drop":
                return chain
    return None


def _is_asked(one: NftInfo, packet: Packet) -> bool:
    own = one.family in ("ip", "ip6") and one.table in _OF_IPTABLES
    return not own and one.family in ("inet", "ip" if packet.family == 4 else "ip6")


def _matches(rule: NftInfo, packet: Packet, links: Iterable[str]) -> bool:
    return all(_matches_one(part["match"], packet, links) for part in rule.expr if "match" in part)


def _matches_one(match: dict[str, Any], packet: Packet, links: Iterable[str]) -> bool:
    left, right = match.get("left", {}), match.get("right")
    negated = match.get("op") == "!="
    payload, meta = left.get("payload", {}), left.get("meta", {})
    told: object = None
    if payload:
        kind, name = payload.get("protocol"), payload.get("field")
        if kind in ("tcp", "udp", "th"):
            told = {"dport": packet.dport, "sport": packet.sport}.get(name) if kind in (packet.protocol, "th") else None
        elif kind in ("icmp", "icmpv6"):
            told = packet.message if name == "type" and packet.protocol == "icmp" else None
        else:
            told = {"saddr": packet.src, "daddr": packet.dst}.get(name) or _protocols(packet)
    elif meta.get("key") in ("iifname", "oifname", "iif", "oif"):
        return any(_is_one_of(link, right) for link in links) is not negated
    elif meta.get("key") in ("l4proto", "nfproto"):
        told = _protocols(packet)
    elif "ct" in left:
        told = "established" if packet.answer else "new"
    return told is not None and _is_one_of(told, right) is not negated


def _protocols(packet: Packet) -> list[object]:
    number = 58 if packet.protocol == "icmp" and packet.family == 6 else PROTOCOL_NUMBERS.get(packet.protocol)
    names = ["icmpv6" if number == 58 else packet.protocol, "ipv6-icmp" if number == 58 else packet.protocol]
    return [number, *names, f"ipv{packet.family}"]


def _is_one_of(told: object, right: Any) -> bool:
    if isinstance(told, list):
        return any(_is_one_of(one, right) for one in told)
    if isinstance(right, list):
        return any(_is_one_of(told, one) for one in right)
    if not isinstance(right, dict):
        return bool(told == right)
    if "set" in right:
        return _is_one_of(told, right["set"])
    if "prefix" in right:
        network = ip_network(f"{right['prefix']['addr']}/{right['prefix']['len']}", strict=False)
        return isinstance(told, str) and ip_address(told) in network
    low, high = right.get("range", (None, None))
    return isinstance(told, int) and isinstance(low, int) and low <= told <= high
