"""What a step changed: two snapshots compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import evolve, frozen

from netns_kit.conversion.network import rebuild
from netns_kit.conversion.network.state import PlaceState
from netns_kit.tables.route import RouteInfo
from netns_kit.views.nodes import LinkNode, Mark, PlaceNode, route_words

FIELDS = ("place", "name", "kind", "up", "state", "addresses", "master", "peer", "about", "mtu")
"""The fields of a link that are told where they changed."""


_SAME_STATE = ({"DOWN", "LOWERLAYERDOWN"}, {"UP", "UNKNOWN"})
"""Two words for one thing. Which of them the kernel takes depends on what has its peer's number elsewhere, and on
whether it was told anew of a carrier that had been there all the time."""


@frozen
class Change:
    """One difference. `id` names a place or a link as it is now, or as it was if it is gone.

    `what` is "place", "link", "route", the field of a link that changed, such as "addresses", or "setting" for all
    else, told as the call that makes it, such as `rule.add(priority=100, table=10)`; `before` and `after` are what was
    and what is there, None for nothing. Of a link that was added, "up", "addresses" and "master" are told.
    """

    mark: Mark
    what: str
    id: str
    before: Any = None
    after: Any = None

    @property
    def whole(self) -> bool:
        """Whether a place or a link as a whole came or went."""
        return self.mark != "changed" and self.what in ("place", "link")

    def __str__(self) -> str:
        sign = {"added": "+", "gone": "-", "changed": "~"}[self.mark]
        if self.whole:
            return f"{sign} {self.what} {self.id}"
        both = self.mark == "changed"
        told = " → ".join(_told(one) for one in (self.before, self.after) if both or one is not None)
        return f"{sign} {self.id} {self.what}: {told}"


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, RouteInfo):
        return route_words(value)
    if isinstance(value, dict):
        return " ".join(f"{key} {one}" for key, one in value.items()) or "none"
    return "none" if value is None else str(value)


def compare(before: Iterable[PlaceNode], after: Iterable[PlaceNode], *, by_name: bool = False) -> tuple[Change, ...]:
    """What was added, what is gone and what changed: places, then links and their fields, then routes, then the rest.

    `by_name` takes links of the same name for the same, as they are on different machines. The rest are rules,
    neighbours, entries, firewall and parameters, where both were read whole.
    """
    old, new = ({place.id: place for place in places} for places in (before, after))
    changes = [Change("added", "place", one) for one in new if one not in old]
    changes += [Change("gone", "place", one) for one in old if one not in new]
    changes += _links(_by_id(old.values()), _by_id(new.values()), by_name)
    for one in dict.fromkeys([*old, *new]):
        were, are = (_routes(places.get(one), by_name) for places in (old, new))
        changes += [Change("gone", "route", one, before=route) for route in were if route not in are]
        changes += [Change("added", "route", one, after=route) for route in are if route not in were]
        changes += _rest(one, *(places[one].state if one in places else None for places in (old, new)))
    return tuple(changes)


def _by_id(places: Iterable[PlaceNode]) -> dict[str, LinkNode]:
    return {link.id: link for place in places for link in place.links}


def _routes(place: PlaceNode | None, by_name: bool) -> tuple[RouteInfo, ...]:
    """The routes that somebody chose; on another machine, whether their links work is another matter."""
    chosen = place.chosen_routes if place else ()
    passing = {"linkdown", "dead"} if by_name else set()
    return tuple(evolve(one, flags=tuple(flag for flag in one.flags if flag not in passing)) for one in chosen)


def _rest(one: str, was: PlaceState | None, now: PlaceState | None) -> Iterator[Change]:
    """What somebody set besides links and routes, and what of it is there no more."""
    if was is None or now is None or was.rest is None or now.rest is None:
        return
    former, present = rebuild.settings(was), rebuild.settings(now)
    yield from (Change("gone", "setting", one, before=text) for text in former if text not in present)
    yield from (Change("added", "setting", one, after=text) for text in present if text not in former)


def _links(old: dict[str, LinkNode], new: dict[str, LinkNode], by_name: bool) -> Iterator[Change]:
    pairs = {one: old[one] for one in new if one in old} if by_name else _pairs(old, new)
    for one, link in new.items():
        if one not in pairs and link.kind == "loopback":
            continue  # it came with its place
        if one not in pairs:
            yield Change("added", "link", one)
            given = (("up", link.up), *(("addresses", known) for known in link.addresses), ("master", link.master))
            yield from (Change("added", name, one, after=value) for name, value in given if value)
            continue
        was = pairs[one]
        if was.kind != link.kind:
            # A stand-in is not looked at more closely.
            yield Change("changed", "kind", one, was.kind or "device", link.kind)
            continue
        for name in FIELDS:
            former, present = getattr(was, name), getattr(link, name)
            if name == "addresses":
                yield from (Change("gone", name, one, before=known) for known in former if known not in present)
                yield from (Change("added", name, one, after=known) for known in present if known not in former)
            elif former != present and not (by_name and name == "state" and {former, present} in _SAME_STATE):
                yield Change("changed", name, one, former, present)
    known = {was.id for was in pairs.values()}
    lost = (one for one, link in old.items() if one not in known and link.kind != "loopback")
    yield from (Change("gone", "link", one) for one in lost)


def _pairs(old: dict[str, LinkNode], new: dict[str, LinkNode]) -> dict[str, LinkNode]:
    """Which link was which: by its id, by its index where it was renamed, by its MAC address where it moved."""

    def same(was: LinkNode, link: LinkNode) -> bool:
        if was.kind != link.kind:
            return False
        if was.place == link.place:
            return was.info.index == link.info.index != 0
        return was.info.address is not None and was.info.address == link.info.address

    def stayed(was: LinkNode, link: LinkNode) -> bool:
        return was.kind == link.kind and (was.info.index == link.info.index or was.info.address == link.info.address)

    pairs = {one: old[one] for one, link in new.items() if one in old and stayed(old[one], link)}
    taken = set(pairs)
    for one, link in new.items():
        if one not in pairs and link.kind != "loopback":
            was = next((known for known in old.values() if known.id not in taken and same(known, link)), None)
            if was is not None:
                pairs[one] = was
                taken.add(was.id)
    return pairs


def merged(before: Iterable[PlaceNode], after: Iterable[PlaceNode], changes: Iterable[Change]) -> tuple[PlaceNode, ...]:
    """The places of after, and where they were, those places and links of before that are gone."""
    found = tuple(changes)
    gone = {change.id for change in found if change.whole and change.mark == "gone"}
    told = _asides(found)
    former = {place.id: place for place in before}
    places = []
    for place in after:
        there = {link.id for link in place.links}
        was = former[place.id].links if place.id in former else ()
        lost = [link for link in was if link.id in gone - there]
        links = (evolve(one, decides=(*one.decides, *told.get(one.id, ()))) for one in (*place.links, *lost))
        places.append(evolve(place, links=tuple(links), decides=(*place.decides, *told.get(place.id, ()))))
    return (*places, *(place for place in former.values() if place.id in gone))


def _asides(changes: tuple[Change, ...]) -> dict[str, list[str]]:
    """What a picture does not show by itself of what stayed: the fields that changed, and what is there no more."""
    wholes = {change.id for change in changes if change.whole}
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.id in wholes or change.what == "state" or change.mark == "added":
            continue
        if change.mark == "gone":
            found.setdefault(change.id, []).append(f"− {_told(change.before)}")
        else:
            found.setdefault(change.id, []).append(f"{change.what}: {_told(change.before)} → {_told(change.after)}")
    return found


def marks(changes: Iterable[Change]) -> dict[str, Mark]:
    """What became of each place and link that did not stay as it was."""
    found: dict[str, Mark] = {}
    for change in changes:
        if change.whole or change.id not in found:
            found[change.id] = change.mark if change.whole else "changed"
    return found
