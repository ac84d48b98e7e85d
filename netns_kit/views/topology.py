"""The network that really is: a snapshot to look at, and what a step changed in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.conversion import containerlab
from netns_kit.conversion.calls import Script
from netns_kit.conversion.network import rebuild
from netns_kit.conversion.network.state import PlaceState
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab
from netns_kit.views import changes, nodes, survey
from netns_kit.views.bundle import bundle
from netns_kit.views.changes import Change
from netns_kit.views.drawing import dot, mermaid, text
from netns_kit.views.drawing.deciding import with_rivals
from netns_kit.views.drawing.portrait import portrait
from netns_kit.views.nodes import Edge, LinkNode, Marks, PlaceNode

FORMAT = 1
"""The number of the form in which a topology is saved."""


@frozen(repr=False)
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

    def as_svg(self, *, dark: bool = False) -> str:
        """As SVG, drawn by Graphviz's `dot`, for light pages or `dark` ones. Raises ToolMissingError without it."""
        drawn = dot.svg(self.as_dot())
        return dot.darkened(drawn) if dark else drawn

    def __str__(self) -> str:
        return self.as_text()

    def __repr__(self) -> str:
        return str(self).rstrip("\n")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return bundle(self)


@frozen(repr=False)
class Topology(Picture):
    """A snapshot of what the kernel has: hosts and namespaces, their links, how these are joined, and their routes.

    `Topology.of(host)` or `Topology.of(lab)` reads one; two of them are equal if the same is there. It can be written
    as the script that builds it, built again as a `twin`, and saved.
    """

    _sources: tuple[Host, ...] = field(default=(), eq=False, repr=False, alias="sources")

    @classmethod
    def of(cls, what: Host | Lab, *, whole: bool = False) -> Topology:
        """What a host, or all hosts of a lab that are not closed, have now. No transcript records the reading.

        Equivalent to: `ip netns list`, then `ip -d addr` and `ip route show table all` in each namespace, and of up to
        64 of them `ip netconf`, `bridge vlan`, `iptables-save` and `ip6tables-save`; if `whole`, `ip rule`,
        `ip -6 rule`, `bridge fdb`, `tc qdisc` and `grep -r "" /proc/sys/net` as well

        What needs the whole (`as_python`, `as_shell`, `twin`, `save`) reads the rest when it is called, unless it was
        read here. Raises InvalidArgumentError for anything else.
        """
        if not isinstance(what, Host | Lab):
            raise InvalidArgumentError("what", what, "it must be a Host or a Lab")
        every = (what,) if isinstance(what, Host) else what.hosts.values()
        hosts = tuple(host for host in every if isinstance(what, Host) or not survey.is_closed(host))
        states = survey.read(hosts)
        states = survey.complete(states, hosts) if whole else states
        decides = survey.deciding(states, hosts)
        return cls(with_rivals(portrait(one, decides.get(one.id)) for one in states), sources=hosts)

    @classmethod
    def from_states(cls, states: Iterable[PlaceState], sources: Iterable[Host] = ()) -> Topology:
        """The topology of these places, read from these hosts."""
        return cls(with_rivals(map(portrait, states)), sources=tuple(sources))

    @classmethod
    def load(cls, path: str | Path) -> Topology:
        """One that was saved. Raises InvalidArgumentError for a file that is none, OSError where it cannot be read."""
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
            places = data["places"] if data["netns_kit"] == FORMAT else None
        except (ValueError, KeyError, TypeError):
            places = None
        if not isinstance(places, list):
            raise InvalidArgumentError("path", path, f"it is no topology of format {FORMAT}, as save() writes it")
        return cls.from_states(map(PlaceState.from_dict, places))

    def save(self, path: str | Path) -> None:
        """Write all of it as JSON, for `Topology.load` here or elsewhere."""
        data = {"netns_kit": FORMAT, "places": [state.as_dict() for state in self.states]}
        Path(path).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")

    @property
    def states(self) -> tuple[PlaceState, ...]:
        """All that each place has; what was not read yet is read now, unless no host is left to ask."""
        known = tuple(place.state for place in self.places if place.state is not None)
        return known if self.is_whole or not self._sources else survey.complete(known, self._sources)

    @property
    def is_whole(self) -> bool:
        """Whether all that the places have was read."""
        return all(place.state is not None and place.state.rest is not None for place in self.places)

    def as_python(self) -> str:
        """The Python script that builds what is there.

        It defines `build(host)`, with a parameter for each host, and run by itself builds on private hosts. What
        cannot be had again, such as a physical card or a container's end, becomes a `stand_in` with a remark.
        """
        return self._script().as_python()

    def as_shell(self) -> str:
        """The shell script that builds what is there: what the Python of `as_python` types."""
        return rebuild.as_shell(self._script())

    def as_containerlab(self, name: str = "netns_kit", *, image: str = containerlab.IMAGE) -> str:
        """The file by which containerlab builds what is there, in containers of an image that has the tools.

        Each host and each namespace is a node, for a container is a network namespace; veth pairs between them are its
        links, and all else is typed in the nodes. What it cannot have is said at its top. `Lab.from_containerlab`
        builds it again. Raises InvalidArgumentError, NetnsKitError without PyYAML
        (`pip install 'netns_kit[containerlab]'`).
        """
        return containerlab.as_containerlab(self.states, name, image)

    def twin(self) -> Lab:
        """A lab of private hosts, one for each host, with the same names and all that is there; no root needed.

        What leads outside is cut off: a stand-in is in its place, and says so. Use it as a context manager, or close
        it. Raises PrivateHostError where the kernel's settings forbid it, and what the building of it raises.
        """
        script, lab = self._script(), Lab()
        try:
            script.run({name: lab.host(name) for name in self.hosts})
        except BaseException:
            lab.close()
            raise
        return lab

    def _script(self) -> Script:
        return rebuild.rebuilding(self.states)

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
        elsewhere = {id(one.site.runner) for one in self._sources}.isdisjoint(
            id(one.site.runner) for one in after._sources
        )
        found = changes.compare(self.places, after.places, by_name=elsewhere and bool(self.places and after.places))
        return Comparison(after.places, before=self, after=after, changes=found)


@frozen(kw_only=True, repr=False)
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
