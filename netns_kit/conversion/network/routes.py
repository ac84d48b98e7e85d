"""The calls for what is routed and forwarded: routes, rules, neighbours, fdb entries, VLANs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from netns_kit.commands.reading import Entry
from netns_kit.conversion.calls import Call, call
from netns_kit.conversion.network.plan import Plan
from netns_kit.conversion.network.state import PlaceState, Rest
from netns_kit.links.info import LinkInfo
from netns_kit.tables.fdb import FdbInfo
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.route_words import NextHop
from netns_kit.tables.rule import RuleInfo

_USUAL_RULES = {
    "4": {(0, "local"), (32766, "main"), (32767, "default")},
    "6": {(0, "local"), (32766, "main")},
}
_RULE_KEYS = {"priority", "src", "srclen", "dst", "dstlen", "table", "action", "goto", "iif", "oif", "fwmark", "fwmask"}
_RULE_KEYS |= {"not", "protocol", "iif_detached", "oif_detached", "unresolved", "tos", "ipproto", "sport", "dport"}
_RULE_KEYS |= {"uid_start", "uid_end", "sport_start", "sport_end", "dport_start", "dport_end", "flow_from", "flow_to"}
_RULE_KEYS |= {"suppress_prefixlen", "suppress_ifgroup"}
_ROUTE_KEYS = {
    "type",
    "dst",
    "gateway",
    "via",
    "dev",
    "protocol",
    "scope",
    "prefsrc",
    "metric",
    "table",
    "flags",
    "pref",
}
_ROUTE_KEYS |= {"nexthops", "metrics"}


def routes(plan: Plan, state: PlaceState) -> None:
    """The routes that somebody set, those to gateways last."""
    chosen = [route for route in state.snapshot.routes if is_chosen(route)]
    for route in sorted(chosen, key=lambda route: route.gateway is not None or bool(route.nexthops)):
        options, more = _route_options(plan, state, route)
        remark = f"It has more than can be said here: {', '.join(more)}." if more else ""
        place = plan.places[state.id]
        plan.say(state.id, evolve(call(f"{place}.route.add", route.dst, **options), remark=remark))


def is_chosen(route: RouteInfo) -> bool:
    """Whether somebody set a route: it came neither with an address nor from a router."""
    return route.protocol not in ("kernel", "ra") and not route.dst.startswith("ff00::")


def _route_options(plan: Plan, state: PlaceState, route: RouteInfo) -> tuple[dict[str, Any], list[str]]:
    options: dict[str, Any] = {}
    raw = route.raw
    six = ":" in f"{route.dst}{route.gateway}{route.prefsrc}" or "pref" in raw
    refused = route.type in ("unreachable", "prohibit", "blackhole", "throw")
    if route.type != "unicast":
        options["type"] = route.type
    if route.gateway is not None:
        options["via"] = route.gateway
    if route.dev is not None and not refused:
        options["dev"] = plan.link(state, route.dev)
    if route.prefsrc is not None:
        options["src"] = route.prefsrc
    if route.metric not in (None, 1024 if six else 0):
        options["metric"] = route.metric
    if route.table not in (None, "main"):
        options["table"] = _number(route.table)
    usual = "global" if route.gateway or route.nexthops or refused or six else "link"
    if route.scope not in (None, usual, "host" if route.type in ("local", "nat") else usual):
        options["scope"] = route.scope
    if route.protocol not in (None, "boot"):
        options["proto"] = route.protocol
    metrics = {key: value for one in raw.get("metrics", ()) for key, value in one.items()}
    if "mtu" in metrics:
        options["mtu"] = metrics.pop("mtu")
    if "onlink" in route.flags:
        options["onlink"] = True
    if route.nexthops:
        options["nexthops"] = tuple(map(_hop, route.nexthops))
    if six and ":" not in f"{route.dst}{route.gateway}":
        options["family"] = 6
    return options, sorted({*metrics, *raw} - _ROUTE_KEYS)


def _hop(hop: NextHop) -> Call:
    weight = hop.weight if hop.weight not in (None, 1) else None
    words = {"via": hop.via, "dev": hop.dev, "weight": weight, "onlink": hop.onlink or None}
    return Call("NextHop", (), {key: value for key, value in words.items() if value is not None})


def rules(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """The policy rules that a new namespace has not, and those that it has and this one no more."""
    place = plan.places[state.id]
    for family, usual in _USUAL_RULES.items():
        if family not in rest.rules:
            continue
        found = [rule for rule in rest.typed_rules(family) if "l3mdev" not in str(rule.raw)]
        plain = {(rule.priority, rule.table or "") for rule in found if is_usual(rule, family)}
        for priority, table in sorted(usual - plain):
            plan.say(state.id, call(f"{place}.rule.delete", priority=priority, table=table, family=int(family)))
        for rule in found:
            if is_usual(rule, family):
                continue
            more = sorted(set(rule.raw) - _RULE_KEYS)
            remark = f"It has more than can be said here: {', '.join(more)}." if more else ""
            plan.say(
                state.id, evolve(call(f"{place}.rule.add", **_rule_options(plan, state, rule, family)), remark=remark)
            )


_MORE = ("tos", "uidrange", "ipproto", "sport", "dport", "realms", "goto", "suppress_prefixlength", "suppress_ifgroup")


def is_usual(rule: RuleInfo, family: str) -> bool:
    """Whether it is one of the kernel's own, as they were."""
    other = rule.dst, rule.iif, rule.oif, rule.fwmark, rule.negated
    alike = rule.src == "all" and other == ("all", None, None, None, False) and rule.action in (None, "to_tbl")
    return alike and (rule.priority, rule.table or "") in _USUAL_RULES[family]


