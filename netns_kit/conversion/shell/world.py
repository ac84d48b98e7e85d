"""What a text has made so far, and what it is called in Python: in a dry run, where every call is tried."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from netns_kit.commands.errors import NetnsKitError
from netns_kit.conversion.calls import Call, Names, Variable
from netns_kit.conversion.shell.same import same
from netns_kit.links.link import Link
from netns_kit.links.veth import Veth, VethPair
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.tables.fallbacks import FALLBACKS


@frozen
class Spot:
    """Where a command is typed: on a host, in a namespace or a shell; `current` where nothing need be said of it.

    A shell has the words that begin it, and a namespace that nobody else calls so; a foreign one has its own tools.
    """

    host: str
    netns: str | None
    variable: str
    current: bool = True
    begun: Call | None = None
    foreign: bool = False

    def at(self) -> dict[str, object]:
        """What a noun must be told of where it is."""
        return {} if self.current else {"at": Variable(self.variable)}

    def opening(self, indent: int) -> Iterator[str]:
        """The lines that begin a block in which all is typed there."""
        if self.begun is None:
            yield f"{' ' * indent}with {self.variable}.enter():"
        else:
            yield from evolve(self.begun, verb=f"with {self.begun.verb}").text(indent, f" as {self.variable}:")


MEANT: dict[str, type] = {
    "master": Link, "dev": Link, "link": Link, "netns": Namespace, "peer_netns": Namespace,
}  # fmt: skip
"""Arguments that name a link or a namespace."""


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
    given: dict[tuple[str, type, str], bool] = field(factory=dict)
    """Namespaces and links of hosts that the text uses and has not made; whether it has deleted them."""
    ends: dict[str, tuple[str, str | None]] = field(factory=dict)
    """Of tunnels, by host: the address that one comes from, if nobody has given it, and the link that it is on."""
    elsewhere: set[str] = field(factory=set)
    """Words of commands that are run as they stand: they may have made something."""

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
        return self.blocks(host)[-1]

    def blocks(self, host: str) -> list[Spot]:
        """The host itself, and what has been entered there, from the outside."""
        return [Spot(host, None, self.hosts[host]), *(spot for spot in self.entered if spot.host == host)]

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
        self.takes(spot, Namespace, name)
        return variable, [Call("Namespace", (name,), self.on(spot.host).at(), makes=(variable,))]

    def known_netns(self, spot: Spot, name: str) -> str | None:
        """The variable of a namespace that has one."""
        return self.spaces.get((spot.host, name))

    def new_netns(self, spot: Spot, name: str) -> str:
        """A variable for a namespace that is made."""
        self.makes(spot.host, Namespace, name)
        return self.spaces.setdefault((spot.host, name), self.names.new(name, f"{self.host(spot)}_{name}"))

    def link(self, spot: Spot, name: str) -> tuple[str, list[Call]]:
        """The variable of a link, and what gives it one if it has none."""
        known = self.known_link(spot, name)
        if known:
            return known, []
        variable = self.found_link(spot, name)
        return variable, [Call(f"{spot.variable}.link", (name,), makes=(variable,))]

    def found_link(self, spot: Spot, name: str) -> str:
        """A variable for a link that the text has not made."""
        variable = self.new_link(spot, name)
        self.takes(spot, Link, name)
        return variable

    def known_link(self, spot: Spot, name: str) -> str | None:
        """The variable of a link that has one."""
        return self.links.get((spot.host, spot.netns, name))

    def new_link(self, spot: Spot, name: str) -> str:
        """A variable for a link that is made."""
        if spot.netns is None:
            self.makes(spot.host, Link, name)
        variable = self.names.new(name, f"{spot.variable}_{name}")
        self.links[spot.host, spot.netns, name] = variable
        return variable

    def meant(self, name: str, value: Any, spot: Spot) -> Any:
        """A value, or the variable of what it names."""
        if not isinstance(value, str) or name not in MEANT:
            return value
        known = (self.known_link if MEANT[name] is Link else self.known_netns)(spot, value)
        if known is None:
            self.takes(spot, MEANT[name], value)
        return Variable(known) if known else value

    def takes(self, spot: Spot, kind: type, name: str) -> None:
        """Keep in mind that the text takes something as given, unless the kernel or another tool may have made it."""
        by_itself = name in (*FALLBACKS, "lo", *self.elsewhere) or not re.fullmatch(r"[\w.-]*[^\W\d][\w.-]*", name)
        if not by_itself and (kind is Namespace or spot.netns is None):
            self.given.setdefault((spot.host, kind, name), False)

    def tunnels(self, spot: Spot, told: Mapping[str, Any]) -> None:
        """Keep in mind where a tunnel between machines begins: at an address that the text may take as given."""
        local, dev = told.get("local"), told.get("dev")
        versions = {":" in one for one in (str(local), *(address for address, _ in self.ends.values()))}
        is_given = re.fullmatch(r"[\da-f:.]+", str(local)) and local not in self.elsewhere and len(versions) == 1
        if spot.netns is None and is_given:
            self.ends.setdefault(spot.host, (str(local), dev if isinstance(dev, str) else None))

    def makes(self, host: str, kind: type, name: str) -> None:
        """What the text makes while it is there is none that it takes as given: it was only looked for."""
        if self.given.get((host, kind, name)) is False:
            del self.given[host, kind, name]

    def deletes(self, spot: Spot, kind: type, name: str) -> None:
        """Keep in mind that what was given is gone."""
        if (spot.host, kind, name) in self.given:
            self.given[spot.host, kind, name] = True

    def picked(self, spot: Spot) -> str:
        """The name that the kernel gives to the next veth that nobody names: the first one that is free there."""
        names = (f"veth{number}" for number in itertools.count())
        return next(name for name in names if (spot.host, spot.netns, name) not in self.links)

    def attempt(self, calls: Sequence[Call], typed: Sequence[str], spot: Spot) -> bool:
        """Run calls in the dry run; whether they type just what was typed."""
        host: Host = self.known[self.host(spot)]
        before = len(host.transcript)
        expected = typed if spot.netns is None or spot.begun else ("ip", "netns", "exec", spot.netns, *typed)
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

    def follow(self, done: Call) -> None:
        """Keep in mind the address that a call gave to a link, and where one is that it renamed or moved."""
        if done.verb.endswith(".addr.add"):
            self.elsewhere |= {str(word).partition("/")[0] for word in done.arguments}
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
            given=dict(self.given), ends=dict(self.ends), elsewhere=set(self.elsewhere),
        )  # fmt: skip
