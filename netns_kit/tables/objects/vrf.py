"""VRFs and who is in them: `ip vrf`."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Named
from netns_kit.tables.objects.entries import filled
from netns_kit.tables.table import Table


@frozen
class VrfInfo(Row):
    """A VRF and its table."""

    name: str
    table: int = 0
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class VrfTable(Table):
    """VRFs of a place, `place.vrf`; the class `Vrf` makes them."""

    def show(self, name: str | Named | None = None) -> Rows[VrfInfo]:
        """The VRFs, or one. Equivalent to: `ip vrf show [NAME]`"""
        words = () if name is None else (values.link_name("name", name),)
        return Rows(filled(VrfInfo, entry) for entry in self._site.read("ip", "vrf", "show", *words))

    list = show

    def exec(self, name: str | Named, *argv: Any, check: bool = True) -> Result:
        """Run a command whose sockets are in a VRF.

        Equivalent to: `ip vrf exec NAME CMD …`

        Raises the error that names the cause.
        """
        words = (values.link_name("name", name), *values.argv(argv))
        return self._site.run("ip", "vrf", "exec", *words, check=check, environment={})

    def identify(self, pid: int | None = None) -> str | None:
        """The VRF that a process is in, or this one. Equivalent to: `ip vrf identify [PID]`"""
        words = () if pid is None else (values.pid("pid", pid),)
        return self._site.run("ip", "vrf", "identify", *words).stdout.strip() or None

    def pids(self, name: str | Named) -> tuple[int, ...]:
        """The processes in a VRF. Equivalent to: `ip vrf pids NAME`"""
        said = self._site.run("ip", "vrf", "pids", values.link_name("name", name)).stdout
        return tuple(int(line.split()[0]) for line in said.splitlines() if line.split())
