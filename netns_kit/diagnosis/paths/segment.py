"""A segment: the links that a frame gets to without a router, and what stands in its way to each."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from attrs import evolve, field, frozen

from netns_kit.diagnosis.cause import Step, Trouble, troubles
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.world import World
from netns_kit.views.nodes import PAIRS, LinkNode

L2_TUNNELS = ("vxlan", "gretap", "geneve", "ip6gretap")
_TO_ELSEWHERE = ("", "tun", "tap", "wireguard", "macsec", "xfrm", "ppp")
"""Kinds of links whose other end no place has; real cards have none."""
_ON_TOP = ("macvlan", "macvtap", "ipvlan", "ipvtap")


@frozen
class Spot:
    """Where a frame is: sent "out" by a link, come "in" by it, within a bridge ("switch"), or taken "up" from it.

    `tag` is its VLAN; `isolated` tells that it came to its bridge by an isolated port.
    """

    link: str
    way: Literal["out", "in", "switch", "up"]
    tag: int | None = None
    isolated: bool = False


@frozen
class Crossing:
    """From one spot to the next: what stops the frame in between, and the way of the tunnel that carries it."""

    spot: Spot
    troubles: tuple[Trouble, ...] = ()
    through: object = None


@frozen
class Lane:
    """A frame's way from a link to another: its crossings, and how much stands in the way."""

    cost: int
    crossings: tuple[Crossing, ...]

    @property
    def troubles(self) -> Iterator[Trouble]:
        """What stands in the way, in order."""
        for one in self.crossings:
            yield from one.troubles

    def ports_around(self, bridge: LinkNode, world: World) -> tuple[str | None, str | None]:
        """The ports that the frame comes by and leaves by; None where the bridge itself sends or takes it."""
        links = [one.spot.link for one in self.crossings]
        at = next(n for n, one in enumerate(self.crossings) if one.spot.link == bridge.id and one.spot.way == "switch")
        around = [links[one] if 0 <= one < len(links) else bridge.id for one in (at - 1, at + 1)]
        first, second = (None if one == bridge.id else world.ids[one][1] for one in around)
        return first, second


Carry = Callable[[LinkNode], Iterable[tuple[LinkNode, tuple[Trouble, ...], object]]]
"""Where a tunnel leads: the links at its other ends, what stands in the way to each, and that way."""


