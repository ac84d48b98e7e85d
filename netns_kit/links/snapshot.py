"""All that a place has, read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.links.info import LinkInfo
from netns_kit.sites.site import At
from netns_kit.tables.address import AddressInfo, addresses

# What few need is loaded where it is asked for.
if TYPE_CHECKING:
    from netns_kit.tables.neighbour import NeighbourInfo
    from netns_kit.tables.route import RouteInfo


@frozen
class Snapshot:
    """The links, addresses, routes (but for the kernel's own of table `local`) and neighbours of a place."""

    links: tuple[LinkInfo, ...] = ()
    addresses: tuple[AddressInfo, ...] = ()
    routes: tuple[RouteInfo, ...] = ()
    neighbours: tuple[NeighbourInfo, ...] = ()

    def __repr__(self) -> str:
        counts = {name: len(getattr(self, name)) for name in ("links", "addresses", "routes", "neighbours")}
        return f"Snapshot({', '.join(f'{number} {name}' for name, number in counts.items())})"

    @classmethod
    def read(cls, at: At) -> Snapshot:
        """Read a place by one process."""
        from netns_kit.tables.neighbour import NeighbourInfo
        from netns_kit.tables.route import RouteInfo

        links, routes, neighbours = at.site.read_together("addr", "route show table all", "neigh")
        return cls(
            tuple(LinkInfo.from_json(entry) for entry in links),
            addresses(links),
            tuple(RouteInfo.from_json(entry) for entry in routes if not _is_local(entry)),
            tuple(NeighbourInfo.from_json(entry) for entry in neighbours),
        )


def _is_local(entry: Entry) -> bool:
    return entry.get("table") == "local" and entry.get("protocol") in (None, "kernel")
