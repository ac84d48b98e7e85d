"""What all tables share."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from netns_kit.commands import values
from netns_kit.commands.errors import ExistsError, InvalidArgumentError, NotFoundError, OutputError
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Unsaid
from netns_kit.commands.words import words
from netns_kit.sites.site import At, Site, site_of
from netns_kit.sites.verb import Said

RowT = TypeVar("RowT", bound=Row)


@words
class Added:
    """What is added."""

    exists_ok: Unsaid = False  # True: what is there already is no error, and stays as it is


@words
class Removed:
    """What is taken away."""

    missing_ok: Unsaid = False  # True: what is not there is no error


def complete_with_link(given: dict[str, Any]) -> None:
    """The tool wants a link; a link's own table knows it."""
    if "dev" not in given:
        raise InvalidArgumentError("dev", None, "say which link, or use the link's own table")


class Table:
    """Entries of a place; `at` says which, the current place otherwise."""

    _bound: Mapping[str, object] = MappingProxyType({})
    """What its verbs need not be told: a link's table knows its link."""

    def __init__(self, at: At | None = None) -> None:
        self._site = site_of(at)

    @property
    def site(self) -> Site:
        """Where its commands run."""
        return self._site

    def __repr__(self) -> str:
        return f"{type(self).__name__}(at={self._site.where})"

    def _carry_out(self, said: Said, *, also: Site | None = None, ends: bool = False) -> None:
        """Run a command that changes something; what the caller calls no error is none."""
        tolerated = [
            error
            for argument, error in (("exists_ok", ExistsError), ("missing_ok", NotFoundError))
            if said.given.get(argument)
        ]
        if not tolerated:
            self._site.change(*said, also=also, ends=ends)
            return
        # A batch would tell of it too late.
        with contextlib.suppress(*tolerated):
            self._site.run(*said)


def the_one(found: Rows[RowT]) -> RowT:
    """The one that was asked for."""
    if len(found) != 1:
        raise OutputError(f"the tool told of {len(found)}, not of one")
    return found[0]


def tokens(**options: object) -> tuple[str, ...]:
    """The words for these options, in order: `mtu=1400` gives mtu 1400, True the option alone, None nothing.

    A trailing underscore keeps Python's own words apart (`from_`); an underscore within stands for a hyphen.
    """
    words: list[str] = []
    for key, value in options.items():
        if value is None or value is False:
            continue
        words.append(key.rstrip("_").replace("_", "-"))
        if value is not True:
            words.append(values.written(key, value))
    return tuple(words)


def family_option(family: int | None) -> tuple[str, ...]:
    """`-4` or `-6`, or nothing."""
    return () if family is None else (f"-{values.choice('family', str(family), ('4', '6'))}",)
