"""Routes and rules: those that are missing, and those that swallow."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network

from netns_kit.diagnosis.cause import Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.routing import lookup, network_of
from netns_kit.diagnosis.proposals import (
    Direction,
    add_route,
    delete_route,
    destination,
    direction,
    gateway,
    network_around,
    talking,
)
from netns_kit.views.nodes import LinkNode

PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
SWALLOW = ("blackhole", "unreachable", "prohibit")


@cause("blackhole-route", "choosing")
def swallowed_by_a_route(step: Step) -> Trouble | None:
    """A route of the type blackhole, unreachable or prohibit swallows the packet."""
    route, place = step.found.route, step.place
    if route is None or route.type not in SWALLOW:
        return None
    return step.trouble(
        f"A route of the type {route.type} to {route.dst} in {place.name} swallows it.",
        cure(place, delete_route(route, step.packet.family)),
        suppose=lambda: place.suppose_without(route),
    )


@cause("blackhole-rule", "choosing")
def swallowed_by_a_rule(step: Step) -> Trouble | None:
    """A rule of the type blackhole, unreachable or prohibit swallows the packet."""
    rule, place = step.found.rule, step.place
    if rule is None or step.found.route is not None or (rule.action or "") not in SWALLOW:
        return None
    return step.trouble(
        f"The rule {rule.priority} in {place.name}, which is {rule.action}, swallows it.",
        cure(place, lambda here: here.rule.delete(priority=rule.priority, family=6 if step.packet.family == 6 else 4)),
        suppose=lambda: place.suppose_without(rule),
    )


@cause("no-route", "choosing")
def no_route(step: Step) -> Trouble | None:
    """A place has no route to where the packet is to go."""
    return None if step.packet.answer else _missing(step)


@cause("wrong-source", "choosing")
def sent_from_an_odd_address(step: Step) -> Trouble | None:
    """A route has packets sent from an address to which nobody knows a way back, while its link has another one."""
    origin, source, packet = step.origin, step.packet.dst, step.packet
    if not packet.answer or step.found.dev or step.found.type or origin is None or packet.src is None:
        return None
    route = lookup(origin, Packet(None, packet.src)).route
    if route is None or route.prefsrc != source or route.dev is None or origin.own(packet.family, route.dev) == source:
        return None
    return step.trouble(
        f"{step.place.name} has no route to {source}, the address from which the route to {route.dst} in {origin.name}"
        " has packets sent.",
        cure(origin, lambda here: here.route.replace(route.dst, via=route.gateway, dev=route.dev, metric=route.metric)),
        place=origin,
        link=origin.links[route.dev],
    )


@cause("no-masquerading", "choosing")
def not_masqueraded(step: Step) -> Trouble | None:
    """A router lets packets out with addresses of its own network, to which nobody out there knows a way."""
    place, target = step.place, step.packet.dst
    if not step.packet.answer or step.found.dev or step.found.type or not step.state:
        return None
    for router, _, leaves in reversed(step.state):
        firewall = router.firewall(step.packet.family)
        network = network_around(router, target)
        outside = next((one.name for one in step.around(leaves) if one.place == place.id), None)
        inner, outer = (any(ip_address(one) in net for net in PRIVATE) for one in (target, str(step.packet.src)))
        private = inner and not outer and not _is_routed(step, target)
        meant = private or "POSTROUTING" in firewall.tables.get("nat", {})
        if network is None or outside is None or not meant or step.packet.family != 4:
            continue
        return step.trouble(
            f"{place.name} has no route to {target}: {router.name} does not masquerade what leaves by {leaves.name}.",
            cure(
                router,
                _masquerade(network, leaves.name),
            ),
            place=router,
            link=leaves,
            suppose=_behind(place, target, outside, router, leaves),
        )
    return None


def _is_routed(step: Step, target: str) -> bool:
    """Whether somebody sends what is for an address to a gateway by a route of its own."""
    wanted = ip_address(target)
    routes = (one for place in step.world.places.values() for one in place.routes(wanted.version))
    return any(one.gateway and one.dst != "default" and wanted in network_of(one, wanted.version) for one in routes)


def _masquerade(network: str, out: str) -> Deed:
    return lambda here: here.iptables.append(
        "POSTROUTING", source=network, out_interface=out, jump="MASQUERADE", table="nat"
    )


def _behind(place: PlaceFacts, target: str, dev: str, router: PlaceFacts, leaves: LinkNode) -> Callable[[], None]:
    """As if answers went to the router that was seen as who asked."""
    return lambda: place.suppose_route(target, gateway=router.own(4, leaves.name), dev=dev)


@cause("no-return-route", "choosing")
def no_way_back(step: Step) -> Trouble | None:
    """A place has no route to where the answer is to go."""
    return _missing(step) if step.packet.answer else None


def _missing(step: Step) -> Trouble | None:
    place, target = step.place, step.packet.dst
    if step.found.dev or step.found.type:
        return None
    said = f"{place.name} has no route to {target}."
    going = direction(step, place, target) or _only_way(step, place)
    via = None if going is None else gateway(step, going, step.packet.family)
    if going is None or (via is None and not going.direct):
        return step.trouble(said, link=None)
    dst = target if going.direct else destination(step, place, target)
    vrf = place.vrf(step.came.name if step.came else going.link.name)
    table = None if vrf is None else str(place.links[vrf].about.get("table"))
    dev = going.link.name
    return step.trouble(
        said,
        cure(place, add_route(place, dst, via, dev, table)),
        suppose=lambda: place.suppose_route(dst, gateway=via, dev=dev, table=table),
    )


def _only_way(step: Step, place: PlaceFacts) -> Direction | None:
    """Towards the only router that there is beside an end."""
    links = [link for link in talking(place) if link.addresses]
    if len(links) != 1:
        return None
    others = [one for one in step.around(links[0]) if len(talking(step.world.places[one.place])) > 1]
    return Direction(links[0], others[0], False) if len(others) == 1 else None
