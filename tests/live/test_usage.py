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
from netns_kit.commands.rows import text_table
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


def expanded(found: re.Match[str]) -> str:
    """What a word with its letters in brackets stands for: `[no]learning`, `[i|o]key`, `no[i|o]key`."""
    before, letters, word = found[1] or "", found[2].split("|"), found[3]
    return " ".join(before + letter + word for letter in ("", *letters))


def words(text: str) -> set[str]:
    """The words of a usage text, without what stands for values."""
    both = re.sub(r"(no)?\[(no|i\|o)\]([\w-]+)", expanded, text)
    found = re.findall(r"(?<![\w<.:-])[a-z][a-z0-9_.+-]*(?![\w>:])", both)
    return {SAME.get(word, word) for word in found} - PROSE


def usage(*argv: str) -> set[str]:
    """The words that a tool offers."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    told = re.sub(
        r"^(Where|where|NOTE|TC HTB).*|^ [a-z_]+ +(?=[a-zA-Z]).*", "", done.stdout + done.stderr, flags=re.MULTILINE
    )
    return words(told)


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
    result["ip", "link"] |= words(spec(Link).usage())
    return result


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], set[str]]:
    """What the library can say."""
    return sayable()


@pytest.mark.needs_kernel
@pytest.mark.parametrize(("tool", "what"), [(tool, what) for tool, objects in OBJECTS.items() for what in objects])
def test_objects(tool: str, what: str, known: dict[tuple[str, str], set[str]]) -> None:
    """Every word of an object's usage text can be said, or is left out for a reason."""
    name = SHORT.get(what, what)
    kinds = {str(getattr(one, "kind", "")) for one in below(Link)}
    missing = (
        usage(tool, *what.split(), "help") - known[tool, name] - kinds - {tool, *what.split(), name} - set(LEFT_OUT)
    )
    assert missing == set()


@pytest.mark.needs_kernel
@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    """Every word of a kind's usage text can be said, or is left out for a reason."""
    sayable()
    classes = [one for one in below(Link) if getattr(one, "kind", "") == kind]
    said = {kind}.union(*(words(spec(one).usage()) for one in classes))
    said |= words(" ".join(command for one in classes for command in commands(one)))
    assert usage("ip", "link", "help", kind) - said - set(LEFT_OUT) == set()


@pytest.mark.needs_kernel
@pytest.mark.parametrize("kind", QDISCS)
def test_disciplines(kind: str, known: dict[tuple[str, str], set[str]]) -> None:
    """Every word of a queueing discipline's usage text can be said, or is left out for a reason."""
    offered = usage("tc", "qdisc", "add", "dev", "lo", "root", kind, "help")
    assert offered - known["tc", "qdisc"] - known["tc", "class"] - set(LEFT_OUT) == set()


SAME = {"del": "delete", "lst": "list"}
"""Words that a tool takes for each other."""


@pytest.mark.needs_kernel
def test_coverage(known: dict[tuple[str, str], set[str]], request: pytest.FixtureRequest) -> None:
    """How much of each object's usage text can be said: a table, and three quarters of all at least."""
    table = []
    for tool, objects in OBJECTS.items():
        for what in objects:
            offered = usage(tool, *what.split(), "help")
            left = offered & set(LEFT_OUT) - known[tool, SHORT.get(what, what)]
            table.append((f"{tool} {what}", len(offered), len(offered - left), len(left)))
    request.node.user_properties.append(("table", text_table(("object", "words", "said", "left out"), table)))
    assert sum(said for _, _, said, _ in table) >= 0.75 * sum(offered for _, offered, _, _ in table)


PROSE = {"is", "or", "to", "the", "of", "for", "and", "e.g", "etc", "help", "usage", "type", "options"}
REASONS = {
    "a name that any text may stand for": """
        addr all any auto boot cmd default global hex host inet inet6 ip6 kernel link local main ms mpls static string
        bond_slave bridge_slave team_slave classifier format rx queue first nothing specified if are defaults values
        s ignore size name get ip add peer action count allow version in on no dev no b p fifo etc. try hwid
        depends see there as computed quantums
    """,
    "a file of another time, which `ip route save` and its like write for `restore`": "save restore showdump",
    "what goes on and on: place.start('ip', 'monitor', …) shows its lines": """
        monitor file address neigh netconf nexthop nsid prefix route rule stats mroute fdb mdb vni acquire aevent
        all-nsid expire nokeys policy report
    """,
    "encapsulations of routes go as a text: encap='seg6 mode encap segs fd00::1'": """
        encap.red endpoint flavors hmac if_id inline ioam6 l2encap l2encap.red link_dev mode next-csid nh4 nh6 ns
        prealloc psp rpl seg6 seg6local segs srh trace usd usp vrftable cleanup
    """,
    "IPsec by hand, in which no tutorial goes so far": """
        af-unspec align4 byte-hard byte-soft code dccp decap-dscp dir dont-encap-dscp dport esn espintcp espinudp
        espinudp-nonike icmp ipv6-icmp key mobility-header noecn nopmtudisc oseq-may-wrap out packet-hard packet-soft
        sctp sport tcp time-hard time-soft time-use-hard time-use-soft udp wildrecv ah beet comp esp hao in_trigger
        level localok reqid required ro route2 spi transport tunnel use
    """,
    "of old kernels alone": "one_queue cbq rsvp debug pslot linklay estimator",
    "said by encap='none'": "noencap",
    "misprinted: the tool knows encap-udp6-csum": "encap-csum6 noencap-csum6",
    "what an ERSPAN session is, is said of its own kind": "erspan_dir erspan_ver erspan_hwid egress ingress erspan",
    "`slot` of netem goes as a text": "bytes custom packets random",
    "hardware that shares its queues": "egress_block ingress_block block stab",
    "said by another word: num_grat_arp, pref is priority, isatap is a class": "num_unsol_na pref isatap list delete",
    "a weight stands behind a group's number, after a comma": "weight",
}
LEFT_OUT = {word: reason for reason, several in REASONS.items() for word in several.split()}
"""What cannot be said on purpose, with the reason."""
