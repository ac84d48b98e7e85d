"""Which verb says a command: found by the commands that the verbs themselves stand for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from netns_kit.links.link import Link
from netns_kit.places.host import Host
from netns_kit.places.tables import Tables
from netns_kit.sites.verb import Verb
from netns_kit.tables.table import Table


@frozen
class Found:
    """A verb: where it is at home, its class of words, and the constant words of its command."""

    home: str
    name: str
    source: Any
    of_link: bool
    constant: tuple[str, ...]


@functools.cache
def verbs() -> tuple[Found, ...]:
    """All verbs of the tables of places and of links."""
    host = Host.dry_run()
    return (*_verbs(host, Tables, of_link=False), *_verbs(Link("link", at=host), Link, of_link=True))


def _verbs(owner: object, kind: type, of_link: bool) -> Iterator[Found]:
    for home, held in _tables(owner, kind):
        for name, verb in inspect.getmembers(type(held), lambda one: isinstance(one, Verb)):
            constant = tuple(word or optional for _, _, optional, word in verb.parts if word or optional)
            yield Found(home, name, verb.source, of_link, constant)


def _tables(owner: object, kind: type) -> Iterator[tuple[str, object]]:
    """The tables of a place or a link, and those of what holds several, such as `xfrm.state`."""
    for home, _ in inspect.getmembers(kind, lambda one: isinstance(one, property)):
        held = getattr(owner, home)
        yield home, held
        if not isinstance(held, Table):
            yield from (
                (f"{home}.{name}", inner) for name, inner in inspect.getmembers(held) if isinstance(inner, Table)
            )
