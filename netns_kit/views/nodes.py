"""What a topology is made of: places, links, and the edges between links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from attrs import field, frozen

from netns_kit.conversion.network.state import PlaceState
from netns_kit.conversion.stand_in import SAYS, stands_for
from netns_kit.links.info import LinkInfo
from netns_kit.tables.route import RouteInfo

Mark = Literal["added", "gone", "changed", "way"]
"""What became of a node between two snapshots, or that it is on the way of a packet."""

LEGEND: Mapping[Mark, str] = {"added": "added", "changed": "changed", "gone": "gone", "way": "the packet's way"}
"""What a mark's colour means."""

Marks = Mapping[str, Mark]
"""What is told of each node, by its id; one of which nothing is told is not in it."""

UPPER = ("vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec")
"""Kinds of links that stand on another one."""

PAIRS = ("veth", "netkit")
"""Kinds of links that come two by two."""


@frozen
class LinkNode:
    """A link. `place` is the id of its place; `master` names a link there; `peer` is the id of a link anywhere.

    `peer` is the other end of a veth, or what the link stands on. `about` tells the values of its kind, such as
    {"id": 100, "remote": "10.0.0.2"}, `decides` what else there is that decides about packets, such as "VLAN 10". IPv6
    addresses that the kernel gives to each link (fe80::/64) are left out.
    """

    place: str
    name: str
    kind: str
    up: bool = True
    state: str = ""
    addresses: tuple[str, ...] = ()
    master: str | None = None
    peer: str | None = None
    about: dict[str, str | int] = field(factory=dict)
    mtu: int = 0
    decides: tuple[str, ...] = field(default=(), eq=False)
    info: LinkInfo = field(factory=lambda: LinkInfo(""), eq=False, repr=False)

    @property
    def id(self) -> str:
        """Its place and name, such as "node1/ns0/eth0"."""
        return f"{self.place}/{self.name}"

    @property
    def leads_elsewhere(self) -> bool:
        """Whether its other end is where nobody looked, such as in a container's namespace, which has no name."""
        return self.kind in PAIRS and self.peer is None and self.info.netnsid is not None

    @property
    def cut_off(self) -> str:
        """That it is a stand-in, and for what; empty if it is none."""
        what = stands_for(self.info)
        return "" if what is None else f"{SAYS}{what}"

    @property
    def remotes(self) -> frozenset[str]:
        """The addresses that a tunnel leads to."""
        told = str(self.about.get("remote", "")).split()
        return frozenset(told)

    @property
    def summary(self) -> str:
        """The values of its kind, in one line."""
        return " ".join(f"{key} {value}" for key, value in self.about.items())

    def brief(self, joined: bool) -> str:
        """Its kind and what tells it from others; where a tunnel leads only if no edge shows it (`joined`)."""
        kind = "" if self.kind in ("veth", "loopback") else self.kind
        keys = ("id", "table", "mode", "group") if joined else ("id", "table", "mode", "group", "remote")
        told = (f"{key} {self.about[key]}" for key in keys if key in self.about)
        return " ".join(filter(None, (kind, *told, self.cut_off)))


@frozen
class PlaceNode:
    """A host, or a namespace of it, with its links and routes; `state` is all that was read of it.

    `decides` is what decides about packets there besides, such as "forwards IPv4" or "NAT: 1 rule".
    """

    host: str
    netns: str | None = None
    links: tuple[LinkNode, ...] = ()
    routes: tuple[RouteInfo, ...] = ()
    decides: tuple[str, ...] = field(default=(), eq=False)
    state: PlaceState | None = field(default=None, eq=False, repr=False)

    @property
    def id(self) -> str:
        """Its host and name, such as "node1/ns0"; "node1" for the host itself."""
        return self.host if self.netns is None else f"{self.host}/{self.netns}"

    @property
    def name(self) -> str:
        """The namespace's name, or the host's."""
        return self.host if self.netns is None else self.netns

    def is_called(self, name: str) -> bool:
        """Whether it goes by that name: its own, or NETNS.HOST."""
        return name in (self.name, f"{self.netns}.{self.host}")

    @property
    def shown(self) -> tuple[LinkNode, ...]:
        """The links that a picture needs: lo only if somebody gave it an address, or nothing else is here."""
        return tuple(link for link in self.links if link.kind != "loopback" or link.addresses) or self.links[:1]

    @property
    def chosen_routes(self) -> tuple[RouteInfo, ...]:
        """The routes that somebody chose: not those that come with an address."""
        return tuple(route for route in self.routes if route.protocol not in ("kernel", "ra"))


