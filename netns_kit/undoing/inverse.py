"""How a change is taken back: by a command that its own words tell, or by what was there before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from netns_kit.commands.command import Command
from netns_kit.undoing import firewall
from netns_kit.undoing.typed import Typed

Argv = tuple[str, ...]

_KEPT: dict[tuple[str, ...], frozenset[str]] = {
    ("nexthop",): frozenset({"id"}),
    ("xfrm", "state"): frozenset({"src", "dst", "proto", "spi", "mark"}),
    ("xfrm", "policy"): frozenset({"src", "dst", "proto", "sport", "dport", "dev", "dir", "mark", "index", "ptype"}),
    ("l2tp", "tunnel"): frozenset({"tunnel_id"}),
    ("l2tp", "session"): frozenset({"tunnel_id", "session_id"}),
    ("qdisc",): frozenset({"dev", "parent", "handle"}),
    ("class",): frozenset({"dev", "parent", "classid"}),
    ("filter",): frozenset({"dev", "parent", "pref", "prio", "protocol"}),
}
"""The words with a value that say which entry is meant, where it takes not all of those that made it."""

_ALONE = {"root", "ingress", "clsact", "egress"}
_ADDED = {
    "ip": ("addr", "route", "rule", "neigh", "maddr", "addrlabel", "fou", "nexthop", "xfrm", "l2tp"),
    "bridge": ("fdb", "mdb", "vlan", "vni"),
    "tc": ("qdisc", "class", "filter"),
}
_ADDING = ("add", "append", "prepend")

_ALL_OF_A_LINK = ("link", "addr", "route", "neigh", "fdb", "vlan")
_COMPARED: dict[str, dict[str, tuple[str, ...]]] = {
    "ip": {
        "link": _ALL_OF_A_LINK, "addr": ("addr", "route"), "route": ("route",), "rule": ("rule",),
        "neigh": ("neigh",), "nexthop": ("nexthop", "route"),
    },
    "bridge": {"link": ("link",), "fdb": ("fdb",), "vlan": ("vlan",)},
}  # fmt: skip
_CHANGING = ("set", "change", "replace", "delete", "del", "flush", "property")
_OF_OLD = {"brctl": _ALL_OF_A_LINK, "ifconfig": _ALL_OF_A_LINK, "route": ("route",), "arp": ("neigh",)}
"""Tools that change what iproute2 changes."""


@frozen
class Inverse:
    """How a change is taken back.

    `undo` are commands; `compared` is what is read before and after, so that the difference can be undone, `parameters`
    likewise. `claims` name what is set, not made, and so may be set by others, too.
    """

    undo: tuple[Argv, ...] = ()
    compared: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


def inverse(typed: Typed, command: Command) -> Inverse | None:
    """How a command is taken back; None if it changes nothing that a scope knows of."""
    argv = (typed.tool, *typed.words)
    if firewall.tool_of(typed.tool):
        return _of_firewall(typed.tool, argv)
    if typed.tool == "nft":
        looks = {"list", "-h", "-v", "monitor", "describe"} & set(argv)
        return None if looks else Inverse(compared=("nft",))
    if typed.tool == "sysctl":
        return _of_parameters(typed, command)
    if typed.tool in _OF_OLD:
        shows = not typed.words or typed.words[0].startswith("show")
        return None if shows else Inverse(compared=_OF_OLD[typed.tool])
    if typed.tool == "ln" and "/run/netns/" in argv[-1]:
        return Inverse((("rm", argv[-1]),))
    undo = added(typed)
    if undo:
        return Inverse((undo,))
    compared = _COMPARED.get(typed.tool, {}).get("".join(typed.words[:1]))
    if compared and typed.words[1:2] and typed.words[1] in _CHANGING:
        return Inverse(compared=compared)
    return None


def added(typed: Typed) -> Argv | None:
    """The command that takes back one which adds; None for others."""
    place = next((number for number, word in enumerate(typed.words[:3]) if word in _ADDING), None)
    if place is None or typed.words[0] not in _ADDED.get(typed.tool, ()):
        return None
    what, rest = typed.words[:place], typed.words[place + 1 :]
    kept = _KEPT.get(what)
    if kept:
        rest = tuple(_kept(rest, kept))
        if what == ("filter",) and not {"pref", "prio"} & set(rest):
            return None
    return (typed.tool, *typed.family, *what, "delete" if typed.tool == "ip" else "del", *rest)


def _kept(words: Argv, kept: frozenset[str]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word in kept:
            yield from (word, next(rest, ""))
        elif word in _ALONE:
            yield word
        elif word in ("tmpl", "enc", "auth", "aead"):
            return


def _of_firewall(tool: str, argv: Argv) -> Inverse | None:
    family = firewall.tool_of(tool)
    if not family or tool.endswith("-save") or not (firewall.changes(argv) or tool.endswith("-restore")):
        return None
    undo = firewall.taken_back(argv)
    if undo:
        return Inverse((undo,))
    chain = firewall.policy(argv)
    return Inverse(compared=(family,), claims=(f"{family} {chain}",) if chain else ())


def _of_parameters(typed: Typed, command: Command) -> Inverse | None:
    names = tuple(word.partition("=")[0].strip() for word in typed.words if "=" in word)
    if not names and {"-p", "--load", "--system"} & {word[:8] for word in typed.words}:
        # Whoever loads a file may set anything.
        names = ("net",)
    claims = tuple(f"sysctl {re.sub(r'[./]', ' ', name)}" for name in names)
    return Inverse(parameters=names, claims=claims) if names else None
