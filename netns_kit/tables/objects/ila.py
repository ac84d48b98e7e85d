"""Addresses of IPv6 that are translated by their upper halves: `ip ila`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import attrs
from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable, filled
from netns_kit.tables.table import Added, Removed


def _locator(argument: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3}", value):
        raise InvalidArgumentError(argument, value, 'it must be the upper half of an address: "fd00:0:0:1"')
    return value


Locator = Annotated[str, Word(_locator, "LOCATOR")]
"""The upper half of an address, such as "fd00:0:0:1"."""

Checksums = Annotated[
    Literal["adj-transport", "neutral-map", "neutral-map-auto", "no-action"], spelled(token="csum-mode")
]
"""What is done about checksums."""

Identifier = Annotated[Literal["luid", "use-format"], spelled(token="ident-type")]
"""How the lower half is read."""


@words
class _Match:
    """What is translated."""

    loc_match: Locator = field(kw_only=True)  # the upper half of packets that come
    loc: Locator | None = None  # what takes its place
    dev: LinkName | None = None  # only on this link


@words
class IlaAdded(Added, _Match):
    """A translation."""

    csum_mode: Checksums | None = None  # what is done about checksums
    ident_type: Identifier | None = None  # how the lower half is read


@words
class IlaGone(Removed, _Match):
    """A translation that is deleted."""


@frozen
class IlaInfo(Row):
    """A translation as the kernel has it."""

    locator_match: str = ""
    locator: str = ""
    interface: str | None = None
    csum_mode: str | None = None
    ident_type: str | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class IlaTable(ObjectTable):
    """Translations of a place, `place.ila`."""

    @verb("ip ila add", IlaAdded)
    def add(self, said: Said) -> None:
        """Add a translation. Raises ExistsError, MissingModuleError where the kernel's module ila is missing."""
        self._carry_out(said)

    @verb("ip ila del", IlaGone)
    def delete(self, said: Said) -> None:
        """Delete a translation. Raises NotFoundError."""
        self._carry_out(said)

    def list(self) -> Rows[IlaInfo]:
        """The translations. Equivalent to: `ip ila list`"""
        return Rows(filled(IlaInfo, entry) for entry in self._site.read("ip", "ila", "list"))

    show = list
