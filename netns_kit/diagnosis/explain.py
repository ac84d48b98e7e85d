"""Why A cannot reach B: the broken place, the cause, and the commands that cure it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError, NetnsKitError
from netns_kit.diagnosis import causes
from netns_kit.diagnosis.cause import Cure, Step, Trouble, troubles
from netns_kit.diagnosis.explanation import Explanation, Finding
from netns_kit.diagnosis.model.facts import PlaceFacts, at
from netns_kit.diagnosis.model.firewall import Hook, Verdict
from netns_kit.diagnosis.model.packet import ECHO_PORT, Packet
from netns_kit.diagnosis.model.world import World
from netns_kit.diagnosis.paths.path import Walk
from netns_kit.diagnosis.paths.way import Way
from netns_kit.diagnosis.probing.evidence import Evidence
from netns_kit.diagnosis.probing.probe import WAIT, Outcome, send
from netns_kit.diagnosis.telling import tell
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab
from netns_kit.places.place import Place
from netns_kit.sites.site import Site
from netns_kit.views.survey import unrecorded
from netns_kit.watching.watch import Watch

__all__ = ["Cure", "Explanation", "Finding", "causes", "explain"]


def explain(
    place: Place,
    destination: Place | str | object,
    *,
    port: int | None = None,
    protocol: str | None = None,
    size: int | None = None,
    probe: bool = True,
    among: Iterable[Place | Lab] = (),
) -> Explanation:
    """Why a destination is not reached from a place: where it breaks, the cause, and the commands that cure it.

    It looks at all that the packet may pass, sends one probe and watches it on every link of its way, out and back.
    Nothing is changed, and no transcript records it.

    `destination` is an address, or a place or its name. With `port` a TCP connection is tried, with `protocol="udp"`
    a datagram is sent there; otherwise it is a ping, of `size` bytes of data (56). With `probe=False` it only looks.
    All hosts of the place's lab are looked at, and its own namespaces; `among` names others.

    Raises InvalidArgumentError, PlaceClosedError, NotFoundError (the place is not there).
    """
    if not isinstance(place, Place):
        raise InvalidArgumentError("place", place, "it must be a place, such as a Namespace or a Host")
    others = tuple(among)
    world = World.of(_sites(place, destination, others))
    start = world.place_of(place.site)
    if start is None:
        place.exec("true")
        raise NetnsKitError(f"{place!r} cannot be looked at.")
    packet = _packet(_address(destination, world, start), port, protocol, size)
    walk = Walk(world, start)
    out = walk.follow(start, packet)
    back = walk.follow(out.arrived, out.packet.answered()) if out.arrived and out.packet.src else None
    outcome, seen = _probed(place, world, packet, out, back, size) if probe else (Outcome(None), None)
    found = _found(world, packet, out, back, outcome, seen)
    return tell(world, start, packet, out, back, outcome, seen, found)


def _sites(place: Place, destination: object, among: tuple[Place | Lab, ...]) -> list[Site]:
    """One site of each host that is looked at, and the namespaces without a name that were given."""
    given: list[Site] = [place.site]
    if isinstance(destination, Place):
        given.append(destination.site)
    for one in among:
        if not isinstance(one, Place | Lab):
            raise InvalidArgumentError("among", one, "each must be a Host, a Namespace or a Lab")
        given += [host.site for host in one.hosts.values()] if isinstance(one, Lab) else [one.site]
    for site in list(given):
        lab = Lab.of(site)
        given += [] if lab is None else [host.site for host in (*lab.hosts.values(), *_underlay(lab))]
    found: dict[object, Site] = {}
    for site in given:
        if not getattr(unrecorded(site).runner, "closed", False) or site.runner is place.site.runner:
            found.setdefault((id(site.runner), site.path), site)
    names = {site.runner.host: site.runner for site in found.values()}
    for site in found.values():
        if names[site.runner.host] is not site.runner:
            raise InvalidArgumentError("among", site.runner.host, "two hosts have this name: give them others")
    return list(found.values())


def _underlay(lab: Lab) -> list[Host]:
    """The machines of a lab, where there are several: its cables from one to another go by these."""
    return [one for one in lab.machines if len(lab.machines) > 1 and one.name not in lab.hosts]


def _address(destination: object, world: World, start: PlaceFacts) -> str:
    if isinstance(destination, Place):
        place = world.place_of(destination.site)
    else:
        place = world.named(destination) if isinstance(destination, str) else None
        if place is None:
            try:
                return values.address("destination", destination)
            except InvalidArgumentError:
                hint = "it must be an address, or a place or its name"
                raise InvalidArgumentError("destination", destination, hint) from None
    given = [one for one in place.snapshot.addresses if one.scope == "global"] if place else []
    families = {ip_address(one.local).version for one in start.snapshot.addresses if one.scope == "global"}
    for one in sorted(given, key=lambda one: ip_address(one.local).version not in families):
        return one.local
    raise InvalidArgumentError(
        "destination", destination, "this place has no address: give the one that it had to have"
    )


def _packet(address: str, port: int | None, protocol: str | None, size: int | None) -> Packet:
    kind = values.choice("protocol", protocol or ("icmp" if port is None else "tcp"), ("icmp", "tcp", "udp"))
    if (port is None) != (kind == "icmp"):
        raise InvalidArgumentError("port", port, "TCP and UDP have ports, ICMP has none")
    if size is not None:
        values.integer("size", size, 0, 65507)
    head = 28 if ip_address(address).version == 4 else 48
    if kind == "icmp":
        return Packet(None, address, size=(56 if size is None else size) + head, message="echo-request")
    return Packet(None, address, kind, ECHO_PORT, values.port("port", port), size=head + 32)


def _probed(
    place: Place, world: World, packet: Packet, out: Way, back: Way | None, size: int | None
) -> tuple[Outcome, Evidence | None]:
    """Send the probe, and see it on every link of the places that it may pass."""
    quiet = at(unrecorded(place.site))
    ids = {hop.link.place for way in (out, back) if way for hop in way.hops}
    ids |= {one.id for way in (out, back) if way for one in way.places}
    sites = [unrecorded(world.places[one].site) for one in sorted(ids)]
    sent = [hop.link for way in (out, back) if way for hop in way.hops if hop.way == "out"]
    wait = WAIT + sum(world.places[link.place].delay(link) for link in sent)
    try:
        with Watch(sites) as watch:
            outcome = send(quiet, packet, size, wait)
    except NetnsKitError as error:
        world.unseen.append(f"what crosses the links: {str(error).splitlines()[0]}")
        return send(quiet, packet, size, wait), None
    return outcome, Evidence.of(watch.sightings, packet, world)


def _found(
    world: World, packet: Packet, out: Way, back: Way | None, outcome: Outcome, seen: Evidence | None
) -> tuple[Trouble, ...]:
    """The troubles that are left when what was seen is held against what was thought."""
    if outcome.answered:
        return ()
    forth, home = out.troubles, back.troubles if back else []
    if seen is not None:
        returned = seen.last(back, seen.answered) if back else 0
        reached = len(out.hops) + 1 if seen.answered else seen.last(out, seen.asked)
        forth = [(number, one) for number, one in forth if number >= reached]
        home = [(number, one) for number, one in home if number >= returned]
    # What an answer would meet is known only if what stops the question can be cured.
    if any(not one.cures for _, one in forth):
        home = []
    found = [one for _, one in (*forth, *home)]
    if not found and outcome.answered is False:
        # What a neighbour remembers may have brought the packet on, but not its answer back.
        found = [one for _, one in out.troubles if one.suppose] or list(_counted(world, packet, out, back))
        found = found or list(_lost(world, out, back, seen))
    return tuple(found)


def _lost(world: World, out: Way, back: Way | None, seen: Evidence | None) -> Iterable[Trouble]:
    """What has lost the packet after it was last seen: the first link that may have."""
    if seen is None or (back and seen.answered):
        hops = back.hops[max(0, seen.last(back, seen.answered) - 1) :] if seen and back else out.hops
    else:
        hops = [*out.hops[max(0, seen.last(out, seen.asked) - 1) :], *(back.hops if back else ())]
    for hop in hops:
        place = world.places[hop.link.place]
        found = troubles("losing", Step(world=world, place=place, packet=hop.packet, link=hop.link))
        if found:
            return found
    return ()


def _counted(world: World, packet: Packet, out: Way, back: Way | None) -> Iterable[Trouble]:
    """What the firewalls on the way have dropped meanwhile, by their own counters."""
    ways = [way for way in (out, back) if way]
    bridging = [world.places[hop.link.place] for way in ways for hop in way.hops]
    for place in dict.fromkeys((*(place for way in ways for place in way.places), *bridging)):
        for one in (out.packet, out.packet.answered()):
            yield from troubles("nftables", Step(world=world, place=place, packet=one))
        now = place.read_firewall(packet.family).since(place.firewall(packet.family))
        for table, name, number in sorted(now.rose):
            chain = now.tables[table][name]
            rule = chain.rules[number - 1] if number else None
            target = str(rule.options.get("jump")) if rule else chain.policy
            if target in ("DROP", "REJECT"):
                verdict = Verdict(target, table, name, rule, number)
                yield from troubles("filtering", Step(world=world, place=place, packet=packet, state=(verdict, Hook())))
