"""Bridges in the older spelling: `brctl`."""

from __future__ import annotations

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Named
from netns_kit.tables.stp import StpInfo, parse_showstp
from netns_kit.tables.table import Table


@frozen
class BrctlInfo(Row):
    """A bridge as `brctl show` lists it."""

    name: str
    id: str
    stp: bool
    interfaces: tuple[str, ...] = ()


@frozen
class BrctlMac(Row):
    """An address that a bridge knows: by which port, whether it is the port's own, and seconds since it was seen."""

    port: int
    mac: str
    local: bool
    age: float


class BrctlTable(Table):
    """Bridges of a place by brctl's own verbs, `place.brctl`."""

    def addbr(self, bridge: str | Named) -> None:
        """Make a bridge. Equivalent to: `brctl addbr BRIDGE`. Raises ExistsError if the name is taken."""
        self._run("addbr", bridge)

    def delbr(self, bridge: str | Named) -> None:
        """Delete a bridge, which must be down. Equivalent to: `brctl delbr BRIDGE`"""
        self._run("delbr", bridge)

    def addif(self, bridge: str | Named, dev: str | Named) -> None:
        """Make a link a port of a bridge. Equivalent to: `brctl addif BRIDGE DEV`"""
        self._run("addif", bridge, values.link_name("dev", dev))

    def delif(self, bridge: str | Named, dev: str | Named) -> None:
        """Take a port off a bridge. Equivalent to: `brctl delif BRIDGE DEV`"""
        self._run("delif", bridge, values.link_name("dev", dev))

    def stp(self, bridge: str | Named, on: bool) -> None:
        """Switch the spanning tree protocol on, True, or off, False. Equivalent to: `brctl stp BRIDGE on|off`"""
        self._run("stp", bridge, "on" if values.truth("on", on) else "off")

    def setageing(self, bridge: str | Named, seconds: float) -> None:
        """Say after how many seconds an address is forgotten. Equivalent to: `brctl setageing BRIDGE SECONDS`"""
        self._run("setageing", bridge, str(values.seconds("seconds", seconds)))

    def setbridgeprio(self, bridge: str | Named, priority: int) -> None:
        """Say how soon it becomes the root, the lowest first. Equivalent to: `brctl setbridgeprio BRIDGE PRIORITY`"""
        self._run("setbridgeprio", bridge, str(values.integer("priority", priority, 0, 65535)))

    def setfd(self, bridge: str | Named, seconds: float) -> None:
        """Say how many seconds a port listens, and learns, at first. Equivalent to: `brctl setfd BRIDGE SECONDS`"""
        self._run("setfd", bridge, str(values.seconds("seconds", seconds)))

    def sethello(self, bridge: str | Named, seconds: float) -> None:
        """Say how often the root tells of itself. Equivalent to: `brctl sethello BRIDGE SECONDS`"""
        self._run("sethello", bridge, str(values.seconds("seconds", seconds)))

    def setmaxage(self, bridge: str | Named, seconds: float) -> None:
        """Say after how many seconds a silent root is lost. Equivalent to: `brctl setmaxage BRIDGE SECONDS`"""
        self._run("setmaxage", bridge, str(values.seconds("seconds", seconds)))

    def setpathcost(self, bridge: str | Named, dev: str | Named, cost: int) -> None:
        """Say what the way by a port costs. Equivalent to: `brctl setpathcost BRIDGE DEV COST`"""
        port = values.link_name("dev", dev)
        self._run("setpathcost", bridge, port, str(values.integer("cost", cost, 1, 65535)))

    def setportprio(self, bridge: str | Named, dev: str | Named, priority: int) -> None:
        """Say which port is preferred, the lowest first. Equivalent to: `brctl setportprio BRIDGE DEV PRIORITY`"""
        port = values.link_name("dev", dev)
        self._run("setportprio", bridge, port, str(values.integer("priority", priority, 0, 63)))

    def hairpin(self, bridge: str | Named, dev: str | Named, on: bool) -> None:
        """Have a port send back what comes by it, or not. Equivalent to: `brctl hairpin BRIDGE DEV on|off`"""
        self._run("hairpin", bridge, values.link_name("dev", dev), "on" if values.truth("on", on) else "off")

    def showmacs(self, bridge: str | Named) -> Rows[BrctlMac]:
        """The addresses that a bridge knows. Equivalent to: `brctl showmacs BRIDGE`"""
        said = self._site.run("brctl", "showmacs", values.link_name("bridge", bridge)).stdout
        rows = (line.split() for line in said.splitlines()[1:])
        return Rows(BrctlMac(int(port), mac, local == "yes", float(age)) for port, mac, local, age in rows)

    def showstp(self, bridge: str | Named) -> StpInfo:
        """The spanning tree as seen from a bridge. Equivalent to: `brctl showstp BRIDGE`"""
        return parse_showstp(self._site.run("brctl", "showstp", values.link_name("bridge", bridge)).stdout)

    def show(self) -> Rows[BrctlInfo]:
        """The bridges and their ports. Equivalent to: `brctl show`"""
        return parse_show(self._site.run("brctl", "show").stdout)

    list = show

    def _run(self, verb: str, bridge: str | Named, *words: str) -> None:
        self._site.run("brctl", verb, values.link_name("bridge", bridge), *words)


def parse_show(text: str) -> Rows[BrctlInfo]:
    """The bridges in what `brctl show` printed: a bridge's further ports stand on lines of their own."""
    bridges: list[BrctlInfo] = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if line[:1].isspace() and words and bridges:
            last = bridges.pop()
            bridges.append(BrctlInfo(last.name, last.id, last.stp, (*last.interfaces, *words)))
        elif len(words) >= 3:
            bridges.append(BrctlInfo(words[0], words[1], words[2] == "yes", tuple(words[3:])))
    return Rows(bridges)
