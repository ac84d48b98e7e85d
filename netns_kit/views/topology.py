"""The network that really is: a snapshot to look at, and what a step changed in it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab
from netns_kit.views import changes, dot, mermaid, nodes, survey, text
from netns_kit.views.changes import Change
from netns_kit.views.nodes import Edge, LinkNode, Marks, PlaceNode


@frozen
class Picture:
    """What can be looked at: places with links, coloured where they are marked.

    In a notebook it shows itself in the best form that is there: SVG, else Mermaid, else text.
    """

    places: tuple[PlaceNode, ...]

    @property
    def _marks(self) -> Marks:
        return {}

    @property
    def _drawn(self) -> tuple[PlaceNode, ...]:
        return self.places

    def as_text(self) -> str:
        """As a tree, for a terminal."""
        return text.draw(self._drawn, self._marks)

    def as_mermaid(self) -> str:
        """As Mermaid text, which GitHub and JupyterLab show."""
        return mermaid.draw(self._drawn, self._marks)

    def as_dot(self) -> str:
        """As DOT text, for Graphviz."""
        return dot.draw(self._drawn, self._marks)

    def as_svg(self) -> str:
        """As SVG, drawn by Graphviz's `dot`. Raises ToolMissingError where it is not installed."""
        return dot.svg(self.as_dot())

    def __str__(self) -> str:
        return self.as_text()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        best = {"image/svg+xml": self.as_svg()} if dot.installed() else {"text/vnd.mermaid": self.as_mermaid()}
        return {**best, "text/plain": self.as_text()}


@frozen
class Topology(Picture):
    """A snapshot of what the kernel has: hosts and namespaces, their links, how these are joined, and their routes.

    `Topology.of(host)` or `Topology.of(lab)` reads one; two of them are equal if the same is there.
    """

    @classmethod
    def of(cls, what: Host | Lab) -> Topology:
        """What a host, or all hosts of a lab that are not closed, have now. No transcript records the reading.

        Equivalent to: `ip netns list`, then `ip -d addr` and `ip route show table all` in each namespace

        Raises InvalidArgumentError for anything else.
        """
        if isinstance(what, Host):
            return cls(survey.read([what]))
        if not isinstance(what, Lab):
            raise InvalidArgumentError("what", what, "it must be a Host or a Lab")
        return cls(survey.read(host for host in what.hosts.values() if not survey.is_closed(host)))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts' names."""
        return tuple(place.host for place in self.places if place.netns is None)

    @property
    def links(self) -> tuple[LinkNode, ...]:
        """All links, place by place."""
        return tuple(link for place in self.places for link in place.links)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """What joins the links: veth pairs, ports with their masters, links that stand on others, tunnels."""
        return nodes.edges(self.places)

    def link(self, id: str) -> LinkNode:
        """The link of that id, such as "node1/ns0/eth0"."""
        return {link.id: link for link in self.links}[id]

    def place(self, id: str) -> PlaceNode:
        """The place of that id, such as "node1/ns0"."""
        return {place.id: place for place in self.places}[id]

    def compare(self, after: Topology) -> Comparison:
        """What changed since this snapshot, up to a later one. Raises InvalidArgumentError if that is none."""
        if not isinstance(after, Topology):
            raise InvalidArgumentError("after", after, "it must be a Topology")
        return Comparison(after.places, before=self, after=after, changes=changes.compare(self.places, after.places))


@frozen(kw_only=True)
class Comparison(Picture):
    """What changed between two snapshots: `changes`, in words when it is printed, in colours when it is drawn."""

    before: Topology
    after: Topology
    changes: tuple[Change, ...]

    @property
    def _marks(self) -> Marks:
        return changes.marks(self.changes)

    @property
    def _drawn(self) -> tuple[PlaceNode, ...]:
        return changes.merged(self.before.places, self.after.places, self.changes)

    def __str__(self) -> str:
        return "".join(f"{change}\n" for change in self.changes) or "nothing changed\n"

    def __bool__(self) -> bool:
        return bool(self.changes)
