"""The calls for what waits: queueing disciplines and their classes."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from netns_kit.conversion.calls import call
from netns_kit.conversion.network.plan import Known, Plan
from netns_kit.conversion.network.state import PlaceState, Rest
from netns_kit.tables.tc.qdisc import QdiscInfo
from netns_kit.tables.tc.traffic_class import ClassInfo

_USUAL: dict[str, dict[str, Any]] = {
    "htb": {"default": "0", "r2q": 10, "direct_qlen": 1000},
    "prio": {"bands": 3, "priomap": [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]},
    "sfq": {"limit": 127, "perturb": None, "divisor": 1024, "depth": 127},
    "pfifo": {"limit": None},
    "bfifo": {"limit": None},
    "pfifo_head_drop": {"limit": None},
    "ingress": {},
    "clsact": {},
    "drr": {},
}
"""What is told of each kind, and what it has if nobody said anything."""

_USUAL_BURSTS = ("1598b", "1599b", "1600b")
"""What the tool takes where nobody says a burst, in the kernel's rounding."""


def queues(plan: Plan, state: PlaceState, rest: Rest) -> None:
    """The queueing disciplines that somebody chose, each link's from the root on."""
    classes = [ClassInfo(**entry) for entry in rest.classes]
    # The kernel tells them in no order; what belongs to a class comes behind it, and that behind its own parent.
    found = sorted(rest.typed_qdiscs(), key=lambda pair: _is_inner(pair[1]))
    for dev, qdisc in found:
        link = plan.links.get(f"{state.id}/{dev}")
        if link is not None:
            _qdisc(plan, state, link, qdisc)
            own = [one for one in classes if one.dev == dev and not _is_inner(qdisc) and qdisc.kind == one.kind]
            for one in sorted(own, key=lambda one: (one.parent not in (None, "root"), one.handle)):
                _class(plan, state, link, one, qdisc)


def _is_inner(qdisc: QdiscInfo) -> bool:
    return bool(qdisc.parent) and qdisc.kind not in _OWN


_OWN = ("ingress", "clsact")
"""Whose parent is always the same."""


def _class(plan: Plan, state: PlaceState, link: Known, one: ClassInfo, root: QdiscInfo) -> None:
    parent = root.handle if one.parent in (None, "root") else one.parent
    told = {"rate": one.rate, "ceil": one.ceil if one.ceil != one.rate else None, "prio": one.prio or None}
    bursts = {"burst": one.burst, "cburst": one.cburst}
    options = {name: value for name, value in {**told, **bursts}.items() if value not in (None, *_USUAL_BURSTS)}
    plan.say(state.id, call(f"{link.variable}.class_.add", one.kind, parent=parent, classid=one.handle, **options))


def _qdisc(plan: Plan, state: PlaceState, link: Known, qdisc: QdiscInfo) -> None:
    if qdisc.kind not in ("netem", "tbf", *_USUAL):
        remark = f"{link.info.name} also has a queueing discipline that is not told here: {qdisc.kind} {qdisc.handle}"
        plan.say(state.id, evolve(call(""), remark=remark))
        return
    options = _netem(qdisc) if qdisc.kind == "netem" else _tbf(qdisc) if qdisc.kind == "tbf" else _other(qdisc)
    # From 8000: on the kernel numbers those that nobody named.
    if not int(qdisc.handle.partition(":")[0] or "0", 16) >= 0x8000:
        options["handle"] = qdisc.handle
    if qdisc.parent is not None and qdisc.kind not in _OWN:
        options["parent"] = qdisc.parent
    plan.say(state.id, call(f"{link.variable}.qdisc.add", qdisc.kind, **options))


def _other(qdisc: QdiscInfo) -> dict[str, Any]:
    told = {name: qdisc.options.get(name, usual) for name, usual in _USUAL[qdisc.kind].items()}
    if "default" in told:
        told["default"] = str(told["default"]).removeprefix("0x") or "0"
    chosen = {name: value for name, value in told.items() if value != _USUAL[qdisc.kind][name]}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in chosen.items()}


def _netem(qdisc: QdiscInfo) -> dict[str, Any]:
    told = {
        "delay": qdisc.delay,
        "jitter": qdisc.jitter,
        "correlation": round(float((qdisc.options.get("delay") or {}).get("correlation", 0)) * 100, 6),
        "loss": round(qdisc.loss, 6),
        "duplicate": round(qdisc.duplicate, 6),
        "reorder": round(qdisc.reorder, 6),
        "corrupt": round(qdisc.corrupt, 6),
        "rate": qdisc.rate,
    }
    options: dict[str, Any] = {key: _whole(value) for key, value in told.items() if value}
    if "jitter" in options or "reorder" in options:
        options = {"delay": 0, **options}
    limit = qdisc.options.get("limit", 1000)
    return options if limit == 1000 else {**options, "limit": limit}


def _tbf(qdisc: QdiscInfo) -> dict[str, Any]:
    latency = qdisc.options.get("lat", 0)
    return {"rate": qdisc.rate, "burst": qdisc.options.get("burst", 0), "latency": _whole(latency / 1_000_000)}


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value
