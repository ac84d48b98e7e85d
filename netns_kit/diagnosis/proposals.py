"""What would fit a network where something is missing: the link and gateway to go by, the address and its length."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_interface, ip_network
from typing import Literal, cast

from attrs import frozen

from netns_kit.diagnosis.cause import Deed, Step
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.routing import network_of
from netns_kit.diagnosis.model.world import World
from netns_kit.tables.address import AddressInfo
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.route_words import RouteType
from netns_kit.views.nodes import LinkNode


@frozen
class Direction:
    """Where to go for an address: by a link, to another one on its segment; `direct` if the address is there."""

    link: LinkNode
    other: LinkNode
    direct: bool


def talking(place: PlaceFacts) -> list[LinkNode]:
    """The links of a place that may have addresses: no ports, not lo."""
    masters = {link.name for link in place.links.values() if link.kind in ("bridge", "bond", "team")}
    return [
        link
        for link in place.links.values()
        if link.kind not in ("loopback", "vrf") and (link.master not in masters) and not link.info.fallback
    ]


def direction(step: Step, place: PlaceFacts, target: str) -> Direction | None:
    """The first step of the shortest way from a place to the one that has an address, or is on its network."""
    goals: tuple[Callable[[PlaceFacts], object], ...] = (
        lambda one: one.holder(target),
        lambda one: network_around(one, target),
    )
    for goal in goals:
        found = _search(step, place, goal)
        if found:
            return found
    return None


def _search(step: Step, place: PlaceFacts, goal: Callable[[PlaceFacts], object]) -> Direction | None:
    queue: deque[tuple[PlaceFacts, Direction | None]] = deque([(place, None)])
    seen = {place.id}
    while queue:
        here, first = queue.popleft()
        for link in sorted(talking(here), key=lambda one: not one.addresses):
            for other in step.around(link):
                there = step.world.places[other.place]
                if there.id in seen:
                    continue
                start = first or Direction(link, other, False)
                if goal(there):
                    return Direction(start.link, start.other, first is None)
                seen.add(there.id)
                if len(talking(there)) > 1 and any(one.addresses for one in talking(there)):
                    queue.append((there, start))
    return None


def network_around(place: PlaceFacts, target: str) -> str | None:
    """The network of a place's own address that an address lies in."""
    wanted = ip_address(target)
    for one in place.addresses(wanted.version):
        network = ip_network(str(one), strict=False)
        if wanted in network and network.num_addresses > 1 and one.scope != "link":
            return str(network)
    return None


def gateway(step: Step, going: Direction, family: int) -> str | None:
    """The address of the next router that the link's own addresses can ask for."""
    here, there = (step.world.places[one.place] for one in (going.link, going.other))
    own = [ip_network(str(one), strict=False) for one in here.addresses(family, going.link.name)]
    theirs = [one for one in there.addresses(family, going.other.name) if one.scope == "global"]
    near = [one for one in theirs if any(ip_address(one.local) in network for network in own)]
    return next((one.local for one in near), None)


def destination(step: Step, place: PlaceFacts, target: str) -> str:
    """What a route of this place to an address leads to: "default" at an end, the network at a router."""
    family = ip_address(target).version
    routes = [one for one in place.routes(family) if one.gateway and one.table in (None, "main")]
    network = known_network(step.world, target)
    if len(talking(place)) > 1 or any(one.dst != "default" for one in routes):
        return network
    if any(one.dst == "default" for one in place.routes(family)):
        return network
    styles = Counter(style for one in step.world.places.values() if one is not place for style in _styles(one, family))
    return network if styles["network"] > styles["default"] else "default"


def _styles(place: PlaceFacts, family: int) -> Iterator[str]:
    if len(talking(place)) == 1:
        for one in place.routes(family):
            if one.gateway:
                yield "default" if one.dst == "default" else "network"


def known_network(world: World, target: str) -> str:
    """The network of an address: as others' routes name it, else as those who are on it have it."""
    wanted = ip_address(target)
    named = Counter(
        route.dst
        for place in world.places.values()
        for route in place.routes(wanted.version)
        if route.gateway and route.dst != "default" and wanted in network_of(route, wanted.version)
    )
    if named:
        return max(named, key=lambda one: (ip_network(one, strict=False).prefixlen, named[one]))
    for place in world.places.values():
        own = place.holder(target)
        if own is not None and own.scope != "host":
            return str(ip_network(str(own), strict=False))
    return next(filter(None, (network_around(one, target) for one in world.places.values())), target)


