"""A topology as DOT text, and as SVG through Graphviz's `dot`."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterable, Iterator

from attrs import define, field

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command
from netns_kit.commands.runner import DirectRunner
from netns_kit.views.nodes import Edge, LinkNode, Mark, Marks, PlaceNode, edges, legible

INK, FAINT, GROUND = "#0f172a", "#64748b", "#ffffff"
HOST, NETNS = ("#f4f6fb", "#8b98ad"), ("#e6effc", "#5b86c4")
MASTER, LINK = "#d3deed", "#ffffff"
COLOURS: dict[Mark, tuple[str, str]] = {
    "added": ("#d6f5dd", "#15803d"),
    "gone": ("#fbdcdc", "#b91c1c"),
    "changed": ("#fdf0c8", "#b45309"),
}
"""Ground and border of what a step changed."""

MANY, PITCH = 6, 84
"""With more ports than this on one side, each is as high as a namespace's box, so that cables run straight."""

# The ground is opaque, so that the picture is read on light and on dark pages.
_HEAD = f"""graph topology {{
  graph [rankdir=LR, bgcolor="{GROUND}", pad=0.3, nodesep=0.16, ranksep=0.9, fontname="Helvetica", fontsize=12,
         fontcolor="{INK}"]
  node [shape=plain, fontname="Helvetica", fontsize=11, fontcolor="{INK}"]
  edge [fontname="Helvetica", fontsize=10, fontcolor="{FAINT}", color="#475569", penwidth=1.3]
"""


def draw(places: Iterable[PlaceNode], marks: Marks | None = None) -> str:
    """A graph: hosts and namespaces are boxes; a bridge is a box in the middle, with its ports on both sides."""
    return _Drawing(tuple(places), marks or {}).text()


def svg(text: str) -> str:
    """The SVG of DOT text, by `dot -Tsvg`. Raises ToolMissingError where Graphviz is not installed."""
    result = DirectRunner("this machine").run(Command(("dot", "-Tsvg"), input=text))
    if not result.ok:
        raise error_for(result)
    return result.stdout


def installed() -> bool:
    """Whether there is a `dot` on this machine."""
    return shutil.which("dot") is not None


