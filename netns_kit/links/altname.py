"""Alternative names of links: `ip link property`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.word import Several
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


def _checked_names(argument: str, value: Any) -> tuple[str, ...]:
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple | set | frozenset) or not several:
        raise InvalidArgumentError(argument, value, "it must be a name, or several")
    return tuple(values.short(argument, one, 127) for one in several)


AltNames = Annotated[str | Sequence[str], Several(_checked_names, "NAME")]
"""A name of up to 127 bytes, or several."""


@words
class AltnameWords:
    """Alternative names."""

    altname: AltNames = field(kw_only=False)  # up to 127 bytes, or several such names


class AltnameTable(Table):
    """The alternative names of a link, `link.altname`; wherever `ip` takes a name, it takes one of these."""

    def __init__(self, at: At | None, dev: str) -> None:
        super().__init__(at)
        self.dev = dev

    @verb("ip link property add dev <dev>", AltnameWords)
    def add(self, said: Said) -> None:
        """Give it further names. Raises ExistsError if one is taken."""
        self._site.change(*said)

    @verb("ip link property del dev <dev>", AltnameWords)
    def delete(self, said: Said) -> None:
        """Take names away."""
        self._site.change(*said)

    def show(self) -> tuple[str, ...]:
        """Its further names. Equivalent to: `ip link show dev DEV`"""
        found = self._site.read("ip", "link", "show", "dev", self.dev)
        return tuple(name for entry in found for name in entry.get("altnames", ()))

    list = show
