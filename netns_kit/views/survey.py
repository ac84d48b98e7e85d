"""Reading what the kernel has: one process for each place, however many links it has."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from netns_kit.commands.errors import NetnsKitError, NotFoundError
from netns_kit.links.info import LinkInfo
from netns_kit.links.snapshot import Snapshot
from netns_kit.places.host import Host
from netns_kit.places.place import Place
from netns_kit.sites.batch import gathering
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.tables.address import AddressInfo
from netns_kit.views.nodes import PAIRS, UPPER, LinkNode, PlaceNode

_KEYS = {
    "vxlan": ("id", "local", "remote", "group", "link", "port"),
    "vlan": ("id",),
    "vrf": ("table",),
    "bond": ("mode",),
    "macvlan": ("mode",),
    "ipvlan": ("mode",),
}
_TUNNEL_KEYS = ("local", "remote", "ikey", "okey", "link")
_TUNNELS = ("ipip", "gre", "gretap", "sit", "vti", "ip6tnl", "ip6gre", "vti6", "geneve")


@frozen
class _Reading:
    """One place as it was read: its node, still without peers, and where to ask for more."""

    site: Site
    node: PlaceNode


def read(hosts: Iterable[Host]) -> tuple[PlaceNode, ...]:
    """All places of these hosts, host by host, each host before its namespaces in the order of their names.

    No transcript records the reading: nobody typed it. What a batch has gathered runs first.
    """
    readings: list[_Reading] = []
    ids: dict[tuple[str, int], str] = {}
    for host in map(_unrecorded, hosts):
        found = host.snapshots()
        for name in sorted(found, key=lambda name: name or ""):
            # One that has gone meanwhile is no place any more.
            with contextlib.suppress(NotFoundError):
                readings.append(_reading(host.site if name is None else host.site.namespace(name), found[name]))
        known = (one for one in host.netns.list() if one.name in found)
        ids |= {(host.name, one.id): f"{host.name}/{one.name}" for one in known if one.id is not None}
    return tuple(_with_peers(readings, ids))


def is_closed(host: Host) -> bool:
    """Whether a host is closed, so that nothing is there to be read."""
    runner = getattr(host.site.runner, "runner", host.site.runner)
    return bool(getattr(runner, "closed", False))


def _unrecorded(host: Host) -> Host:
    """The same host, with a transcript of its own that nobody reads."""
    recorder = host.site.runner
    batch = gathering()
    if batch and batch.covers(recorder):
        batch.flush()
    return Host(recorder.runner if isinstance(recorder, Recorder) else recorder)


def _reading(site: Site, found: Snapshot) -> _Reading:
    host = site.runner.host
    place = host if site.name is None else f"{host}/{site.name}"
    present = [info for info in found.links if info.up or not info.fallback]
    remotes = _remotes(site) if any(info.kind == "vxlan" for info in present) else {}
    links = (_link(place, info, found.addresses, remotes.get(info.name, ())) for info in present)
    # Multicast and link-local routes only repeat the addresses.
    routes = (one for one in found.routes if not one.dst.startswith(("fe80::", "ff00::")))
    return _Reading(site, PlaceNode(host, site.name, tuple(links), tuple(routes)))


def _remotes(site: Site) -> dict[str, tuple[str, ...]]:
    """Where a VXLAN without a remote of its own sends what it knows no address for, by link."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in site.read("bridge", "fdb", "show"):
        if entry.get("mac") == "00:00:00:00:00:00" and "dst" in entry:
            found[entry["ifname"]] = (*found.get(entry["ifname"], ()), entry["dst"])
    return found


def _link(place: str, info: LinkInfo, addresses: Iterable[AddressInfo], remotes: Iterable[str]) -> LinkNode:
    given = [
        str(one) if one.peer is None else f"{one.local} peer {one.peer}/{one.prefixlen}"
        for one in addresses
        if one.dev == info.name
        and not (one.local.startswith("fe80:") and one.prefixlen == 64)
        and not (info.kind == "loopback" and one.local in ("127.0.0.1", "::1"))
    ]
    return LinkNode(
        place,
        info.name,
        info.kind,
        info.up,
        info.state,
        tuple(given),
        info.master,
        about=_about(info, remotes),
        mtu=info.mtu,
        info=info,
    )


