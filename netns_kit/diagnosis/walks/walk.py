"""The walk of a packet: the links that it was seen on, out and back, as text, as a drawing and to play."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from netns_kit.commands.rows import Rows, readable
from netns_kit.diagnosis.walks import animation, sequence
from netns_kit.diagnosis.walks.legs import Crossing, Leg
from netns_kit.diagnosis.walks.tracers import Answer
from netns_kit.views.bundle import bundle
from netns_kit.views.nodes import Marks, PlaceNode
from netns_kit.views.topology import Picture

LONGEST = 40
"""The most lines that are told of one message."""


@frozen
class WayPicture(Picture):
    """A network with the links marked that a packet was seen on."""

    links: frozenset[str] = frozenset()

    @property
    def _marks(self) -> Marks:
        return dict.fromkeys(self.links, "way")


@frozen(repr=False)
class Walk:
    """The links that a probe was seen on, out and back. It prints as text; in a notebook it plays itself.

    `legs` are the messages in the order in which they were sent: who asked whom for an address, the probe on its way
    out, and what came back. `crossings` are all their crossings of links as rows. `unseen` are places that could not be
    watched, or went meanwhile; `dropped` counts what crossed links too fast to be seen.
    """

    origin: str
    destination: str
    sent: int
    answer: Answer
    legs: tuple[Leg, ...]
    places: tuple[PlaceNode, ...]
    unseen: tuple[str, ...] = ()
    dropped: int = 0

    @property
    def ok(self) -> bool:
        """Whether each probe was answered."""
        return self.answer.answered == self.sent

    def __repr__(self) -> str:
        return f"Walk({self.label(self.origin)} → {self.destination}: {self.verdict})"

    def __bool__(self) -> bool:
        return self.answer.answered > 0

    @property
    def crossings(self) -> Rows[Crossing]:
        """All crossings of links, message by message."""
        return Rows(one for leg in self.legs for one in leg.crossings)

    @property
    def picture(self) -> WayPicture:
        """The network with the way in it: `print` it, or let a notebook show it."""
        return WayPicture(self.places, frozenset(one.link for leg in self._own for one in leg.crossings))

    @property
    def _own(self) -> list[Leg]:
        return [leg for leg in self.legs if leg.kind != "asking"] or list(self.legs)

    def label(self, id: str) -> str:
        """A link or place as text shows it: with its host only if there are several."""
        _, slash, rest = id.partition("/")
        return rest if slash and len({place.host for place in self.places}) < 2 else id

    def as_text(self) -> str:
        """Message by message, a line for each link that it crossed, with milliseconds since the walk began."""
        parts = [f"{self.label(self.origin)} → {self.destination}: {self.verdict}\n"]
        for leg in self.legs:
            parts.append(f"\n{leg.message}\n")
            parts += self._lines(leg)
        if self.unseen:
            parts.append(f"\ncould not be watched: {', '.join(self.unseen)}\n")
        if self.dropped:
            parts.append(f"\n{self.dropped} frames crossed links too fast to be seen\n")
        return readable("".join(parts))

    def as_mermaid(self) -> str:
        """As a Mermaid sequence diagram: who asked whom, and what NAT and tunnels made of the packet on its way."""
        return sequence.draw(self.legs)

    def as_svg(self) -> str:
        """The network as SVG, in which the packets travel their links, slowed down; it plays wherever SVG is shown.

        They go in the order in which they were seen, and wait in proportion to the times that were seen, but never so
        short that nobody could follow. Raises ToolMissingError where Graphviz is not installed.
        """
        return animation.draw(self.places, self.legs, self.picture.links)

    def __str__(self) -> str:
        return self.as_text()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return bundle(self)

    @property
    def verdict(self) -> str:
        """What came of it, in a few words."""
        if not self.legs:
            return f"nothing was seen on any link{self._said}"
        if self:
            count = "" if self.sent == 1 else f"{self.answer.answered} of {self.sent} "
            return f"{count}answered after {self._duration:.3f} ms{self._said}"
        told = "no answer, which a datagram need not have" if self.answer.silent else "not answered"
        return f"{told}; {self._end}{self._said}"

    @property
    def _end(self) -> str:
        """Where the packet was last seen, or its answer, if that did not come home."""
        last = [leg for leg in self.legs if leg.kind == "out"]
        lost = [leg for leg in self.legs if leg.kind == "back" and leg.crossings[-1].place != self.origin]
        asked = f"the last that was seen: {self.legs[-1].message}" if self.legs[-1].kind == "asking" else ""
        if not (lost or last):
            return asked
        one = (lost or last)[-1].crossings[-1]
        way = "leaving by" if one.direction == "out" else "coming in by"
        seen = f"{'the answer was ' if lost else ''}last seen {way} {self.label(one.link)}"
        return f"{seen}; {asked}" if asked else seen

    @property
    def _said(self) -> str:
        return f" ({self.answer.said})" if self.answer.said else ""

    @property
    def _duration(self) -> float:
        """Milliseconds from the first probe's first link until its answer was last seen."""
        out = next((leg for leg in self.legs if leg.kind == "out"), self.legs[0])
        back = next((leg for leg in self.legs if leg.kind == "back"), out)
        return back.crossings[-1].time - out.start

    def _lines(self, leg: Leg) -> list[str]:
        lines: list[str] = []
        shown: set[int] = set()
        for number, one in enumerate(leg.crossings):
            if number in shown:
                continue
            way = f"{self.label(one.link)} →" if one.direction == "out" else f"→ {self.label(one.link)}"
            there = (at for at, other in enumerate(leg.crossings) if other.before == number)
            arrived = next((at for at in there if leg.crossings[at].direction == "in"), None)
            if one.direction == "out" and arrived is not None:
                shown.add(arrived)
                way += f" {self.label(leg.crossings[arrived].link)}"
            told = "; ".join(sequence.news(one, leg.led_to(number)))
            lines.append(f"{one.time:10.3f} ms  {way:<32}  {told}".rstrip() + "\n")
        more = len(lines) - LONGEST
        return [*lines[:LONGEST], f"{'':15}… {more} more\n"] if more > 0 else lines
