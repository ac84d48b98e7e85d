"""The firewall: `iptables` and `ip6tables`."""

from __future__ import annotations

import re
import shlex
from typing import Any

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import InvalidArgumentError, NotFoundError, RefusedValueError
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.site import At
from netns_kit.tables.table import Table

_SHORT = {
    "protocol": "-p",
    "source": "-s",
    "destination": "-d",
    "in_interface": "-i",
    "out_interface": "-o",
    "match": "-m",
    "jump": "-j",
    "goto": "-g",
}
_OWN = (*_SHORT, "fragment", "table", "wait")
_LONG = {short: name for name, short in _SHORT.items()}


@frozen
class IptablesRule(Row):
    """A rule, or a chain's policy, as `iptables -S` prints it. `words` are those behind the chain's name."""

    chain: str
    words: tuple[str, ...] = ()
    policy: str | None = None

    @property
    def options(self) -> dict[str, str | bool]:
        """The rule by iptables' long option names, such as {"in_interface": "br0", "jump": "ACCEPT"}.

        A negated value begins with "! "; an option without a value is True; several matches stand side by side.
        """
        options: dict[str, str | bool] = {}
        negated, key = "", ""
        for word in self.words:
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

    def __str__(self) -> str:
        if self.policy is not None:
            return f"-P {self.chain} {self.policy}"
        return shlex.join(("-A", self.chain, *self.words))


class IptablesTable(Table):
    """The firewall of a place: `place.iptables`, and `place.ip6tables` for IPv6.

    A rule is given as its words, `append("FORWARD", "-i", "br0", "-j", "ACCEPT")`, or by iptables' long option
    names, `append("FORWARD", in_interface="br0", jump="ACCEPT")`; a value that begins with "! " negates.
    Every verb takes `table=`, such as "nat"; it is the filter table otherwise.
    """

    def __init__(self, at: At | None = None, tool: str = "iptables") -> None:
        super().__init__(at)
        self._tool = tool

    def append(self, chain: str, *words: Any, table: str | None = None, **options: Any) -> None:
        """Add a rule at the end of a chain. Equivalent to: `iptables [-t TABLE] -A CHAIN RULE`"""
        self._rule("-A", chain, (), words, table, options)

    def insert(self, chain: str, *words: Any, number: int = 1, table: str | None = None, **options: Any) -> None:
        """Add a rule at a place in a chain, the first by default. Equivalent to: `iptables -I CHAIN [NUMBER] RULE`"""
        where = () if number == 1 else (str(values.integer("number", number, 1, 2**31)),)
        self._rule("-I", chain, where, words, table, options)

    def delete(
        self, chain: str, *words: Any, number: int | None = None, table: str | None = None, **options: Any
    ) -> None:
        """Delete the rule that is given, or the one of that number. Equivalent to: `iptables -D CHAIN RULE|NUMBER`"""
        if number is not None:
            self._change(table, "-D", _chain(chain), values.integer("number", number, 1, 2**31))
        else:
            self._rule("-D", chain, (), words, table, options)

    def check(self, chain: str, *words: Any, table: str | None = None, **options: Any) -> bool:
        """Whether the rule is there. Equivalent to: `iptables -C CHAIN RULE`"""
        rule = _words(words, options)
        try:
            self._change(table, "-C", _chain(chain), *rule)
        except (NotFoundError, RefusedValueError) as error:
            if error.returncode == 1:
                return False
            raise
        return True

    def policy(self, chain: str, target: str, *, table: str | None = None) -> None:
        """What becomes of a packet that no rule of the chain decides. Equivalent to: `iptables -P CHAIN TARGET`"""
        self._change(table, "-P", _chain(chain), values.plain("target", target))

    def flush(self, chain: str | None = None, *, table: str | None = None) -> None:
        """Delete all rules of a chain, or of all chains. Equivalent to: `iptables -F [CHAIN]`"""
        self._change(table, "-F", *(() if chain is None else (_chain(chain),)))

    def new_chain(self, chain: str, *, table: str | None = None) -> None:
        """Make a chain. Equivalent to: `iptables -N CHAIN`"""
        self._change(table, "-N", _chain(chain))

    def delete_chain(self, chain: str, *, table: str | None = None) -> None:
        """Delete an empty chain. Equivalent to: `iptables -X CHAIN`"""
        self._change(table, "-X", _chain(chain))

    def list(self, chain: str | None = None, *, table: str | None = None) -> Result:
        """The rules as people read them. Equivalent to: `iptables -L [CHAIN]`

        `rules()` gives them typed.
        """
        return self._site.run(*self._start(table), "-L", *(() if chain is None else (_chain(chain),)))

    def rules(self, chain: str | None = None, *, table: str | None = None) -> Rows[IptablesRule]:
        """The chains' policies and the rules, typed. Equivalent to: `iptables -S [CHAIN]`"""
        chosen = () if chain is None else (_chain(chain),)
        return parse_rules(self._site.run(*self._start(table), "-S", *chosen).stdout)

    def _start(self, table: str | None) -> tuple[str, ...]:
        return (self._tool,) if table is None else (self._tool, "-t", values.plain("table", table))

    def _change(self, table: str | None, *words: Any) -> None:
        self._site.run(*self._start(table), *words)

    def _rule(
        self,
        verb: str,
        chain: str,
        where: tuple[str, ...],
        words: tuple[Any, ...],
        table: str | None,
        options: dict[str, Any],
    ) -> None:
        self._change(table, verb, _chain(chain), *where, *_words(words, options))


def parse_rules(text: str) -> Rows[IptablesRule]:
    """The rules in what `iptables -S` printed. A chain without a policy has "-" for it."""
    rules = []
    for line in text.split("\n"):
        words = _split(line)
        if words[:1] == ["-P"]:
            rules.append(IptablesRule(words[1], policy=words[2]))
        elif words[:1] == ["-N"]:
            rules.append(IptablesRule(words[1], policy="-"))
        elif words[:1] == ["-A"]:
            rules.append(IptablesRule(words[1], tuple(words[2:])))
    return Rows(rules)


def _split(line: str) -> list[str]:
    # Between quotes, iptables puts a backslash before quotes of both kinds and before itself; a shell would not.
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', line)
    return [bare or re.sub(r"\\(.)", r"\1", quoted) for quoted, bare in words]


def _chain(chain: str) -> str:
    name = values.plain("chain", chain)
    if len(name.encode()) > 28 or " " in name:
        raise InvalidArgumentError("chain", chain, "a chain's name has 28 bytes at the most, and no space")
    return name


def _value(key: str, value: Any) -> str:
    name = key.rstrip("_")
    longer = [known for known in _OWN if known.startswith(name)]
    # The match `policy` has a `--proto` of its own.
    if longer and name not in (*_OWN, "proto"):
        raise InvalidArgumentError(key, value, f"iptables would take it for {longer[0]}")
    return "" if value is True else values.text(key, value)


def _words(words: tuple[Any, ...], options: dict[str, Any]) -> tuple[str, ...]:
    result = [values.text("words", word) for word in words]
    for key, value in options.items():
        text = _value(key, value)
        if text.startswith("! "):
            result.append("!")
            text = text[2:]
        result.append(_SHORT.get(key, f"--{key.rstrip('_').replace('_', '-')}"))
        if value is not True:
            result.append(values.plain(key, text))
    if any("\n" in word or "\0" in word for word in result):
        raise InvalidArgumentError("words", words, "a word holds a newline or NUL")
    return tuple(result)
