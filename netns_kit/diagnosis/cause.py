"""A cause is one small thing: a function that looks at one step of a packet's way and says what stops it there."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve, field, frozen

from netns_kit.commands.transcript import Transcript
from netns_kit.diagnosis.model.facts import PlaceFacts, at
from netns_kit.diagnosis.model.firewall import Verdict
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.routing import Found
from netns_kit.diagnosis.model.world import World
from netns_kit.machines.dry_run import DryRunner
from netns_kit.places.place import Place
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.views.nodes import LinkNode

Translation = tuple[PlaceFacts, Verdict, Packet, Packet]

Deed = Callable[[Place], Any]
"""Verbs of the library, to be typed at the place that is given."""


@frozen
class Cure:
    """Commands that mend something: verbs of the library, each bound to its place. It prints as they are typed."""

    deeds: tuple[tuple[Site, Deed], ...] = field(default=(), repr=False)

    @functools.cached_property
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The commands, each with the host that it is typed on."""
        return tuple((site.runner.host, argv) for site, deed in self.deeds for argv in _typed(site, deed))

    def apply(self) -> None:
        """Run them, recorded like any other. Raises what they raise."""
        for site, deed in self.deeds:
            deed(at(site))

    def __add__(self, other: Cure) -> Cure:
        return Cure(self.deeds + tuple(one for one in other.deeds if one not in self.deeds))

    def __str__(self) -> str:
        return "\n".join(shlex.join(argv) for _, argv in self.commands)


def _typed(site: Site, deed: Deed) -> list[tuple[str, ...]]:
    transcript = Transcript()
    deed(at(Site(Recorder(DryRunner(site.runner.host), transcript), site.name, site.path)))
    return [result.argv for result in transcript]


def cure(place: PlaceFacts, *deeds: Deed) -> Cure:
    """A cure that is typed at one place."""
    return Cure(tuple((place.site, deed) for deed in deeds))


@frozen(kw_only=True)
class Step:
    """One step of a packet's way: where it is, and what is about to happen to it.

    `link` is the link of this step and `other` the one beyond or beside it; `came` and `leaves` are those by which the
    packet comes to a place and is to leave it; `target` is the address that the next hop is asked for by; `found` is
    the route; `tag` the VLAN; `origin` the place that asks. `around` gives the links on a link's segment, the nearest
    first. `translations` are what was made of the packet's addresses until now, each by a place's verdict, with the
    packet before and after it. `state` is whatever else the stage has to tell.
    """

    world: World
    place: PlaceFacts
    packet: Packet
    link: LinkNode | None = None
    other: LinkNode | None = None
    came: LinkNode | None = None
    leaves: LinkNode | None = None
    target: str | None = None
    found: Found = field(factory=Found)
    tag: int | None = None
    origin: PlaceFacts | None = None
    state: Any = None
    around: Callable[[LinkNode], list[LinkNode]] = lambda link: []
    translations: Sequence[Translation] = ()

    def trouble(
        self, sentence: str, *cures: Cure, place: PlaceFacts | None = None, link: LinkNode | None = None,
        suppose: Callable[[], object] | None = None,
    ) -> Trouble:  # fmt: skip
        """What stops the packet here; `suppose` makes the world of thought as it would be once this is cured."""
        return Trouble("", place or self.place, link or self.link, sentence, cures, suppose)


@frozen
class Trouble:
    """Something that stops a packet, by its cause's code; `takes` are the codes of what goes with it."""

    code: str
    place: PlaceFacts
    link: LinkNode | None
    sentence: str
    cures: tuple[Cure, ...] = ()
    suppose: Callable[[], object] | None = None
    takes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.code, self.link.id if self.link else f"{self.place.id}: {self.sentence}"


Look = Callable[[Step], Trouble | None]


@frozen
class Cause:
    """A cause: its stable code, the stage of the way that it looks at, and how it looks."""

    code: str
    stage: str
    look: Look
    takes: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        return (self.look.__doc__ or "").strip()


CAUSES: dict[str, list[Cause]] = {}
"""All causes by the stage that they look at, in the order in which they are asked."""


def cause(code: str, stage: str, takes: tuple[str, ...] = ()) -> Callable[[Look], Look]:
    """Make a function known as a cause; `takes` are codes of troubles at the same place that come with it."""

    def known(look: Look) -> Look:
        CAUSES.setdefault(stage, []).append(Cause(code, stage, look, takes))
        return look

    return known


def troubles(stage: str, step: Step) -> tuple[Trouble, ...]:
    """What stops a packet at a step, cause by cause."""
    found = ((one, one.look(step)) for one in CAUSES.get(stage, ()))
    return tuple(evolve(trouble, code=one.code, takes=one.takes) for one, trouble in found if trouble)
