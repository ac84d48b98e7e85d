"""From what was seen on links to messages on their way: which sighting is of which message, and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from attrs import define, evolve, field, frozen

from netns_kit.commands.rows import Row
from netns_kit.diagnosis.walks.tracers import Tracer
from netns_kit.views.nodes import UPPER, LinkNode
from netns_kit.watching.frames import Arp, Frame, Icmp, Ip, Tunnel
from netns_kit.watching.packet_socket import Direction
from netns_kit.watching.watch import Sighting

Kind = Literal["out", "back", "asking"]
"""What a message is: the probe's own, on its way out or back, or a question (and its answer) who has an address."""


@frozen
class Crossing(Row):
    """A message on a link: `time` is in milliseconds since the walk began, `packet` what was seen, in a line.

    `link` and `place` are ids as a topology has them, such as "node1/ns0/eth0"; `direction` is "in" or "out" of its
    place. `within` is the tunnel that the message travelled in there, if it did. `before` is the number of the crossing
    of the same message that led to this one; None for the first.
    """

    time: float
    place: str
    link: str
    direction: Direction
    packet: str
    within: str = ""
    before: int | None = None
    raw: Sighting | None = field(default=None, repr=False, eq=False)

    @property
    def name(self) -> str:
        """The link's name."""
        return self.link[len(self.place) + 1 :]


@frozen
class Leg:
    """One message and the links that it crossed, in order: `kind` is "out", "back" or "asking"."""

    kind: Kind
    message: str
    crossings: tuple[Crossing, ...]

    @property
    def start(self) -> float:
        """When it was first seen, in milliseconds since the walk began."""
        return self.crossings[0].time

    @property
    def ends(self) -> tuple[int, ...]:
        """The numbers of the crossings from which it led nowhere else."""
        led = {one.before for one in self.crossings}
        return tuple(number for number in range(len(self.crossings)) if number not in led)

    def way_to(self, number: int) -> list[int]:
        """The numbers of the crossings that led to this one, and its own."""
        before = self.crossings[number].before
        return [*([] if before is None else self.way_to(before)), number]

    def led_to(self, number: int) -> Crossing | None:
        """The crossing that led to this one."""
        before = self.crossings[number].before
        return None if before is None else self.crossings[before]


Event = tuple[Leg, int]
"""A crossing, as its message and its number there."""


def in_order(legs: Iterable[Leg]) -> list[Event]:
    """All crossings of all messages in the order in which they were seen."""
    events = [(leg, number) for leg in legs for number in range(len(leg.crossings))]
    return sorted(events, key=lambda event: event[0].crossings[event[1]].time)


@define
class _Message:
    """A message whose crossings are still being gathered.

    `passed` has the TTL that it had at each link; `latest` the numbers of the last crossings of each sort.
    """

    kind: Kind
    line: str
    crossings: list[Crossing] = field(factory=list)
    passed: dict[tuple[str, str], int] = field(factory=dict)
    latest: dict[tuple[str, str], int] = field(factory=dict)

    def cross(self, one: Sighting, packet: Ip | Arp, within: str, links: _Links) -> None:
        """Note that it was seen once more."""
        before = self._led_from(one, within, links)
        number = len(self.crossings)
        seen = Crossing(one.time, one.place, one.id, one.direction, str(packet), within, before, one)
        self.crossings.append(seen)
        sorts = [("any", seen.place), (seen.direction, seen.link), (seen.direction, seen.place)]
        sorts += [] if within else [(f"bare {seen.direction}", seen.place)]
        self.latest.update(dict.fromkeys(sorts, number))

    def _led_from(self, one: Sighting, within: str, links: _Links) -> int | None:
        """The number of the crossing that led to this one: by a cable, through the place, or else the last one."""
        if one.direction == "in":
            sorts = [[("out", links.peers.get(one.id, ""))], [("any", one.place)]]
        else:
            carried = [("bare out", one.place)] if within else []
            sorts = [[("in", one.place), *carried, *(("out", upper) for upper in links.uppers.get(one.id, ()))]]
        for together in sorts:
            known = [self.latest[sort] for sort in together if sort in self.latest]
            if known:
                return max(known)
        return len(self.crossings) - 1 if self.crossings else None


