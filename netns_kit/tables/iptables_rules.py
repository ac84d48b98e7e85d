"""Rules of the firewall as `iptables -S` prints them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import ClassVar

from attrs import field, frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.site import Site

SHORT = {
    "protocol": "-p",
    "source": "-s",
    "destination": "-d",
    "in_interface": "-i",
    "out_interface": "-o",
    "fragment": "-f",
    "match": "-m",
    "jump": "-j",
    "goto": "-g",
    "set_counters": "-c",
}
"""The short forms of options, which are typed."""

_LONG = {short: name for name, short in SHORT.items()}


@frozen
class IptablesRule(Row):
    """A rule, or a chain's policy, as `iptables -S` prints it. `words` are those behind the chain's name.

    `packets` and `bytes` are counted where they were asked for.
    """

    usual: ClassVar[dict[str, str]] = {"table": "filter", "tool": "iptables"}

    chain: str
    words: tuple[str, ...] = ()
    policy: str | None = None
    table: str = "filter"
    tool: str = "iptables"
    packets: int | None = None
    bytes: int | None = None
    at: Site | None = field(default=None, repr=False, eq=False)

    @property
    def options(self) -> dict[str, str | bool]:
        """The rule by iptables' long option names, such as {"in_interface": "br0", "jump": "ACCEPT"}.

        A negated value begins with "! "; an option without a value is True; several matches stand side by side.
        """
        return options_of(self.words)

    def delete(self) -> None:
        """Delete it. Equivalent to: `iptables [-t TABLE] -D CHAIN RULE`. Raises NotFoundError, RefusedValueError."""
        if self.at is None or self.policy is not None:
            raise InvalidArgumentError("rule", str(self), "it is a chain's policy, or of no place")
        table = () if self.table == "filter" else ("-t", self.table)
        self.at.run(self.tool, *table, "-D", self.chain, *self.words)

    def __str__(self) -> str:
        if self.policy is not None:
            return f"-P {self.chain} {self.policy}"
        return shlex.join(("-A", self.chain, *self.words))


def options_of(words: Sequence[str]) -> dict[str, str | bool]:
    """The words of a rule by iptables' long option names."""
    options: dict[str, str | bool] = {}
    negated, key = "", ""
    for word in words:
        if word == "!":
            negated = "! "
        elif word.startswith("-") and not word.lstrip("-").isdigit():
            key = _LONG.get(word, word.lstrip("-").replace("-", "_"))
            options[key] = negated or options.get(key, True)
            negated = ""
        else:
            known = options[key]
            options[key] = word if known is True else f"{known}{'' if str(known).endswith('! ') else ' '}{word}"
    return options


def parse_rules(
    text: str, *, table: str = "filter", tool: str = "iptables", at: Site | None = None
) -> Rows[IptablesRule]:
    """The rules in what `iptables -S` printed, or `iptables -S -v`. A chain without a policy has "-" for it."""
    rules = []
    for line in text.split("\n"):
        verb, *words = _split(line) or [""]
        packets = size = None
        if "-c" in words[:4]:
            place = words.index("-c")
            packets, size = int(words[place + 1]), int(words[place + 2])
            del words[place : place + 3]
        if verb in ("-P", "-N"):
            policy = words[1] if verb == "-P" else "-"
            rules.append(IptablesRule(words[0], (), policy, table, tool, packets, size, at))
        elif verb == "-A":
            rules.append(IptablesRule(words[0], tuple(words[1:]), None, table, tool, packets, size, at))
    return Rows(rules)


def _split(line: str) -> list[str]:
    # Between quotes, iptables puts a backslash before quotes of both kinds and before itself; a shell would not.
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', line)
    return [bare or re.sub(r"\\(.)", r"\1", quoted) for quoted, bare in words]
