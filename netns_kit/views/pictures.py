"""A picture after each cell of a notebook: `%netns pictures on` shows what the cell changed in the network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from attrs import define, evolve, field, frozen

from netns_kit.commands.errors import NetnsKitError, NoPlaceError
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab
from netns_kit.sites import site as sites
from netns_kit.views import survey
from netns_kit.views.topology import Picture, Topology


@frozen
class _Look:
    """What a machine had when it was last looked at, None if that failed, and how much had been typed by then."""

    typed: int
    topology: Topology | None


@define(eq=False)
class Pictures:
    """Shows after each cell what it changed, on the machines that the notebook has names for and on the one in use.

    A machine is looked at when it is new and when something was typed there since; the hosts of a lab are one picture.
    """

    shell: Any
    on: bool = False
    _looks: WeakKeyDictionary[Host | Lab, _Look] = field(factory=WeakKeyDictionary, init=False)

    def turn(self, on: bool) -> None:
        """Begin with what is there now, or end."""
        if on != self.on:
            events = self.shell.events
            (events.register if on else events.unregister)("post_run_cell", self._after_cell)
            self.on = on
        self._looks.clear()
        if on:
            for _ in self._changed():
                """What is there already is no cell's doing."""

    def _after_cell(self, _: Any) -> None:
        for picture in self._changed():
            self.shell.display_pub.publish(picture._repr_mimebundle_())

    def _changed(self) -> Iterator[Picture]:
        for machine in self._machines():
            known, typed = self._looks.get(machine, _Look(0, None)), len(machine.transcript)
            if machine in self._looks and known.typed == typed:
                continue
            after = _read(machine)
            self._looks[machine] = _Look(typed, after)
            if after and typed > known.typed and (picture := _picture(known.topology, after)):
                yield picture

    def _machines(self) -> list[Host | Lab]:
        found = [*self.shell.user_ns.values()]
        with suppress(NoPlaceError):
            found.append(sites.current())
        machines = dict.fromkeys(one for one in found if isinstance(one, Host | Lab) and not _is_closed(one))
        of_labs = {id(host) for lab in machines if isinstance(lab, Lab) for host in lab.hosts.values()}
        return [one for one in machines if id(one) not in of_labs]


def _is_closed(machine: Host | Lab) -> bool:
    hosts = machine.hosts.values() if isinstance(machine, Lab) else [machine]
    return all(map(survey.is_closed, hosts))


def _read(machine: Host | Lab) -> Topology | None:
    try:
        return Topology.of(machine)
    except NetnsKitError as error:
        print(f"No picture of {machine!r}: {error}", file=sys.stderr)
        return None


def _picture(before: Topology | None, after: Topology) -> Picture | None:
    """What to show: what changed, or all that is there on a machine that was not known before; None for nothing."""
    if before is None:
        return after if any(place.netns or place.shown != place.links[:1] for place in after.places) else None
    comparison = before.compare(after)
    # A link's state follows in the kernel's own time, and may do so while another cell runs.
    told = tuple(change for change in comparison.changes if change.what != "state")
    return evolve(comparison, changes=told) if told else None
