"""nft's firewall in thought: which of its rules stops a packet, in tables that iptables did not make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from attrs import frozen

from netns_kit.diagnosis.model.packet import PROTOCOL_NUMBERS, Packet
from netns_kit.tables.nft import NftInfo

DEEPEST = 16
"""Chains that lead to each other."""

_OF_IPTABLES = ("filter", "nat", "mangle", "raw", "security")


def stopping(found: Iterable[NftInfo], packet: Packet, links: Iterable[str]) -> NftInfo | None:
    """The rule, or the chain whose policy it is, that stops a packet at a place with these links; None if none does."""
    objects = [one for one in found if _is_asked(one, packet)]
    look = _Look(objects, packet, tuple(links))
    for chain in (one for one in objects if one.object == "chain" and one.hook):
        decided = look.decide(chain)
        if decided is not None and "accept" not in _verdicts(decided):
            return decided
        if decided is None and chain.policy == "drop":
            return chain
    return None


@frozen
class _Look:
    """A packet's way through chains."""

    objects: list[NftInfo]
    packet: Packet
    links: tuple[str, ...]

    def decide(self, chain: NftInfo, depth: int = 0) -> NftInfo | None:
        """The rule of a chain, or of those that it leads to, that decides about the packet."""
        for rule in self.objects:
            if rule.object != "rule" or (rule.family, rule.table, rule.chain) != (
                chain.family,
                chain.table,
                chain.name,
            ):
                continue
            verdicts = _verdicts(rule)
            if not verdicts or not self._matches(rule):
                continue
            if verdicts.keys() & {"drop", "reject", "accept"}:
                return rule
            if "return" in verdicts:
                return None
            aim = (verdicts.get("jump") or verdicts.get("goto") or {}).get("target")
            led = next((one for one in self._of(chain, "chain") if one.name == aim), None)
            decided = self.decide(led, depth + 1) if led is not None and depth < DEEPEST else None
            if decided is not None or "goto" in verdicts:
                return decided
        return None

    def _of(self, chain: NftInfo, kind: str) -> Iterator[NftInfo]:
        return (one for one in self.objects if (one.object, one.family, one.table) == (kind, chain.family, chain.table))

    def _matches(self, rule: NftInfo) -> bool:
        sets = {f"@{one.name}": one.raw.get("elem", []) for one in self._of(rule, "set")}
        matches = (part["match"] for part in rule.expr if "match" in part)
        return all(_matches_one(one, self.packet, self.links, sets) for one in matches)


def _verdicts(rule: NftInfo) -> dict[str, Any]:
    parts = {key: value for part in rule.expr for key, value in part.items()}
    return {key: parts[key] for key in ("drop", "reject", "accept", "return", "jump", "goto") if key in parts}


def _is_asked(one: NftInfo, packet: Packet) -> bool:
    own = one.family in ("ip", "ip6") and one.table in _OF_IPTABLES
    families = (
        "inet",
        "netdev",
        "bridge",
        "ip" if packet.family == 4 else "ip6",
        *(("arp",) if packet.family == 4 else ()),
    )
    return not own and one.family in families


def _matches_one(match: dict[str, Any], packet: Packet, links: Iterable[str], sets: dict[str, Any]) -> bool:
    left, right = match.get("left", {}), match.get("right")
    right = sets.get(right, right) if isinstance(right, str) else right
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
