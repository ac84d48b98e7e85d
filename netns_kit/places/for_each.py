"""Many places side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from attrs import frozen

from netns_kit.places.place import Place
from netns_kit.sites.batch import send_gathered

PlaceT = TypeVar("PlaceT", bound=Place)
ValueT = TypeVar("ValueT")


@frozen
class Outcome(Generic[PlaceT, ValueT]):
    """What came of a function at one place: its `value`, or the `error` that it raised."""

    place: PlaceT
    value: ValueT | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether it raised nothing."""
        return self.error is None


def for_each(places: Iterable[PlaceT], function: Callable[[PlaceT], ValueT]) -> tuple[Outcome[PlaceT, ValueT], ...]:
    """Call a function at many places side by side, each in a thread of its own: `for_each(hosts, configure)`.

    The place is the current one while its function runs, and is given to it. The outcomes come in the order of the
    places; an error at one leaves the others alone and is kept with its outcome. Nothing of it is part of a batch: what
    was gathered is sent first.
    """
    send_gathered()
    # Slow to import, so not at the top.
    from concurrent.futures import ThreadPoolExecutor

    def at(place: PlaceT) -> Outcome[PlaceT, ValueT]:
        try:
            with place.enter():
                return Outcome(place, function(place))
        except Exception as error:
            return Outcome(place, error=error)

    chosen = tuple(places)
    with ThreadPoolExecutor(max(1, len(chosen))) as pool:
        return tuple(pool.map(at, chosen))
