"""The firewall, and address translation."""

from __future__ import annotations

from collections.abc import Mapping

from netns_kit.diagnosis.cause import Cure, Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.firewall import Hook, Verdict
from netns_kit.diagnosis.model.nftables import stopping


@cause("firewall", "filtering")
def firewall_drops(step: Step) -> Trouble | None:
    """A rule of the firewall, or a chain's policy, stops the packet."""
    verdict, hook = step.state
    tool = "iptables" if step.packet.family == 4 else "ip6tables"
    what = "drops" if verdict.target == "DROP" else "rejects"
    if verdict.rule is not None:
        return step.trouble(
            f"A rule of {tool} in {step.place.name} {what} it: `{_typed(verdict)}`.",
            _delete(step, verdict, tool),
        )
    return step.trouble(
        f"The policy of {verdict.chain} in {tool} of {step.place.name} is {verdict.target}, and no rule accepts this.",
        _accept(step, verdict, hook, tool),
        _policy(step, verdict, tool),
    )


@cause("nft", "nftables")
def nft_drops(step: Step) -> Trouble | None:
    """A rule that nft made, or the policy of a chain of it, stops the packet."""
    found = stopping(step.place.nft, step.packet, step.place.links)
    if found is None:
        return None
    where = (found.family, str(found.table), str(found.chain))
    if found.object == "rule":
        return step.trouble(
            f"A rule of nft in {step.place.name} stops it: number {found.handle} of the chain {found.chain} in table"
            f" {found.family} {found.table}.",
            cure(step.place, lambda here: here.nft.delete("rule", *where, "handle", found.handle or 0)),
        )
    kind = "ipv6-icmp" if step.packet.family == 6 and step.packet.protocol == "icmp" else step.packet.protocol
    # Who bears the frames must let ARP pass, too.
    meant = ("meta", "l4proto", kind) if found.family in ("inet", "ip", "ip6") else ()
    return step.trouble(
        f"The policy of nft's chain {found.chain} in table {found.family} {found.table} of {step.place.name} is drop,"
        " and no rule accepts this.",
        cure(step.place, lambda here: here.nft.add("rule", *where, *meant, "accept")),
    )


def _typed(verdict: Verdict) -> str:
    table = "" if verdict.table == "filter" else f"-t {verdict.table} "
    return f"{table}{verdict.rule}"


def _table(verdict: Verdict) -> str | None:
    return None if verdict.table == "filter" else verdict.table


def _delete(step: Step, verdict: Verdict, tool: str) -> Cure:
    rule = verdict.rule
    words = rule.words if rule else ()
    return cure(
        step.place,
        lambda here: getattr(here, tool).delete(rule.chain, *words, table=_table(verdict)),  # type: ignore[union-attr]
    )


def _policy(step: Step, verdict: Verdict, tool: str) -> Cure:
    return cure(step.place, lambda here: getattr(here, tool).policy(verdict.chain, "ACCEPT", table=_table(verdict)))


def _append(tool: str, chain: str, table: str | None, rule: Mapping[str, str | None]) -> Deed:
    return lambda here: getattr(here, tool).append(chain, table=table, **rule)


def _accept(step: Step, verdict: Verdict, hook: Hook, tool: str) -> Cure:
    """The rule that lets this packet through, and its answers, which come by the same links the other way."""
    table = _table(verdict)
    deeds: list[dict[str, str | None]]
    if verdict.chain == "FORWARD":
        ways = ((step.packet, hook), (step.packet.answered(), Hook(hook.leaves, hook.came)))
        firewall = step.place.firewall(step.packet.family)
        deeds = [
            {"in_interface": way.came, "out_interface": way.leaves, "jump": "ACCEPT"}
            for packet, way in ways[: 1 if step.packet.answer else 2]
            if firewall.decide(verdict.table, verdict.chain, packet, way).stops
        ]
    else:
        end = "in_interface" if verdict.chain in ("INPUT", "PREROUTING") else "out_interface"
        packet = step.packet
        kind: dict[str, str | None] = {
            "protocol": packet.protocol if packet.family == 4 or packet.protocol != "icmp" else "ipv6-icmp"
        }
        if packet.dport is not None and not packet.answer:
            kind["dport"] = str(packet.dport)
        deeds = [{end: hook.came or hook.leaves, **kind, "jump": "ACCEPT"}]
    return cure(
        step.place,
        *(_append(tool, verdict.chain, table, one) for one in deeds),
    )
