"""What the tools offer, by their own usage texts, held against what the library can say."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator

import pytest

import netns_kit
from netns_kit import Link
from netns_kit.commands.words import spec
from netns_kit.sites.verb import Verb
from netns_kit.tables.table import Table

OBJECTS = {
    "ip": (
        "address", "addrlabel", "fou", "link", "macsec", "maddress", "monitor", "mptcp", "neigh", "netconf", "netns",
        "nexthop", "ntable", "route", "rule", "token", "tunnel", "tuntap", "vrf", "xfrm state", "xfrm policy",
        "xfrm monitor",
    ),
    "bridge": ("fdb", "link", "mdb", "monitor", "vlan", "vni"),
    "tc": ("qdisc", "class", "filter"),
}  # fmt: skip

KINDS = (
    "bond", "bridge", "dummy", "erspan", "geneve", "gre", "gretap", "ifb", "ip6erspan", "ip6gre", "ip6gretap",
    "ip6tnl", "ipip", "ipoib", "ipvlan", "ipvtap", "macsec", "macvlan", "macvtap", "nlmon", "sit", "team", "vcan",
    "veth", "vlan", "vrf", "vti", "vti6", "vxcan", "vxlan", "xfrm",
)  # fmt: skip

QDISCS = ("htb", "prio", "fq_codel", "pfifo", "netem", "tbf")

SHORT = {"address": "addr", "neigh": "neigh", "maddress": "maddr"}
"""What the library calls objects, where usage texts are longer."""


def words(text: str) -> set[str]:
    """The words of a usage text, without what stands for values."""
    both = re.sub(r"\[(no|i\|o)\](\w+)", lambda found: " ".join([found[2], *(
        letter + found[2] for letter in found[1].split("|"))]), text)  # fmt: skip
    found = re.findall(r"(?<![\w<.:-])[a-z][a-z0-9_.+-]*(?![\w>:])", both)
    return {SAME.get(word, word) for word in found} - PROSE


def usage(*argv: str) -> set[str]:
    """The words that a tool offers."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    return words(re.sub(r"^(Where|where|NOTE).*", "", done.stdout + done.stderr, flags=re.MULTILINE))


def below(kind: type) -> set[type]:
    """A class and all that are made of it."""
    return {kind}.union(*map(below, kind.__subclasses__()))


def commands(kind: type) -> Iterator[str]:
    """The commands that a class's methods stand for, as they say."""
    for name, member in inspect.getmembers(kind):
        if isinstance(member, Verb):
            yield member.usage
        elif not name.startswith("_") and getattr(member, "__doc__", None):
            yield from re.findall(r"`([^`]*)`", member.__doc__)


def sayable() -> dict[tuple[str, str], set[str]]:
    """What the library can say, by tool and object."""
    for found in pkgutil.walk_packages(netns_kit.__path__, "netns_kit."):
        if ".links" in found.name or ".tables" in found.name:
            importlib.import_module(found.name)
    result: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind in below(Table) | below(Link):
        for command in commands(kind):
            found = re.match(r"(ip|bridge|tc)((?: \[?-\S+)*) (xfrm \w+|\w+)", command)
            if found:
                result[found[1], found[3]] |= words(command)
    return result


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], set[str]]:
    """What the library can say."""
    return sayable()


@pytest.mark.parametrize(("tool", "what"), [(tool, what) for tool, objects in OBJECTS.items() for what in objects])
def test_objects(tool: str, what: str, known: dict[tuple[str, str], set[str]]) -> None:
    """Every word of an object's usage text can be said, or is left out for a reason."""
    name = SHORT.get(what, what)
    kinds = {str(getattr(one, "kind", "")) for one in below(Link)}
    missing = (
        usage(tool, *what.split(), "help") - known[tool, name] - kinds - {tool, *what.split(), name} - set(LEFT_OUT)
    )
    assert missing == set()


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    """Every word of a kind's usage text can be said, or is left out for a reason."""
    sayable()
    classes = [one for one in below(Link) if getattr(one, "kind", "") == kind]
    said = {kind}.union(*(words(spec(one).usage()) for one in classes))
    assert usage("ip", "link", "help", kind) - said - set(LEFT_OUT) == set()


@pytest.mark.parametrize("kind", QDISCS)
def test_disciplines(kind: str, known: dict[tuple[str, str], set[str]]) -> None:
    """Every word of a queueing discipline's usage text can be said, or is left out for a reason."""
    offered = usage("tc", "qdisc", "add", "dev", "lo", "root", kind, "help")
    assert offered - known["tc", "qdisc"] - known["tc", "class"] - set(LEFT_OUT) == set()


SAME = {"del": "delete", "lst": "list"}
"""Words that a tool takes for each other."""

PROSE = {"is", "or", "to", "the", "of", "for", "and", "e.g", "etc", "help", "usage", "type", "options"}
LEFT_OUT: dict[str, str] = {}
"""What cannot be said on purpose, with the reason."""
