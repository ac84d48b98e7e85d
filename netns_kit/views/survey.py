"""Reading what the kernel has: one process for each place, however many links it has."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from netns_kit.commands.errors import NetnsKitError, NotFoundError, PermissionDeniedError
from netns_kit.commands.reading import entries
from netns_kit.conversion.network.state import PlaceState, Rest, fresh_sysctls
from netns_kit.links.snapshot import Snapshot
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.places.place import Place
from netns_kit.sites.batch import gathering
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.views.drawing.deciding import Deciding, decided
from netns_kit.views.nodes import PAIRS, UPPER

ROOM = 64
"""The most places of which a picture tells what decides there."""


@frozen
class _Reading:
    """One place as it was read: its state, still without peers, and where to ask for more."""

    site: Site
    state: PlaceState


def read(
    hosts: Iterable[Host], unnamed: Iterable[Site] = (), refused: list[str] | None = None
) -> tuple[PlaceState, ...]:
    """All places of these hosts, host by host, each host before its namespaces in the order of their names.

    Namespaces of theirs that have no name are read only where they are given, by their files. No transcript records
    the reading: nobody typed it. What a batch has gathered runs first. Namespaces that may not be entered are named in
    `refused`; without such a list they raise PermissionDeniedError.
    """
    readings: list[_Reading] = []
    ids: dict[tuple[str, int], str] = {}
    for host in map(_unrecorded, hosts):
        found = _snapshots(host, refused)
        for name in sorted(found, key=lambda name: name or ""):
            # One that has gone meanwhile is no place any more.
            with contextlib.suppress(NotFoundError):
                readings.append(_reading(host.site if name is None else host.site.namespace(name), found[name]))
        known = (one for one in host.netns.list() if one.name in found) if len(found) > 1 else ()
        ids |= {(host.name, one.id): f"{host.name}/{one.name}" for one in known if one.id is not None}
    readings += [_reading(site, Snapshot.read(site)) for site in map(unrecorded, unnamed)]
    return tuple(_with_peers(readings, ids))


def _snapshots(host: Host, refused: list[str] | None) -> dict[str | None, Snapshot]:
    try:
        return host.snapshots()
    except PermissionDeniedError:
        if refused is None:
            raise
    found: dict[str | None, Snapshot] = {None: host.snapshot()}
    for known in host.netns.list():
        try:
            found[known.name] = Namespace(known.name, at=host).snapshot()
        except NotFoundError:
            continue
        except PermissionDeniedError:
            refused.append(f"namespace {known.name} of {host.name}: it may not be entered without root")
    return found


def complete(states: Iterable[PlaceState], hosts: Iterable[Host]) -> tuple[PlaceState, ...]:
    """The same places, with the rest of what they have: rules, firewall, parameters, …"""
    # Slow to import, so not at the top.
    from concurrent.futures import ThreadPoolExecutor

    quiet = {host.name: _unrecorded(host).site for host in hosts}
    fresh = {name: fresh_sysctls(site) for name, site in quiet.items()}

    def whole(state: PlaceState) -> PlaceState | None:
        site = quiet[state.host] if state.netns is None else quiet[state.host].namespace(state.netns)
        try:
            return evolve(state, rest=Rest.read(site, state.snapshot, fresh[state.host]))
        except NotFoundError:
            # It has gone meanwhile.
            return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return tuple(filter(None, pool.map(whole, states)))


def deciding(states: Iterable[PlaceState], hosts: Iterable[Host]) -> dict[str, Deciding]:
    """What decides about packets at these places, if a picture has room for it."""
    # Slow to import, so not at the top.
    from concurrent.futures import ThreadPoolExecutor

    known = tuple(states)
    if len(known) > ROOM:
        return {}
    quiet = {host.name: _unrecorded(host).site for host in hosts}

    def read(state: PlaceState) -> Deciding:
        site = quiet[state.host]
        return decided(site if state.netns is None else site.namespace(state.netns), state)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip((one.id for one in known), pool.map(read, known), strict=True))


def is_closed(host: Host) -> bool:
    """Whether a host is closed, so that nothing is there to be read."""
    runner = getattr(host.site.runner, "runner", host.site.runner)
    return bool(getattr(runner, "closed", False))


def unrecorded(site: Site) -> Site:
    """The same place, reached so that no transcript records it."""
    return Site(getattr(site.runner, "runner", site.runner), site.name, site.path)


def _unrecorded(host: Host) -> Host:
    """The same host, with a transcript of its own that nobody reads."""
    recorder = host.site.runner
    batch = gathering()
    if batch and batch.covers(recorder):
        batch.flush()
    return Host(recorder.runner if isinstance(recorder, Recorder) else recorder)


def _reading(site: Site, found: Snapshot) -> _Reading:
    # Where a VXLAN without a remote of its own sends what it knows no address for, only its database tells.
    fdb = site.read("bridge", "fdb", "show") if any(info.kind == "vxlan" for info in found.links) else []
    return _Reading(site, PlaceState(site.runner.host, site.name or site.path, found, fdb))


def _with_peers(readings: list[_Reading], ids: dict[tuple[str, int], str]) -> Iterator[PlaceState]:
    """The places, their links matched with those that they belong to, by nsid and index."""
    by_index = {
        (one.state.id, info.index): f"{one.state.id}/{info.name}"
        for one in readings
        for info in one.state.snapshot.links
    }
    numbered: dict[str, dict[int, str]] = {}
    for (host, nsid), space in ids.items():
        numbered.setdefault(host, {})[nsid] = space
    peers: dict[str, str] = {}
    born: dict[str, str] = {}
    for one in readings:
        place = one.state.id
        known = numbered.get(place, {})
        asked = False
        for info in one.state.snapshot.links:
            link = f"{place}/{info.name}"
            if info.netnsid is None:
                if info.kind in (*UPPER, *PAIRS):
                    peers.setdefault(link, f"{place}/{info.lower}")
                continue
            if link in peers:
                continue
            # The host has told already of most of what its namespaces know only by number.
            if info.netnsid not in known and not asked:
                known, asked = {**_ask_ids(one, readings), **known}, True
            if info.kind not in PAIRS and info.netnsid in known:
                born[link] = known[info.netnsid]
            other = by_index.get((known.get(info.netnsid, ""), info.lower_index or 0))
            if other is not None:
                peers[link] = other
                if info.kind in PAIRS:
                    peers[other] = link
    across = _across_machines(readings)
    peers |= {one: other for one, (other, _) in across.items()}
    born |= {one: home for one, (_, home) in across.items() if home}
    for one in readings:
        names = [info.name for info in one.state.snapshot.links]
        yield evolve(one.state, peers=_of(one.state, names, peers), born=_of(one.state, names, born))


def _across_machines(readings: list[_Reading]) -> dict[str, tuple[str, str | None]]:
    """The ends of cables between machines, each with the other, and the machine where it was made if that is known.

    They are VXLANs whose underlay is in neither's place: of who made them, their own addresses tell.
    """
    ends: dict[tuple[object, ...], str] = {}
    homes = {address.local: one.state.id for one in readings for address in one.state.snapshot.addresses}
    found: dict[str, tuple[str, str | None]] = {}
    for one in readings:
        for info in one.state.snapshot.links:
            if info.kind == "vxlan" and info.netnsid is not None:
                said = info.raw.get("linkinfo", {}).get("info_data", {})
                near, far = (said.get(name, said.get(f"{name}6")) for name in ("local", "remote"))
                link, number = f"{one.state.id}/{info.name}", (said.get("id"), said.get("port"))
                ends[(*number, near, far)] = link
                other = ends.get((*number, far, near))
                if other is not None and near is not None:
                    found |= {link: (other, homes.get(near)), other: (link, homes.get(far))}
    return found


def _of(state: PlaceState, names: Iterable[str], found: dict[str, str]) -> dict[str, str]:
    """What was found of the links of one place, by their names."""
    return {name: found[f"{state.id}/{name}"] for name in names if f"{state.id}/{name}" in found}


def _ask_ids(asker: _Reading, readings: list[_Reading]) -> dict[int, str]:
    """The ids that a place has for others; on this machine, the kernel tells even those of other hosts."""
    if asker.site.runner.machine != "this machine":
        return _ask_ids_there(asker, readings)
    place = Place()
    place._site = asker.site
    ids: dict[int, str] = {}
    with contextlib.suppress(NetnsKitError, OSError), place.socket(socket.AF_NETLINK, socket.SOCK_RAW) as kernel:
        for other in readings:
            with contextlib.suppress(OSError):
                nsid = _nsid(kernel, other.site.file)
                if nsid >= 0:
                    ids[nsid] = other.state.id
    return ids


# In mounts of its own, each file gets a name, for ip knows ids by names alone.
_NAMED = """mount -t tmpfs tmpfs /run || exit
mkdir /run/netns
number=0
for file in "$@"; do
    : >"/run/netns/$number" && mount --bind "$file" "/run/netns/$number"
    number=$((number + 1))
done
ip -j netns list-id"""


def _ask_ids_there(asker: _Reading, readings: list[_Reading]) -> dict[int, str]:
    """The ids that a place on another machine has for others there."""
    machine = asker.site.runner.machine
    there = [other for other in readings if other.site.runner.machine == machine]
    script = ("sh", "-c", _NAMED, "sh", *(other.site.file for other in there))
    told = asker.site.run("unshare", "--mount", "--propagation", "private", *script, check=False)
    if not told.ok:
        return {}
    return {one["nsid"]: there[int(one["name"])].state.id for one in entries(told) if "name" in one}


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
