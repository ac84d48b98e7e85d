"""All places that were looked at, and how their links hang together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from netns_kit.conversion.network.state import PlaceState
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.places.host import Host
from netns_kit.sites.site import Site
from netns_kit.views import survey
from netns_kit.views.nodes import LinkNode

ValueT = TypeVar("ValueT")


class World:
    """All places that were looked at, and how their links hang together."""

    def __init__(self, states: Iterable[PlaceState], recorders: dict[str, Site]) -> None:
        self.places: dict[str, PlaceFacts] = {}
        for one in states:
            runner, inside = recorders[one.host].runner, one.netns
            named = inside is None or not inside.startswith("/")
            self.places[one.id] = PlaceFacts(one, Site(runner, inside) if named else Site(runner, path=inside))
        everything = [link for place in self.places.values() for link in place.links.values()]
        self.ids = {link.id: (link.place, link.name) for link in everything}
        self.uppers: dict[str, list[LinkNode]] = {}
        self.ports: dict[str, list[LinkNode]] = {}
        for link in everything:
            if link.peer in self.ids and link.kind not in ("veth", "netkit"):
                self.uppers.setdefault(link.peer or "", []).append(link)
            if link.master:
                self.ports.setdefault(f"{link.place}/{link.master}", []).append(link)
        self.unseen: list[str] = []
        self.several = len({place.node.host for place in self.places.values()}) > 1

    @classmethod
    def of(cls, sites: Iterable[Site]) -> World:
        """What the hosts of these sites have, with all their named namespaces and, of these sites, the unnamed."""
        given = list(sites)
        recorders = {site.runner.host: site.host for site in given}
        hosts = [Host(survey.unrecorded(site).runner) for site in recorders.values()]
        refused: list[str] = []
        found = cls(survey.read(hosts, [site for site in given if site.path is not None], refused), recorders)
        found.unseen += refused
        return found

    def link(self, id: str | None) -> LinkNode | None:
        """The link of that id, if it is known."""
        place, name = self.ids.get(id or "", (None, ""))
        return None if place is None else self.places[place].links[name]

    def birthplace(self, link: LinkNode) -> PlaceFacts | None:
        """The place where a link was made, by which a tunnel sends; None where nobody looked."""
        here = self.places[link.place]
        return here if link.info.netnsid is None else self.places.get(here.born.get(link.name, ""))

    def tried(self, attempt: Callable[[], ValueT]) -> ValueT:
        """What came of an attempt; what it supposed is forgotten."""
        before = {place: place.supposed for place in self.places.values()}
        found = attempt()
        for place, number in before.items():
            place.forget(number)
        return found

    def place_of(self, site: Site) -> PlaceFacts | None:
        """The place of a site."""
        inside = site.name or site.path
        return self.places.get(site.runner.host if inside is None else f"{site.runner.host}/{inside}")

    def named(self, name: str) -> PlaceFacts | None:
        """The one place of that name, which may be NETNS.HOST."""
        found = [one for one in self.places.values() if one.node.is_called(name)]
        return found[0] if len(found) == 1 else None

    def holders(self, address: str) -> list[PlaceFacts]:
        """The places that have an address."""
        return [place for place in self.places.values() if place.holder(address)]

    def label(self, link: LinkNode) -> str:
        """A link's name as a path shows it: with its namespace, and with its host where there are several."""
        place = self.places[link.place]
        names = [place.node.host] if self.several else []
        names += [place.node.netns] if place.node.netns else []
        return "/".join([*names, link.name])
