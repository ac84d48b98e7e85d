"""Sends a probe and watches it on every link that it crosses, out and back."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from attrs import evolve

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.values import Address
from netns_kit.diagnosis.walks.legs import Leg, legs
from netns_kit.diagnosis.walks.tracers import Connection, Datagram, Ping, Tracer
from netns_kit.diagnosis.walks.walk import Walk
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab
from netns_kit.places.place import Place
from netns_kit.sites.batch import send_gathered
from netns_kit.sites.site import Site
from netns_kit.views import survey
from netns_kit.views.drawing.portrait import portrait
from netns_kit.views.nodes import PlaceNode
from netns_kit.views.survey import unrecorded
from netns_kit.watching.filters import without_chatter
from netns_kit.watching.watch import Watch

ALL = 64
"""Places that are all watched, and drawn. Of more, only those are that a packet may pass."""


def follow(
    place: Place,
    destination: Address | Place,
    *,
    port: int | None = None,
    protocol: str | None = None,
    count: int = 1,
    among: Iterable[Place | Lab] = (),
) -> Walk:
    """Follow a packet: send a probe, and see it on each link that it crosses, out and back.

    `print(follow(net1, "10.0.1.3"))` tells its way link by link, with times, and with who asked whom by ARP; in a
    notebook the network plays it. `.as_mermaid()` is a sequence diagram, `.as_svg()` the picture that moves, `.picture`
    the one that stands still, `.crossings` are rows.

    `destination` is an address, or a place that has one, or its name. The probe is a ping; with `port` it is a TCP
    connection, which is opened and closed, and with `protocol="udp"` a datagram to that port. `count` of them are sent.
    All hosts of the place's lab are watched, with their namespaces; `among` names other hosts or labs. Nothing is
    changed, and no transcript records it.

    Raises InvalidArgumentError, PlaceClosedError, PermissionDeniedError where links may not be watched,
    ToolMissingError (no ping).
    """
    if not isinstance(place, Place):
        raise InvalidArgumentError("place", place, "it must be a place, such as a Namespace or a Host")
    count = values.integer("count", count, 1, 100)
    send_gathered()
    if isinstance(among, Place | Lab):
        raise InvalidArgumentError("among", among, "it must be a list of hosts, namespaces or labs")
    hosts = _hosts([place, *([destination] if isinstance(destination, Place) else []), *among])
    source = unrecorded(place.site)
    unnamed = [source] if source.path else []
    refused: list[str] = []
    places = tuple(map(portrait, survey.read(hosts.values(), unnamed, refused)))
    address = _address(destination, places, source)
    tracer = _tracer(source, address, port, protocol, count)
    sites = _watched(places, hosts, source, address)
    with Watch(sites, filter=without_chatter()) as watch:
        answer = tracer.send()
    origin = "/".join(filter(None, _of(source)))
    found = legs(watch.sightings, tracer, (link for one in places for link in one.links), origin)
    drawn = places if len(places) <= ALL else _drawn(places, found)
    unseen = (*(site.where for site in watch.lost), *refused)
    return Walk(origin, address, count, answer, found, drawn, unseen, watch.dropped)


def _hosts(given: Iterable[object]) -> dict[str, Host]:
    """The hosts that these belong to, with all others of their labs; what is closed is left out."""
    sites: list[Site] = []
    for one in given:
        if not isinstance(one, Place | Lab):
            raise InvalidArgumentError("among", one, "each must be a Host, a Namespace or a Lab")
        lab = one if isinstance(one, Lab) else Lab.of(one)
        sites += [] if isinstance(one, Lab) else [one.site]
        sites += [] if lab is None else [host.site for host in lab.hosts.values() if not survey.is_closed(host)]
    found: dict[str, Host] = {}
    for site in map(unrecorded, sites):
        known = found.setdefault(site.runner.host, Host(site.runner))
        if unrecorded(known.site).runner is not site.runner:
            raise InvalidArgumentError("among", site.runner.host, "two hosts have this name: give them others")
    return found


def _address(destination: Address | Place, places: Iterable[PlaceNode], source: Site) -> str:
    """The address to be reached; of a place, one that is of a family that the source has, too."""
    nodes = {_id(one): one for one in places}
    if isinstance(destination, Place):
        there = nodes.get(_of(destination.site))
    else:
        named = [one for one in nodes.values() if isinstance(destination, str) and one.is_called(destination)]
        if len(named) != 1:
            return values.address("destination", destination)
        there = named[0]
    own, wanted = ([_bare(one) for one in _addresses(node)] for node in (nodes.get(_of(source)), there))
    families = {ip_address(one).version for one in own}
    for one in sorted(wanted, key=lambda one: ip_address(one).version not in families):
        return one
    raise InvalidArgumentError("destination", destination, "it has no address")


def _addresses(node: PlaceNode | None) -> list[str]:
    return [one for link in node.links for one in link.addresses] if node else []


def _bare(address: str) -> str:
    return address.partition("/")[0].partition(" ")[0]


def _id(node: PlaceNode) -> tuple[str, str | None]:
    return node.host, node.netns


def _of(site: Site) -> tuple[str, str | None]:
    return site.runner.host, site.name or site.path


def _tracer(source: Site, address: str, port: int | None, protocol: str | None, count: int) -> Tracer:
    kind = values.choice("protocol", protocol or ("icmp" if port is None else "tcp"), ("icmp", "tcp", "udp"))
    if kind == "icmp":
        if port is not None:
            raise InvalidArgumentError("port", port, "a ping has none")
        return Ping(source, address, count)
    if port is None:
        raise InvalidArgumentError("port", port, f"say which port of {kind}")
    wanted = values.integer("port", port, 1, 65535)
    return Connection(source, address, wanted, count) if kind == "tcp" else Datagram(source, address, wanted, count)


def _watched(places: tuple[PlaceNode, ...], hosts: dict[str, Host], source: Site, address: str) -> list[Site]:
    """Where the packet may come by: the source, the destination, and what leads on; the others, if they are few."""
    near = {name for name, host in hosts.items() if host.site.runner.machine == "this machine"}
    chosen = [
        one
        for one in places
        if (one.host in near and len(places) <= ALL)
        or sum(link.kind != "loopback" for link in one.links) > 1
        or address in map(_bare, _addresses(one))
    ]
    runners = {name: unrecorded(host.site).runner for name, host in hosts.items()}
    named = [one for one in chosen if "/" not in (one.netns or "")]
    return [*(Site(runners[one.host], one.netns) for one in named), source]


def _drawn(places: tuple[PlaceNode, ...], found: Iterable[Leg]) -> tuple[PlaceNode, ...]:
    """Of a large network the links on which the probe was seen, with their masters, and where they are."""
    seen = {one.link for leg in found if leg.kind != "asking" for one in leg.crossings}
    masters = {f"{link.place}/{link.master}" for one in places for link in one.links if link.id in seen}
    less = (evolve(one, links=tuple(link for link in one.links if link.id in seen | masters)) for one in places)
    return tuple(one for one in less if one.links or one.netns is None)
