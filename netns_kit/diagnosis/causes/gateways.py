"""Routes that lead to the wrong gateway."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

from netns_kit.diagnosis.cause import Step, Trouble, cause, cure
from netns_kit.diagnosis.model.routing import lookup
from netns_kit.diagnosis.proposals import Direction, delete_route, direction, gateway
from netns_kit.tables.route import RouteInfo


@cause("wrong-gateway", "resolving")
def gateway_is_nobody(step: Step) -> Trouble | None:
    """A route leads to a gateway that nobody on the link is, while a router with another address is there."""
    route = step.found.route
    if step.other is not None or route is None or step.found.via is None or step.link is None:
        return None
    going = direction(step, step.place, step.packet.dst)
    right = gateway(step, going, step.packet.family) if going else None
    if going is None or right in (None, step.found.via):
        return None
    return _turn(step, going, right, f"its gateway, {step.found.via}, is nobody there")


@cause("wrong-link", "resolving")
def goes_by_the_wrong_link(step: Step) -> Trouble | None:
    """A route leads out by a link on which the next hop is not, while there is a way by a router or another link."""
    route, target = step.found.route, step.target
    if step.other is not None or route is None or step.link is None or target is None or route.protocol == "kernel":
        return None
    going = direction(step, step.place, step.packet.dst) if step.world.holders(target) else None
    right = gateway(step, going, step.packet.family) if going else None
    if going is None or (going.link is step.link and right == step.found.via):
        return None
    what = "its gateway" if step.found.via else target
    return _turn(step, going, None if going.direct else right, f"{what} is not on the segment of {step.link.name}")


@cause("routing-loop", "looping")
def sends_it_round_and_round(step: Step) -> Trouble | None:
    """A route leads back to where the packet came from, so that it goes round until its time to live is over."""
    going = direction(step, step.place, step.packet.dst)
    right = gateway(step, going, step.packet.family) if going else None
    if going is None or step.found.route is None or (going.link.name == step.found.dev and right == step.found.via):
        return None
    return _turn(step, going, right, "it leads round in a circle")


def _turn(step: Step, going: Direction, right: str | None, why: str) -> Trouble | None:
    """The cure that takes a route away, if another is the right one then, or else gives it another gateway."""
    route, place = step.found.route, step.place
    if route is None or (right is None and not going.direct):
        return None
    said = f"The route to {route.dst} in {place.name} goes wrong: {why}."
    if _is_right_without(step, route, going, right):
        return step.trouble(
            said, cure(place, delete_route(route, step.packet.family)), suppose=lambda: place.suppose_without(route)
        )
    family: Literal[4, 6] | None = 6 if step.packet.family == 6 else None
    link_local = right is not None and ip_address(right).is_link_local
    named = going.link.name if right is None or link_local or going.link.name != step.found.dev else None
    metric = None if route.metric == 1024 else route.metric
    table = None if route.table in (None, "main") else route.table
    return step.trouble(
        said,
        cure(
            place,
            lambda here: here.route.replace(
                route.dst,
                via=right,
                dev=named,
                metric=metric,
                table=table,
                family=family if route.dst == "default" else None,
            ),
        ),
        suppose=lambda: place.suppose_route(
            route.dst, gateway=right, dev=going.link.name, table=route.table, drop=route
        ),
    )


def _is_right_without(step: Step, route: RouteInfo, going: Direction, right: str | None) -> bool:
    """Whether a packet goes the right way once a route is not there."""
    place, known = step.place, step.place.supposed
    place.suppose_without(route)
    found = lookup(place, step.packet, step.came.name if step.came else None)
    place.forget(known)
    return (found.dev, found.via) == (going.link.name, right)
