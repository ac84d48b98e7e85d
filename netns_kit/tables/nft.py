"""The firewall by its newer tool: `nft`."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import InvalidArgumentError, OutputError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.tables.table import Table


@frozen
class NftInfo(Row):
    """A table, a chain, a set or a rule, as `nft -j list ruleset` has it: `object` says which.

    Of a chain `hook`, `priority` and `policy` tell where it is asked; of a rule `expr` are its parts, as nft has them.
    """

    usual: ClassVar[dict[str, Any]] = {"expr": []}

    object: str
    family: str = ""
    table: str | None = None
    chain: str | None = None
    name: str | None = None
    handle: int | None = None
    hook: str | None = None
    priority: int | None = None
    policy: str | None = None
    comment: str | None = None
    expr: list[Any] = field(factory=list, repr=False)
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, kind: str, entry: Entry) -> NftInfo:
        """From an object of nft's answer."""
        return cls(
            kind,
            entry.get("family", ""),
            entry.get("name") if kind == "table" else entry.get("table"),
            entry.get("name") if kind == "chain" else entry.get("chain"),
            entry.get("name"),
            entry.get("handle"),
            entry.get("hook"),
            entry.get("prio"),
            entry.get("policy"),
            entry.get("comment"),
            entry.get("expr") or [],
            entry,
        )


class NftTable(Table):
    """The firewall of a place by nft's own words, `place.nft`.

    `place.nft.add("table", "inet", "filter")`,
    `place.nft.add("rule", "inet", "filter", "input", "tcp", "dport", 80, "accept")`.
    """

    def add(self, *words: str | int) -> None:
        """Add a table, a chain, a rule, …. Equivalent to: `nft add WORDS`"""
        self._change("add", words)

    def create(self, *words: str | int) -> None:
        """Add what must not be there yet. Equivalent to: `nft create WORDS`. Raises ExistsError."""
        self._change("create", words)

    def insert(self, *words: str | int) -> None:
        """Add a rule before the others. Equivalent to: `nft insert WORDS`"""
        self._change("insert", words)

    def replace(self, *words: str | int) -> None:
        """Put a rule in the place of another. Equivalent to: `nft replace WORDS`"""
        self._change("replace", words)

    def rename(self, *words: str | int) -> None:
        """Give a chain another name. Equivalent to: `nft rename WORDS`"""
        self._change("rename", words)

    def delete(self, *words: str | int) -> None:
        """Delete a table, a chain, a rule by its handle, …. Equivalent to: `nft delete WORDS`. Raises NotFoundError."""
        self._change("delete", words)

    def flush(self, *words: str | int) -> None:
        """Delete all rules of a table or chain, or all there is: "ruleset". Equivalent to: `nft flush WORDS`"""
        self._change("flush", words)

    def load(self, rules: str) -> None:
        """Load a text of commands, all or none of them. Equivalent to: `nft -f - < RULES`"""
        if not isinstance(rules, str):
            raise InvalidArgumentError("rules", rules, "it must be text")
        self._site.run("nft", "-f", "-", input=rules)

    def list(self, *words: str | int) -> Result:
        """The rules as people read them, all unless words say which. Equivalent to: `nft list ruleset`"""
        return self._site.run("nft", "list", *(_words(words) if words else ("ruleset",)))

    show = list

    def ruleset(self) -> Rows[NftInfo]:
        """All tables, chains, sets and rules, typed. Equivalent to: `nft -j list ruleset`"""
        result = self._site.run("nft", "-j", "list", "ruleset")
        try:
            found = json.loads(result.stdout)["nftables"] if result.stdout.strip() else []
        except (json.JSONDecodeError, KeyError, TypeError):
            raise OutputError(f"{result.command} printed no ruleset: {result.stdout[:200]!r}") from None
        kinds = ("table", "chain", "set", "map", "rule", "flowtable", "counter")
        return Rows(NftInfo.from_json(kind, one[kind]) for one in found for kind in kinds if kind in one)

    def _change(self, verb: str, words: tuple[str | int, ...]) -> None:
        self._site.run("nft", verb, *_words(words))


def _words(words: tuple[str | int, ...]) -> tuple[str, ...]:
    if not words:
        raise InvalidArgumentError("words", words, "say which")
    said = tuple(values.text("words", word) for word in words)
    if any("\n" in word or "\0" in word for word in said):
        raise InvalidArgumentError("words", words, "a word holds a newline or NUL")
    # nft takes what begins with - for an option, wherever it stands.
    return ("--", *said) if any(word.startswith("-") for word in said) else said
