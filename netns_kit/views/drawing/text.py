"""A topology as plain text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netns_kit.commands.rows import legible
from netns_kit.views.nodes import Edge, LinkNode, Marks, PlaceNode, edges, route_words

SIGNS = {"added": "+", "gone": "-", "changed": "~", "way": "*"}

Line = tuple[str, str]
"""A node's id, and what is told of it."""


def draw(places: Iterable[PlaceNode], marks: Marks | None = None) -> str:
    """Hosts, their links and namespaces as a tree; with `marks`, each line begins with what became of its node."""
    everywhere = tuple(places)
    joined = edges(everywhere)
    lines: list[Line] = []
    for host in everywhere:
        if host.netns is None:
            inner = [place for place in everywhere if place.host == host.host and place.netns is not None]
            lines.append((host.id, " ".join(("host", host.name, *_aside(host.decides)))))
            lines += _children([_tree(place, joined) for place in (host, *inner)])
    told = [f"{SIGNS.get((marks or {}).get(one, ''), ' ')} {text}" if marks else text for one, text in lines]
    return "".join(f"{legible(line).rstrip()}\n" for line in told)


def _tree(place: PlaceNode, joined: Iterable[Edge]) -> list[list[Line]]:
    """Branches: each link that has no master here, with its ports; then the routes; in a namespace all under one."""
    names = {link.name for link in place.shown}
    roots = [link for link in place.shown if link.master not in names]
    branches = [_branch(link, place, joined) for link in roots]
    branches += [[(place.id, f"route {route_words(route)}")] for route in place.chosen_routes]
    if place.netns is None:
        return branches
    return [[(place.id, " ".join(("namespace", place.name, *_aside(place.decides)))), *_children([branches])]]


def _branch(link: LinkNode, place: PlaceNode, joined: Iterable[Edge]) -> list[Line]:
    ports = [port for port in place.shown if port.master == link.name and port is not link]
    return [(link.id, _told(link, joined)), *_children([[_branch(port, place, joined) for port in ports]])]


def _children(groups: Iterable[list[list[Line]]]) -> Iterator[Line]:
    branches = [branch for group in groups for branch in group]
    for number, branch in enumerate(branches, 1):
        first, rest = ("└─ ", "   ") if number == len(branches) else ("├─ ", "│  ")
        for index, (one, text) in enumerate(branch):
            yield one, (first if index == 0 else rest) + text


def _told(link: LinkNode, joined: Iterable[Edge]) -> str:
    words = [link.name, link.kind or "link", _state(link), *link.addresses]
    words += [f"({told})" for told in (link.summary, link.cut_off) if told]
    words += _aside(link.decides)
    for edge in joined:
        if link.id in (edge.first, edge.second) and edge.kind != "port":
            other = edge.second if link.id == edge.first else edge.first
            words.append({"veth": "──", "tunnel": "══"}.get(edge.kind, "on" if link.id == edge.first else "under"))
            words.append(other)
    if link.leads_elsewhere:
        words.append("── elsewhere")
    return " ".join(words)


def _aside(decides: tuple[str, ...]) -> tuple[str, ...]:
    """What decides, behind a name."""
    return (f"[{', '.join(decides)}]",) if decides else ()


def _state(link: LinkNode) -> str:
    if not link.up:
        return "down"
    # The kernel looks after `state` in its own time.
    return "up, no carrier" if link.info.flags and "LOWER_UP" not in link.info.flags else "up"
