"""Bridges in the older spelling: `brctl`."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.rows import Row, Rows
from netns_kit.tables.table import Table


@frozen
class BrctlInfo(Row):
    """A bridge as `brctl show` lists it."""

    name: str
    id: str
    stp: bool
    interfaces: tuple[str, ...] = ()


class BrctlTable(Table):
    """Bridges of a place by brctl's own verbs, `place.brctl`."""

    def addbr(self, bridge: Any) -> None:
        """Make a bridge. Equivalent to: `brctl addbr BRIDGE`. Raises ExistsError if the name is taken."""
        self._run("addbr", bridge)

    def delbr(self, bridge: Any) -> None:
        """Delete a bridge, which must be down. Equivalent to: `brctl delbr BRIDGE`"""
        self._run("delbr", bridge)

    def addif(self, bridge: Any, dev: Any) -> None:
        """Make a link a port of a bridge. Equivalent to: `brctl addif BRIDGE DEV`"""
        self._run("addif", bridge, values.link_name("dev", dev))

    def delif(self, bridge: Any, dev: Any) -> None:
        """Take a port off a bridge. Equivalent to: `brctl delif BRIDGE DEV`"""
        self._run("delif", bridge, values.link_name("dev", dev))

    def stp(self, bridge: Any, on: bool) -> None:
        """Switch the spanning tree protocol on, True, or off, False. Equivalent to: `brctl stp BRIDGE on|off`"""
        self._run("stp", bridge, "on" if values.truth("on", on) else "off")

    def show(self) -> Rows[BrctlInfo]:
        """The bridges and their ports. Equivalent to: `brctl show`"""
        return parse_show(self._site.run("brctl", "show").stdout)

    def _run(self, verb: str, bridge: Any, *words: str) -> None:
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