@frozen
class Segment:
    """The links that frames sent by a link get to, each with the lane of the least troubles.

    `outside` are the links on the way that lead to where nobody looked.
    """

    world: World
    packet: Packet
    carry: Carry
    lanes: dict[str, Lane] = field(factory=dict, init=False)
    outside: list[LinkNode] = field(factory=list, init=False)

    def explore(self, link: LinkNode) -> Segment:
        """The lanes to all links that take frames of this one up, by those links' ids."""
        numbers = itertools.count()
        start = Crossing(Spot(link.id, "out"))
        heap: list[tuple[int, int, Spot]] = [(0, 0, start.spot)]
        back: dict[Spot, tuple[Crossing, Spot | None]] = {start.spot: (start, None)}
        best = {start.spot: 0}
        done: set[Spot] = set()
        while heap:
            cost, _, spot = heapq.heappop(heap)
            if spot in done:
                continue
            done.add(spot)
            if spot.way == "up":
                self.lanes.setdefault(spot.link, Lane(cost, _lane(back, spot)))
                continue
            for crossing in self._onward(spot):
                price = cost + len(crossing.troubles) + len(getattr(crossing.through, "troubles", ()))
                if price < best.get(crossing.spot, price + 1):
                    best[crossing.spot] = price
                    back[crossing.spot] = (crossing, spot)
                    heapq.heappush(heap, (price, next(numbers), crossing.spot))
        return self

    def _onward(self, spot: Spot) -> Iterator[Crossing]:
        link = self.world.link(spot.link)
        if link is None:
            return
        if spot.way == "out":
            yield from self._sent(link, spot)
        elif spot.way == "in":
            yield from self._received(link, spot)
        else:
            yield from self._switched(link, spot)

    def _sent(self, link: LinkNode, spot: Spot) -> Iterator[Crossing]:
        """What becomes of a frame that a link sends."""
        if link.kind == "bridge":
            yield self._entered(link, link, spot)
            return
        if link.kind in L2_TUNNELS:
            stops = self._ask("sending", link, None, spot)
            for other, found, through in self.carry(link):
                yield Crossing(Spot(other.id, "in", spot.tag), (*stops, *found), through)
            return
        if link.kind in ("bond", "team"):
            active = active_port(link)
            for port in self.world.ports.get(link.id, ()):
                if active in (None, port.name):
                    stops = self._ask("sending", link, port, spot) + self._ask("bonding out", port, link, spot)
                    yield Crossing(Spot(port.id, "out", spot.tag), stops)
            return
        lower = self.world.link(link.peer)
        if lower is None and (link.leads_elsewhere or link.kind in _TO_ELSEWHERE):
            self.outside.append(link)
        if link.kind in _ON_TOP and lower is not None:
            for sibling in self.world.uppers.get(lower.id, ()):
                if sibling is not link and sibling.kind == link.kind:
                    stops = self._ask("sending", lower, None, spot) + self._ask("beside", link, sibling, spot)
                    yield Crossing(Spot(sibling.id, "in"), stops)
            yield Crossing(Spot(lower.id, "up"), self._ask("down to the host", link, lower, spot))
        for upper in self.world.uppers.get(link.id, ()):
            if upper.kind in _ON_TOP:
                yield Crossing(Spot(upper.id, "in"), self._ask("down to the host", upper, link, spot))
        if lower is not None:
            tag = int(link.about.get("id", 0)) if link.kind == "vlan" else spot.tag
            way: Literal["in", "out"] = "in" if link.kind in PAIRS else "out"
            yield Crossing(Spot(lower.id, way, tag), self._ask("sending", link, lower, spot))

    def _received(self, link: LinkNode, spot: Spot) -> Iterator[Crossing]:
        """What becomes of a frame that comes to a link."""
        master = self.world.link(f"{link.place}/{link.master}")
        stops = self._ask("receiving", link, master, spot)
        if master is not None and master.kind in ("bond", "team"):
            yield Crossing(Spot(master.id, "in", spot.tag), (*stops, *self._ask("bonding in", link, master, spot)))
            return
        if master is not None and master.kind == "bridge" and link is not master:
            entered = self._entered(link, master, spot)
            yield evolve(entered, troubles=(*stops, *entered.troubles))
            yield from self._unjoined(link, spot, stops)
            return
        for upper in self.world.uppers.get(link.id, ()):
            if upper.kind == "vlan":
                found = self._ask("tagging", upper, link, spot)
                if spot.tag is not None and (not found or spot.tag not in self._tags(link)):
                    yield Crossing(Spot(upper.id, "in"), (*stops, *found))
            elif upper.kind in _ON_TOP and spot.tag is None:
                yield Crossing(Spot(upper.id, "in"), stops)
        if spot.tag is None:
            yield Crossing(Spot(link.id, "up"), stops)
            if master is None:
                yield from self._unjoined(link, spot, stops)

    def _tags(self, link: LinkNode) -> set[int]:
        return {int(one.about.get("id", 0)) for one in self.world.uppers.get(link.id, ()) if one.kind == "vlan"}

    def _unjoined(self, link: LinkNode, spot: Spot, stops: tuple[Trouble, ...]) -> Iterator[Crossing]:
        """To the bridges that a link could be a port of, and is not."""
        for bridge in self.world.places[link.place].links.values():
            if bridge.kind == "bridge" and bridge is not link and bridge.name != link.master:
                found = self._ask("joining", link, bridge, spot)
                if found:
                    yield Crossing(Spot(bridge.id, "switch", spot.tag), (*stops, *found))

    def _entered(self, port: LinkNode, bridge: LinkNode, spot: Spot) -> Crossing:
        isolated = bool(port.info.port_data.get("isolated")) and port is not bridge
        tag = self._entering_tag(port, bridge, spot.tag)
        return Crossing(Spot(bridge.id, "switch", tag, isolated), self._ask("entering", port, bridge, spot))

    def _switched(self, bridge: LinkNode, spot: Spot) -> Iterator[Crossing]:
        """From within a bridge, to all its ports and to itself."""
        yield Crossing(
            Spot(bridge.id, "in", self._leaving_tag(bridge, bridge, spot.tag)),
            self._ask("leaving", bridge, bridge, spot),
        )
        for port in self.world.ports.get(bridge.id, ()):
            tag = self._leaving_tag(port, bridge, spot.tag)
            yield Crossing(Spot(port.id, "out", tag), self._ask("leaving", port, bridge, spot))
        for link in self.world.places[bridge.place].links.values():
            master = self.world.link(f"{link.place}/{link.master}")
            could = master is None or (master.kind == "bridge" and master is not bridge)
            if could and link.kind in PAIRS and not link.addresses:
                found = self._ask("joining", link, bridge, spot)
                if found:
                    yield Crossing(Spot(link.id, "out", spot.tag), found)

    def _entering_tag(self, port: LinkNode, bridge: LinkNode, tag: int | None) -> int | None:
        if not filters(bridge) or tag is not None:
            return tag
        vlans = self.world.places[port.place].vlans.get(port.name, {})
        own = next((vid for vid, flags in vlans.items() if "PVID" in flags), None)
        return likely_vlan(self.world, bridge) if own is None else own

    def _leaving_tag(self, port: LinkNode, bridge: LinkNode, tag: int | None) -> int | None:
        if not filters(bridge) or tag is None:
            return tag
        flags = self.world.places[port.place].vlans.get(port.name, {}).get(tag, frozenset({"Egress Untagged"}))
        return None if "Egress Untagged" in flags else tag

    def _ask(self, stage: str, link: LinkNode, other: LinkNode | None, spot: Spot) -> tuple[Trouble, ...]:
        return troubles(
            stage,
            Step(
                world=self.world,
                place=self.world.places[link.place],
                packet=self.packet,
                link=link,
                other=other,
                tag=spot.tag,
                state=spot.isolated,
            ),
        )


def active_port(bond: LinkNode) -> str | None:
    """The only port that a bond uses; None if it uses all of them."""
    return bond.info.data.get("active_slave")


def filters(bridge: LinkNode) -> bool:
    """Whether a bridge looks at VLANs."""
    return bool(bridge.info.data.get("vlan_filtering"))


def likely_vlan(world: World, bridge: LinkNode) -> int:
    """The VLAN that most ports of a bridge give to what comes untagged, and of several that which somebody chose."""
    vlans = world.places[bridge.place].vlans
    ports = world.ports.get(bridge.id, ())
    given = [vid for port in ports for vid, flags in vlans.get(port.name, {}).items() if "PVID" in flags]
    usual = int(bridge.info.data.get("vlan_default_pvid") or 1)
    return max(set(given), key=lambda vid: (given.count(vid), vid != usual), default=usual)


def _lane(back: dict[Spot, tuple[Crossing, Spot | None]], spot: Spot) -> tuple[Crossing, ...]:
    found: list[Crossing] = []
    at: Spot | None = spot
    while at is not None:
        crossing, at = back[at]
        found.append(crossing)
    return tuple(reversed(found))
