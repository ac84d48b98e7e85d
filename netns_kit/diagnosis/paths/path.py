"""The way of a packet in thought: where it goes from here, place by place, and what would stop it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from ipaddress import ip_address

from attrs import define, evolve, field

from netns_kit.diagnosis.cause import Step, Trouble, troubles
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.firewall import Hook
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.routing import Found, lookup, source_for
from netns_kit.diagnosis.model.tunnels import L3_TUNNELS, carried, others, partners
from netns_kit.diagnosis.model.world import World
from netns_kit.diagnosis.paths.segment import Lane, Segment
from netns_kit.diagnosis.paths.translation import Translations
from netns_kit.diagnosis.paths.way import Hop, Way
from netns_kit.views.nodes import LinkNode

LONGEST = 32
"""Places that a packet passes at the most, and tunnels in tunnels."""


@define
class Walk:
    """Follows packets through a world. It remembers what address translation did, so that answers find back."""

    world: World
    origin: PlaceFacts | None = None
    outside: bool = field(default=False, init=False)
    _segments: dict[str, Segment] = field(factory=dict, init=False)
    _depth: int = field(default=0, init=False)
    _translations: Translations = field(factory=Translations, init=False)
    _passed: list[tuple[PlaceFacts, LinkNode, LinkNode]] = field(factory=list, init=False)

    def follow(self, place: PlaceFacts, packet: Packet) -> Way:
        """The way of a packet that a place sends."""
        way = Way(packet)
        came: LinkNode | None = None
        for _ in range(LONGEST):
            if [one.id for one in way.places].count(place.id) > 1:
                self._break_loop(way)
                return way
            way.places.append(place)
            found = self._leave(place, way, came)
            if found is None:
                return way
            if found.type == "local":
                self._deliver(place, way, came)
                return way
            going = self._send(place, way, came, found)
            if going is None:
                return way
            place, came = going
            way.packet = evolve(way.packet, mark=0)
        return way

    def _break_loop(self, way: Way) -> None:
        """Ask of each place of a circle whether it is the one that sends the packet the wrong way."""
        for place in dict.fromkeys(way.places):
            if way.places.count(place) > 1 and self._ask(
                "looping", place, way, found=lookup(place, way.packet, next(iter(place.links)))
            ):
                return

    def _leave(self, place: PlaceFacts, way: Way, came: LinkNode | None) -> Found | None:
        """Pass what is asked before a route is chosen, and choose it; None if there is no way on."""
        if came is not None:
            way.packet = self._translations.undo(place, way.packet)
            self._ask("accepting", place, way, came=came)
            self._filter(place, way, ("raw", "mangle"), "PREROUTING", Hook(came.name))
            way.packet = self._translations.translate(place, way.packet, "PREROUTING", Hook(came.name), came)
        found = self._choose(place, way, came)
        if found is None:
            return None
        if came is None:
            hook, before = Hook(leaves=found.dev), way.packet
            self._filter(place, way, ("raw", "mangle"), "OUTPUT", hook)
            way.packet = self._translations.translate(place, way.packet, "OUTPUT", hook, None)
            if way.packet != before:
                found = lookup(place, way.packet)
            self._filter(place, way, ("filter",), "OUTPUT", hook)
        return found

    def _choose(self, place: PlaceFacts, way: Way, came: LinkNode | None) -> Found | None:
        """The route; what hinders is supposed to be cured, one thing after another."""
        for _ in range(6):
            found = lookup(place, way.packet, came.name if came else None)
            while found.dev and place.links[found.dev].kind == "vrf" and found.type != "local":
                inside = lookup(place, way.packet, leaves=found.dev)
                found = inside if inside.dev != found.dev else Found()
            if came is None and way.packet.src is None:
                way.packet = evolve(way.packet, src=source_for(place, way.packet, found))
            hindered = self._ask("choosing", place, way, came=came, found=found, state=self._passed)
            if not hindered:
                return found if found.dev and found.type in ("unicast", "local") else None
            if hindered[0].suppose is None:
                return None
        return None

    def _deliver(self, place: PlaceFacts, way: Way, came: LinkNode | None) -> None:
        """Pass what is asked before a place takes a packet for its own."""
        hook = Hook(came.name if came else "lo")
        self._filter(place, way, ("mangle", "filter"), "INPUT", hook)
        self._ask("delivering", place, way, came=came)
        way.arrived = place

    def _send(
        self, place: PlaceFacts, way: Way, came: LinkNode | None, found: Found
    ) -> tuple[PlaceFacts, LinkNode] | None:
        """Let a packet out by its route's link; where it comes to, and by which link."""
        link = place.links.get(found.dev or "")
        if link is None:
            return None
        hook = Hook(came.name if came else None, link.name)
        if came is not None:
            self._passed.append((place, came, link))
            first = way.hops[0].link.name if way.hops else link.name
            sender = way.places[0], first, len(way.places) - 1
            self._ask("forwarding", place, way, came=came, link=link, found=found, state=sender)
            self._filter(place, way, ("mangle", "filter"), "FORWARD", hook)
        self._filter(place, way, ("mangle",), "POSTROUTING", hook)
        way.packet = self._translations.translate(place, way.packet, "POSTROUTING", hook, link)
        self._ask("carrying", place, way, came=came, link=link, found=found)
        if link.kind in L3_TUNNELS:
            return self._tunnel(place, way, link, found)
        return self._neighbour(place, way, link, found, came)

    def _neighbour(
        self, place: PlaceFacts, way: Way, link: LinkNode, found: Found, came: LinkNode | None
    ) -> tuple[PlaceFacts, LinkNode] | None:
        """To the next hop on the same segment."""
        target = found.via or way.packet.dst
        known = len(way.troubles)
        for _ in range(4):
            segment = self._segment(link, way.packet)
            lanes = segment.lanes.items()
            ends = ((lane, self.world.link(one)) for one, lane in lanes if one != link.id)
            fitting = [(lane, end) for lane, end in ends if end is not None and self._answers(end, target)]
            lane, near = min(
                fitting, key=lambda one: (not place.has_heard(target, one[1]), one[0].cost), default=(None, None)
            )
            if lane is not None and near is not None:
                self._ask("resolving", place, way, link=link, other=near, found=found, target=target)
                met = way.troubles[known:]
                del way.troubles[known:]
                self._cross(way, lane, came)
                # A neighbour who is known already gets the packet, whether it would answer now or not.
                way.troubles += [(len(way.hops), one) for _, one in met]
                return self.world.places[near.place], near
            if segment.outside:
                for one in segment.outside:
                    self._ask("sending", self.world.places[one.place], way, link=one)
                far = self._beyond(link, target)
                way.hops.append(Hop(link, "out", way.packet))
                if far is None:
                    way.outside = link
                    return None
                self._ask("receiving", self.world.places[far.place], way, link=far)
                way.hops.append(Hop(far, "in", way.packet))
                return self.world.places[far.place], far
            if not any(
                one.suppose for one in self._ask("resolving", place, way, link=link, found=found, target=target)
            ):
                break
            # Another address may mean another route.
            chosen = self._choose(place, way, came)
            if chosen is None or chosen.dev != link.name:
                break
            found, target = chosen, chosen.via or way.packet.dst
        way.hops.append(Hop(link, "out", way.packet))
        return None

    def _beyond(self, link: LinkNode, target: str) -> LinkNode | None:
        """The link of another machine that has an address, if a network that nobody looked at can be between them."""
        for place in self.world.holders(target):
            own = place.holder(target)
            if own is None or place.node.host == self.world.places[link.place].node.host:
                continue
            far = place.links[own.dev]
            if self._segment(far, Packet(None, "0.0.0.0")).outside:
                return far
        return None

    def _cross(self, way: Way, lane: Lane, came: LinkNode | None) -> None:
        """Go along a lane, from its first link to its last; whoever sends a packet of its own makes it fit the link."""
        first = self.world.link(lane.crossings[0].spot.link)
        if came is None and first is not None and first.mtu:
            way.packet = evolve(way.packet, size=min(way.packet.size, first.mtu))
        before = came
        for crossing in lane.crossings:
            if isinstance(crossing.through, Way):
                way.take(crossing.through)
            way.meet(crossing.troubles)
            link = self.world.link(crossing.spot.link)
            if crossing.spot.way == "up" or link is None:
                continue
            self._ask("sizing", self.world.places[link.place], way, came=came, link=link, other=before)
            way.hops.append(Hop(link, crossing.spot.way, way.packet))
            before = link if crossing.spot.way != "switch" else before
            if crossing.spot.way == "switch":
                ports = lane.ports_around(link, self.world)
                hook = Hook(link.name, link.name, *ports)
                if None not in ports:
                    self._ask("bridging", self.world.places[link.place], way, link=link, state=hook)

    def _tunnel(self, place: PlaceFacts, way: Way, link: LinkNode, found: Found) -> tuple[PlaceFacts, LinkNode] | None:
        """Into a tunnel, and out of its other end, where somebody should have the address."""
        way.hops.append(Hop(link, "out", way.packet))
        for other, stops, through in self._carry(link):
            if isinstance(through, Way):
                way.take(through)
            way.meet(stops)
            way.hops.append(Hop(other, "in", way.packet))
            if found.via is None and not self.world.holders(way.packet.dst):
                self._ask("resolving", place, way, link=link, found=found, target=way.packet.dst)
            return self.world.places[other.place], other
        if self.outside:
            way.outside, self.outside = link, False
        else:
            self._ask("encapsulating", place, way, link=link)
        return None

    def _carry(self, link: LinkNode) -> Iterator[tuple[LinkNode, tuple[Trouble, ...], object]]:
        """Where a tunnel's packets come to: the links that take them up, what stops them, and their way."""
        place, home = self.world.places[link.place], self.world.birthplace(link)
        arrived = self._depth > 3
        if home is not None and not arrived:
            for outer in carried(place, link):
                for other, stops, through in self.world.tried(functools.partial(self._through, home, link, outer)):
                    arrived = True
                    yield other, stops, through
        for other in () if arrived or self.outside else partners(self.world, link):
            step = Step(world=self.world, place=place, packet=Packet(None, "0.0.0.0"), link=link, other=other)
            yield other, troubles("encapsulating", step), None

    def _through(
        self, home: PlaceFacts, link: LinkNode, outer: Packet
    ) -> list[tuple[LinkNode, tuple[Trouble, ...], Way]]:
        """Where one packet that carries others comes to, from where its tunnel was made."""
        inner = Walk(self.world, self.origin)
        inner._depth = self._depth + 1
        through = inner.follow(home, outer)
        self.outside = self.outside or through.outside is not None
        step = Step(world=self.world, place=self.world.places[link.place], packet=outer, link=link, state=through)
        ends = others(self.world, through.arrived, link) if through.arrived else []
        return [(other, troubles("encapsulating", evolve(step, other=other)), through) for other in ends]

    def _segment(self, link: LinkNode, packet: Packet) -> Segment:
        if link.id not in self._segments:
            found = Segment(self.world, packet, self._carry).explore(link)
            # A tunnel may lead to where nobody looked, too.
            found.outside.extend([link] if self.outside else [])
            self.outside = False
            self._segments[link.id] = found
        return self._segments[link.id]

    def _around(self, link: LinkNode) -> list[LinkNode]:
        if link.kind in L3_TUNNELS:
            return partners(self.world, link)
        # Around a tunnel's own way, more tunnels would be looked into than there are.
        segment = Segment(self.world, Packet(None, "0.0.0.0"), lambda _: ()).explore(link) if self._depth else None
        lanes = (segment or self._segment(link, Packet(None, "0.0.0.0"))).lanes.items()
        found = ((lane.cost, self.world.link(one)) for one, lane in lanes if one != link.id)
        return [one for _, one in sorted(((cost, one) for cost, one in found if one), key=lambda pair: pair[0])]

    def _answers(self, link: LinkNode, target: str) -> bool:
        """Whether the place of a link answers there when it is asked for an address."""
        place = self.world.places[link.place]
        own = place.holder(target)
        if own is None or place.vrf(own.dev) != place.vrf(link.name):
            return False
        return ip_address(target).version == 4 or own.dev == link.name

    def _ask(self, stage: str, place: PlaceFacts, way: Way, **about: object) -> tuple[Trouble, ...]:
        step = Step(
            world=self.world,
            place=place,
            packet=way.packet,
            origin=self.origin,
            around=self._around,
            translations=self._translations.done,
            **about,  # type: ignore[arg-type]
        )
        found = troubles(stage, step)
        # What a route lacks is supposed to be cured before the next thing is looked for.
        found = found[:1] if stage in ("choosing", "resolving") else found
        way.meet(found)
        return found

    def _filter(self, place: PlaceFacts, way: Way, tables: tuple[str, ...], chain: str, hook: Hook) -> None:
        for table in tables:
            firewall = place.firewall(way.packet.family)
            verdict = firewall.decide(table, chain, way.packet, hook)
            if verdict.stops:
                self._ask("filtering", place, way, state=(verdict, hook))
            way.packet = firewall.marked(chain, way.packet, hook) if table == "mangle" else way.packet
