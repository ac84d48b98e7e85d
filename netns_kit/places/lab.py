"""Labs: several private hosts, wired to each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from weakref import WeakSet

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError, PlaceClosedError
from netns_kit.commands.transcript import Transcript
from netns_kit.commands.values import Interface
from netns_kit.links.bridge import Bridge
from netns_kit.links.link import Link
from netns_kit.links.table import LinkTable
from netns_kit.links.veth import VethPair
from netns_kit.machines.private.opening import keeper
from netns_kit.machines.runner import ClosableRunner
from netns_kit.places.host import Host
from netns_kit.places.underlay import Cables, check_mtu
from netns_kit.sites.batch import Batch, gathered
from netns_kit.sites.site import At

_known: WeakSet[Lab] = WeakSet()
"""The labs that somebody holds."""


class Lab:
    """Several machines on one: private hosts, wired to each other with cables and switches. No root needed.

    With `machines`, such as `[Host.local(), Host.ssh("root@m1")]`, the private hosts are spread over those; a cable
    from one machine to another is a VXLAN, which takes root on both. The machines are not closed with the lab.
    `transcript` keeps the order of all commands, and says on which host each was typed; each host has its own, too.
    As a context manager it is closed at the end of its block; it vanishes with this process, however that ends.
    Raises PrivateHostError where the kernel's settings forbid it.
    """

    def __init__(self, *, machines: Iterable[Host] = ()) -> None:
        self.machines = _checked_machines(machines)
        self.transcript = Transcript()
        self.hosts: dict[str, Host] = {}
        self._runners: dict[str, ClosableRunner] = {}
        self._homes: dict[str, Host] = {}
        self._cables = Cables()
        self._closed = False
        # Who may have no hosts is to know it here.
        if any(_machine(one) == "this machine" for one in self.machines):
            keeper()
        _known.add(self)

    def __repr__(self) -> str:
        return f"Lab({', '.join(self.hosts)})"

    @staticmethod
    def of(place: At) -> Lab | None:
        """The lab that a place belongs to; None for one that belongs to none."""
        runner = getattr(place.site.runner, "runner", place.site.runner)
        return next((lab for lab in _known if runner in lab._runners.values()), None)

    def host(self, name: str, *, on: Host | None = None) -> Host:
        """A new host, with only lo; on the machine that has the fewest, or `on` one of the lab's.

        Raises InvalidArgumentError for a name that is used already, PlaceClosedError when the lab is closed.
        """
        if values.netns_name("name", name) in self.hosts:
            raise InvalidArgumentError("name", name, "this lab has a host of that name")
        if on is not None and not any(on is machine for machine in self.machines):
            raise InvalidArgumentError("on", on, "it is no machine of this lab")
        if self._closed:
            raise PlaceClosedError("The lab is closed: all that was in it is gone.")
        homes = list(self._homes.values())
        machine = on or min(self.machines, key=lambda one: sum(home is one for home in homes))
        runner = machine.open_host(name)
        self._runners[name], self._homes[name] = runner, machine
        self.hosts[name] = Host(runner, transcript=Transcript(self.transcript), close=runner.close)
        return self.hosts[name]

    def cable(
        self,
        first: At,
        second: At,
        *,
        name: str | None = None,
        names: tuple[str, str] | None = None,
        addresses: tuple[Interface | None, Interface | None] = (None, None),
        mtu: int | None = None,
    ) -> tuple[Link, Link]:
        """Wire two places of this lab: a veth pair, its ends born where they belong, addressed and up.

        Between machines it is a VXLAN, whose ends carry what the way between the machines does but for its headers, or
        `mtu` if that is less; it takes root on both, or nothing is made.

        Equivalent to: `ip link add name NAME type veth peer name NAME netns …`, then `ip addr add` and
        `ip link set … up` on both

        `name` is for both ends, `names` for each; otherwise each is the first ethN that is free there. Gives the two
        ends. Raises InvalidArgumentError, ExistsError, PlaceClosedError; nothing half-made is left behind.
        """
        for argument, place in (("first", first), ("second", second)):
            self._check(argument, place)
        for argument, given in (("names", names or (name, name)), ("addresses", addresses)):
            if not isinstance(given, tuple | list) or len(given) != 2:
                raise InvalidArgumentError(argument, given, "there must be two, one for each end")
        wanted = names or (name, name)
        here = wanted[0] or free_name(first)
        there = wanted[1] or free_name(second, *((here,) if first.site == second.site else ()))
        checked = [None if one is None else values.interface("addresses", one) for one in addresses]
        homes = self._home(first), self._home(second)
        if homes[0] is not homes[1]:
            way = self._cables.way(*homes)
            mtu = check_mtu(mtu, way)
            ends: tuple[Link, Link] = self._cables.lay(way, first, second, (here, there))
        else:
            ends = VethPair(here, there, peer_netns=second, at=first).add().ends
        try:
            for end, address in zip(ends, checked, strict=True):
                dress(end, address, mtu)
        except BaseException:
            for end in ends if homes[0] is not homes[1] else ends[:1]:
                end.delete()
            raise
        return ends

    def switch(
        self,
        name: str,
        *places: At,
        link: str | None = None,
        addresses: Iterable[Interface | None] = (),
        on: Host | None = None,
    ) -> Switch:
        """A shared segment: a host that is only a switch, with a cable to each of the places.

        `link` is the name of each place's end, otherwise the first ethN that is free there; `addresses` are those of
        the places, in order; it is `on` one of the lab's machines, else on the one that most of the places are on.
        More can be plugged in later. Nothing half-made is left behind.
        """
        for place in places:
            self._check("places", place)
        checked = [None if one is None else values.interface("addresses", one) for one in addresses]
        if len(checked) > len(places):
            raise InvalidArgumentError("addresses", checked, "there are more addresses than places")
        homes = [self._home(place) for place in places]
        host = self.host(name, on=on or max(homes, key=lambda one: sum(home is one for home in homes), default=None))
        try:
            switch = Switch(self, host)
            for place, address in itertools.zip_longest(places, checked):
                switch.plug(place, name=link, address=address)
        except BaseException:
            host.close()
            del self.hosts[name], self._runners[name], self._homes[name]
            raise
        return switch

    def batch(self) -> AbstractContextManager[None]:
        """Gather this block's changes on all hosts, and hand them over together, as `place.batch()` does."""

        def covers(runner: object) -> bool:
            return any(runner is host.site.runner for host in (*self.machines, *self.hosts.values()))

        return gathered(Batch(covers))

    def close(self) -> None:
        """End all hosts, and wait until they are gone."""
        self._closed = True
        for host in self.hosts.values():
            host.close()

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _home(self, place: At) -> Host:
        """The machine that a place is on."""
        return self._homes[place.site.runner.host]

    def _check(self, argument: str, place: At) -> None:
        name = place.site.runner.host if hasattr(place, "site") else None
        if name not in self.hosts or self.hosts[name].site.runner is not place.site.runner:
            raise InvalidArgumentError(argument, place, "it is no place of this lab")
        if self._runners[name].closed:
            raise PlaceClosedError(f"{name} is closed: no cable leads there.")