def _rule_options(plan: Plan, state: PlaceState, rule: RuleInfo, family: str) -> dict[str, Any]:
    action = None if rule.action == "to_tbl" else rule.action
    options: dict[str, Any] = {
        "not_": rule.negated or None,
        "from_": None if rule.src == "all" else rule.src,
        "to": None if rule.dst == "all" else rule.dst,
        "fwmark": rule.fwmark,
        "iif": None if rule.iif is None else plan.link(state, rule.iif),
        "oif": None if rule.oif is None else plan.link(state, rule.oif),
        "priority": rule.priority,
        "table": None if action or rule.table is None else _number(rule.table),
        "action": action,
        **{name: getattr(rule, name) for name in _MORE},
        "family": 6 if family == "6" and ":" not in f"{rule.src}{rule.dst}" else None,
    }
    return {key: value for key, value in options.items() if value is not None}


def neighbours(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """The neighbours that somebody set, and those that this place answers for."""
    place = plan.places[state.id]
    # The kernel tells them in no order.
    for one in sorted(state.snapshot.neighbours, key=lambda one: (one.dev or "", one.dst)):
        if "PERMANENT" in one.state and "extern_learn" not in one.flags:
            options: dict[str, Any] = {} if one.lladdr is None else {"lladdr": one.lladdr}
            options |= {"router": True} if "router" in one.flags else {}
            # By then somebody may have been asked for that address.
            plan.say(state.id, call(f"{place}.neigh.replace", one.dst, dev=plan.link(state, one.dev), **options))
    for entry in sorted(rest.proxies, key=lambda entry: (str(entry.get("dev")), str(entry.get("dst")))):
        dev = plan.link(state, entry.get("dev"))
        plan.say(state.id, call(f"{place}.neigh.add", entry.get("dst", ""), dev=dev, proxy=True))


def entries(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """The entries of forwarding databases that somebody set."""
    infos = {info.name: info for info in state.snapshot.links}
    # The kernel tells them in no order.
    for entry in sorted(rest.typed_fdb(), key=lambda entry: (entry.mac, entry.vlan or 0, entry.dst or "")):
        info, known = infos.get(entry.dev or ""), plan.links.get(f"{state.id}/{entry.dev}")
        if info is None or known is None or not entry_is_chosen(entry, info, infos.values()):
            continue
        options: dict[str, Any] = {"dst": entry.dst, "vni": entry.vni, "port": entry.port, "vlan": entry.vlan}
        options["via"] = entry.raw.get("viaIf")
        if info.kind != "vxlan" or "self" not in entry.flags:
            options |= {"master": True} if info.master else {"self_": True}
        if entry.state != "permanent":
            options["state"] = entry.state
        verb = "append" if entry.mac == "00:00:00:00:00:00" else "add"
        options = {key: value for key, value in options.items() if value is not None}
        plan.say(state.id, call(f"{known.variable}.fdb.{verb}", entry.mac, **options))


def entry_is_chosen(entry: FdbInfo, info: LinkInfo, near: Iterable[LinkInfo]) -> bool:
    """Whether somebody set an entry: it was not learned, and it is not a link's own."""
    if entry.state not in ("permanent", "static") or "extern_learn" in entry.flags or int(entry.mac[:2], 16) & 1:
        return False
    if info.kind == "vxlan" and "self" in entry.flags:
        far = (info.data.get(key) for key in ("remote", "remote6", "group", "group6"))
        return not (entry.mac == "00:00:00:00:00:00" and entry.dst in far)
    if not (info.master or info.kind == "bridge"):
        return False
    return entry.mac not in {one.address for one in near if one.name == info.name or one.name == info.master}


def vlans(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """The VLANs of bridges and their ports, but for the one that all have."""
    infos = {info.name: info for info in state.snapshot.links}
    for entry in rest.vlans:
        info, known = infos.get(entry.get("ifname", "")), plan.links.get(f"{state.id}/{entry.get('ifname')}")
        bridge = infos.get(info.master or info.name) if info else None
        if bridge is None or known is None or bridge.kind != "bridge":
            continue
        usual = int(bridge.data.get("vlan_default_pvid") or 0)
        found = [_vlan(one) for one in entry.get("vlans", ())]
        if usual and (usual, {"pvid": True, "untagged": True}) not in found:
            plan.say(state.id, call(f"{known.variable}.vlan.delete", usual))
        for vid, options in found:
            if (vid, options) != (usual, {"pvid": True, "untagged": True}):
                plan.say(state.id, call(f"{known.variable}.vlan.add", vid, **options))


def _vlan(entry: Entry) -> tuple[int | str, dict[str, bool]]:
    flags = entry.get("flags") or ()
    options = {"pvid": "PVID" in flags, "untagged": "Egress Untagged" in flags}
    low, high = entry.get("vlan", 0), entry.get("vlanEnd")
    return low if high is None else f"{low}-{high}", {key: True for key, value in options.items() if value}


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
