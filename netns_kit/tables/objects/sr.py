"""Segment routing of IPv6: `ip sr`."""

from __future__ import annotations

from typing import Annotated

from netns_kit.commands.types import Address
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


@words
class TunsrcWords:
    """An address to send from."""

    address: Annotated[Address, ALONE] = field(kw_only=False)  # of IPv6; "::" has the kernel choose


class TunsrcTable(Table):
    """The address that wrapped packets are sent from, `place.sr.tunsrc`."""

    @verb("ip sr tunsrc set", TunsrcWords)
    def set(self, said: Said) -> None:
        """Say which."""
        self._site.run(*said)

    def show(self) -> str:
        """Which it is. Equivalent to: `ip sr tunsrc show`"""
        return self._site.run("ip", "sr", "tunsrc", "show").stdout.split()[-1]


class Sr:
    """Segment routing of a place, `place.sr`; routes say the rest: `route.add(…, encap="seg6 mode encap segs …")`."""

    def __init__(self, at: At | None = None) -> None:
        self.tunsrc = TunsrcTable(at)

    def __repr__(self) -> str:
        return f"Sr({self.tunsrc.site!r})"
