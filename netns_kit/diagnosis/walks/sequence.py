"""A walk as a Mermaid sequence diagram: places side by side, and who sent what to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from netns_kit.diagnosis.walks.legs import Crossing, Leg, in_order
from netns_kit.views.drawing.mermaid import escaped

MOST = 6
"""Copies of one message that are drawn from one place."""

_ARROWS = {"out": "->>", "back": "-->>", "asking": "-)"}


def news(one: Crossing, before: Crossing | None) -> Iterator[str]:
    """What became of a message since the crossing before, in words."""
    if before is not None and one.packet != before.packet:
        yield f"now {one.packet}"
    within = before.within if before else ""
    if one.within != within:
        yield f"in {one.within}" if one.within else f"out of {within.partition(' > ')[0].rpartition(' ')[0]}"


def draw(legs: Iterable[Leg]) -> str:
    """A participant for each place in the order of the way; an arrow for each step from one to another."""
    told = list(legs)
    own = [leg for leg in told if leg.kind != "asking"]
    places = dict.fromkeys(one.place for leg in (*own, *told) for one in leg.crossings)
    hosts = {place.partition("/")[0] for place in places}
    names = {place: f"p{number}" for number, place in enumerate(places)}
    lines = ["sequenceDiagram"]
    for place, name in names.items():
        label = place.partition("/")[2] if len(hosts) < 2 and "/" in place else place
        lines.append(f"  participant {name} as {escaped(label)}")
    return "\n".join([*lines, *(f"  {line}" for line in _steps(told, names))]) + "\n"


def _steps(legs: Sequence[Leg], names: dict[str, str]) -> Iterator[str]:
    copies: Counter[tuple[int, str]] = Counter()
    for leg, number in in_order(legs):
        one, before = leg.crossings[number], leg.led_to(number)
        here = names[one.place]
        if before is not None and before.place != one.place:
            copies[id(leg), before.place] += 1
            if copies[id(leg), before.place] <= MOST:
                inside = f"{one.within.partition(' > ')[0].rpartition(' ')[0]}: " if one.within else ""
                yield f"{names[before.place]}{_ARROWS[leg.kind]}{here}: {_plain(inside + one.packet)}"
            elif copies[id(leg), before.place] == MOST + 1:
                yield f"Note over {names[before.place]}: and to more"
        elif before is not None:
            yield from (f"Note over {here}: {_plain(word)}" for word in news(one, before))
        if leg.kind == "out" and one.direction == "out" and number == len(leg.crossings) - 1:
            yield f"Note over {here}: not seen behind {_plain(one.name)}"


def _plain(text: str) -> str:
    return escaped(text.replace(" > ", " → "))
