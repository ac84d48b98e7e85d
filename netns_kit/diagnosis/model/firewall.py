"""The firewall in thought: which rule of iptables decides about a packet."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network

from attrs import evolve, field, frozen

from netns_kit.diagnosis.model.packet import PROTOCOL_NUMBERS, Packet
from netns_kit.tables.iptables_rules import IptablesRule, parse_rules

_STOPS = ("DROP", "REJECT", "ACCEPT")
_SILENT = ("comment", "limit_burst", "match", "jump", "goto", "reject_with", "to_destination", "to_source", "to_ports",
           "random", "random_fully", "persistent", "log_prefix", "log_level", "set_mark", "set_xmark", "wait", "mask",
           "clamp_mss_to_pmtu", "set_mss", "to")  # fmt: skip
"""Options that do not say which packets are meant."""


@frozen
class Verdict:
    """What a table's chain makes of a packet: `target` is ACCEPT, DROP, REJECT or a translation's; `rule` decided.

    `number` is the rule's in its chain, from 1; without a rule, the chain's policy decided.
    """

    target: str
    table: str
    chain: str
    rule: IptablesRule | None = None
    number: int = 0

    @property
    def stops(self) -> bool:
        """Whether the packet goes no further."""
        return self.target in ("DROP", "REJECT")


@frozen
class Chain:
    """A chain: its policy ("-" if it has none), its rules, and how many packets each and the policy have seen."""

    policy: str = "-"
    rules: tuple[IptablesRule, ...] = ()
    counts: tuple[int, ...] = ()
    seen: int = 0


@frozen
class Hook:
    """Where a packet is: the links by which it comes and goes, of a bridge also the ports."""

    came: str | None = None
    leaves: str | None = None
    port_in: str | None = None
    port_out: str | None = None


@frozen
class Firewall:
    """All tables of `iptables` or `ip6tables`, each by its chains' names. `rose` are the rules that counted a probe."""

    tool: str = "iptables"
    tables: Mapping[str, Mapping[str, Chain]] = field(factory=dict)
    rose: frozenset[tuple[str, str, int]] = frozenset()

    @classmethod
    def read(cls, text: str, tool: str) -> Firewall:
        """From what `iptables-save -c` printed."""
        tables: dict[str, dict[str, Chain]] = {}
        chains: dict[str, Chain] = {}
        for line in text.splitlines():
            head, policy, rule = (
                line[:1],
                re.match(r":(\S+) (\S+) \[(\d+):", line),
                re.match(r"\[(\d+):\d+\] (.*)", line),
            )
            if head == "*":
                chains = tables.setdefault(line[1:], {})
            elif policy:
                chains[policy[1]] = Chain(policy[2], seen=int(policy[3]))
            elif rule:
                (parsed,) = parse_rules(rule[2]) or (None,)
                if parsed is not None:
                    known = chains.get(parsed.chain, Chain())
                    chains[parsed.chain] = evolve(
                        known, rules=(*known.rules, parsed), counts=(*known.counts, int(rule[1]))
                    )
        return cls(tool, tables)

    def since(self, before: Firewall) -> Firewall:
        """The same, knowing which rules (by number, the policy's is 0) have counted packets since then."""
        rose = set()
        for table, chains in self.tables.items():
            for name, chain in chains.items():
                old = before.tables.get(table, {}).get(name, Chain())
                now = ((0, chain.seen, old.seen), *zip(range(1, 9999), chain.counts, old.counts, strict=False))
                rose |= {(table, name, number) for number, count, earlier in now if count > earlier}
        return evolve(self, rose=frozenset(rose))

    def decide(self, table: str, chain: str, packet: Packet, hook: Hook) -> Verdict:
        """What the chain of a table makes of a packet; ACCEPT if there is no such chain."""
        for found in self._hits(table, chain, packet, hook, set()):
            if found.target in _STOPS or table == "nat":
                return found
        known = self.tables.get(table, {}).get(chain)
        return Verdict(known.policy if known and known.policy != "-" else "ACCEPT", table, chain)

    def marked(self, chain: str, packet: Packet, hook: Hook) -> Packet:
        """A packet with the mark that a chain of the table mangle gives it."""
        for found in self._hits("mangle", chain, packet, hook, set()):
            if found.target in _STOPS:
                break
            if found.target == "MARK" and found.rule is not None:
                packet = evolve(packet, mark=_mark(found.rule.options, packet.mark))
        return packet

    def _hits(self, table: str, chain: str, packet: Packet, hook: Hook, been: set[str]) -> Iterator[Verdict]:
        """The rules that a packet meets, of a chain and of those that it leads to; the last of them may be RETURN."""
        known = self.tables.get(table, {}).get(chain, Chain())
        for number, rule in enumerate(known.rules, 1):
            options = rule.options
            target = str(options.get("jump") or options.get("goto") or "")
            hit = _matches(options, packet, hook)
            if hit is None:
                hit = (table, chain, number) in self.rose
            if not hit or not target:
                continue
            if target == "RETURN":
                return
            if target in self.tables.get(table, {}) and target not in been:
                yield from self._hits(table, target, packet, hook, {*been, target})
                if "goto" in options:
                    return
            else:
                yield Verdict(target, table, chain, rule, number)

    def translations(self) -> Iterator[IptablesRule]:
        """The rules that change where packets come from."""
        for chain in self.tables.get("nat", {}).values():
            yield from (rule for rule in chain.rules if rule.options.get("jump") in ("MASQUERADE", "SNAT"))