def _machine(host: Host) -> str:
    return host.site.runner.machine


def _checked_machines(machines: Iterable[Host]) -> tuple[Host, ...]:
    """The machines of a lab; this one, if none was given."""
    given = tuple(machines)
    for machine in given:
        if not isinstance(machine, Host):
            raise InvalidArgumentError("machines", machine, 'it must be a host, such as Host.ssh("root@m1")')
    if len({_machine(one) for one in given}) < len(given):
        raise InvalidArgumentError("machines", given, "one of them is there twice")
    return given or (Host.local(),)


class Switch:
    """A shared segment of a lab; `bridge` is what joins the cables, on `host`, a host of its own."""

    def __init__(self, lab: Lab, host: Host) -> None:
        self._lab, self.host = lab, host
        self.bridge: Bridge = Bridge("br0", at=host).add()
        self.bridge.up()
        self._ports = itertools.count(1)

    def plug(self, place: At, *, name: str | None = None, address: Interface | None = None) -> Link:
        """Lead a cable to a place; gives the end that is there, addressed and up."""
        port = f"port{next(self._ports)}"
        names = (name or free_name(place), port)
        end, other = self._lab.cable(place, self.host, names=names, addresses=(address, None))
        other.set(master=self.bridge)
        return end


def free_name(place: At, *others: str) -> str:
    """The first of eth0, eth1, … that no link of the place has, and none of the others."""
    taken = {*others, *(link.name for link in LinkTable(place).show())}
    return next(name for name in map("eth{}".format, itertools.count()) if name not in taken)


def dress(end: Link, address: Interface | None, mtu: int | None = None) -> None:
    """Give a new end its MTU and address, and set it up."""
    if mtu is not None:
        end.set(mtu=mtu)
    if address is not None:
        end.addr.add(address)
    end.up()
