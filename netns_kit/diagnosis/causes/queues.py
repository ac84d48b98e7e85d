"""Queues and filters of tc that lose packets."""

from __future__ import annotations

from collections.abc import Iterator

from netns_kit.diagnosis.cause import Step, Trouble, cause, cure
from netns_kit.tables.tc.filter import FilterInfo
from netns_kit.tables.tc.qdisc import QdiscInfo
from netns_kit.views.nodes import LinkNode

_FILTERED = ("ingress", "clsact")


@cause("queue-loses", "sending")
def queue_loses_all(step: Step) -> Trouble | None:
    """A link's queue loses all that the link sends."""
    for queue in step.place.queues(step.link) if step.link else ():
        if queue.loss == 100:
            return _losing(step, step.link, queue, f"is told to lose all that it sends ({queue.kind})")
    return None


@cause("queue-loses", "losing")
def queue_loses_some(step: Step) -> Trouble | None:
    """A link's queue loses some of what the link sends, and lost the probe."""
    for queue in step.place.queues(step.link, hidden=True) if step.link else ():
        if queue.loss or queue.corrupt:
            what = f"lose {queue.loss:g} %" if queue.loss else f"corrupt {queue.corrupt:g} %"
            return _losing(step, step.link, queue, f"is told to {what} of what it sends ({queue.kind})")
        if queue.dropped and queue.kind not in _FILTERED:
            return _losing(step, step.link, queue, f"({queue.kind}) has dropped {queue.dropped} packets")
    return None


def _losing(step: Step, link: LinkNode | None, queue: QdiscInfo, what: str) -> Trouble | None:
    if link is None:
        return None
    label = step.world.label(link)
    return step.trouble(
        f"The queue of {label} {what}.",
        cure(step.place, lambda here: here.link(link.name).qdisc.delete(parent=queue.parent)),
    )


@cause("filter-drops", "losing")
def filter_drops(step: Step) -> Trouble | None:
    """A filter of tc drops what a link sends or takes."""
    link, place = step.link, step.place
    if link is None or not any(one.dropped for one in place.queues(link, hidden=True) if one.kind in _FILTERED):
        return None
    dropping = next(
        ((hook, one) for hook in ("egress", "ingress") for one in place.filters(link, hook) if _drops(one)), None
    )
    label = step.world.label(link)
    if dropping is None:
        return step.trouble(f"A filter of tc on {label} drops packets.")
    hook, found = dropping
    return step.trouble(
        f"A filter of tc on {label} ({hook}, pref {found.pref}, {found.kind}) drops packets.",
        cure(place, lambda here: here.link(link.name).filter.delete(parent=hook, pref=found.pref)),
    )


def _drops(found: FilterInfo) -> bool:
    return any(_counted(found.options))


def _counted(value: object) -> Iterator[int]:
    """The packets that the actions of a filter have dropped."""
    if isinstance(value, dict):
        drops = value.get("drops")
        yield from [drops] if isinstance(drops, int) else ()
        for one in value.values():
            yield from _counted(one)
    elif isinstance(value, list):
        for one in value:
            yield from _counted(one)
