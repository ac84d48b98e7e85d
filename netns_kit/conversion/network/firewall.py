"""The calls for firewalls, from what `iptables-save` told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from attrs import evolve

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.conversion.calls import call
from netns_kit.conversion.network.plan import Plan
from netns_kit.conversion.network.state import PlaceState, Rest
from netns_kit.machines.dry_run import DryRunner
from netns_kit.sites.site import Site
from netns_kit.tables.iptables import IptablesTable
from netns_kit.tables.iptables_rules import IptablesRule, parse_rules
from netns_kit.tables.iptables_words import RuleOptions


def firewall(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """Policies, chains and rules, table by table."""
    place = plan.places[state.id]
    for tool, lines in rest.firewall.items():
        if lines is None:
            remark = f"What {tool} has here only root may know: it is left out."
            plan.say(state.id, evolve(call(""), remark=remark), batched=False)
        for table, rules in tables(lines or ()):
            where = {} if table == "filter" else {"table": table}
            for rule in sorted(rules, key=lambda rule: rule.policy is None):
                verb = f"{place}.{tool}"
                if rule.policy is None:
                    words, options = spelled(rule)
                    plan.say(state.id, call(f"{verb}.append", rule.chain, *words, **options, **where), batched=False)
                elif rule.policy == "-":
                    plan.say(state.id, call(f"{verb}.new_chain", rule.chain, **where), batched=False)
                elif rule.policy != "ACCEPT":
                    plan.say(state.id, call(f"{verb}.policy", rule.chain, rule.policy, **where), batched=False)


def spelled(rule: IptablesRule) -> tuple[tuple[str, ...], RuleOptions]:
    """A rule by its long options, where these type its very words again; else by its words."""
    options = cast(RuleOptions, rule.options)
    try:
        typed = IptablesTable(Site(DryRunner())).append(rule.chain, **options)
    except (InvalidArgumentError, TypeError):
        # No option of this name, or one of the name of another argument.
        return rule.words, {}
    return ((), options) if typed.words == rule.words else (rule.words, {})


def tables(lines: Iterable[str]) -> Iterator[tuple[str, list[IptablesRule]]]:
    """The rules of each table, and its chains' policies ("-" for a chain that somebody made)."""
    table: str = ""
    rules: list[IptablesRule] = []
    for line in lines:
        if line.startswith("*"):
            table, rules = line[1:], []
        elif line.startswith(":"):
            chain, _, policy = line[1:].partition(" ")
            rules.append(IptablesRule(chain, policy=policy))
        elif line == "COMMIT":
            yield table, rules
        else:
            rules += parse_rules(line)