@frozen
class Edge:
    """What joins two links, by their ids: a "veth", a "port" of a master, a link "on" another, a "tunnel"."""

    kind: Literal["veth", "port", "on", "tunnel"]
    first: str
    second: str
    label: str = ""


def edges(places: Iterable[PlaceNode]) -> tuple[Edge, ...]:
    """All edges between the links of these places, each once."""
    everywhere = tuple(places)
    links = {link.id: link for place in everywhere for link in place.links}
    found: dict[frozenset[str], Edge] = {}
    for link in links.values():
        if link.peer in links:
            kind: Literal["veth", "on", "tunnel"] = (
                "on" if link.kind in UPPER else "veth" if link.kind in PAIRS else "tunnel"
            )
            found.setdefault(frozenset((link.id, link.peer)), Edge(kind, link.id, link.peer))
        master = f"{link.place}/{link.master}"
        if master in links:
            found[frozenset((link.id, master))] = Edge("port", link.id, master)
    for edge in _tunnels(everywhere):
        found.setdefault(frozenset((edge.first, edge.second)), edge)
    return tuple(found.values())


def ways(places: Iterable[PlaceNode], joined: Iterable[Edge]) -> dict[str, int]:
    """For each link how many hosts further on what it is joined to is: more than 0 behind its own, less before it."""
    everywhere = tuple(places)
    order = {place.id: number for number, place in enumerate(everywhere)}
    hosts = {link.id: order[place.host] for place in everywhere for link in place.links}
    found = dict.fromkeys(hosts, 0)
    for edge in joined:
        for one, other in ((edge.first, edge.second), (edge.second, edge.first)):
            found[one] = found[one] or hosts[other] - hosts[one]
    return found


def _tunnels(places: tuple[PlaceNode, ...]) -> Iterator[Edge]:
    """A tunnel joins two links of one kind and key of which each leads to an address of the other."""
    here = {place.id: {_bare(one) for link in place.links for one in link.addresses} for place in places}
    ends = [link for place in places for link in place.links if link.remotes or link.about.get("group")]

    def leads(link: LinkNode, other: LinkNode) -> bool:
        local = str(other.about.get("local", ""))
        return bool(link.remotes & ({local} if local else here[other.place]))

    for number, link in enumerate(ends):
        for other in ends[number + 1 :]:
            alike = (link.kind, link.about.get("id")) == (other.kind, other.about.get("id"))
            group = link.about.get("group")
            met = group == other.about.get("group") if group else leads(link, other) and leads(other, link)
            if alike and met and link.id != other.id:
                key = link.about.get("id", "")
                yield Edge("tunnel", link.id, other.id, f"{link.kind} {key}".strip())


def _bare(address: str) -> str:
    return address.partition("/")[0]


def tunnel_ends(joined: Iterable[Edge]) -> set[str]:
    """The ids of the links that a tunnel's edge joins."""
    return {one for edge in joined if edge.kind == "tunnel" for one in (edge.first, edge.second)}


def route_words(route: RouteInfo) -> str:
    """A route as `ip route` would show it, but for what is usual."""
    words = [] if route.type == "unicast" else [route.type]
    words.append(route.dst)
    for hop in route.nexthops:
        words += ["via", hop.via or hop.dev or "?"]
    for word, value in (("via", route.gateway), ("dev", route.dev), ("metric", route.metric), ("table", route.table)):
        if value is not None and (word, value) != ("table", "main"):
            words += [word, str(value)]
    return " ".join(words)
