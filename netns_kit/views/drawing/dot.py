"""A topology as DOT text, and as SVG through Graphviz's `dot`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from attrs import define, field

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command
from netns_kit.commands.rows import legible
from netns_kit.machines.runner import DirectRunner
from netns_kit.views.nodes import LEGEND, Edge, LinkNode, Mark, Marks, PlaceNode, edges, route_words, tunnel_ends, ways

INK, FAINT = "#0f172a", "#64748b"
HOST, NETNS = ("#f4f6fb", "#8b98ad"), ("#e6effc", "#5b86c4")
MASTER, LINK = "#d3deed", "#ffffff"
COLOURS: dict[Mark, tuple[str, str]] = {
    "added": ("#d6f5dd", "#15803d"),
    "gone": ("#fbdcdc", "#b91c1c"),
    "changed": ("#fdf0c8", "#b45309"),
    "way": ("#ebe1fb", "#7c3aed"),
}
"""Ground and border of what a step changed, and of what is on the way of a packet."""

DARK = {
    INK: "#e2e8f0",
    FAINT: "#94a3b8",
    HOST[0]: "#161b26",
    HOST[1]: "#4b5b72",
    NETNS[0]: "#16233b",
    NETNS[1]: "#4f7ec0",
    MASTER: "#2b3a52",
    LINK: "#0f1520",
    "#475569": "#8794a8",
    "#d6f5dd": "#12351f",
    "#15803d": "#3fb364",
    "#fbdcdc": "#43191b",
    "#b91c1c": "#e06464",
    "#fdf0c8": "#3f2f0e",
    "#b45309": "#d79a3c",
    "#ebe1fb": "#2d1f4d",
    "#7c3aed": "#a78bfa",
}
"""The same on dark pages, by what it is on light ones."""

ROUTES = 3
"""The most routes that are told of one place."""

MANY, PITCH = 6, 84
"""With more ports than this on one side, each is as high as a namespace's box, so that cables run straight."""

# What stands outside of boxes is as legible on light pages as on dark ones.
_HEAD = f"""graph topology {{
  graph [rankdir=LR, bgcolor="transparent", pad=0.3, nodesep=0.16, ranksep=0.9, fontname="Helvetica", fontsize=12,
         fontcolor="{INK}"]
  node [shape=plain, fontname="Helvetica", fontsize=11, fontcolor="{INK}"]
  edge [fontname="Helvetica", fontsize=10, fontcolor="{FAINT}", color="{FAINT}", penwidth=1.3]
"""


def draw(places: Iterable[PlaceNode], marks: Marks | None = None, *, anchored: bool = False) -> str:
    """A graph: hosts and namespaces are boxes; a bridge is a box in the middle, with its ports on both sides.

    If it is `anchored`, its SVG has names: each link's is what `keys` calls it, an edge's those that it joins, with -
    between them.
    """
    return _Drawing(tuple(places), marks or {}, anchored).text()


def keys(places: Iterable[PlaceNode]) -> dict[str, str]:
    """What each link is called in a graph, by its id."""
    return {link.id: f"l{number}" for number, link in enumerate(link for place in places for link in place.shown)}


WIDEST = 600
"""Points that are free on a notebook's page."""


def svg(text: str) -> str:
    """The SVG of DOT text, by `dot -Tsvg`. Raises ToolMissingError where Graphviz is not installed."""
    result = DirectRunner("this machine").run(Command(("dot", "-Tsvg"), input=text))
    if not result.ok:
        raise error_for(result)
    return result.stdout


def darkened(svg: str) -> str:
    """A drawing in the colours of dark pages."""
    return re.sub("|".join(DARK), lambda found: DARK[found[0]], svg)


