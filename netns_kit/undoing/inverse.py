"""How a change is taken back: by a command that its own words tell, or by what was there before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

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

_READ = ("addr", "route", "rule", "neigh", "nexthop", "fdb")
_ALONE = {"root", "ingress", "clsact", "egress"}
_ADDED = {
    "ip": ("addr", "route", "rule", "neigh", "maddr", "addrlabel", "fou", "nexthop", "xfrm", "l2tp"),
    "bridge": ("fdb", "mdb", "vni"),
    "tc": ("qdisc", "class", "filter"),
}
_ADDING = ("add", "append", "prepend")

_ALL_OF_A_LINK = ("link", "addr", "nexthop", "route", "neigh", "fdb", "vlan", "qdisc")
_COMPARED: dict[str, dict[str, tuple[str, ...]]] = {
    "ip": {
        "link": _ALL_OF_A_LINK, "addr": ("addr", "route"), "route": ("route",), "rule": ("rule",),
        "neigh": ("neigh",), "nexthop": ("nexthop", "route"),
    },
    "bridge": {"link": ("link",), "fdb": ("fdb",), "vlan": ("vlan",)},
    "tc": {"qdisc": ("qdisc",)},
}  # fmt: skip
_MEANT = {"vlan": "vid", "qdisc": "dev"}
"""The word before the one that tells what is meant, where that is not the first."""
_CHANGING = ("set", "change", "replace", "delete", "del", "flush", "add")
_PUTTING = ("replace", "change", "append", "add")
"""What may also make something that was not there."""
_OF_OLD = {"brctl": _ALL_OF_A_LINK, "ifconfig": _ALL_OF_A_LINK, "route": ("route",), "arp": ("neigh",)}
"""Tools that change what iproute2 changes."""


@frozen
class Inverse:
    """How a change is taken back.

    `undo` are commands, and `seen` is what is read before, to tell where nobody comes to see whether it was done.
    `compared` is what is read before and after, so that the difference can be undone, `parameters` likewise. `claims`
    name what may be set by others, too. Of what is new afterwards, the command has made what has the word `adds`: all
    with an empty one, and nothing with None.
    """

    undo: tuple[Argv, ...] = ()
    seen: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    adds: str | None = None


def inverse(typed: Typed) -> Inverse | None:
    """How a command is taken back; None if it changes nothing that a scope knows of."""
    argv = (typed.tool, *typed.words)
    if firewall.tool_of(typed.tool):
        return _of_firewall(typed.tool, argv)
    if typed.tool == "nft":
        looks = {"list", "-h", "-v", "monitor", "describe"} & set(argv)
        return None if looks else Inverse(compared=("nft",))
    if typed.tool == "sysctl":
        return _of_parameters(typed)
    if typed.tool in _OF_OLD:
        shows = not typed.words or typed.words[0].startswith("show")
        return None if shows else Inverse(compared=_OF_OLD[typed.tool], adds="")
    if typed.tool == "ln" and "/run/netns/" in argv[-1] and not any(re.match("-[a-z]*f", word) for word in argv):
        return Inverse((("rm", argv[-1]),))
    undo = added(typed)
    what, does, first = (*typed.words, "", "", "")[:3]
    claims = (f"{what} {first}",) if what in ("addr", "route", "rule", "neigh") and first else ()
    if undo:
        return Inverse((undo,), seen=(what,) if what in _READ else (), claims=claims, adds=first)
    compared = _COMPARED.get(typed.tool, {}).get(what)
    if compared and does in _CHANGING:
        entry = (typed.behind(_MEANT[what]) or "") if what in _MEANT else first
        return Inverse(compared=compared, claims=claims, adds=entry if does in _PUTTING else None)
    return None


def added(typed: Typed) -> Argv | None:
    """The command that takes back one which adds; None for others."""
    place = next((number for number, word in enumerate(typed.words[:3]) if word in _ADDING), None)
    if place is None or typed.words[0] not in _ADDED.get(typed.tool, ()):
        return None
    what, rest = typed.words[:place], typed.words[place + 1 :]
    six = "-6" in typed.family or ":" in "".join(rest[:1])
    if what == ("route",) and six and not {"metric", "nexthop", "nhid"} & set(rest):
        # Else the kernel's own route to the same network is as good.
        rest = (*rest, "metric", "1024")
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
        return Inverse((undo,), seen=(family,))
    chain = firewall.policy(argv)
    puts = tool.endswith("-restore") or {"-R", "--replace-rule", "-E", "--rename-chain"} & set(argv)
    return Inverse(compared=(family,), claims=(f"{family} {chain}",) if chain else (), adds="" if puts else None)


def _of_parameters(typed: Typed) -> Inverse | None:
    names = tuple(word.partition("=")[0].strip() for word in typed.words if "=" in word)
    if not names and {"-p", "--load", "--system"} & {word[:8] for word in typed.words}:
        # Whoever loads a file may set anything.
        names = ("net",)
    claims = tuple(f"sysctl {re.sub(r'[./]', ' ', name)}" for name in names)
    # With IPv6 go its addresses and routes.
    lost = ("addr", "route") if any("disable_ipv6" in name for name in names) else ()
    return Inverse(compared=lost, parameters=names, claims=claims) if names else None
