"""What stands around a script's own lines: its machines, and on them what the text takes as given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_interface

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
    joined: set[str] = set()
    if world.given or len(world.ends) == 2:
        yield GIVEN
    if len(world.ends) == 2:
        # The ends of a tunnel between two machines are the ends of what joins these.
        own = [address for address, _ in world.ends.values()]
        addresses = tuple(f"{address}/{_prefix(own)}" for address in own)
        devs = tuple(dev or "eth0" for _, dev in world.ends.values())
        names = {"name": devs[0]} if devs[0] == devs[1] else {"names": devs}
        hosts = (Variable(world.hosts[host]) for host in world.ends)
        yield from call("lab.cable", *hosts, **names, addresses=addresses).text(0)
        joined.update(devs)
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


def _prefix(addresses: Sequence[str]) -> int:
    """The longest usual prefix that addresses share."""
    lengths = (64, 48, 0) if ":" in addresses[0] else (24, 16, 8, 0)
    return next(
        length for length in lengths if len({ip_interface(f"{one}/{length}").network for one in addresses}) == 1
    )


def needed(world: World) -> set[str]:
    """The public names that these lines use."""
    kinds = {kind for _, kind, _ in world.given}
    text = "\n".join(given(world))
    return {*(["Namespace"] if Namespace in kinds else []), *(["stand_in"] if "stand_in(" in text else [])}
