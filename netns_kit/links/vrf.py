"""VRFs: routing tables of their own for some of the links."""

from __future__ import annotations

from typing import Annotated, Any

from netns_kit.commands import values
from netns_kit.commands.command import DEFAULT_TIMEOUT, Result
from netns_kit.commands.rows import Rows
from netns_kit.commands.types import Family, whole
from netns_kit.commands.words import words
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.table import LinkTable
from netns_kit.tables.route import RouteInfo, RouteTable


@words
class VrfWords:
    """What is said of a VRF."""

    table: Annotated[int, whole(1, 2**32 - 1)] | None = None  # the routing table that it has


@kind
class Vrf(VrfWords, Link):
    """A VRF: its members, `link.set(master=vrf)`, are routed by `table` alone."""

    kind = "vrf"
    _needs = ("table",)
    change = changing(VrfWords)

    def members(self) -> Rows[LinkInfo]:
        """Its links. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)

    def routes(self, *, family: Family | None = None) -> Rows[RouteInfo]:
        """Its routes; IPv6's with `family=6`. Equivalent to: `ip route show vrf NAME`"""
        return RouteTable(self._site).show(vrf=self.name, family=family)

    def exec(self, *argv: Any, check: bool = True, timeout: float | None = DEFAULT_TIMEOUT) -> Result:
        """Run a command whose sockets are bound to it. Equivalent to: `ip vrf exec NAME CMD …`

        `timeout` is in seconds. With `check=False` a failing command is a result.
        """
        words = ("ip", "vrf", "exec", self.name, *values.argv(argv))
        return self._site.run(*words, check=check, timeout=timeout, environment={})
