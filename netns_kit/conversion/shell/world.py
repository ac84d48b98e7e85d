"""What a text has made so far, and what it is called in Python: in a dry run, where every call is tried."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from netns_kit.commands.errors import NetnsKitError
from netns_kit.conversion.calls import Call, Names, Variable
from netns_kit.conversion.shell.same import same
from netns_kit.links.veth import Veth, VethPair
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace


@frozen
class Spot:
    """Where a command is typed: on a host, or in a namespace of it; `current` where nothing need be said of it."""

    host: str
    netns: str | None
    variable: str
    current: bool = True

    def at(self) -> dict[str, object]:
        """What a noun must be told of where it is."""
        return {} if self.current else {"at": Variable(self.variable)}


@define
class World:
    """Hosts, namespaces and links by their variables, and the same in a dry run."""

    hosts: dict[str, str] = field(factory=dict)
    spaces: dict[tuple[str, str], str] = field(factory=dict)
    links: dict[tuple[str, str | None, str], str] = field(factory=dict)
    known: dict[str, Any] = field(factory=lambda: {"Namespace": Namespace, "Veth": Veth, "VethPair": VethPair})
    names: Names = field(factory=lambda: Names("host"))
    entered: list[Spot] = field(factory=list)
    after: tuple[str, Spot, str, dict[str, Any]] | None = None
    answer: Any = None
    """What the last call gave in the dry run."""

    @property
    def at(self) -> Host:
        """Any place: what words say hardly ever depends on it."""
        known: Host = self.known[next(iter(self.hosts.values()))]
        return known

    def host(self, spot: Spot) -> str:
        """The variable of a spot's host."""
        return self.hosts[spot.host]

    def on(self, host: str) -> Spot:
        """The spot that commands of a host are typed at: the namespace that was entered last, or the host itself."""
        if host not in self.hosts:
            self.hosts[host] = host if host == "host" else self.names.new(host)
            self.known[self.hosts[host]] = Host.dry_run(host)
        inside = [spot for spot in self.entered if spot.host == host]
        return inside[-1] if inside else Spot(host, None, self.hosts[host])

    def spot(self, host: str, netns: str | None) -> Spot:
        """A namespace of a host, which has a variable."""
        here = self.on(host)
        if netns == here.netns:
            return here
        variable = self.hosts[host] if netns is None else self.spaces[host, netns]
        return Spot(host, netns, variable, current=False)

    def netns(self, spot: Spot, name: str) -> tuple[str, list[Call]]:
        """The variable of a namespace, and what gives it one if it has none."""
        known = self.spaces.get((spot.host, name))
        if known:
            return known, []
        variable = self.new_netns(spot, name)
        return variable, [Call("Namespace", (name,), self.on(spot.host).at(), makes=(variable,))]

    def known_netns(self, spot: Spot, name: str) -> str | None:
        """The variable of a namespace that has one."""
        return self.spaces.get((spot.host, name))

    def new_netns(self, spot: Spot, name: str) -> str:
        """A variable for a namespace."""
        return self.spaces.setdefault((spot.host, name), self.names.new(name, f"{self.host(spot)}_{name}"))

    def link(self, spot: Spot, name: str) -> tuple[str, list[Call]]:
        """The variable of a link, and what gives it one if it has none."""
        known = self.known_link(spot, name)
        if known:
            return known, []
        variable = self.new_link(spot, name)
        return variable, [Call(f"{spot.variable}.link", (name,), makes=(variable,))]

    def known_link(self, spot: Spot, name: str) -> str | None:
        """The variable of a link that has one."""
        return self.links.get((spot.host, spot.netns, name))

    def new_link(self, spot: Spot, name: str) -> str:
        """A variable for a new link."""
        words = [name, f"{spot.variable}_{name}"]
        variable = self.names.new(*words)
        self.links[spot.host, spot.netns, name] = variable
        return variable

    def meant(self, name: str, value: Any, spot: Spot) -> Any:
        """A value, or the variable of what it names."""
        known = None
        if isinstance(value, str) and name in ("master", "dev", "link"):
            known = self.known_link(spot, value)
        elif isinstance(value, str) and name in ("netns", "peer_netns"):
            known = self.known_netns(spot, value)
        return Variable(known) if known else value

    def picked(self, spot: Spot) -> str:
        """The name that the kernel gives to the next veth that nobody names: the first one that is free there."""
        names = (f"veth{number}" for number in itertools.count())
        return next(name for name in names if (spot.host, spot.netns, name) not in self.links)

    def attempt(self, calls: Sequence[Call], typed: Sequence[str], spot: Spot) -> bool:
        """Run calls in the dry run; whether they type just what was typed."""
        host: Host = self.known[self.host(spot)]
        before = len(host.transcript)
        expected = typed if spot.netns is None else ("ip", "netns", "exec", spot.netns, *typed)
        try:
            self.run(calls, spot)
        except (NetnsKitError, TypeError, AttributeError, KeyError, ValueError):
            return False
        ran = [result.argv for result in host.transcript[before:]]
        return len(ran) == 1 and same(expected, ran[0])

    def run(self, calls: Sequence[Call], spot: Spot) -> None:
        """Run calls in the dry run, where the text has entered."""
        with self.known[self.on(spot.host).variable].enter():
            for one in calls:
                self.answer = one.run(self.known)

    def moved(self) -> None:
        """Follow a link that was renamed or has gone elsewhere."""
        if self.after is None:
            return
        variable, spot, name, given = self.after
        self.after = None
        del self.links[spot.host, spot.netns, name]
        netns = given.get("netns", spot.netns)
        if isinstance(netns, str) or netns is None:
            self.links[spot.host, netns, given.get("name", name)] = variable

    def saved(self) -> World:
        """Itself as it is now, to come back to."""
        names = Names()
        names._taken = set(self.names._taken)
        return evolve(
            self, hosts=dict(self.hosts), spaces=dict(self.spaces), links=dict(self.links), known=dict(self.known),
            names=names, entered=list(self.entered), after=None,
        )  # fmt: skip
