"""The commands of other tools as calls."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator
from typing import Any

from netns_kit.commands.words import spec
from netns_kit.conversion.calls import Call, call
from netns_kit.conversion.shell.hearing import hear
from netns_kit.conversion.shell.same import PING, apart, in_short
from netns_kit.conversion.shell.world import Spot, World
from netns_kit.links.link import Link
from netns_kit.tables.iptables_rules import options_of
from netns_kit.tables.ping_words import PingWords
from netns_kit.tables.ss import SsWords


def _iptables(tool: str) -> Any:
    verbs = {"-A": "append", "-I": "insert", "-D": "delete", "-C": "check", "-P": "policy", "-F": "flush",
             "-N": "new_chain", "-X": "delete_chain", "-L": "list", "-S": "rules", "-Z": "zero"}  # fmt: skip

    def read(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
        keywords: dict[str, Any] = {}
        words = in_short(words)
        if words[:1] in (["-t"], ["--table"]):
            keywords["table"], words = words[1], words[2:]
        elif "-t" in words[:-1]:
            place = words.index("-t")
            keywords["table"], words = words[place + 1], words[:place] + words[place + 2 :]
        known = next((word for word in words if word in verbs), None)
        if known is None or (words[0] != known and known != "-L"):
            return
        arguments = [int(word) if word.isdigit() else word for word in words[1:]]
        if known in ("-A", "-I", "-D", "-C"):
            yield from _rule(f"{spot.variable}.{tool}.{verbs[known]}", words[1:], dict(keywords))
        if known == "-I" and len(words) > 2 and words[2].isdigit():
            keywords["number"] = int(words[2])
            del arguments[1]
        if known == "-D" and len(words) == 3 and words[2].isdigit():
            keywords["number"] = int(words[2])
            del arguments[1]
        if known == "-L":
            words = [known, *(word for word in words if word != known)]
            arguments = [int(word) if word.isdigit() else word for word in words[1:]]
            flags = {"-n": "numeric", "-v": "verbose", "--line-numbers": "line_numbers", "-x": "exact"}
            keywords |= {flags[word]: True for word in words[1:] if word in flags}
            arguments = [word for word in arguments if word not in flags]
        yield [Call(f"{spot.variable}.{tool}.{verbs[known]}", tuple(arguments), keywords)]

    return read


def _rule(verb: str, words: list[str], keywords: dict[str, Any]) -> Iterator[list[Call]]:
    """A rule by its long options."""
    chain, *rule = words
    if rule[:1] and rule[0].isdigit():
        keywords["number"] = int(rule.pop(0))
    if rule:
        known = {name: int(value) if str(value).isdigit() else value for name, value in options_of(rule).items()}
        yield [Call(verb, (chain,), {**keywords, **known})]


def _sysctl(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    words = [word for word in words if word not in ("-w", "-q")]
    if words in (["-a"], ["-p"]) or words[:-1] == ["-p"]:
        yield [Call(f"{spot.variable}.sysctl.{'list' if words == ['-a'] else 'load'}", tuple(words[1:]))]
    if len(words) > 1 and all("=" in word for word in words):
        pairs = (word.partition("=") for word in words)
        settings = {name.replace("/", "."): int(value) if value.isdigit() else value for name, _, value in pairs}
        yield [Call(f"{spot.variable}.sysctl.update", (settings,))]
    elif len(words) == 1 and "=" in words[0]:
        name, _, value = words[0].partition("=")
        known = int(value) if value.isdigit() else value
        yield [Call(f"{spot.variable}.sysctl.set", (name.replace("/", "."), known))]
    elif words and words[:-1] in ([], ["-n"]) and not words[-1].startswith("-"):
        yield [Call(f"{spot.variable}.sysctl.get", (words[-1],))]


def _ping(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    typed = [word for word in apart(words, PING) if word != "-n"]
    given = hear(spec(PingWords), typed, world.at)
    if given is not None:
        destination = given.pop("destination")
        if _is_outside(destination):
            given["check"] = False
        yield [Call(f"{spot.variable}.ping", (destination,), given)]


def _is_outside(destination: str) -> bool:
    """Whether it is a name or an address of the internet, where no private host leads."""
    try:
        return ipaddress.ip_address(destination).is_global
    except ValueError:
        return "." in destination


def _ss(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    options = list(itertools.takewhile(lambda word: word.startswith("-"), words))
    rest, states = " ".join(words[len(options) :]).split(), []
    while rest[:1] == ["state"] and len(rest) > 1:
        states.append(rest[1])
        rest = rest[2:]
    given = hear(spec(SsWords), [word for word in apart(options) if word not in ("-n", "-H", "-o")], world.at)
    if given is not None:
        if states:
            given["state"] = states[0] if len(states) == 1 else tuple(states)
        if rest:
            given["filter"] = " ".join(rest)
        yield [Call(f"{spot.variable}.ss.show", (), given)]


def _save(tool: str) -> Any:
    def read(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
        rest = [word for word in words if word not in ("-c", "--counters")]
        keywords: dict[str, Any] = {"counters": True} if rest != words else {}
        if rest[:1] in (["-t"], ["--table"]) and len(rest) == 2:
            keywords["table"] = rest.pop()
        yield [Call(f"{spot.variable}.{tool}.save", (), keywords)]

    return read


def _nft(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    words = list(itertools.dropwhile(lambda word: word.startswith("-"), words))
    if words[:1] and words[0] in ("add", "create", "insert", "replace", "rename", "delete", "flush", "list"):
        yield [Call(f"{spot.variable}.nft.{words[0]}", tuple(words[1:]))]


def _brctl(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if words:
        numbers = tuple(int(word) if word.isdigit() else word for word in words[1:])
        arguments = numbers if words[0] != "stp" else (*words[1:2], words[2:] == ["on"])
        if words[0] == "addbr":
            world.makes(spot.host, Link, words[-1])
            world.elsewhere.add(words[-1])
        elif words[0] == "addif":
            for port in words[2:]:
                world.meant("dev", port, spot)
        yield [Call(f"{spot.variable}.brctl.{words[0]}", arguments)]


def _modprobe(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if len(words) == 1:
        yield [Call(f"{world.host(spot)}.module.load", tuple(words))]
    elif len(words) == 2 and words[0] == "-r":
        yield [call(f"{world.host(spot)}.module.remove", words[1])]


def _lsmod(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if not words:
        yield [call(f"{world.host(spot)}.module.list")]


def _ethtool(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if len(words) == 2 and words[0] == "-S":
        known = world.known_link(spot, words[1])
        if known:
            yield [call(f"{known}.ethtool")]
        variable = world.found_link(spot, words[1])
        yield [Call("Veth", (words[1],), spot.at(), makes=(variable,)), call(f"{variable}.ethtool")]
    verbs = {"-S": "statistics", "-i": "driver", "-k": "features", "-l": "channels"}
    if len(words) == 2 and words[0] in verbs:
        yield [call(f"{spot.variable}.ethtool.{verbs[words[0]]}", words[1])]
    elif len(words) == 1 and not words[0].startswith("-"):
        yield [call(f"{spot.variable}.ethtool.show", words[0])]
    elif words[:1] == ["-K"] and len(words) > 3 and {*words[3::2]} <= {"on", "off"}:
        features = {name.replace("-", "_"): value == "on" for name, value in zip(words[2::2], words[3::2], strict=True)}
        yield [Call(f"{spot.variable}.ethtool.set_features", (words[1],), features)]


TOOLS = {
    "iptables-save": _save("iptables"), "ip6tables-save": _save("ip6tables"),
    "iptables": _iptables("iptables"), "ip6tables": _iptables("ip6tables"), "sysctl": _sysctl, "ping": _ping,
    "ss": _ss, "nft": _nft, "brctl": _brctl, "modprobe": _modprobe, "lsmod": _lsmod, "ethtool": _ethtool,
}  # fmt: skip
"""What reads the words of each tool."""
