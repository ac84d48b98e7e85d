"""Which verb says a command: found by the commands that the verbs themselves stand for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from netns_kit.links.link import Link
from netns_kit.places.host import Host
from netns_kit.places.tables import Tables
from netns_kit.sites.verb import Verb
from netns_kit.tables.table import Table

OBJECTS = {
    "ip": (
        "address", "addrlabel", "maddress", "route", "rule", "neighbor", "neighbour", "ntable", "link", "l2tp", "fou",
        "macsec", "tunnel", "tuntap", "token", "tcpmetrics", "monitor", "xfrm", "mroute", "netns", "netconf", "vrf",
        "nexthop", "mptcp",
    ),
    "bridge": ("link", "fdb", "mdb", "vlan", "vni", "monitor"),
    "tc": ("qdisc", "class", "filter"),
}  # fmt: skip
"""The objects of the tools, in the order in which these look for one by its beginning."""

CALLED = {"address": "addr", "neighbor": "neigh", "neighbour": "neigh", "maddress": "maddr"}
"""What the library calls them."""

VERBS = ("add", "append", "change", "replace", "delete", "set", "show", "list", "get", "flush")
CALLED_VERBS = {"ls": "list", "lst": "list", "chg": "change", "del": "delete"}


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


def whole(tool: str, words: Sequence[str]) -> tuple[str, ...]:
    """The object and the verb in full, as the library types them, and the rest."""
    if not words:
        return ()
    found = next((one for one in OBJECTS.get(tool, ()) if one.startswith(words[0])), words[0])
    what = CALLED.get(found, found)
    if len(words) == 1:
        return (what,)
    if what == "addr" and words[1:2] and len(words) == 3 and "show".startswith(words[1]):
        # `ip addr show eth0`: the only object whose `show` takes a link without `dev` as well as with it.
        words = [*words[:2], "dev", words[2]]
    known = CALLED_VERBS.get(words[1]) or next((one for one in VERBS if one.startswith(words[1])), words[1])
    # bridge and tc say `del`, ip says `delete`.
    return (what, "del" if known == "delete" and tool != "ip" else known, *words[2:])
