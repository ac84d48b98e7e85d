"""The lower halves of addresses that come from router advertisements: `ip token`."""

from __future__ import annotations

from typing import Annotated

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Interface, LinkName
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable
from netns_kit.tables.table import the_one


@words
class TokenWords:
    """A token."""

    token: Annotated[Interface, ALONE] = field(kw_only=False)  # the lower half, such as "::5" or "::5/64"
    dev: LinkName = field(kw_only=True)  # the link


@words
class TokenOf:
    """Whose token."""

    dev: LinkName = field(kw_only=True)  # the link


@words
class TokenSelector:
    """Whose tokens."""

    dev: LinkName | None = None  # only this link's


@frozen
class TokenInfo(Row):
    """A link's token: "::" is none."""

    token: str
    dev: str = ""
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class TokenTable(ObjectTable):
    """Tokens of a place, `place.token`."""

    @verb("ip token set", TokenWords)
    def set(self, said: Said) -> None:
        """Give a link a token."""
        self._site.change(*said)

    @verb("ip token del", TokenOf)
    def delete(self, said: Said) -> None:
        """Take a link's token away."""
        self._site.change(*said)

    @verb("ip token list", TokenSelector)
    def list(self, said: Said) -> Rows[TokenInfo]:
        """The tokens."""
        return self._known(said)

    show = list.spelt("show")

    @verb("ip token get", TokenOf)
    def get(self, said: Said) -> TokenInfo:
        """A link's token."""
        return the_one(self._known(said))

    def _known(self, said: Said) -> Rows[TokenInfo]:
        found = self._site.read("ip", *said[1:])
        return Rows(TokenInfo(entry.get("token", ""), entry.get("ifname", ""), entry) for entry in found)
