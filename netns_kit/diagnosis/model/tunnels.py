"""Tunnels in thought: the packet that carries another one, and the link at the other end that takes it out again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.world import World
from netns_kit.views.nodes import LinkNode

L3_TUNNELS = ("ipip", "gre", "sit", "vti", "ip6tnl", "ip6gre", "vti6", "isatap")
OVER_UDP = {"vxlan": 4789, "geneve": 6081}
_CARRIERS = {"vxlan": "udp", "geneve": "udp", "gretap": "gre", "ip6gretap": "gre", "ip6gre": "gre", "vti": "esp",
             "vti6": "esp", "ip6tnl": "ipip", "isatap": "sit"}  # fmt: skip
NO_ADDRESS = ("", "any", "0.0.0.0", "::", None)


def ends(link: LinkNode) -> tuple[str | None, str | None]:
    """A tunnel's own address and the other one's, None for any."""
    local, remote = (link.about.get(key) for key in ("local", "remote"))
    first = str(remote or "").split()
    return None if local in NO_ADDRESS else str(local), first[0] if first else None


def remotes(place: PlaceFacts, link: LinkNode) -> list[str]:
    """All addresses that a tunnel sends to."""
    found = str(link.about.get("remote") or "").split()
    if link.kind == "vxlan":
        found += [one["dst"] for one in place.fdb if one.get("ifname") == link.name and "dst" in one]
    return list(dict.fromkeys(one for one in found if one not in NO_ADDRESS))


def carried(place: PlaceFacts, link: LinkNode) -> Iterator[Packet]:
    """The packets that carry what a tunnel is given, one to each remote."""
    local, _ = ends(link)
    protocol = _CARRIERS.get(link.kind, link.kind)
    for remote in remotes(place, link):
        yield Packet(local, remote, protocol, 0, _port(link), 134)


def others(world: World, place: PlaceFacts, link: LinkNode) -> list[LinkNode]:
    """The link made at a place that could take out what a tunnel put in, the one that fits best."""
    same = [one for one in _alike(world, link) if world.birthplace(one) is place]
    return sorted(same, key=lambda one: _distance(link, one))[:1]


def partners(world: World, link: LinkNode) -> list[LinkNode]:
    """Of the tunnels at other places, the one that was made to be the other end of this one."""
    here = world.places[link.place]
    found = [other for other in _alike(world, link) if other.place != link.place]
    meant = [one for one in found if any(here.holder(address) for address in remotes(world.places[one.place], one))]
    return sorted(meant or found, key=lambda one: _distance(link, one))[:1]


def _alike(world: World, link: LinkNode) -> list[LinkNode]:
    """The other tunnels of a kind, wherever they are."""
    everywhere = (one for place in world.places.values() for one in place.links.values())
    return [one for one in everywhere if one.kind == link.kind and one is not link and not one.info.fallback]


def mirrored(world: World, link: LinkNode, other: LinkNode) -> dict[str, Any]:
    """What one end of a tunnel lacks in order to fit the other one, by the words of its options."""
    here, there = world.places[link.place], world.places[other.place]
    (local, remote), (its_local, its_remote) = ends(link), ends(other)
    found: dict[str, Any] = {}
    # One that was moved sends by the place where it was made.
    if local is not None and link.info.netnsid is None and not here.holder(local):
        found["local"] = its_remote if its_remote and here.holder(its_remote) else None
    right = its_local if its_local and there.holder(its_local) else None
    if remote is not None and right is not None and right not in remotes(here, link):
        found["remote"] = right
    if link.kind in OVER_UDP:
        found |= {"id": other.about.get("id")} if link.about.get("id") != other.about.get("id") else {}
        found |= {"dstport": _port(other)} if _port(link) != _port(other) else {}
    elif link.kind not in ("ipip", "sit", "isatap", "ip6tnl"):
        for key, its in (("okey", "ikey"), ("ikey", "okey")):
            found |= {key: _key(other, its)} if _key(link, key) != _key(other, its) else {}
    return found


def _distance(link: LinkNode, other: LinkNode) -> int:
    keys = ("okey", "ikey"), ("ikey", "okey")
    wrong = [_key(link, mine) != _key(other, its) for mine, its in keys]
    return sum([*wrong, bool(link.about.get("id") != other.about.get("id"))])


def _key(link: LinkNode, name: str) -> Any:
    given = link.info.data.get(name)
    return None if given in NO_ADDRESS else given


def _port(link: LinkNode) -> int | None:
    return int(link.info.data.get("port") or OVER_UDP[link.kind]) if link.kind in OVER_UDP else None
