"""A walk to play: the network's SVG in which the packets travel, by SVG's own animation and without a script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from attrs import evolve, frozen

from netns_kit.commands.rows import legible
from netns_kit.diagnosis.walks.legs import Crossing, Leg, in_order
from netns_kit.views.drawing import dot
from netns_kit.views.nodes import PlaceNode

LEAST, SHARED, PAUSE = 0.35, 6.0, 0.8
"""Seconds: what each step takes at least, what all share in proportion to what was seen, and between messages."""

COPIES = 24
"""Copies of one message that travel at the most, as those that a bridge floods."""

COLOURS = {"out": "#7c3aed", "back": "#15803d", "asking": "#b45309"}
CAPTION = 30
"""Height of the strip under the network where the message is told."""

Point = tuple[float, float]
"""A place in the picture."""

_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
_ANCHOR = re.compile(r'<g id="a_(\w+)"><a [^>]*>(.*?)</a>\n</g>\n', re.DOTALL)
_EDGE = re.compile(r'<g id="(\w+)&#45;(\w+)" class="edge">.*?<path [^>]*?d="([^"]+)"', re.DOTALL)
_SIZE = re.compile(r'<svg width="[\d.]+pt" height="[\d.]+pt"\s+viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"')


@frozen
class _Map:
    """Where links and the cables between them are in the picture, by the links' ids."""

    links: dict[str, Point]
    cables: dict[tuple[str, str], tuple[Point, ...]]

    def way(self, first: Crossing, second: Crossing) -> tuple[Point, ...]:
        """The points from one crossing's link to another's: along the cable, if there is one."""
        cable = self.cables.get((first.link, second.link))
        ends = (self.links[one.link] for one in (first, second) if one.link in self.links)
        return cable if cable else tuple(ends)


@frozen
class _Film:
    """When each crossing is shown, message by message, and which message is told when, all in seconds."""

    times: dict[int, dict[int, float]]
    told: dict[int, list[tuple[float, float]]]
    length: float


def draw(places: Sequence[PlaceNode], legs: Sequence[Leg], marked: Iterable[str]) -> str:
    """The SVG of a network, with its marked links, in which the messages travel over and over again."""
    still = dot.svg(dot.draw(places, dict.fromkeys(marked, "way"), anchored=True))
    where = _read(still, {key: link for link, key in dot.keys(places).items()})
    film = _filmed(legs)
    moving = "".join(line for number, leg in enumerate(legs) for line in _travels(leg, film.times[number], film, where))
    return _with_caption(_ANCHOR.sub(r"\2", still), moving, legs, film)


def _read(svg: str, links: dict[str, str]) -> _Map:
    spots: dict[str, Point] = {}
    for key, inside in _ANCHOR.findall(svg):
        shape = re.search(r' (?:d|points)="([^"]+)"', inside)
        if shape and key in links:
            x, y = _bounds(shape[1])
            spots[links[key]] = (x, y)
    cables: dict[tuple[str, str], tuple[Point, ...]] = {}
    for first, second, path in _EDGE.findall(svg):
        if first in links and second in links:
            ends = links[first], links[second]
            curve = tuple(_sampled(path))
            whole = (
                *([spots[ends[0]]] if ends[0] in spots else []),
                *curve,
                *([spots[ends[1]]] if ends[1] in spots else []),
            )
            cables[ends], cables[ends[1], ends[0]] = whole, whole[::-1]
    return _Map(spots, cables)


def _bounds(path: str) -> Point:
    """The middle of a shape."""
    numbers = [float(one) for one in _NUMBERS.findall(path)]
    return (min(numbers[::2]) + max(numbers[::2])) / 2, (min(numbers[1::2]) + max(numbers[1::2])) / 2


def _sampled(path: str) -> Iterator[Point]:
    """Points along a path of cubic curves, as Graphviz draws them."""
    numbers = [float(one) for one in _NUMBERS.findall(path)]
    points = list(zip(numbers[::2], numbers[1::2], strict=False))
    yield points[0]
    for start in range(0, len(points) - 3, 3):
        four = points[start : start + 4]
        for step in range(1, 6):
            t = step / 5
            weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
            x, y = (sum(weight * point[axis] for weight, point in zip(weights, four, strict=True)) for axis in (0, 1))
            yield x, y


