"""How an explanation reads: who reaches whom, by which way, where it breaks, and what to type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from netns_kit.commands.rows import Rows
from netns_kit.diagnosis.cause import Trouble
from netns_kit.diagnosis.explanation import Explanation, Finding, PathHop, findings
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.world import World
from netns_kit.diagnosis.paths.way import Hop, Way
from netns_kit.diagnosis.probing.evidence import Evidence
from netns_kit.diagnosis.probing.probe import Outcome
from netns_kit.views.nodes import Mark, PlaceNode

SLOW = 0.5
"""Seconds of waiting at a link that are told."""


def tell(
    world: World,
    start: PlaceFacts,
    packet: Packet,
    out: Way,
    back: Way | None,
    outcome: Outcome,
    seen: Evidence | None,
    found: tuple[Trouble, ...],
) -> Explanation:
    """The explanation that all of this makes."""
    ok = bool(outcome.answered) or (outcome.answered is None and not found)
    unseen = (*world.unseen, *(f"{place.name}: {what}" for place in _passed(out, back) for what in place.unseen))
    rows = findings(found)
    if not ok and not rows:
        rows = Rows([_unknown(world, start, out, back, outcome, seen)])
    lines = [_heading(world, start, packet, ok, outcome, out, back), *_ways(world, out, back, found, ok)]
    if not ok:
        told = _witness(world, out, back, seen)
        lines += [f"  {told}"] if told else []
        for number, one in enumerate(rows, 1):
            lines += _finding(one, world, number if len(rows) > 1 else 0)
    lines += _slow(world, out, back)
    lines += [f"  Not looked at: {what}" for what in unseen]
    return Explanation(
        _drawn(world, start, out, back),
        source=start.id,
        destination=packet.dst,
        ok=ok,
        findings=rows,
        path=Rows([*_rows(world, "there", out, seen.asked if seen else None, found),
                   *(_rows(world, "back", back, seen.answered if seen else None, found) if back else ())]),
        unseen=unseen,
        lines=tuple(lines),
        marked=_marked(out, back, found, ok),
    )  # fmt: skip


def _passed(*ways: Way | None) -> Iterable[PlaceFacts]:
    return dict.fromkeys(place for way in ways if way for place in way.places)


def _heading(
    world: World, start: PlaceFacts, packet: Packet, ok: bool, outcome: Outcome, out: Way, back: Way | None
) -> str:
    holder = out.arrived or next(iter(world.holders(packet.dst)), None)
    own = holder.holder(packet.dst) if holder else None
    where = f" ({own.dev} in {_name(world, holder)})" if holder and own else ""
    left = next((way.outside for way in (out, back) if way and way.outside), None)
    if ok and outcome.answered is None and left is not None:
        return (
            f"{_name(world, start)} sends what is for {packet.dst} out by {world.label(left)}, to where nobody looked"
        )
    port = f", {packet.protocol.upper()} port {packet.dport}" if packet.dport is not None else ""
    return f"{_name(world, start)} {'reaches' if ok else 'cannot reach'} {packet.dst}{port}{where}"


def _name(world: World, place: PlaceFacts) -> str:
    return place.id if world.several else place.name


def _ways(world: World, out: Way, back: Way | None, found: tuple[Trouble, ...], ok: bool) -> Iterator[str]:
    first = found[0] if found else None
    there = any(one is first for _, one in out.troubles)
    if out.hops:
        yield f"  {_way(world, out, first if there else None)}"
    if back is not None and first is not None and not there and not ok:
        yield f"  back: {_way(world, back, first)}"


def _way(world: World, way: Way, broken: Trouble | None) -> str:
    at = next((number for number, one in way.troubles if one is broken), None)
    words: list[str] = []
    last = None
    for number, hop in enumerate(way.hops):
        if number == at:
            words.append("✗")
        elif words and hop.link is not last:
            words.append("→")
        if hop.link is not last or number == at:
            words.append(world.label(hop.link))
        last = hop.link
    if at is not None and at >= len(way.hops):
        words.append("✗")
    return " ".join([*words, *(["→ …"] if way.outside else [])])


def _witness(world: World, out: Way, back: Way | None, seen: Evidence | None) -> str:
    """Where the probe was seen last."""
    if seen is None:
        return ""
    for way, known, what in (
        (back, seen.answered, "The answer"),
        (out, seen.asked, {"tcp": "The TCP SYN", "udp": "The datagram"}.get(out.packet.protocol, "The echo request")),
        (out, seen.sought, "The question for the next hop's address"),
    ):
        number = seen.last(way, known) if way else 0
        if way and number:
            told = f"{what} was seen up to {world.label(way.hops[number - 1].link)}"
            return f"{told}, and all the way." if number == len(way.hops) else f"{told}, and no further."
    return "Nothing of the probe was seen on any link."


def _slow(world: World, *ways: Way | None) -> Iterator[str]:
    """The links that are told to make packets wait."""
    sent = {hop.link.id: hop.link for way in ways if way for hop in way.hops if hop.way == "out"}
    for link in sent.values():
        delay = world.places[link.place].delay(link)
        if delay >= SLOW:
            yield f"  The queue of {world.label(link)} makes each packet wait for {delay:g} s."


def _finding(one: Finding, world: World, number: int) -> Iterator[str]:
    yield f"  {f'{number}. ' if number else ''}{one.sentence}"
    for index, cure in enumerate(one.cures):
        for host, argv in cure.commands:
            line = str(_command(argv))
            yield f"  {'→' if index == 0 else '  or'} {f'on {host}: ' if world.several else ''}{line}"


def _command(argv: tuple[str, ...]) -> str:
    import shlex

    return shlex.join(argv)


def _unknown(
    world: World, start: PlaceFacts, out: Way, back: Way | None, outcome: Outcome, seen: Evidence | None
) -> Finding:
    number = seen.last(out, seen.asked) if seen else 0
    hop = out.hops[number - 1] if number else None
    said = f" ({outcome.said})" if outcome.said else ""
    left = next((way.outside for way in (out, back) if way and way.outside), None)
    what = "nothing that was looked at explains it"
    if left is not None:
        what = f"beyond {world.label(left)} is what was not looked at: `among` names further places"
    link = left or (hop.link if hop else None)
    place = link.place if link else start.id
    return Finding("unknown", place, link.name if link else None, f"Nobody answered{said}, and {what}.")


def _rows(
    world: World, name: str, way: Way, seen: Iterable[tuple[str, str]] | None, found: tuple[Trouble, ...]
) -> Iterator[PathHop]:
    known = None if seen is None else set(seen)
    for number, hop in enumerate(way.hops):
        sighted = None if known is None or hop.way == "switch" else (hop.link.id, hop.way) in known
        stops = [one.sentence for at, one in way.troubles if at == number and one in found]
        yield PathHop(name, hop.link.place, hop.link.name, sighted, " ".join([_event(hop), *stops]))
    for at, one in way.troubles:
        if at >= len(way.hops) and one in found:
            yield PathHop(name, one.place.id, one.link.name if one.link else "", None, one.sentence)


def _event(hop: Hop) -> str:
    carried = " (in a tunnel)" if hop.depth else ""
    what = {"out": "sent", "in": "received", "switch": "passed on by the bridge"}[hop.way]
    return f"{what}: {hop.packet} {hop.packet.src} → {hop.packet.dst}{carried}"


def _drawn(world: World, start: PlaceFacts, out: Way, back: Way | None) -> tuple[PlaceNode, ...]:
    """The places on the way, with their hosts, and of their links those on the way and what belongs to these."""
    ids = {start.id} | {hop.link.place for way in (out, back) if way for hop in way.hops}
    ids |= {world.places[one].node.host for one in ids}
    passed = {hop.link.id for way in (out, back) if way for hop in way.hops}

    def thinned(node: PlaceNode) -> PlaceNode:
        if len(node.links) <= 20:
            return node
        return evolve(node, links=tuple(link for link in node.links if link.id in passed))

    return tuple(thinned(place.node) for one, place in world.places.items() if one in ids)


def _marked(out: Way, back: Way | None, found: tuple[Trouble, ...], ok: bool) -> dict[str, Mark]:
    broken = found[0] if found and not ok else None
    marks: dict[str, Mark] = {}
    for way in (out, back):
        at = next((number for number, one in way.troubles if one is broken), None) if way else None
        for number, hop in enumerate(way.hops if way else ()):
            if at is None or number < at:
                marks.setdefault(hop.link.id, "added")
        if at is not None:
            break
    if broken is not None:
        marks[broken.link.id if broken.link else broken.place.id] = "gone"
    return marks
