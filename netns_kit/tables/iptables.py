"""The firewall: `iptables` and `ip6tables`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import InvalidArgumentError, NotFoundError, RefusedValueError
from netns_kit.commands.rows import Rows
from netns_kit.commands.words import unknown
from netns_kit.sites.site import At
from netns_kit.tables.iptables_rules import SHORT, IptablesRule, parse_rules
from netns_kit.tables.iptables_words import RuleOptions
from netns_kit.tables.table import Table

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
R = TypeVar("R")


def expanded(method: Callable[P, R]) -> Callable[P, R]:
    """Have a method show each option of a rule in its signature, as people and notebooks look for them."""
    shown = inspect.signature(method)
    options = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=note)
               for name, note in RuleOptions.__annotations__.items()]  # fmt: skip
    given = [one for one in shown.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    method.__signature__ = shown.replace(parameters=[*given, *options])  # type: ignore[attr-defined]
    return method


class IptablesTable(Table):
    """The firewall of a place: `place.iptables`, and `place.ip6tables` for IPv6.

    A rule is given as its words, `append("FORWARD", "-i", "br0", "-j", "ACCEPT")`, or by iptables' long option
    names, `append("FORWARD", in_interface="br0", jump="ACCEPT")`, in the order in which they are typed; a value that
    begins with "! " negates. Every verb takes `table=`, such as "nat"; it is the filter table otherwise.
    """

    def __init__(self, at: At | None = None, tool: str = "iptables") -> None:
        super().__init__(at)
        self._tool = tool

    @expanded
    def append(
        self, chain: str, *words: str | int, table: str | None = None, **options: Unpack[RuleOptions]
    ) -> IptablesRule:
        """Add a rule at the end of a chain; gives the rule, which `delete()` takes away again.

        Equivalent to: `iptables [-t TABLE] -A CHAIN RULE`
        """
        return self._rule("append", chain, (), words, table, options)

    @expanded
    def insert(
        self,
        chain: str,
        *words: str | int,
        number: int = 1,
        table: str | None = None,
        **options: Unpack[RuleOptions],
    ) -> IptablesRule:
        """Add a rule at a place in a chain, the first by default; gives the rule.

        Equivalent to: `iptables [-t TABLE] -I CHAIN [NUMBER] RULE`
        """
        where = () if number == 1 else (str(values.integer("number", number, 1, 2**31)),)
        return self._rule("insert", chain, where, words, table, options)

    @expanded
    def replace(
        self, chain: str, number: int, *words: str | int, table: str | None = None, **options: Unpack[RuleOptions]
    ) -> IptablesRule:
        """Put a rule in the place of the one of that number; gives the rule.

        Equivalent to: `iptables [-t TABLE] -R CHAIN NUMBER RULE`
        """
        where = (str(values.integer("number", number, 1, 2**31)),)
        return self._rule("replace", chain, where, words, table, options)

    @expanded
    def delete(
        self,
        chain: str,
        *words: str | int,
        number: int | str | None = None,
        table: str | None = None,
        **options: Unpack[RuleOptions],
    ) -> None:
        """Delete the rule that is given, or the one of that number.

        Equivalent to: `iptables [-t TABLE] -D CHAIN RULE|NUMBER`
        """
        if number is not None:
            self._change(table, "-D", _chain(chain), values.integer("number", number, 1, 2**31))
        else:
            self._rule("delete", chain, (), words, table, options)

    @expanded
    def check(self, chain: str, *words: str | int, table: str | None = None, **options: Unpack[RuleOptions]) -> bool:
        """Whether the rule is there. Equivalent to: `iptables [-t TABLE] -C CHAIN RULE`"""
        try:
            self._rule("check", chain, (), words, table, options)
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
        self._change(table, "-F", *_optional(chain))

    def zero(self, chain: str | None = None, *, table: str | None = None) -> None:
        """Set the counters of a chain, or of all chains, to zero. Equivalent to: `iptables -Z [CHAIN]`"""
        self._change(table, "-Z", *_optional(chain))

    def new_chain(self, chain: str, *, table: str | None = None) -> None:
        """Make a chain. Equivalent to: `iptables -N CHAIN`"""
        self._change(table, "-N", _chain(chain))

    def delete_chain(self, chain: str | None = None, *, table: str | None = None) -> None:
        """Delete an empty chain, or all of one's own. Equivalent to: `iptables -X [CHAIN]`"""
        self._change(table, "-X", *_optional(chain))

    def rename_chain(self, chain: str, name: str, *, table: str | None = None) -> None:
        """Give a chain another name. Equivalent to: `iptables -E CHAIN NAME`"""
        self._change(table, "-E", _chain(chain), _chain(name))

    def list(
        self,
        chain: str | None = None,
        *,
        numeric: bool = False,
        verbose: bool = False,
        line_numbers: bool = False,
        exact: bool = False,
        table: str | None = None,
    ) -> Result:
        """The rules as people read them; `rules()` gives them typed.

        Equivalent to: `iptables [-t TABLE] -L [CHAIN] [-n] [-v] [--line-numbers] [-x]`

        `numeric` asks no name server, `verbose` shows links and counters, `exact` counts in full.
        """
        flags = {"-n": numeric, "-v": verbose, "--line-numbers": line_numbers, "-x": exact}
        said = [flag for flag, on in flags.items() if values.truth(flag.lstrip("-"), on)]
        return self._site.run(*self._start(table), "-L", *_optional(chain), *said)

    show = list

    def rules(
        self, chain: str | None = None, *, counters: bool = False, table: str | None = None
    ) -> Rows[IptablesRule]:
        """The chains' policies and the rules, typed; with `counters`, the packets and bytes that each has seen.

        Equivalent to: `iptables [-t TABLE] -S [CHAIN] [-v]`
        """
        more = ("-v",) if values.truth("counters", counters) else ()
        said = self._site.run(*self._start(table), "-S", *_optional(chain), *more).stdout
        return parse_rules(said, table=table or "filter", tool=self._tool, at=self._site)

    def save(self, *, counters: bool = False, table: str | None = None) -> str:
        """All rules, or those of a table, as `restore` takes them. Equivalent to: `iptables-save [-c] [-t TABLE]`"""
        flags = (*(("-c",) if values.truth("counters", counters) else ()), *self._start(table)[1:])
        return self._site.run(f"{self._tool}-save", *flags).stdout

    def restore(self, rules: str, *, noflush: bool = False, counters: bool = False, test: bool = False) -> None:
        """Put the rules of a text, such as `save` gives, in the place of those that are there, at once.

        Equivalent to: `iptables-restore [-n] [-c] [-t] < RULES`

        With `noflush` what is there stays; `test` only looks whether the text is right.
        """
        if not isinstance(rules, str):
            raise InvalidArgumentError("rules", rules, "it must be text")
        flags = {"-n": ("noflush", noflush), "-c": ("counters", counters), "-t": ("test", test)}
        said = [flag for flag, (name, on) in flags.items() if values.truth(name, on)]
        self._site.run(f"{self._tool}-restore", *said, input=rules)

    def _start(self, table: str | None) -> tuple[str, ...]:
        return (self._tool,) if table is None else (self._tool, "-t", values.plain("table", table))

    def _change(self, table: str | None, *words: Any) -> None:
        self._site.run(*self._start(table), *words)

    def _rule(
        self,
        verb: str,
        chain: str,
        where: tuple[str, ...],
        words: tuple[str | int, ...],
        table: str | None,
        options: RuleOptions,
    ) -> IptablesRule:
        name = _chain(chain)
        rule = (*(values.text("words", word) for word in words), *_words(f"IptablesTable.{verb}", dict(options)))
        if any("\n" in word or "\0" in word for word in rule):
            raise InvalidArgumentError("words", words, "a word holds a newline or NUL")
        self._change(table, f"-{verb[0].upper()}", name, *where, *rule)
        return IptablesRule(name, rule, None, table or "filter", self._tool, at=self._site)


