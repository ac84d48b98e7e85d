"""Policy routing rules: `ip rule`."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.tables.table import Table, family_option, tokens

ACTIONS = ("blackhole", "unreachable", "prohibit", "nop", "goto PRIORITY")


@frozen
class RuleInfo(Row):
    """A rule as the kernel has it. `src` and `dst` are "all" or networks, `negated` is its `not`.

    `fwmark` has its mask, "0x10/0xff", if it has one; `action` is such as "blackhole" or "goto 100".
    """

    priority: int
    src: str = "all"
    dst: str = "all"
    table: str | None = None
    action: str | None = None
    iif: str | None = None
    oif: str | None = None
    fwmark: str | None = None
    negated: bool = False
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> RuleInfo:
        """From an entry of `ip -j rule`."""

        def network(address: str, length: str) -> str:
            text = str(entry.get(address, "all"))
            return f"{text}/{entry[length]}" if length in entry else text

        mark, jump = entry.get("fwmark"), entry.get("goto")
        return cls(
            entry.get("priority", 0),
            network("src", "srclen"),
            network("dst", "dstlen"),
            entry.get("table"),
            entry.get("action") if jump is None else f"goto {jump}",
            entry.get("iif"),
            entry.get("oif"),
            f"{mark}/{entry['fwmask']}" if "fwmask" in entry else mark,
            "not" in entry,
            entry,
        )


class RuleTable(Table):
    """Rules of a place, `place.rule`."""

    def add(self, **options: Any) -> None:
        """Add a rule.

        Equivalent to: `ip rule add [not] [from NETWORK] [to NETWORK] [fwmark MARK] [iif DEV] [oif DEV]
        [priority NUMBER] [table TABLE | ACTION]`

        The keywords are `from_`, `to`, `fwmark`, `iif`, `oif`, `priority`, `table`, `action` ("blackhole", "goto 100"),
        `not_` (True) and `family` (4 or 6, where no network tells).
        """
        self._change("add", **options)

    def delete(self, **options: Any) -> None:
        """Delete the rule that matches, by the keywords of `add`. Equivalent to: `ip rule delete …`"""
        self._change("delete", **options)

    def flush(self, *, family: int | None = None) -> None:
        """Delete all rules but the kernel's first. Equivalent to: `ip rule flush`"""
        self._site.change("ip", *family_option(family), "rule", "flush")

    def show(self, *, family: int | None = None) -> Rows[RuleInfo]:
        """The rules, in order. Equivalent to: `ip rule`"""
        return self._read(family)

    def list(self, *, family: int | None = None) -> Rows[RuleInfo]:
        """The rules, in order. Equivalent to: `ip rule list`"""
        return self._read(family, "list")

    def _read(self, family: int | None, *words: str) -> Rows[RuleInfo]:
        entries = self._site.read("ip", *family_option(family), "rule", *words)
        return Rows(RuleInfo.from_json(entry) for entry in entries)

    def _change(self, verb: str, *, family: int | None = None, **options: Any) -> None:
        words = _rule_words(**options)
        if not words:
            # `ip` would refuse it, too, but with the exit status of success.
            raise InvalidArgumentError("options", None, "say which rule")
        if family is None and any(values.is_ipv6(word) for word in words):
            family = 6
        self._site.change("ip", *family_option(family), "rule", verb, *words)


def _rule_words(
    *,
    from_: Any = None,
    to: Any = None,
    fwmark: Any = None,
    iif: Any = None,
    oif: Any = None,
    priority: int | None = None,
    table: Any = None,
    action: str | None = None,
    not_: bool = False,
) -> tuple[str, ...]:
    words = tokens(
        not_=values.truth("not_", not_),
        from_=None if from_ is None else values.network("from_", from_),
        to=None if to is None else values.network("to", to),
        fwmark=None if fwmark is None else values.mark("fwmark", fwmark),
        iif=None if iif is None else values.link_name("iif", iif),
        oif=None if oif is None else values.link_name("oif", oif),
        priority=None if priority is None else values.integer("priority", priority, 0, 2**32 - 1),
        table=None if table is None else values.name_or_number("table", table),
    )
    return words if action is None else (*words, *_action_words(action))


def _action_words(action: Any) -> tuple[str, ...]:
    if isinstance(action, str) and action.startswith("goto "):
        return ("goto", str(values.integer("action", action[5:], 1, 2**32 - 1)))
    return (values.choice("action", action, ACTIONS),)