def _about(info: LinkInfo, remotes: Iterable[str]) -> dict[str, str | int]:
    keys = _TUNNEL_KEYS if info.kind in _TUNNELS else _KEYS.get(info.kind, ())
    # The IPv6 of a VXLAN has keys of its own.
    about = {key: info.data.get(key) or info.data.get(f"{key}6") for key in keys}
    about["remote"] = " ".join(dict.fromkeys([*filter(None, [about.get("remote")]), *remotes]))
    if info.kind == "vlan" and info.data.get("protocol") not in (None, "802.1Q"):
        about["protocol"] = info.data["protocol"]
    return {key: value for key, value in about.items() if value not in (None, "", "any", "0.0.0.0", "::", "0.0.0.0/0")}


def _with_peers(readings: list[_Reading], ids: dict[tuple[str, int], str]) -> Iterator[PlaceNode]:
    """The places, their links matched with those that they belong to, by nsid and index."""
    by_index = {(one.node.id, link.info.index): link.id for one in readings for link in one.node.links}
    peers: dict[str, str] = {}
    for one in readings:
        known = {nsid: place for (host, nsid), place in ids.items() if host == one.node.id}
        asked = False
        for link in one.node.links:
            info = link.info
            if link.kind not in (*UPPER, *PAIRS) or link.id in peers:
                continue
            if info.netnsid is None:
                peers[link.id] = f"{link.place}/{info.lower}"
                continue
            # The host has told already of most of what its namespaces know only by number.
            if info.netnsid not in known and not asked:
                known, asked = {**_ask_ids(one, readings), **known}, True
            other = by_index.get((known.get(info.netnsid, ""), info.lower_index or 0))
            if other is not None:
                peers[link.id] = other
                if link.kind in PAIRS:
                    peers[other] = link.id
    for one in readings:
        links = (evolve(link, peer=peers.get(link.id)) for link in one.node.links)
        yield evolve(one.node, links=tuple(links))


def _ask_ids(asker: _Reading, readings: list[_Reading]) -> dict[int, str]:
    """The ids that a place has for others; on this machine, the kernel tells even those of other hosts."""
    place = Place()
    place._site = asker.site
    ids: dict[int, str] = {}
    if asker.site.runner.machine != "this machine":
        places = {other.node.id for other in readings}
        with contextlib.suppress(NotFoundError):
            named = ((one.id, f"{asker.node.host}/{one.name}") for one in place.netns.list())
            ids = {nsid: one for nsid, one in named if nsid is not None and one in places}
        return ids
    with contextlib.suppress(NetnsKitError, OSError), place.socket(socket.AF_NETLINK, socket.SOCK_RAW) as kernel:
        for other in readings:
            with contextlib.suppress(OSError):
                nsid = _nsid(kernel, other.site.file)
                if nsid >= 0:
                    ids[nsid] = other.node.id
    return ids


_NEW_NSID, _GET_NSID, _REQUEST, _BY_FD = 88, 90, 1, 3


def _nsid(kernel: socket.socket, path: str) -> int:
    """What the kernel calls a namespace where this netlink socket was made; negative if it has no name for it."""
    fd = os.open(path, os.O_RDONLY)
    try:
        header = struct.pack("=IHHII", 28, _GET_NSID, _REQUEST, 1, 0)
        kernel.send(header + struct.pack("=B3xHHI", socket.AF_UNSPEC, 8, _BY_FD, fd))
        answer = kernel.recv(4096)
    finally:
        os.close(fd)
    (kind,) = struct.unpack_from("=H", answer, 4)
    nsid: int = struct.unpack_from("=i", answer, 24)[0] if kind == _NEW_NSID else -1
    return nsid
