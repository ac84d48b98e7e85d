"""Routes that lead to the wrong gateway."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal

from netns_kit.diagnosis.cause import Step, Trouble, cause, cure
from netns_kit.diagnosis.proposals import Direction, direction, gateway


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


@cause("routing-loop", "looping")
def sends_it_round_and_round(step: Step) -> Trouble | None:
    """A route leads back to where the packet came from, so that it goes round until its time to live is over."""
    going = direction(step, step.place, step.packet.dst)
    right = gateway(step, going, step.packet.family) if going else None
    if going is None or step.found.route is None or (going.link.name == step.found.dev and right == step.found.via):
        return None
    return _turn(step, going, right, "it leads round in a circle")


def _turn(step: Step, going: Direction, right: str | None, why: str) -> Trouble | None:
    """The cure that gives a route another gateway."""
    route, place = step.found.route, step.place
    if route is None or right is None:
        return None
    family: Literal[4, 6] | None = 6 if ip_address(right).version == 6 else None
    named = going.link.name if ip_address(right).is_link_local or going.link.name != step.found.dev else None
    metric = None if route.metric == 1024 else route.metric
    table = None if route.table in (None, "main") else route.table
    return step.trouble(
        f"The route to {route.dst} in {place.name} goes wrong: {why}.",
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