def fitted(svg: str) -> str:
    """A drawing that is no wider than a notebook's page, which would cut it off."""

    def narrower(found: re.Match[str]) -> str:
        width, height = float(found[1]), float(found[2])
        scale = min(1.0, WIDEST / width)
        return f'<svg width="{width * scale:.0f}pt" height="{height * scale:.0f}pt"'

    return re.sub(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', narrower, svg, count=1)


def installed() -> bool:
    """Whether there is a `dot` on this machine."""
    import shutil

    return shutil.which("dot") is not None


@define
class _Drawing:
    """What is to be drawn. Ports, by `inlaid`, are drawn as a part of their master: `right` tells on which side."""

    places: tuple[PlaceNode, ...]
    marks: Marks
    anchored: bool
    links: dict[str, LinkNode] = field(init=False)
    keys: dict[str, str] = field(init=False)
    edges: tuple[Edge, ...] = field(init=False)
    tunnels: set[str] = field(init=False)
    masters: set[str] = field(init=False)
    inlaid: dict[str, str] = field(init=False)
    right: set[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.links = {link.id: link for place in self.places for link in place.shown}
        self.keys = keys(self.places)
        self.edges = tuple(one for one in edges(self.places) if one.first in self.links and one.second in self.links)
        self.tunnels = tunnel_ends(self.edges)
        self.inlaid = {edge.first: edge.second for edge in self.edges if edge.kind == "port"}
        self.masters = set(self.inlaid.values())
        self.right = self._right()

    def _right(self) -> set[str]:
        """The ports on the right of their master: towards the host they lead to, else so that both sides are even."""
        towards = ways(self.places, self.edges)
        found = set()
        for master in self.masters:
            ports = self._ports(master)
            near = [port for port in ports if towards[port] == 0]
            east, west = (any(sign * towards[port] > 0 for port in ports) for sign in (1, -1))
            found |= {port for port in ports if towards[port] > 0}
            found |= set(near[len(near) // 2 :] if east == west else near if west else ())
        return found

    def _ports(self, master: str) -> list[str]:
        """The ports at the sides of a master; those that have ports themselves stand above it."""
        return [one for one, known in self.inlaid.items() if known == master and one not in self.masters]

    def text(self) -> str:
        """The whole graph."""
        lines = [_HEAD]
        for number, host in enumerate(place for place in self.places if place.netns is None):
            lines += self._cluster(f"{number}", host, HOST)
            inner = [place for place in self.places if place.host == host.host and place.netns is not None]
            for index, place in enumerate(inner):
                lines += [*self._cluster(f"{number}_{index}", place, NETNS), "}"]
            lines.append("}")
        lines += [self._edge(edge) for edge in self.edges if edge.kind != "port"]
        lines += self._legend()
        return "\n".join([*lines, "}", ""])

    def _legend(self) -> Iterator[str]:
        """What the colours mean that are there."""
        there = [mark for mark in LEGEND if mark in self.marks.values()]
        cells = (
            f'<td border="1" style="rounded" cellpadding="4" color="{border}" bgcolor="{ground}">{LEGEND[mark]}</td>'
            for mark in there
            for ground, border in (COLOURS[mark],)
        )
        if there:
            yield f"label=<{_table(f'<tr>{chr(10).join(cells)}</tr>', spacing=6)}>; labelloc=b; labeljust=l"

    def _cluster(self, key: str, place: PlaceNode, colours: tuple[str, str]) -> Iterator[str]:
        ground, border = self._colours(place.id, colours)
        # A place that is there as before has a change of its own only in its routes.
        ground = colours[0] if self.marks.get(place.id) == "changed" else ground
        told = [route_words(route) for route in place.chosen_routes]
        if len(told) > ROUTES:
            told = [*told[:ROUTES], f"{len(told) - ROUTES} more routes"]
        small = "".join(f"<br/>{_small(line)}" for line in (*place.decides, *told))
        yield f"subgraph cluster_{key} {{ label=<<b>{escaped(place.name)}</b>{small}>"
        yield '  style="rounded,filled"; margin=11'
        yield f'  fillcolor="{ground}"; color="{border}"; penwidth={2 if place.id in self.marks else 1}'
        for link in place.shown:
            if link.id not in self.inlaid:
                yield f"  {self.keys[link.id]} [label=<{self._node(link)}>]"

    def _node(self, link: LinkNode) -> str:
        ports = [self.links[one] for one in self._ports(link.id)]
        sides = [[port for port in ports if (port.id in self.right) is right] for right in (False, True)]
        height = PITCH if max(map(len, sides)) > MANY else 0
        columns = []
        for side in sides:
            rows = (f"<tr>{self._cell(port, LINK, height)}</tr>" for port in side)
            columns.append(f'<td border="0">{_table("".join(rows), spacing=3)}</td>' if side else "")
        middle = self._cell(link, MASTER if link.id in self.masters else LINK)
        table = _table(f"<tr>{columns[0]}{middle}{columns[1]}</tr>")
        upper = [self.links[one] for one, master in self.inlaid.items() if master == link.id and one in self.masters]
        if not upper:
            return table
        above = "".join(f'<tr><td border="0">{self._node(one)}</td></tr>' for one in upper)
        return _table(f'{above}<tr><td border="0">{table}</td></tr>', spacing=2)

    def _cell(self, link: LinkNode, ground: str, height: int = 0) -> str:
        ground, border = self._colours(link.id, (ground, "#475569"))
        about = link.brief(link.id in self.tunnels)
        lines = [f"<b>{escaped(link.name)}</b>{'' if link.up else '&#160;(down)'}", *([_small(about)] if about else ())]
        lines += [*map(_small, link.decides), *map(escaped, link.addresses)]
        style = "rounded" if link.up else "rounded,dashed"
        # Graphviz names in its SVG only what leads somewhere.
        anchor = f' id="{self.keys[link.id]}" href="#"' if self.anchored else ""
        return (
            f'<td port="{self.keys[link.id]}"{anchor} border="1" cellpadding="5" height="{height}" style="{style}"'
            f' color="{border}" bgcolor="{ground}">{"<br/>".join(lines)}</td>'
        )

    def _edge(self, edge: Edge) -> str:
        first, second = edge.first, edge.second
        # Edges run from left to right: to a port on the left of its master, and from one on the right.
        if self._side(first) == "w" or self._side(second) == "e":
            first, second = second, first
        words = []
        if not (self.links[first].up and self.links[second].up):
            words.append('style="dashed"')
        elif edge.kind == "on":
            words.append('style="dotted"')
        if edge.kind == "tunnel":
            words.append(f'color="{FAINT}:transparent:{FAINT}"')
        elif self.marks.get(first) == self.marks.get(second) == "way":
            words.append(f'color="{COLOURS["way"][1]}", penwidth=2.2')
        if self.anchored:
            words.append(f'id="{self.keys[first]}-{self.keys[second]}"')
        return f"{self._end(first)} -- {self._end(second)} [{', '.join(words)}]"

    def _side(self, link: str) -> str:
        if link not in self.inlaid or link in self.masters:
            return "_"
        return "e" if link in self.right else "w"

    def _end(self, link: str) -> str:
        node = link
        while node in self.inlaid:
            node = self.inlaid[node]
        return f"{self.keys[node]}:{self.keys[link]}:{self._side(link)}"

    def _colours(self, node: str, usual: tuple[str, str]) -> tuple[str, str]:
        return COLOURS[self.marks[node]] if node in self.marks else usual


def _small(text: str) -> str:
    return f'<font point-size="10" color="{FAINT}">{escaped(text)}</font>'


def _table(rows: str, spacing: int = 0) -> str:
    return f'<table border="0" cellborder="0" cellspacing="{spacing}" cellpadding="1">{rows}</table>'


def escaped(text: str) -> str:
    """As it stands in a label like HTML."""
    return html.escape(legible(text))