def _optional(chain: str | None) -> tuple[str, ...]:
    return () if chain is None else (_chain(chain),)


def _chain(chain: str) -> str:
    name = values.plain("chain", chain)
    if len(name.encode(errors="surrogateescape")) > 28 or " " in name:
        raise InvalidArgumentError("chain", chain, "a chain's name has 28 bytes at the most, and no space")
    return name


def _words(verb: str, options: dict[str, Any]) -> tuple[str, ...]:
    result: list[str] = []
    for key, value in options.items():
        if key not in RuleOptions.__annotations__:
            raise unknown(verb, key, value, RuleOptions.__annotations__)
        several = value if key == "match" and isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        for one in several:
            result += _option(key, one)
    return tuple(result)


def _option(key: str, value: Any) -> tuple[str, ...]:
    typed = SHORT.get(key, f"--{key.rstrip('_').replace('_', '-')}")
    text = "" if value is True else values.text(key, value)
    negated = ("!",) if text.startswith("! ") or text == "!" else ()
    text = text.removeprefix("!").strip() if negated else text
    if value is True or (not text and negated):
        return (*negated, typed)
    words = text.split() if key in SEVERAL else (values.plain(key, text),)
    return (*negated, typed, *words)


SEVERAL = ("tcp_flags", "match_set", "add_set", "del_set", "set_counters")
"""Options whose value is two words."""
