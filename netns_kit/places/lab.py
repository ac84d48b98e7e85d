"""Labs: several private hosts, wired to each other."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from weakref import WeakSet

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError, NetnsKitError, PlaceClosedError
from netns_kit.commands.transcript import Transcript
from netns_kit.commands.values import Interface
from netns_kit.links.bridge import Bridge
from netns_kit.links.link import Link
from netns_kit.links.veth import VethPair
from netns_kit.machines.private.opening import keeper
from netns_kit.places import containerlab
from netns_kit.places.cable import Cable, free_name
from netns_kit.places.host import Host
from netns_kit.places.names import Names
from netns_kit.places.reach import Reached, ping_all
from netns_kit.places.underlay import Cables, check_mtu
from netns_kit.sites.batch import Batch, gathered
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import At

_known: WeakSet[Lab] = WeakSet()
"""The labs that somebody holds."""


class Lab:
    """Several machines on one: private hosts, wired to each other with cables and switches. No root needed.

    With `machines`, such as `[Host.local(), Host.ssh("root@m1")]`, the private hosts are spread over those; a cable
    from one machine to another is a VXLAN, which takes root on both. The machines are not closed with the lab.
    `transcript` keeps the order of all commands, and says on which host each was typed; each host has its own, too.
    Names resolve: on each host, /etc/hosts leads from the names of the others and of all namespaces to their addresses,
    so that `pc1.ping("pc2")` and `pc1.exec("curl", "http://pc2/")` work; a namespace is `net1.pc2`, too.
    `left_out` says what of a containerlab file is not there.
    As a context manager it is closed at the end of its block; it vanishes with this process, however that ends.
    Raises PrivateHostError where the kernel's settings forbid it.
    """

    def __init__(self, *, machines: Iterable[Host] = ()) -> None:
        self.machines = _checked_machines(machines)
        self.transcript = Transcript()
        self.hosts: dict[str, Host] = {}
        self._homes: dict[str, Host] = {}
        self._cables, self._names = Cables(), Names(self.hosts)
        self._closed = False
        self.left_out: tuple[str, ...] = ()
        # Who may have no hosts is to know it here.
        if any(_machine(one) == "this machine" for one in self.machines):
            keeper()
        _known.add(self)

    def __repr__(self) -> str:
        return f"Lab({', '.join(self.hosts)})"

    @staticmethod
    def of(place: At) -> Lab | None:
        """The lab that a place belongs to; None for one that belongs to none."""
        runner = _runner(place)
        return next((lab for lab in _known if any(runner is _runner(host) for host in lab.hosts.values())), None)

    @classmethod
    def from_containerlab(cls, path: str | Path) -> Lab:
        """What a containerlab file describes, as private hosts: its nodes, cables, and the commands of `exec`.

        A node of a kind that is no Linux container is a host with nothing but its links; its image, its mounts and its
        management network are not there. `left_out` says what is missing. The file's commands run as they stand.

        Raises InvalidArgumentError for a file that is none of containerlab's, OSError where it cannot be read,
        NetnsKitError without PyYAML (`pip install 'netns_kit[containerlab]'`), and what a command raises.
        """
        plan = containerlab.Plan.read(path)
        lab = cls()
        try:
            containerlab.build(plan, [lab.host(name) for name in containerlab.hosts_of(plan)])
        except BaseException:
            lab.close()
            raise
        lab.left_out = tuple(plan.left_out)
        return lab

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
        host = machine.private(name, transcript=Transcript(self.transcript))
        self.hosts[name], self._homes[name] = host, machine
        recorder = host.site.runner
        if isinstance(recorder, Recorder):
            recorder.before = self._names.listener()
        return host

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
        cable = self._lay(first, second, (here, there), mtu)
        try:
            cable.dress(checked)
        except BaseException:
            cable.cut()
            raise
        return cable.ends

    def _lay(self, first: At, second: At, names: tuple[str, str], mtu: int | None = None) -> Cable:
        """Make a cable, which nobody has addressed or set up yet."""
        if self._is_near(first, second):
            return Cable(VethPair(*names, peer_netns=second, at=first).add().ends, mtu, 1)
        way = self._cables.way(self._home(first), self._home(second))
        mtu = check_mtu(mtu, way)
        return Cable(self._cables.lay(way, first, second, names), mtu, 2)

    def _is_near(self, first: At, second: At) -> bool:
        """Whether two places are on one machine."""
        return self._home(first) is self._home(second)

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
        if not isinstance(name, str):
            raise InvalidArgumentError("name", name, "first comes a name for the switch, then its places")
        for place in places:
            self._check("places", place)
        checked = [None if one is None else values.interface("addresses", one) for one in addresses]
        if len(checked) > len(places):
            raise InvalidArgumentError("addresses", checked, "there are more addresses than places")
        homes = [self._home(place) for place in places]
        host = self.host(name, on=on or max(homes, key=lambda one: sum(home is one for home in homes), default=None))
        try:
            switch = Switch(self, host)
            switch.plug_all(places, link, checked)
        except BaseException:
            host.close()
            del self.hosts[name], self._homes[name]
            raise
        return switch

    def batch(self) -> AbstractContextManager[None]:
        """Gather this block's changes on all hosts, and hand them over together, as `place.batch()` does."""

        def covers(runner: object) -> bool:
            return any(runner is host.site.runner for host in (*self.machines, *self.hosts.values()))

        return gathered(Batch(covers))

    def ping_all(self) -> Reached:
        """Who reaches whom: one ping from each host and namespace that has an address to each other one.

        Equivalent to: `ping -c 1 ADDRESS`, at each place for each other one

        Gives a row for each pair; it prints as a matrix, and is a coloured one in a notebook. `ok` is whether all were
        reached, `failed` has those that were not: `explain` says why.
        """
        return ping_all(self.hosts.values())

    def shell(self) -> None:
        """One prompt for all, for a person at the terminal, until `exit`.

        `pc1 ping pc2` runs a command at pc1, the name of a host or a namespace standing for its address; `pc1` alone is
        a shell there; `explain pc1 pc2`, `ping_all` and `show` are as elsewhere. Tab knows the names.
        """
        # Only a person at a terminal needs it.
        from netns_kit.places.prompt import LabPrompt

        LabPrompt(self.hosts, self).cmdloop()

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
        if getattr(_runner(place), "closed", False):
            raise PlaceClosedError(f"{name} is closed: no cable leads there.")


def _runner(place: At) -> object:
    """What runs a place's commands, whoever records them."""
    return getattr(place.site.runner, "runner", place.site.runner)


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
        return self.plug_all((place,), name, (address,))[0]

    def plug_all(self, places: Sequence[At], name: str | None, addresses: Iterable[Interface | None]) -> list[Link]:
        """Lead a cable to each of some places: first all cables, then what is said of each, so that few batches do."""
        plugs = [(place, f"port{next(self._ports)}") for place in places]
        cables: dict[str, Cable] = {}
        try:
            # Those of one kind after each other, for the same reason.
            for place, port in sorted(plugs, key=lambda plug: not self._lab._is_near(plug[0], self.host)):
                cables[port] = self._lab._lay(self.host, place, (port, name or free_name(place)))
            laid = [cables[port] for _, port in plugs]
            for cable, address in itertools.zip_longest(laid, addresses):
                cable.dress((None, address))
                cable.ends[0].set(master=self.bridge)
        except BaseException:
            for cable in cables.values():
                with contextlib.suppress(NetnsKitError):
                    cable.cut()
            raise
        return [cable.ends[1] for cable in laid]
