"""What has parts of its own, as calls within calls: a route by several hops, a policy with its templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netns_kit.commands.words import spec
from netns_kit.conversion.calls import Call
from netns_kit.conversion.shell.hearing import hear
from netns_kit.conversion.shell.world import Spot, World
from netns_kit.tables.route_words import NextHop, RouteWords
from netns_kit.tables.xfrm.parts import XfrmTemplate
from netns_kit.tables.xfrm.policy import PolicyWords


def by_several_hops(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """A route by several hops."""
    if "nexthop" not in words:
        return
    place = words.index("nexthop")
    base = hear(spec(RouteWords), words[:place], world.at)
    hops = [hop.split() for hop in " ".join(words[place + 1 :]).split("nexthop")]
    told = [dict(zip(hop[::2], hop[1::2], strict=False)) for hop in hops]
    if base is None or any(one.keys() - {"via", "dev", "weight"} for one in told):
        return
    world.known["NextHop"] = NextHop
    made = tuple(Call("NextHop", (), {k: int(v) if k == "weight" else v for k, v in one.items()}) for one in told)
    positional = [base.pop(name) for name in spec(RouteWords).positional if name in base]
    yield [Call(f"{spot.variable}.route.add", tuple(positional), {**base, "nexthops": made})]


def policy(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """A policy, with the states that it asks for."""
    verb, *rest = words or [""]
    if verb not in ("add", "update") or "tmpl" not in rest:
        return
    place = rest.index("tmpl")
    given = hear(spec(PolicyWords), rest[:place], world.at)
    told = [one.split() for one in " ".join(rest[place + 1 :]).split("tmpl ")]
    if given is None or any(len(one) % 2 for one in told):
        return
    world.known["XfrmTemplate"] = XfrmTemplate
    templates = tuple(Call("XfrmTemplate", (), _numbers(dict(zip(one[::2], one[1::2], strict=True)))) for one in told)
    positional = [given.pop(name) for name in spec(PolicyWords).positional if name in given]
    yield [
        Call(
            f"{spot.variable}.xfrm.policy.{verb}",
            tuple(positional),
            {**given, "tmpl": templates if templates[1:] else templates[0]},
        )
    ]


def _numbers(told: dict[str, str]) -> dict[str, Any]:
    return {key: int(value, 0) if key in ("spi", "reqid") else value for key, value in told.items()}
