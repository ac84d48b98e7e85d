"""Ports at which tunnels arrive in UDP: `ip fou`."""

from __future__ import annotations

import attrs
from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, ByteName, Family, LinkName, Port, Present
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable
from netns_kit.tables.table import Added, Removed


@words
class _FouPort:
    """Which port."""

    family: Family | None = None  # 4 or 6, IPv4 otherwise
    port: Port = field(kw_only=True)  # the port of UDP
    local: Address | None = None  # only at this address
    peer: Address | None = None  # only from this one
    peer_port: Port | None = None  # only from this port
    dev: LinkName | None = None  # only by this link


@words
class FouAdded(Added, _FouPort):
    """A port and what arrives there."""

    ipproto: ByteName | None = None  # the protocol that is inside, such as "ipip" or 4
    gue: Present = False  # a header tells what is inside (GUE)

    @staticmethod
    def complete(given: dict[str, object]) -> None:
        """What is inside must be known."""
        if ("ipproto" in given) == bool(given.get("gue")):
            raise InvalidArgumentError("ipproto", given.get("ipproto"), "give either ipproto or gue=True")


@words
class FouGone(Removed, _FouPort):
    """A port that is given up."""


@words
class FouSelector:
    """Which ports."""

    family: Family | None = None  # 4 or 6, IPv4 otherwise


@frozen
class FouInfo(Row):
    """A port and what arrives there."""

    port: int
    ipproto: int | str | None = None
    gue: bool = False
    local: str | None = None
    peer: str | None = None
    peer_port: int | None = None
    dev: str | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return FouTable.add.line(self)


class FouTable(ObjectTable):
    """Ports of a place at which tunnels arrive in UDP, `place.fou`; a tunnel's `encap="fou"` sends so."""

    @verb("ip {family} fou add", FouAdded)
    def add(self, said: Said) -> None:
        """Have tunnels arrive at a port.

        Raises ExistsError, MissingModuleError where the kernel's module fou is missing.
        """
        self._carry_out(said)

    @verb("ip {family} fou del", FouGone)
    def delete(self, said: Said) -> None:
        """Give a port up. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip {family} fou show", FouSelector)
    def show(self, said: Said) -> Rows[FouInfo]:
        """The ports."""
        return self._rows(FouInfo, said)

    list = show.spelt("list")
