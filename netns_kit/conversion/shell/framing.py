"""What stands around a script's own lines: its machines, and on them what the text takes as given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netns_kit.conversion.calls import Call, Variable, call, written
from netns_kit.conversion.shell.world import World
from netns_kit.links.link import Link
from netns_kit.places.namespace import Namespace

GIVEN = "# What the text takes as given."


def main(world: World) -> Iterator[str]:
    """The lines that run `build` on private hosts, and show what it has built."""
    hosts = world.hosts or {"host": "host"}
    names = list(hosts.values())
    before = list(given(world))
    if len(hosts) == 1:
        yield f"    with Host.private() as {names[0]}:"
    else:
        yield "    with Lab() as lab:"
    if len(hosts) > 1 and before:
        yield from (f"        {line}" for line in machines(hosts))
    elif len(hosts) > 1:
        names = [f"lab.host({written(host)})" for host in hosts]
    yield from (f"        {line}" for line in before)
    yield f"        build({', '.join(names)})"
    yield f"        print(Topology.of({'lab' if len(hosts) > 1 else names[0]}))"


def machines(hosts: Mapping[str, str]) -> Iterator[str]:
    """The lines that make the hosts of a lab."""
    return (f"{variable} = lab.host({written(host)})" for host, variable in hosts.items())


def given(world: World) -> Iterator[str]:
    """The lines that make what the text takes as given: namespaces, and links of the machines."""
    if world.given:
        yield GIVEN
    joined: set[str] = set()
    for host, kind, name in world.given:
        at = {"at": Variable(world.hosts[host])}
        several = [variable for one, variable in world.hosts.items() if (one, Link, name) in world.given]
        if kind is Namespace:
            yield from Call("Namespace", (name,), at, added="add").text(0)
        elif len(several) == 2 and name not in joined:
            # What two machines have by the same name joins them.
            joined.add(name)
            yield from call("lab.cable", *map(Variable, several), name=name).text(0)
        elif name not in joined:
            yield from Call("stand_in", (name, "a link of the machine"), at).text(0)


def needed(world: World) -> set[str]:
    """The public names that these lines use."""
    kinds = {kind for _, kind, _ in world.given}
    text = "\n".join(given(world))
    return {*(["Namespace"] if Namespace in kinds else []), *(["stand_in"] if "stand_in(" in text else [])}
