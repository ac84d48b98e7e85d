"""The calls for what waits: queueing disciplines and their classes."""

from __future__ import annotations

from attrs import evolve

from netns_kit.conversion.calls import call
from netns_kit.conversion.network.plan import Known, Plan
from netns_kit.conversion.network.state import PlaceState, Rest
from netns_kit.tables.tc import told
from netns_kit.tables.tc.qdisc import QdiscInfo
from netns_kit.tables.tc.traffic_class import ClassInfo


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
    return bool(qdisc.parent) and qdisc.kind not in told.WITHOUT_PARENT


def _class(plan: Plan, state: PlaceState, link: Known, one: ClassInfo, root: QdiscInfo) -> None:
    keywords = {name: value for name, value in one.keywords.items() if value is not None}
    if one.parent in (None, "root"):
        keywords["parent"] = root.handle
    plan.say(state.id, call(f"{link.variable}.class_.add", one.kind, **keywords))


def _qdisc(plan: Plan, state: PlaceState, link: Known, qdisc: QdiscInfo) -> None:
    if qdisc.kind not in told.KINDS:
        remark = f"{link.info.name} also has a queueing discipline that is not told here: {qdisc.kind} {qdisc.handle}"
        plan.say(state.id, evolve(call(""), remark=remark))
        return
    keywords = {name: value for name, value in qdisc.keywords.items() if value not in (None, "root")}
    if not qdisc.is_named or qdisc.kind in told.WITHOUT_PARENT:
        del keywords["handle"]
    plan.say(state.id, call(f"{link.variable}.qdisc.add", qdisc.kind, **keywords))