class _Links:
    """How links hang together, by their ids: the other end of each, and those that stand on it."""

    def __init__(self, links: Iterable[LinkNode]) -> None:
        self.all = tuple(links)
        self.peers = {link.id: link.peer for link in self.all if link.peer}
        self.uppers: dict[str, list[str]] = {}
        for link in self.all:
            if link.master:
                self.uppers.setdefault(link.id, []).append(f"{link.place}/{link.master}")
            if link.peer and link.kind in UPPER:
                self.uppers.setdefault(link.peer, []).append(link.id)


def legs(sightings: Iterable[Sighting], tracer: Tracer, links: Iterable[LinkNode], origin: str) -> tuple[Leg, ...]:
    """The messages that belong to a probe from a place, in the order in which they were first seen."""
    known = _Links(links)
    gathered = list(_gathered(sightings, tracer, known))
    concerned = _concerned(gathered, known, origin)
    chosen = [one for one in gathered if one.kind != "asking" or _asks_for(one, concerned)]
    start = min((one.crossings[0].time for one in chosen), default=0.0)
    return tuple(
        Leg(
            one.kind, one.line, tuple(evolve(seen, time=round(1000 * (seen.time - start), 4)) for seen in one.crossings)
        )
        for one in chosen
    )


def _gathered(sightings: Iterable[Sighting], tracer: Tracer, links: _Links) -> Iterator[_Message]:
    open_: dict[tuple[object, ...], _Message] = {}
    for one in sightings:
        known = _known(one.frame, tracer)
        if known is None:
            continue
        kind, key, packet, within = known
        spot, ttl = (one.id, one.direction), packet.ttl if isinstance(packet, Ip) else 0
        message = open_.get(key)
        # Whoever comes by once more goes round in circles, or is sent anew.
        if message is None or (spot in message.passed and ttl >= message.passed[spot]):
            message = open_[key] = _Message(kind, str(packet))
            yield message
        message.passed[spot] = ttl
        message.cross(one, packet, within, links)


def _known(frame: Frame, tracer: Tracer) -> tuple[Kind, tuple[object, ...], Ip | Arp, str] | None:
    """What a frame is to the probe: the kind and key of its message, the message itself, and the tunnel around it."""
    packets = frame.packets
    for depth, packet in reversed(list(enumerate(packets))):
        trace = tracer.recognise(packet)
        if trace:
            kind: Kind = "out" if trace.way == "out" else "back"
            return kind, (kind, *trace.key), packet, _tunnel(packets[:depth])
    asked = frame.innermost.payload
    if isinstance(asked, Arp):
        return "asking", ("arp", asked.operation, asked.sender, asked.target), asked, _tunnel(packets)
    if isinstance(asked, Ip) and isinstance(asked.payload, Icmp) and asked.payload.type in (135, 136):
        said = asked.payload
        if said.version == 6:
            key = ("ndp", said.type, asked.source, asked.destination, said.target)
            return "asking", key, asked, _tunnel(packets[:-1])
    return None


def _tunnel(around: Sequence[Ip]) -> str:
    """The innermost tunnel around a message, in a few words."""
    if not around or not isinstance(around[-1].payload, Tunnel):
        return ""
    tunnel = around[-1].payload
    key = "" if tunnel.key is None else f" {tunnel.key}"
    return f"{tunnel.kind}{key} {around[-1].source} > {around[-1].destination}"


def _concerned(gathered: Iterable[_Message], links: _Links, origin: str) -> set[str]:
    """The addresses of those on the way, from its beginning on."""
    way = [seen for one in gathered if one.kind != "asking" for seen in one.crossings]
    places = {origin, *(seen.place for seen in way)}
    found = {
        address.partition("/")[0].partition(" ")[0]
        for link in links.all
        if link.place in places
        for address in link.addresses
    }
    for seen in way:
        for packet in seen.raw.frame.packets if seen.raw else ():
            found |= {packet.source, packet.destination}
    return found


def _asks_for(message: _Message, concerned: set[str]) -> bool:
    """Whether a question is one of theirs, or its answer is for one of them."""
    first = message.crossings[0].raw
    said = first.frame.innermost.payload if first else None
    if isinstance(said, Arp):
        return (said.sender if said.operation == "request" else said.target) in concerned
    if isinstance(said, Ip) and isinstance(said.payload, Icmp):
        return bool({said.source, said.destination, said.payload.target} & concerned)
    return False