def prefix_length(step: Step, link: LinkNode, address: str) -> int | None:
    """How long the prefix of an address is on a segment, by the neighbours that share its network."""
    wanted = ip_address(address)
    lengths: Counter[int] = Counter()
    for other in step.around(link):
        for one in step.world.places[other.place].addresses(wanted.version, other.name):
            if (
                one.scope == "global"
                and wanted in ip_network(str(one), strict=False)
                and one.prefixlen < wanted.max_prefixlen
            ):
                lengths[one.prefixlen] += 1
    return max(lengths, key=lambda one: (lengths[one], one)) if lengths else None


def former(step: Step, link: LinkNode, family: int) -> str | None:
    """The address that a link had, as its neighbours remember it, or else one that is free on its segment."""
    others = [step.world.places[one.place] for one in step.around(link)]
    for one in (own for other in step.around(link) for own in _addresses(step, other, family)):
        if one.peer and not step.world.holders(one.peer.partition("/")[0]):
            return f"{one.peer.partition('/')[0]} peer {one.local}"
    remembered = (
        one.dst
        for place in others
        for one in place.snapshot.neighbours
        if one.lladdr == link.info.address
        and ip_address(one.dst).version == family
        and not ip_address(one.dst).is_link_local
    )
    for address in (*remembered, *_asked_for(others, family), *_free(step, link, family)):
        length = prefix_length(step, link, address)
        if length is not None and not step.world.holders(address):
            return f"{address}/{length}"
    return None


def _addresses(step: Step, link: LinkNode, family: int) -> list[AddressInfo]:
    return step.world.places[link.place].addresses(family, link.name)


def who_had(step: Step, link: LinkNode, target: str) -> LinkNode | None:
    """The link that had an address: as the neighbours remember, else the only one on the segment without."""
    around = step.around(link)
    known = {
        one.lladdr
        for place in step.world.places.values()
        for one in place.snapshot.neighbours
        if one.dst == target and one.lladdr
    }
    family = ip_address(target).version
    without = [
        one
        for one in around
        if one in talking(step.world.places[one.place])
        and not any(own.scope == "global" for own in step.world.places[one.place].addresses(family, one.name))
    ]
    remembered = [one for one in around if one.info.address in known]
    ends = [one for one in without if one.kind != "bridge"] or without
    return next(iter(remembered or (ends if len(ends) == 1 or step.packet.dst == target else [])), None)


def _asked_for(places: list[PlaceFacts], family: int) -> Iterator[str]:
    """The gateways of routes."""
    for place in places:
        yield from (one.gateway for one in place.routes(family) if one.gateway)


def _free(step: Step, link: LinkNode, family: int) -> Iterator[str]:
    """Addresses that nobody has in the networks of a segment."""
    networks = Counter(
        ip_network(str(one), strict=False)
        for other in step.around(link)
        for one in step.world.places[other.place].addresses(family, other.name)
        if one.scope == "global" and one.prefixlen < ip_interface(one.local).max_prefixlen
    )
    for network, _ in networks.most_common(1):
        taken = {one.local for place in step.world.places.values() for one in place.snapshot.addresses}
        hosts = (str(network[number]) for number in range(1, min(network.num_addresses - 1, 2000)))
        yield from (address for address in hosts if address not in taken)


def add_route(place: PlaceFacts, dst: str, via: str | None, dev: str, table: str | None = None) -> Deed:
    """The deed that adds a route."""
    named = dev if via is None or ip_address(via).is_link_local else None
    return lambda here: here.route.add(dst, via=via, dev=named, table=table)


def delete_route(route: RouteInfo, family: int) -> Deed:
    """The deed that deletes a route."""
    chosen: Literal[4, 6] = 4 if family == 4 else 6
    return lambda here: here.route.delete(
        route.dst,
        type=None if route.type == "unicast" else cast(RouteType, route.type),
        via=route.gateway,
        dev=route.dev if route.gateway is None and route.type == "unicast" else None,
        metric=route.metric if route.metric not in (None, 1024) else None,
        table=None if route.table in (None, "main") else route.table,
        family=chosen if route.dst == "default" and route.gateway is None else None,
    )
