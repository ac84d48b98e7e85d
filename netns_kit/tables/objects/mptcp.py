"""Multipath TCP: `ip mptcp`."""

from __future__ import annotations

import re
from typing import Annotated

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, LinkName, Negatable, Number, Port, Present, whole
from netns_kit.commands.word import ALONE, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable
from netns_kit.tables.table import Added, Removed

OwnId = Annotated[int, whole(0, 255)]
"""An end's number."""

End = Annotated[Address, ALONE, spelled(keys=("address",))]
"""An end's address."""


@words
class EndpointAdded(Added):
    """An end."""

    address: End = field(kw_only=False)  # its address
    dev: LinkName | None = None  # the link that it is on
    id: OwnId | None = None  # its number, 1 to 255; the kernel chooses one otherwise
    port: Port | None = None  # the port to announce
    signal: Present = False  # it is announced to the other side
    subflow: Present = False  # this side opens a way from it
    backup: Present = False  # it is used only where no other way is left
    fullmesh: Present = False  # ways are opened from it to all addresses of the other side


@words
class EndpointGone(Removed):
    """An end that is deleted."""

    id: OwnId = field(kw_only=True)  # its number
    address: Annotated[Address, ALONE] | None = None  # its address, for the one whose number is 0


@words
class EndpointChanged:
    """An end, by its number or its address, and what changes."""

    id: OwnId | None = None  # its number
    address: Annotated[Address, ALONE] | None = None  # its address
    port: Port | None = None  # its port
    backup: Negatable | None = None  # whether it is used only where no other way is left
    fullmesh: Negatable | None = None  # whether ways are opened from it to all addresses


@words
class EndpointSelector:
    """Which ends."""

    id: OwnId | None = None  # only this one


@words
class LimitWords:
    """How much is allowed."""

    subflows: Number | None = None  # ways beside the first, 8 at the most
    add_addr_accepted: Number | None = None  # addresses that the other side may announce, 8 at the most


@frozen
class EndpointInfo(Row):
    """An end as the kernel has it. As text it is the command that adds it."""

    address: str
    id: int = 0
    dev: str | None = None
    port: int | None = None
    signal: bool = False
    subflow: bool = False
    backup: bool = False
    fullmesh: bool = False
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return EndpointTable.add.line(self)


@frozen
class MptcpLimits(Row):
    """How many ways beside the first, and how many announced addresses, are allowed."""

    subflows: int = 0
    add_addr_accepted: int = 0


class EndpointTable(ObjectTable):
    """Ends of a place, `place.mptcp.endpoint`."""

    @verb("ip mptcp endpoint add", EndpointAdded)
    def add(self, said: Said) -> None:
        """Add an end. Raises ExistsError, NotFoundError (no such link)."""
        self._carry_out(said)

    @verb("ip mptcp endpoint change", EndpointChanged)
    def change(self, said: Said) -> None:
        """Change an end. Raises NotFoundError."""
        self._site.run(*said)

    @verb("ip mptcp endpoint delete", EndpointGone)
    def delete(self, said: Said) -> None:
        """Delete an end. Raises NotFoundError."""
        self._carry_out(said)

    def flush(self) -> None:
        """Delete all ends. Equivalent to: `ip mptcp endpoint flush`"""
        self._site.run("ip", "mptcp", "endpoint", "flush")

    @verb("ip mptcp endpoint show", EndpointSelector)
    def show(self, said: Said) -> Rows[EndpointInfo]:
        """The ends."""
        return self._rows(EndpointInfo, said)

    list = show.spelt("show")


class LimitTable(ObjectTable):
    """What is allowed at a place, `place.mptcp.limits`."""

    @verb("ip mptcp limits set", LimitWords)
    def set(self, said: Said) -> None:
        """Say what is allowed."""
        self._site.run(*said)

    def show(self) -> MptcpLimits:
        """What is allowed. Equivalent to: `ip mptcp limits show`"""
        # The answer is no JSON.
        found = dict(re.findall(r"(\w+) (\d+)", self._site.run("ip", "mptcp", "limits", "show").stdout))
        return MptcpLimits(int(found.get("subflows", 0)), int(found.get("add_addr_accepted", 0)))


class Mptcp:
    """Multipath TCP of a place, `place.mptcp`: its `endpoint`s and its `limits`."""

    def __init__(self, at: At | None = None) -> None:
        self.endpoint = EndpointTable(at)
        self.limits = LimitTable(at)

    def __repr__(self) -> str:
        return f"Mptcp({self.endpoint.site!r})"