def _mark(options: Mapping[str, str | bool], mark: int) -> int:
    """A packet's new mark, as `--set-xmark` and its like say it."""
    text = str(options.get("set_xmark") or options.get("set_mark") or "")
    value, _, mask = text.partition("/")
    with contextlib.suppress(ValueError):
        return (mark & ~int(mask or "0xffffffff", 0)) ^ int(value, 0)
    return mark


def has_mark(text: str, mark: int) -> bool:
    """Whether a mark is what a rule asks for, such as "0x7" or "0x7/0xff"."""
    value, _, mask = text.partition("/")
    return mark & int(mask or "0xffffffff", 0) == int(value, 0)


def translated(packet: Packet, verdict: Verdict, own: str | None) -> Packet:
    """What a translation's rule makes of a packet; `own` is the address of the link that it leaves or came by."""
    options = verdict.rule.options if verdict.rule else {}
    if verdict.target in ("MASQUERADE", "REDIRECT"):
        ports = str(options.get("to_ports", ""))
        if verdict.target == "MASQUERADE":
            return evolve(packet, src=own or packet.src)
        return evolve(packet, dst=own or packet.dst, dport=int(ports) if ports.isdigit() else packet.dport)
    to = str(options.get("to_destination") or options.get("to_source") or "")
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([\d.]+)|([0-9a-fA-F:]+))?(?:-[^:]+)?(?::(\d+).*)?", to)
    if not to or not found:
        return packet
    address, port = found[1] or found[2] or found[3], int(found[4]) if found[4] else None
    if verdict.target == "DNAT":
        return evolve(packet, dst=address or packet.dst, dport=port or packet.dport)
    if verdict.target == "SNAT":
        return evolve(packet, src=address or packet.src, sport=port or packet.sport)
    return packet


def _matches(options: Mapping[str, str | bool], packet: Packet, hook: Hook) -> bool | None:
    """Whether a rule means a packet; None if that cannot be told."""
    doubt = False
    for name, value in options.items():
        if name in _SILENT:
            continue
        text = str(value)
        negated, text = text.startswith("! "), text.removeprefix("! ")
        hit = _matches_one(name, text, packet, hook)
        if hit is None:
            doubt = True
        elif hit is negated:
            return False
    return None if doubt else True


def _matches_one(name: str, text: str, packet: Packet, hook: Hook) -> bool | None:
    links = {"in_interface": hook.came, "out_interface": hook.leaves, "physdev_in": hook.port_in,
             "physdev_out": hook.port_out}  # fmt: skip
    if name in links:
        own = links[name] or ""
        return own.startswith(text[:-1]) if text.endswith("+") else own == text
    if name in ("source", "destination"):
        address = packet.src if name == "source" else packet.dst
        return address is not None and _within(address, text)
    if name == "protocol":
        wanted = PROTOCOL_NUMBERS.get(text, int(text) if text.isdigit() else -1)
        return text == "all" or wanted == _number(packet)
    if name in ("sport", "source_port", "sports", "dport", "destination_port", "dports", "ports"):
        numbers = {"s": (packet.sport,), "d": (packet.dport,), "p": (packet.sport, packet.dport)}[name[0]]
        return any(_port(number, part) for number in numbers for part in text.split(","))
    if name in ("icmp_type", "icmpv6_type"):
        return _icmp(text, packet)
    if name in ("ctstate", "state"):
        return bool({"ESTABLISHED" if packet.answer else "NEW"} & {*text.split(",")})
    if name == "mark":
        return has_mark(text, packet.mark)
    if name in ("physdev_is_bridged", "physdev_is_in", "physdev_is_out"):
        return hook.port_in is not None
    return None


def _number(packet: Packet) -> int:
    return 58 if packet.protocol == "icmp" and packet.family == 6 else PROTOCOL_NUMBERS.get(packet.protocol, -1)


def _within(address: str, networks: str) -> bool | None:
    try:
        return any(ip_address(address) in ip_network(one, strict=False) for one in networks.split(","))
    except ValueError:
        return None


def _port(number: int | None, text: str) -> bool:
    first, _, last = text.partition(":")
    if number is None or not (first or "0").isdigit() or not (last or "0").isdigit():
        return False
    return int(first or 0) <= number <= int(last or (65535 if ":" in text else first))


def _icmp(text: str, packet: Packet) -> bool:
    if packet.message == "fragmentation-needed" and text in ("3", "3/4", "destination-unreachable"):
        return True
    numbers = {"8": "echo-request", "0": "echo-reply", "128": "echo-request", "129": "echo-reply",
               "any": packet.message, "255": packet.message}  # fmt: skip
    return numbers.get(text.partition("/")[0], text) == packet.message
