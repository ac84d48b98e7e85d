"""Filters: `tc filter`, which put packets into classes, or do something with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from attrs import field as fact
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, LinkName, Mac, Network, Number, Plain, Port, Present, Statistics
from netns_kit.commands.word import ALONE, Several, Word
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table
from netns_kit.tables.tc.measures import Handle, Parent


@frozen
class FilterInfo(Row):
    """A filter as the kernel has it; `options` are the tool's own."""

    kind: str
    dev: str | None = None
    parent: str | None = None
    protocol: str = ""
    pref: int = 0
    chain: int = 0
    options: Entry = fact(factory=dict)
    raw: Entry = fact(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> FilterInfo:
        """From an entry of `tc -j filter`."""
        return cls(
            entry.get("kind", ""),
            entry.get("dev"),
            entry.get("parent"),
            entry.get("protocol", ""),
            entry.get("pref", 0),
            entry.get("chain", 0),
            entry.get("options") or {},
            entry,
        )


def _matches(argument: str, value: Any) -> tuple[tuple[str, ...], ...]:
    several = (value,) if isinstance(value, str) else value
    if not isinstance(several, Sequence) or not all(isinstance(one, str) for one in several):
        raise InvalidArgumentError(argument, value, 'it must be a text such as "ip dst 10.0.0.1/32", or several')
    return tuple(tuple(values.plain(argument, one).split()) for one in several)


def _actions(argument: str, value: Any) -> tuple[tuple[str, ...], ...]:
    several = (value,) if isinstance(value, str | Mirred) else value
    if not isinstance(several, Sequence) or not all(isinstance(one, str | Mirred) for one in several):
        raise InvalidArgumentError(argument, value, 'it must be such as "drop", or a Mirred, or several')
    return tuple(tuple(values.plain(argument, one).split()) if isinstance(one, str) else one.words() for one in several)


class Mirred:
    """The action that hands packets to another link: `Mirred(ifb0)` is `mirred egress redirect dev ifb0`.

    `direction` is "egress", as if the link sent it, or "ingress"; `how` is "redirect" or "mirror".
    """

    def __init__(
        self,
        dev: LinkName,
        *,
        direction: Literal["egress", "ingress"] = "egress",
        how: Literal["redirect", "mirror"] = "redirect",
    ) -> None:
        self.direction = values.choice("direction", direction, ("egress", "ingress"))
        self.how = values.choice("how", how, ("redirect", "mirror"))
        self.dev = values.link_name("dev", dev)

    def words(self) -> tuple[str, ...]:
        """Its words in a command."""
        return ("mirred", self.direction, self.how, "dev", self.dev)

    def __repr__(self) -> str:
        return f"Mirred({self.dev!r}, direction={self.direction!r}, how={self.how!r})"


Match = Annotated[str | Sequence[str], Several(_matches, "SELECTOR")]
"""What a packet must be, as the tool has it, such as "ip dst 10.0.0.1/32"; several must all hold."""

Action = Annotated[str | Mirred | Sequence[str | Mirred], Several(_actions, "ACTION")]
"""What is done with a packet: such as "drop" or "police rate 1mbit burst 10k drop", a `Mirred`, or several in a row."""


def _words(argument: str, value: Any) -> tuple[str, ...]:
    found = tuple(values.plain(argument, value).split())
    if found[:1] != ("rate",) or {"flowid", "classid", "action", "match"} & set(found):
        raise InvalidArgumentError(argument, value, 'it must be such as "rate 1mbit burst 10k drop"')
    return found


Police = Annotated[str, Word(_words, "RATE …")]
"""How much may pass, in tc's own words."""


def _ports(argument: str, value: Any) -> str:
    low, dash, high = str(value).partition("-")
    lowest = values.port(argument, value if not dash else low)
    return f"{lowest}-{values.integer(argument, high, lowest, 65535)}" if dash else str(lowest)


Ports = Annotated[int | str, Word(_ports, "PORT")]
"""A port, or a range such as "80-90"."""

FilterKind = Literal["u32", "flower", "matchall", "basic", "fw", "route", "bpf"]
"""A kind of filter."""


@words
class FlowerWords:
    """What a flower, or a u32, a basic or a matchall, looks at."""

    match: Match | None = None  # of u32 and basic: such as "ip dport 80 0xffff", or several
    police: Police | None = None  # of u32: how much may pass, such as "rate 1mbit burst 10k drop"
    divisor: Number | None = None  # of u32: how many buckets a hash table has
    indev: LinkName | None = None  # the link that it came by
    vlan_id: Number | None = None  # its tag
    vlan_prio: Number | None = None  # its tag's priority
    vlan_ethtype: Plain | None = None  # what is in the tagged packet, such as "ipv4"
    dst_mac: Mac | None = None  # its Ethernet destination
    src_mac: Mac | None = None  # its Ethernet source
    ip_proto: Plain | None = None  # such as "tcp"
    ip_tos: Plain | None = None  # its type of service, with a mask behind a slash
    ip_ttl: Plain | None = None  # its time to live, with a mask behind a slash
    dst_ip: Network | None = None  # where it goes
    src_ip: Network | None = None  # where it comes from
    dst_port: Ports | None = None  # its destination port, or such as "80-90"
    src_port: Ports | None = None  # its source port, or such as "80-90"
    tcp_flags: Plain | None = None  # with a mask behind a slash
    type: Number | None = None  # of ICMP
    code: Number | None = None  # of ICMP
    arp_tip: Network | None = None  # whom an ARP request asks for
    arp_sip: Network | None = None  # who asks
    arp_op: Plain | None = None  # "request" or "reply"
    enc_dst_ip: Address | None = None  # where the tunnel's packet goes
    enc_src_ip: Address | None = None  # where it comes from
    enc_key_id: Number | None = None  # the tunnel's number
    enc_dst_port: Port | None = None  # the tunnel's port
    ct_state: Plain | None = None  # of the connection, such as "+trk+est"
    ct_mark: Plain | None = None  # of the connection, with a mask behind a slash
    ct_zone: Number | None = None  # of the connection


@words
class FilterWords(FlowerWords):
    """A filter, where it belongs, what it looks at and what it does."""

    parent: Parent | None = None  # "root" unless it is given; also "ingress" and "egress" (of a clsact)
    protocol: Plain | None = None  # of which packets, such as "ip", "ipv6", "arp" or "all"
    pref: Number | None = None  # the lowest is looked at first
    prio: Number | None = None  # the same, in tc's other word
    chain: Number | None = None  # of which chain
    handle: Handle | None = None  # its number; a fw's is the firewall mark
    kind: Annotated[FilterKind, ALONE] = field(kw_only=False)  # of which kind
    classid: Handle | None = None  # the class that matching packets go to
    flowid: Handle | None = None  # the same, in u32's word
    skip_hw: Present = False  # not in the hardware
    skip_sw: Present = False  # in the hardware alone
    action: Action | None = None  # what is done with matching packets


@words
class WhichWords:
    """Which filters."""

    parent: Parent | None = None  # "root" unless it is given; also "ingress" and "egress"
    protocol: Plain | None = None  # of which packets
    pref: Number | None = None  # of which preference
    prio: Number | None = None  # the same, in tc's other word
    chain: Number | None = None  # of which chain
    handle: Handle | None = None  # of which number
    kind: Annotated[FilterKind, ALONE] | None = field(kw_only=False, default=None)  # of which kind


@words
class ShowWords:
    """Which filters are shown."""

    statistics: Statistics = False  # with what they counted
    parent: Parent | None = None  # of whom; also "ingress" and "egress"


class FilterTable(Table):
    """The filters of a link, `link.filter`: `link.filter.add("u32", protocol="ip", match="ip dst 10.0.0.2/32", …)`."""

    def __init__(self, at: At | None, dev: str) -> None:
        super().__init__(at)
        self._dev = dev

    @verb("tc filter add dev <_dev> {parent} {protocol} {pref} {prio} {chain} {handle} {kind}", FilterWords)
    def add(self, said: Said) -> None:
        """Add a filter. Raises InvalidArgumentError, NotFoundError (no such parent), MissingModuleError."""
        self._site.change(*said)

    @verb("tc filter replace dev <_dev> {parent} {protocol} {pref} {prio} {chain} {handle} {kind}", FilterWords)
    def replace(self, said: Said) -> None:
        """Add a filter, or change the one that is there."""
        self._site.change(*said)

    @verb("tc filter change dev <_dev> {parent} {protocol} {pref} {prio} {chain} {handle} {kind}", FilterWords)
    def change(self, said: Said) -> None:
        """Change the filter that is there."""
        self._site.change(*said)

    @verb("tc filter del dev <_dev>", WhichWords)
    def delete(self, said: Said) -> None:
        """Delete filters: all of a parent, or those that are meant."""
        self._site.change(*said)

    @verb("tc {statistics} filter show dev <_dev>", ShowWords)
    def show(self, said: Said) -> Rows[FilterInfo]:
        """The link's filters; those of what comes in with `parent="ingress"`."""
        return Rows(FilterInfo.from_json({"dev": self._dev, **entry}) for entry in self._site.read(*said))

    list = show.spelt("list")
