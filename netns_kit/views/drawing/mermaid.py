"""A topology as Mermaid text, which GitHub and JupyterLab show as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from netns_kit.commands.rows import legible
from netns_kit.views.nodes import LEGEND, Edge, LinkNode, Marks, PlaceNode, edges, tunnel_ends, ways

CLASSES = {
    "host": "fill:#f4f6fb,stroke:#64748b,color:#0f172a",
    "netns": "fill:#e3ecfb,stroke:#3b6fb6,color:#0f172a",
    "link": "fill:#ffffff,stroke:#475569,color:#0f172a",
    "master": "fill:#dbe4f0,stroke:#334155,color:#0f172a,stroke-width:2px",
    "down": "fill:#ffffff,stroke:#94a3b8,color:#64748b,stroke-dasharray:5 4",
    "added": "fill:#d6f5dd,stroke:#15803d,color:#0f172a,stroke-width:2px",
    "gone": "fill:#fbdcdc,stroke:#b91c1c,color:#0f172a,stroke-dasharray:2 3",
    "changed": "fill:#fdf0c8,stroke:#b45309,color:#0f172a,stroke-width:2px",
    "way": "fill:#ebe1fb,stroke:#6d28d9,color:#0f172a,stroke-width:2px",
}
"""How nodes look. Each has its own ground and ink, so that they are read on light and on dark."""

LINES = "stroke:#7c8aa0"
"""How lines look. Their grey is read on light pages and on dark ones."""

_ARROWS = {"veth": "---", "port": "---", "on": "-.-", "tunnel": "==="}


def draw(places: Iterable[PlaceNode], marks: Marks | None = None) -> str:
    """A flow chart: hosts and namespaces are boxes, links nodes, down ones dashed; marked ones are coloured."""
    everywhere = tuple(places)
    ids = {link.id: f"l{number}" for number, link in enumerate(link for place in everywhere for link in place.shown)}
    found = [edge for edge in edges(everywhere) if edge.first in ids and edge.second in ids]
    style = _Style({edge.second for edge in found if edge.kind == "port"}, tunnel_ends(found), marks or {})
    joined = _rightwards(everywhere, found)
    lines = ["flowchart LR"]
    for number, host in enumerate(place for place in everywhere if place.netns is None):
        inner = [place for place in everywhere if place.host == host.host and place.netns is not None]
        lines += _box(f"h{number}", host, inner, ids, style)
    lines += _legend(style.marks)
    lines += [f"  {_edge(edge, ids)}" for edge in joined]
    links = {link.id: link for place in everywhere for link in place.links}
    faint = [str(number) for number, edge in enumerate(joined) if not all(links[one].up for one in _ends(edge))]
    lines += [f"  linkStyle default {LINES}"] if joined else []
    lines += [f"  linkStyle {','.join(faint)} {LINES},stroke-dasharray:5 4"] if faint else []
    # Few pictures have the way of a packet in them.
    classes = {name: look for name, look in CLASSES.items() if name != "way" or name in (marks or {}).values()}
    lines += [f"  classDef {name} {look}" for name, look in classes.items()]
    return "\n".join(lines) + "\n"


@frozen
class _Style:
    """What tells how a node looks: whether it has ports, whether a tunnel's edge ends at it, what became of it."""

    masters: set[str]
    tunnels: set[str]
    marks: Marks


def _box(box: str, host: PlaceNode, inner: list[PlaceNode], ids: dict[str, str], style: _Style) -> Iterator[str]:
    yield f'  subgraph {box}["{_title(host)}"]'
    # One that no line leaves would run downwards.
    yield "    direction LR"
    yield from (f"    {_node(link, ids, style)}" for link in host.shown)
    for number, place in enumerate(inner):
        yield f'    subgraph {box}n{number}["{_title(place)}"]'
        yield from (f"      {_node(link, ids, style)}" for link in place.shown)
        yield "    end"
    yield "  end"
    yield f"  class {box} {style.marks.get(host.id, 'host')}"
    yield from (f"  class {box}n{number} {style.marks.get(place.id, 'netns')}" for number, place in enumerate(inner))


def _legend(marks: Marks) -> Iterator[str]:
    """What the colours mean that are there."""
    there = [mark for mark in LEGEND if mark in marks.values()]
    if there:
        yield '  subgraph legend[" "]'
        yield from (f'    legend_{mark}["{escaped(LEGEND[mark])}"]:::{mark}' for mark in there)
        yield "  end"
        yield "  class legend host"


def _title(place: PlaceNode) -> str:
    return escaped(" · ".join((place.name, *place.decides)))


def _node(link: LinkNode, ids: dict[str, str], style: _Style) -> str:
    lines = [link.name, link.brief(link.id in style.tunnels), *link.decides, *link.addresses]
    usual = "down" if not link.up else "master" if link.id in style.masters else "link"
    label = "<br/>".join(escaped(line) for line in lines if line)
    return f'{ids[link.id]}["{label}"]:::{style.marks.get(link.id, usual)}'


def _rightwards(places: tuple[PlaceNode, ...], joined: list[Edge]) -> list[Edge]:
    """The edges as they are drawn, from left to right, so that no line goes behind a box.

    A port stands between its master and what it leads to: on the left if that is in an earlier host, or if another
    port leads to a later one, which is then on the right.
    """
    towards = ways(places, joined)
    ports = {edge.first: edge.second for edge in joined if edge.kind == "port"}
    onwards = {master for port, master in ports.items() if towards[port] > 0}
    left = {port for port, master in ports.items() if towards[port] < (1 if master in onwards else 0)}

    def drawn(edge: Edge) -> Edge:
        cable = edge.first in left or edge.second in ports.keys() - left
        turned = edge.first not in left if edge.kind == "port" else cable
        return evolve(edge, first=edge.second, second=edge.first) if turned else edge

    return [drawn(edge) for edge in joined]


def _edge(edge: Edge, ids: dict[str, str]) -> str:
    label = f'|"{escaped(edge.label)}"|' if edge.label else ""
    return f"{ids[edge.first]} {_ARROWS[edge.kind]}{label} {ids[edge.second]}"


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.first, edge.second


def escaped(text: str) -> str:
    """As Mermaid takes it within quotes: all but plain characters as their numbers."""
    return re.sub(r"[^\w .:/@,()→·-]", lambda match: f"#{ord(match[0])};", legible(text))
