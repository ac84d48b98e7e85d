"""What a script calls things, and the steps that it has so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, field, frozen

from netns_kit.conversion.calls import Call, Names, Step, Variable
from netns_kit.conversion.network.kinds import class_of
from netns_kit.conversion.network.state import PlaceState
from netns_kit.conversion.stand_in import stands_for
from netns_kit.links.info import LinkInfo


@frozen
class Known:
    """A link of a place, with the ids of what it hangs on and the variable that it has in the script."""

    place: PlaceState
    info: LinkInfo
    variable: str
    id: str
    peer: str | None = None
    born: str | None = None
    cable: bool = False
    """Whether it is an end of a cable between machines: a VXLAN, for which a veth pair stands on one machine."""

    @property
    def paired(self) -> bool:
        """Whether it is made together with its peer."""
        return self.cable or self.info.kind == "veth"

    @property
    def master(self) -> str | None:
        """The id of its bridge, bond or VRF."""
        return None if self.info.master is None else f"{self.place.id}/{self.info.master}"

    @property
    def lower(self) -> str | None:
        """The id of the link that it stands on, or that its packets leave through."""
        if self.paired:
            return None
        through = self.info.data.get("link") or self.info.lower
        home = self.born or self.place.id
        return self.peer or (f"{home}/{through}" if through else None)

    @property
    def stands_for(self) -> str | None:
        """What a link in its place stands in for, if it cannot be had again as it is."""
        info = self.info
        if stands_for(info) is not None:
            return stands_for(info)
        if info.kind == "loopback" or info.fallback:
            return None
        if info.kind == "veth":
            return None if self.peer else "a veth whose other end is in a namespace without a name"
        if class_of(info) is not None:
            return None
        return f"a {info.kind} link" if info.kind else "a physical card"


@define
class Plan:
    """The steps so far; the variables of places and links, by their ids."""

    states: tuple[PlaceState, ...]
    names: Names
    places: dict[str, str] = field(factory=dict)
    links: dict[str, Known] = field(factory=dict)
    steps: list[Step] = field(factory=list)

    def name_all(self) -> None:
        """Give each place and each link a variable."""
        for state in self.states:
            self.places[state.id] = self.names.new(state.netns or state.host, f"{state.host}_{state.netns}")
        mutual = {f"{state.id}/{name}": peer for state in self.states for name, peer in state.peers.items()}
        for state in self.states:
            for info in state.snapshot.links:
                if info.up or not info.fallback:
                    link = f"{state.id}/{info.name}"
                    words = [info.name, f"{self.places[state.id]}_{info.name}"]
                    if info.kind == "loopback" and state.netns is not None:
                        words = words[1:]
                    peer, born = state.peers.get(info.name), state.born.get(info.name)
                    cable = info.kind == "vxlan" and peer is not None and mutual.get(peer) == link
                    self.links[link] = Known(state, info, self.names.new(*words), link, peer, born, cable)

    @property
    def hosts(self) -> dict[str, str]:
        """The variables of the hosts, by name."""
        return {state.host: self.places[state.id] for state in self.states if state.netns is None}

    def of(self, host: str) -> tuple[PlaceState, ...]:
        """The places of a host."""
        return tuple(state for state in self.states if state.host == host)

    def links_of(self, state: PlaceState) -> Iterator[Known]:
        """The links of a place, in the order in which they were made."""
        infos = sorted(state.snapshot.links, key=lambda info: info.index)
        ids = (f"{state.id}/{info.name}" for info in infos)
        yield from (self.links[one] for one in ids if one in self.links)

    def at(self, place: str) -> Mapping[str, object]:
        """The keyword that says where a noun is: nothing on the host, which is entered."""
        return {} if place in self.hosts else {"at": Variable(self.places[place])}

    def link(self, state: PlaceState, name: str | None) -> object:
        """A link as an argument: its variable, or its name where the script has none for it."""
        known = self.links.get(f"{state.id}/{name}")
        return name if known is None or known.info.kind == "loopback" else Variable(known.variable)

    def say(self, place: str, call: Call, *, batched: bool = True) -> None:
        """Add a call at the host of a place."""
        self.steps.append(Step(place.partition("/")[0], call, batched))