@define
class _Drawing:
    places: tuple[PlaceNode, ...]
    marks: Marks
    links: dict[str, LinkNode] = field(init=False)
    edges: tuple[Edge, ...] = field(init=False)
    masters: set[str] = field(init=False)
    inlaid: dict[str, str] = field(init=False)
    """Ports that are drawn as a part of their master, and that master."""

    def __attrs_post_init__(self) -> None:
        self.links = {link.id: link for place in self.places for link in place.shown}
        self.edges = tuple(one for one in edges(self.places) if one.first in self.links and one.second in self.links)
        ports = {edge.first: edge.second for edge in self.edges if edge.kind == "port"}
        self.masters = set(ports.values())
        self.inlaid = {port: master for port, master in ports.items() if port not in self.masters}

    def text(self) -> str:
        lines = [_HEAD]
        for number, host in enumerate(place for place in self.places if place.netns is None):
            lines += self._cluster(f"{number}", host, HOST)
            inner = [place for place in self.places if place.host == host.host and place.netns is not None]
            for index, place in enumerate(inner):
                lines += [*self._cluster(f"{number}_{index}", place, NETNS), "}"]
            lines.append("}")
        lines += [self._edge(edge) for edge in self.edges if edge.kind != "port" or edge.first not in self.inlaid]
        return "\n".join([*lines, "}", ""])

    def _cluster(self, key: str, place: PlaceNode, colours: tuple[str, str]) -> Iterator[str]:
        ground, border = self._colours(place.id, colours)
        yield f'subgraph cluster_{key} {{ label=<<b>{escaped(place.name)}</b>>; style="rounded,filled"; margin=11'
        yield f'  fillcolor="{ground}"; color="{border}"; penwidth={2 if place.id in self.marks else 1}'
        for link in place.shown:
            if link.id not in self.inlaid:
                yield f"  {self._key(link.id)} [label=<{self._node(link)}>]"

    def _node(self, link: LinkNode) -> str:
        sides: dict[str, list[LinkNode]] = {"left": [], "right": []}
        for port in (self.links[one] for one, master in self.inlaid.items() if master == link.id):
            sides[self._side(port)].append(port)
        ground = MASTER if link.id in self.masters else LINK
        height = PITCH if max(map(len, sides.values())) > MANY else 0
        columns = []
        for ports in sides.values():
            rows = (f"<tr>{self._cell(port, LINK, self._key(port.id), height)}</tr>" for port in ports)
            columns.append(f'<td border="0">{_table("".join(rows), spacing=3)}</td>' if ports else "")
        return _table(f"<tr>{columns[0]}{self._cell(link, ground, 'p')}{columns[1]}</tr>")

    def _cell(self, link: LinkNode, ground: str, port: str, height: int = 0) -> str:
        ground, border = self._colours(link.id, (ground, "#475569"))
        kind = "" if link.kind in ("", "veth", "loopback") else link.kind
        about = " ".join(filter(None, (kind, link.summary)))
        lines = [f"<b>{escaped(link.name)}</b>{'' if link.up else ' (down)'}"]
        if about:
            lines.append(f'<font point-size="9" color="{FAINT}">{escaped(about)}</font>')
        lines += [escaped(address) for address in link.addresses]
        inside = "".join(f'<tr><td border="0">{line}</td></tr>' for line in lines)
        style = "rounded" if link.up else "rounded,dashed"
        return (
            f'<td port="{port}" border="1" cellpadding="2" style="{style}" color="{border}" bgcolor="{ground}"'
            f' height="{height}">{_table(inside)}</td>'
        )

    def _side(self, port: LinkNode) -> str:
        """Where a port stands on its master: towards the host that it leads to, else so that both sides are even."""
        ways = {one: self._direction(one) for one, master in self.inlaid.items() if master == self.inlaid[port.id]}
        if ways[port.id]:
            return "right" if ways[port.id] > 0 else "left"
        leading = {way for way in ways.values() if way}
        if len(leading) == 1:
            return "left" if leading == {1} else "right"
        near = [one for one, way in ways.items() if not way]
        return "left" if near.index(port.id) < len(near) // 2 else "right"

    def _direction(self, link: str) -> int:
        """1 if an edge leads to a later host, -1 to an earlier one, 0 to none."""
        hosts = [place.host for place in self.places]
        for edge in self.edges:
            if link in (edge.first, edge.second) and edge.kind != "port":
                other = edge.second if link == edge.first else edge.first
                here, there = (hosts.index(self._place(one).host) for one in (link, other))
                return (there > here) - (there < here)
        return 0

    def _place(self, link: str) -> PlaceNode:
        return next(place for place in self.places if place.id == self.links[link].place)

    def _edge(self, edge: Edge) -> str:
        first, second = edge.first, edge.second
        # Edges run from left to right: to a port on the left of its master, and from one on the right.
        on_right = [one in self.inlaid and self._side(self.links[one]) == "right" for one in (first, second)]
        on_left = [one in self.inlaid and not right for one, right in zip((first, second), on_right, strict=True)]
        if on_left[0] or on_right[1]:
            first, second = second, first
        style = ["dashed"] if not (self.links[first].up and self.links[second].up) else []
        more = f'color="#475569:{GROUND}:#475569", penwidth=1.4' if edge.kind == "tunnel" else ""
        if edge.kind == "on":
            style = style or ["dotted"]
        label = f'label=<<font color="{FAINT}"> {escaped(edge.label)} </font>>' if edge.label else ""
        words = ", ".join(filter(None, (f'style="{",".join(style)}"' if style else "", more, label)))
        return f"{self._end(first)} -- {self._end(second)} [{words}]"

    def _end(self, link: str) -> str:
        if link in self.inlaid:
            side = "e" if self._side(self.links[link]) == "right" else "w"
            return f"{self._key(self.inlaid[link])}:{self._key(link)}:{side}"
        return f"{self._key(link)}:p"

    def _key(self, link: str) -> str:
        return f"l{list(self.links).index(link)}"

    def _colours(self, node: str, usual: tuple[str, str]) -> tuple[str, str]:
        return COLOURS[self.marks[node]] if node in self.marks else usual


def _table(rows: str, spacing: int = 0) -> str:
    return f'<table border="0" cellborder="0" cellspacing="{spacing}" cellpadding="1">{rows}</table>'


def escaped(text: str) -> str:
    """As it stands in a label like HTML."""
    return html.escape(legible(text))
