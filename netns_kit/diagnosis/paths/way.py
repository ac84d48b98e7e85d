"""The way of a packet as it was thought: its hops, and what it meets."""

from __future__ import annotations

from attrs import define, evolve, field, frozen

from netns_kit.diagnosis.cause import Trouble
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.views.nodes import LinkNode


@frozen
class Hop:
    """A link that the packet is at; `way` is "out", "in", or "switch" within a bridge. `depth` counts tunnels."""

    link: LinkNode
    way: str
    packet: Packet
    depth: int = 0


@define
class Way:
    """The hops of a packet, the troubles that it meets, each with the number of hops before it, and where it ends;
    `outside` is the link by which it leaves for where nobody looked."""

    packet: Packet
    hops: list[Hop] = field(factory=list)
    troubles: list[tuple[int, Trouble]] = field(factory=list)
    places: list[PlaceFacts] = field(factory=list)
    arrived: PlaceFacts | None = None
    outside: LinkNode | None = None

    def meet(self, found: tuple[Trouble, ...]) -> None:
        """Note what stands in the way here; a tunnel leads to one trouble once."""
        for one in found:
            if one.key not in {other.key for _, other in self.troubles}:
                self.troubles.append((len(self.hops), one))
            if one.suppose:
                one.suppose()

    def take(self, other: Way) -> None:
        """Go the way of a tunnel's packet."""
        self.troubles += [(len(self.hops) + at, one) for at, one in other.troubles]
        for _, one in other.troubles:
            if one.suppose:
                one.suppose()
        self.hops += [evolve(hop, depth=hop.depth + 1) for hop in other.hops]
        self.places += other.places
