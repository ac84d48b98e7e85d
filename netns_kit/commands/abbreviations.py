"""The objects and verbs of iproute2's tools, which it takes by their first letters, too."""

from __future__ import annotations

import functools
from collections.abc import Sequence

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

FAMILY_NAMES = {"inet": "-4", "inet6": "-6", "mpls": "-M", "bridge": "-B"}
"""Families by the names that `-f` takes, as options of their own."""

VERBS = ("add", "append", "change", "replace", "delete", "set", "show", "list", "get", "flush")
CALLED_VERBS = {"ls": "list", "lst": "list", "chg": "change", "del": "delete"}


def whole(tool: str, words: Sequence[str]) -> tuple[str, ...]:
    """The object and the verb in full, as the library types them, and the rest."""
    if not words:
        return ()
    what = _object(tool, words[0])
    if len(words) == 1:
        return (what,)
    if what == "addr" and words[1:2] and len(words) == 3 and "show".startswith(words[1]):
        # `ip addr show eth0`: the only object whose `show` takes a link without `dev` as well as with it.
        words = [*words[:2], "dev", words[2]]
    return (what, _verb(tool, words[1]), *words[2:])


@functools.lru_cache
def _object(tool: str, word: str) -> str:
    found = next((one for one in OBJECTS.get(tool, ()) if one.startswith(word)), word)
    return CALLED.get(found, found)


@functools.lru_cache
def _verb(tool: str, word: str) -> str:
    known = CALLED_VERBS.get(word) or next((one for one in VERBS if one.startswith(word)), word)
    # bridge and tc say `del`, ip says `delete`.
    return "del" if known == "delete" and tool != "ip" else known
