"""Policy routing rules: `ip rule`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import (
    Address,
    ByteName,
    Family,
    LinkName,
    Mark,
    Network,
    Number,
    NumberRange,
    PortRange,
    Present,
    Service,
    TableName,
)
from netns_kit.commands.word import ALONE, Word, spelled
from netns_kit.commands.words import refuse_together, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Added, Removed, Table

Action = Annotated[Literal["blackhole", "unreachable", "prohibit", "nop"], ALONE]
"""What becomes of a packet."""


def checked_realms(argument: str, value: Any) -> str:
    """Realms: names or numbers, of where a packet comes from and where it goes, or of the latter alone."""
    text = str(value)
    for part in text.split("/", 1):
        values.name_or_number(argument, part)
    return text


Realms = Annotated[int | str, Word(checked_realms, "[FROM/]TO")]
"""A realm, or two: "5/6"."""


@words
class RuleSelector:
    """Which packets, or which rules."""

    family: Family | None = None  # 4 or 6, where no network tells
    not_: Annotated[Present, spelled(keys=("negated",))] = False  # those that the rest does not fit
    from_: Annotated[Network, spelled(keys=("src",))] | None = None  # from this network
    to: Annotated[Network, spelled(keys=("dst",))] | None = None  # to this network
    tos: Service | None = None  # of this type of service
    fwmark: Mark | None = None  # of this firewall mark, "0x10/0xff" with its mask
    iif: LinkName | None = None  # that came by this link
    oif: LinkName | None = None  # of a socket that is bound to this link
    priority: Number | None = None  # of several rules, that with the lowest is asked first
    l3mdev: Present = False  # those of VRFs, each by its own table
    uidrange: NumberRange | None = None  # of these users' sockets, such as "1000-1999"
    ipproto: ByteName | None = None  # of this protocol, such as "tcp"
    sport: PortRange | None = None  # from this port, or these: "8000-8080"
    dport: PortRange | None = None  # to this port, or these
    table: TableName | None = None  # the table that is looked up, number or name
    protocol: ByteName | None = None  # who made it, such as "static"

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What is of IPv6 tells so."""
        if "family" not in given and any(values.is_ipv6(given.get(one, "")) for one in ("from_", "to")):
            given["family"] = "6"


@words
class RuleWords(RuleSelector):
    """A rule."""

    nat: Address | None = None  # the address that it is from then on (long gone from the kernel)
    realms: Realms | None = None  # the realm that it is in then, or two: "5/6"
    suppress_prefixlength: Number | None = None  # routes to networks as wide as this, or wider, are not taken
    suppress_ifgroup: TableName | None = None  # routes by links of this group are not taken
    goto: Number | None = None  # the rule to go on with, by its priority
    action: Action | None = None  # what becomes of the packet, where no table says it

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Some condition it needs; a table, a jump and an action say different things."""
        if not given.keys() - {"family", "exists_ok", "missing_ok"}:
            # `ip` would refuse it, too, but with the exit status of success.
            raise InvalidArgumentError("options", None, "say which rule")
        refuse_together(given, "table", "goto", "action", "l3mdev")
        RuleSelector.complete(given)


@words
class RuleAdded(Added, RuleWords):
    """A rule that is added."""


@words
class RuleGone(Removed, RuleWords):
    """A rule that is deleted."""


@words
class RuleFamily:
    """Of which family."""

    family: Family | None = None  # 4 or 6, IPv4 otherwise


@frozen
class RuleInfo(Row):
    """A rule as the kernel has it. `src` and `dst` are "all" or networks, `negated` is its `not`.

    `fwmark` has its mask, "0x10/0xff", if it has one; `action` is such as "blackhole", `goto` the priority to go on
    with. As text it is the command that adds it.
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
    tos: str | None = None
    l3mdev: bool = False
    uidrange: str | None = None
    ipproto: str | None = None
    sport: str | None = None
    dport: str | None = None
    protocol: str | None = None
    nat: str | None = None
    realms: str | None = None
    suppress_prefixlength: int | None = None
    suppress_ifgroup: str | None = None
    goto: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)
    usual: ClassVar[dict[str, Any]] = {"src": "all", "dst": "all"}

    @classmethod
    def from_json(cls, entry: Entry) -> RuleInfo:
        """From an entry of `ip -j -d rule`."""

        def network(address: str, length: str) -> str:
            text = str(entry.get(address, "all"))
            return f"{text}/{entry[length]}" if length in entry else text

        def several(name: str, first: str, last: str) -> str | None:
            if first in entry:
                return f"{entry[first]}-{entry[last]}"
            return str(entry[name]) if name in entry else None

        mark, flow = entry.get("fwmark"), entry.get("flow_to")
        return cls(
            entry.get("priority", 0),
            network("src", "srclen"),
            network("dst", "dstlen"),
            entry.get("table"),
            entry.get("action"),
            entry.get("iif"),
            entry.get("oif"),
            f"{mark}/{entry['fwmask']}" if "fwmask" in entry else mark,
            "not" in entry,
            entry.get("tos"),
            "l3mdev" in entry,
            several("uid", "uid_start", "uid_end"),
            entry.get("ipproto"),
            several("sport", "sport_start", "sport_end"),
            several("dport", "dport_start", "dport_end"),
            entry.get("protocol"),
            entry.get("nat_gateway"),
            f"{entry['flow_from']}/{flow}" if "flow_from" in entry else flow,
            entry.get("suppress_prefixlen"),
            entry.get("suppress_ifgroup"),
            entry.get("goto"),
            entry,
        )

    def __str__(self) -> str:
        told: dict[str, Any] = {name: value for name, value in self.items() if value != self.usual.get(name)}
        told[self.action or "action"] = True
        if not told.keys() & {"src", "dst"}:
            told["from_"] = "all"
        return RuleTable.add.line(told)


class RuleTable(Table):
    """Rules of a place, `place.rule`."""

    @verb("ip {family} rule add", RuleAdded)
    def add(self, said: Said) -> None:
        """Add a rule.

        Raises InvalidArgumentError, ExistsError.
        """
        self._carry_out(said)

    @verb("ip {family} rule delete", RuleGone)
    def delete(self, said: Said) -> None:
        """Delete the rule that matches. Raises NotFoundError if none does."""
        self._carry_out(said)

    @verb("ip {family} rule flush", RuleFamily)
    def flush(self, said: Said) -> None:
        """Delete all rules but the kernel's first."""
        self._carry_out(said)

    @verb("ip {family} rule [show]", RuleSelector)
    def show(self, said: Said) -> Rows[RuleInfo]:
        """The rules, in order, or those that are selected."""
        return self._rows(said)

    list = show.spelt("list")

    def _rows(self, said: Said) -> Rows[RuleInfo]:
        return Rows(RuleInfo.from_json(entry) for entry in self._site.read("ip", *said[1:]))