def _filmed(legs: Sequence[Leg]) -> _Film:
    """The crossings in their order and in proportion to the times that were seen, but none too short to be seen."""
    numbers = {id(leg): number for number, leg in enumerate(legs)}
    events = in_order(legs)
    whole = max((leg.crossings[number].time for leg, number in events), default=0.0) or 1.0
    film = _Film({number: {} for number in numbers.values()}, {number: [] for number in numbers.values()}, 0.0)
    now, clock, spoken = 0.0, 0.0, -1
    for leg, number in events:
        mine, one = numbers[id(leg)], leg.crossings[number]
        waited = now + SHARED * (one.time - clock) / whole
        earliest = now + PAUSE if one.before is None else film.times[mine][one.before] + LEAST
        now, clock = max(waited, earliest), one.time
        film.times[mine][number] = now
        if mine != spoken:
            if spoken >= 0:
                # Until then it is the one before that is told.
                film.told[spoken][-1] = (film.told[spoken][-1][0], now - PAUSE / 2)
            film.told[mine].append((now - PAUSE / 2, now))
            spoken = mine
        film.told[mine][-1] = (film.told[mine][-1][0], now + PAUSE / 2)
    return evolve(film, length=now + 2 * PAUSE)


def _travels(leg: Leg, times: dict[int, float], film: _Film, where: _Map) -> Iterator[str]:
    """A dot for each copy of a message, that moves along its way and is seen only meanwhile."""
    for end in leg.ends[:COPIES]:
        way = leg.way_to(end)
        stops = (
            [(times[way[0]], where.links[leg.crossings[way[0]].link])]
            if leg.crossings[way[0]].link in where.links
            else []
        )
        for first, second in pairwise(way):
            # It waits where it is for what took long, and then moves.
            finish = times[second]
            begin = max(times[first], finish - LEAST)
            points = where.way(leg.crossings[first], leg.crossings[second])
            pace = (finish - begin) / max(1, len(points) - 1)
            stops += [(begin + pace * step, point) for step, point in enumerate(points)]
        if stops:
            yield _dot(COLOURS[leg.kind], stops, film.length)


def _dot(colour: str, stops: Sequence[tuple[float, Point]], length: float) -> str:
    last = min(stops[-1][0] + PAUSE / 2, length)
    track = [(0.0, stops[0][1]), *stops, (length, stops[-1][1])]
    values = ";".join(f"{x:.1f},{y:.1f}" for _, (x, y) in track)
    keys = ";".join(f"{time / length:.5f}" for time, _ in track)
    return (
        f'<circle r="6.5" fill="{colour}" stroke="#ffffff" stroke-width="1.5" opacity="0">'
        f'<animateMotion dur="{length:.2f}s" repeatCount="indefinite" calcMode="linear" values="{values}"'
        f' keyTimes="{keys}"/>{_visible([(stops[0][0], last)], length)}</circle>\n'
    )


def _visible(spans: Iterable[tuple[float, float]], length: float) -> str:
    """Shows what is invisible else, from one time of the film to another."""
    keys = "".join(f";{begin / length:.5f};{min(end / length, 1):.5f}" for begin, end in spans)
    values = "0" + ";1;0" * (keys.count(";") // 2)
    return (
        f'<animate attributeName="opacity" dur="{length:.2f}s" repeatCount="indefinite" calcMode="discrete"'
        f' values="{values}" keyTimes="0{keys}"/>'
    )


def _with_caption(still: str, moving: str, legs: Sequence[Leg], film: _Film) -> str:
    """The moving dots in the picture's own measure, and what each message says under it."""
    size = _SIZE.search(still)
    if size is None:
        return still
    longest = max((len(leg.message) for leg in legs), default=0)
    width, height = max(float(size[1]), 6.2 * longest + 40), float(size[2]) + CAPTION
    head = f'<svg width="{width:.0f}pt" height="{height:.0f}pt" viewBox="0 0 {width:.2f} {height:.2f}"'
    said = "".join(
        f'<text x="14" y="{height - 12:.1f}" font-family="Helvetica,sans-serif" font-size="12.00" opacity="0"'
        f' fill="{COLOURS[leg.kind]}">{html.escape(legible(leg.message))}'
        f"{_visible(film.told[number], film.length)}</text>\n"
        for number, leg in enumerate(legs)
    )
    body, _, rest = still.rpartition("</g>\n</svg>")
    start = body.index("<g id=", size.end())
    opening = body[: size.start()] + head + body[size.end() : start]
    return f"{opening}{body[start:]}{moving}</g>\n{said}</svg>{rest}"
