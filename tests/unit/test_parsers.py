"""Each parser, held to stored outputs: `data/NAME.json` is what comes of `data/NAME@SOURCE.out`, whatever the source.

The sources are the releases of iproute2 (one populated world, printed by 5.4, 5.15, 6.1 and 7.1) or tools by name.
Where releases printed the very same, only the oldest one's is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from netns_kit import Host, LinkInfo, LinkStatistics
from netns_kit.commands.command import Command, Result
from netns_kit.commands.reading import Entries, entries
from netns_kit.tables import brctl, ethtool, iptables, module, ping
from netns_kit.tables.address import addresses
from netns_kit.tables.fdb import FdbInfo
from netns_kit.tables.neighbour import NeighbourInfo
from netns_kit.tables.objects.entries import filled
from netns_kit.tables.objects.l2tp import L2tpTunnelInfo
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.rule import RuleInfo
from netns_kit.tables.xfrm.state import parse_states

DATA = Path(__file__).with_name("data")
Parser = Callable[[str], Any]

# Values of a kind differ between releases, which print more and more, and time passes; the live tests hold them.
_LEFT_OUT = ("raw", "data", "port_data", "valid_lft", "preferred_lft")


def parsed(parse: Callable[[Entries], Any]) -> Parser:
    """A parser of JSON entries as one of text."""
    return lambda text: parse(entries(Result(Command(("ip", "-j")), "host", 0, text)))


def netns_list(text: str) -> Any:
    """`netns list` through its verb, which is its parser."""
    return Host.fake({"ip -j netns list": text}).netns.list()


def netns_list_id(text: str) -> Any:
    """`netns list-id` through its verb."""
    return Host.fake({"ip -j netns list-id": text}).netns.list_id()


def iptables_rules(text: str) -> Any:
    """The rules, and their options by name."""
    rules = iptables.parse_rules(text)
    return [{"rule": str(rule), "policy": rule.policy, "options": rule.options} for rule in rules]


PARSERS: dict[str, Parser] = {
    "addr": parsed(addresses),
    "brctl": brctl.parse_show,
    "ethtool": ethtool.parse_statistics,
    "fdb": parsed(lambda found: [FdbInfo.from_json(entry, "asked") for entry in found]),
    "iptables": iptables_rules,
    "l2tp": parsed(lambda found: [filled(L2tpTunnelInfo, entry) for entry in found]),
    "link": parsed(lambda found: [LinkInfo.from_json(entry) for entry in found]),
    "lsmod": module.parse_lsmod,
    "neigh": parsed(lambda found: [NeighbourInfo.from_json(entry) for entry in found]),
    "netns": netns_list,
    "netnsid": netns_list_id,
    "ping": lambda text: ping.parse("10.0.0.2", text),
    "route": parsed(lambda found: [RouteInfo.from_json(entry) for entry in found]),
    "rule": parsed(lambda found: [RuleInfo.from_json(entry) for entry in found]),
    "stats": parsed(lambda found: [LinkStatistics.from_json(entry) for entry in found]),
    "xfrm": parse_states,
}
OUTPUTS = sorted(path.name for path in DATA.glob("*.out"))


def plain(value: Any) -> Any:
    """What was parsed, as JSON has it; what is empty is left out."""
    if attrs.has(type(value)):
        value = attrs.asdict(value, recurse=False)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in _LEFT_OUT and one not in (None, "", ())}
    return [plain(one) for one in value] if isinstance(value, tuple | list) else value


@pytest.mark.parametrize("name", OUTPUTS)
def test_parser(name: str) -> None:
    """A stored output gives the stored value."""
    case = name.partition("@")[0]
    found = PARSERS[case.partition("-")[0]]((DATA / name).read_text())
    assert plain(found) == json.loads((DATA / f"{case}.json").read_text())


def test_pairs() -> None:
    """Every parser has a case, no output is without its value, and no value without an output."""
    cases = {name.partition("@")[0] for name in OUTPUTS}
    assert {case.partition("-")[0] for case in cases} == set(PARSERS)
    assert {path.stem for path in DATA.glob("*.json")} == cases


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name.startswith("link-vxlan")])
def test_values_of_a_kind(name: str) -> None:
    """The core values of a VXLAN are found by the same names in every release."""
    first = LinkInfo.from_json(json.loads((DATA / name).read_text())[0])
    wanted = {"id": 100, "remote": "10.0.0.2", "link": "v1", "port": 4789, "ttl": 64, "ageing": 300, "learning": True}
    assert {key: first.data.get(key) for key in wanted} == wanted
    assert first.port_data["state"] == "forwarding"
    assert first.raw["linkinfo"]["info_kind"] == "vxlan"
