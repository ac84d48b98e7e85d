"""VRFs: routing tables of their own for some of the links."""

from __future__ import annotations

from typing import Any

from attrs import define

from netns_kit.commands import values
from netns_kit.commands.command import DEFAULT_TIMEOUT, Result
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link
from netns_kit.links.options import number
from netns_kit.links.table import LinkTable
from netns_kit.tables.route import RouteInfo, RouteTable


@define(eq=False, repr=False)
class Vrf(Link):
    """A VRF: its members, `link.set(master=vrf)`, are routed by `table` alone."""

    kind = "vrf"

    table: int = number("table", 1, 2**32 - 1, required=True)

    def members(self) -> tuple[LinkInfo, ...]:
        """Its links. Equivalent to: `ip link show master NAME`"""
        return LinkTable(self._site).show(master=self.name)

    def routes(self, *, family: int | None = None) -> tuple[RouteInfo, ...]:
        """Its routes; IPv6's with `family=6`. Equivalent to: `ip route show vrf NAME`"""
        return RouteTable(self._site).show(vrf=self.name, family=family)

    def exec(self, *argv: Any, check: bool = True, timeout: float | None = DEFAULT_TIMEOUT) -> Result:
        """Run a command whose sockets are bound to it. Equivalent to: `ip vrf exec NAME CMD …`

        `timeout` is in seconds. With `check=False` a failing command is a result.
        """
        words = ("ip", "vrf", "exec", self.name, *values.argv(argv))
        return self._site.run(*words, check=check, timeout=timeout, environment={})
