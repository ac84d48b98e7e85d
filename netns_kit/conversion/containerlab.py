"""A network as containerlab has it: nodes, the cables between them, and what is typed in each."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from netns_kit.commands import values
from netns_kit.commands.transcript import Transcript
from netns_kit.conversion.network.rebuild import rebuilding
from netns_kit.conversion.network.state import PlaceState
from netns_kit.links.snapshot import Snapshot
from netns_kit.machines.dry_run import DryRunner
from netns_kit.places.containerlab import PLACE, yaml
from netns_kit.places.host import Host

IMAGE = "nicolaka/netshoot"
"""An image that has the tools which are typed."""

Argv = tuple[str, ...]


def as_containerlab(states: Iterable[PlaceState], name: str, image: str) -> str:
    """The file. Each place is a node, for a container is a network namespace."""
    for argument, value in (("name", name), ("image", image)):
        values.plain(argument, value)
    given = tuple(states)
    named = _names(given)
    left_out = [f"{state.id}: {link}, which was made elsewhere" for state in given for link in state.born]
    alone = tuple(_alone(state, named) for state in given)
    typed = _typed(alone)
    nodes = {
        named[state.id]: {
            "kind": "linux",
            "image": image,
            "network-mode": "none",
            "labels": {PLACE: state.id},
            "exec": [shlex.join(argv) for argv in typed[named[state.id]] if not _is_cable(argv)],
        }
        for state in given
    }
    links = [_link(state, argv) for state in alone for argv in typed[state.host] if _is_cable(argv)]
    topology = {"nodes": {node: _filled(about) for node, about in nodes.items()}, **({"links": links} if links else {})}
    text: str = yaml().safe_dump({"name": name, "topology": topology}, sort_keys=False, width=1000)
    return "".join(f"# Left out: {one}\n" for one in left_out) + text


def _names(states: Iterable[PlaceState]) -> dict[str, str]:
    """A name that containerlab takes for each place, by the place's id."""
    found: dict[str, str] = {}
    for state in states:
        bare = re.sub(r"[^a-zA-Z0-9._-]", "-", state.netns or state.host).lstrip("._-") or "node"
        names = [bare, re.sub(r"[^a-zA-Z0-9._-]", "-", f"{state.host}-{state.netns}").lstrip("._-")]
        names += [f"{names[1]}-{number}" for number in range(1, len(found) + 2)]
        found[state.id] = next(one for one in names if one not in found.values())
    return found


def _alone(state: PlaceState, named: Mapping[str, str]) -> PlaceState:
    """A place as if it were a machine of its own."""
    peers = {}
    for link, peer in state.peers.items():
        place, _, end = peer.rpartition("/")
        peers[link] = f"{named[place]}/{end}" if place in named else peer
    snapshot = _without(state.snapshot, state.born)
    return evolve(state, host=named[state.id], netns=None, snapshot=snapshot, peers=peers, born={})


def _without(snapshot: Snapshot, links: Iterable[str]) -> Snapshot:
    gone = set(links)
    return evolve(
        snapshot,
        links=tuple(one for one in snapshot.links if one.name not in gone),
        addresses=tuple(one for one in snapshot.addresses if one.dev not in gone),
        routes=tuple(one for one in snapshot.routes if one.dev not in gone),
        neighbours=tuple(one for one in snapshot.neighbours if one.dev not in gone),
    )


def _typed(states: tuple[PlaceState, ...]) -> dict[str, list[Argv]]:
    """The commands that build each place."""
    script = rebuilding(states)
    hosts = {name: Host(DryRunner(name), transcript=Transcript()) for name in script.hosts}
    script.run(hosts)
    return {name: [result.argv for result in host.transcript] for name, host in hosts.items()}


def _is_cable(argv: Argv) -> bool:
    return argv[:3] == ("ip", "link", "add") and "veth" in argv and "netns" in argv


def _link(state: PlaceState, argv: Argv) -> dict[str, Any]:
    """A cable, by the command that makes it."""
    near, far = (argv[number + 1] for number, word in enumerate(argv) if word == "name")
    mtu = next(info.mtu for info in state.snapshot.links if info.name == near)
    other = state.peers[near].partition("/")[0]
    return {"endpoints": [f"{state.host}:{near}", f"{other}:{far}"], "mtu": mtu}


def _filled(about: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in about.items() if value}
