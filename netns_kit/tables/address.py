"""Addresses: `ip addr`."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_interface
from typing import Annotated, Any, ClassVar, Literal

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entries, Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import (
    Address,
    ByteName,
    Family,
    Interface,
    LinkName,
    Network,
    Number,
    Plain,
    Present,
    short,
)
from netns_kit.commands.word import ALONE, Flag, Word, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Added, Removed, Table

FOREVER = 2**32 - 1
"""How the kernel says that an address lives for ever."""


def _lifetime(argument: str, value: Any) -> int | str:
    return "forever" if value == "forever" else values.integer(argument, value, 0, FOREVER)


def _broadcast(argument: str, value: Any) -> str:
    return str(value) if value in ("+", "-") else values.address(argument, value)


OwnAddress = Annotated[Interface, ALONE, spelled(keys=("address",))]
"""An address with its prefix length."""

Lifetime = Annotated[int | Literal["forever"], Word(_lifetime, "SECONDS|forever")]
"""Seconds, or "forever"."""

Broadcast = Annotated[str | IPv4Address | IPv6Address, Word(_broadcast, "ADDRESS|+|-")]
"""An address; "+" sets the bits behind the prefix length, "-" clears them."""

Label = Annotated[str, short(values.LINK_NAME_BYTES)]
"""A name such as "eth0:1"."""

Excludable = Annotated[bool, Flag(off=("-{}",))]
"""True: those that are, False: those that are not."""


@words
class Configured:
    """How an address is used."""

    home: Present = False  # it is the home address of Mobile IPv6
    nodad: Present = False  # nobody is asked first whether it is taken (IPv6)
    mngtmpaddr: Present = False  # temporary ones are made of it (IPv6)
    noprefixroute: Present = False  # no route to its network is made
    autojoin: Present = False  # its multicast group is joined on the link


@words
class _Address:
    """An address of a link."""

    family: Family | None = None  # 4 or 6
    address: OwnAddress = field(kw_only=False)  # such as "10.0.0.1/24"; without a prefix length it is /32 or /128
    peer: Interface | None = None  # the other end's, on a link that joins two
    broadcast: Broadcast | None = None  # "+" is the usual one
    anycast: Address | None = None  # the anycast address (IPv6)
    scope: ByteName | None = None  # how far it is known: "global", "link", "host" or a number
    label: Label | None = None  # begins with the link's name, such as "eth0:1" (IPv4)
    metric: Number | None = None  # of the route to its network
    dev: LinkName | None = None  # the link; a link's own table knows it
    valid_lft: Lifetime | None = None  # seconds until it goes, or "forever"
    preferred_lft: Lifetime | None = None  # seconds until it is used only where it is in use, or "forever"
    proto: ByteName | None = None  # who gave it, a number or a name (iproute2 6.3)

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A link it needs."""
        if "dev" not in given:
            raise InvalidArgumentError("dev", None, "say which link")


@words
class AddressWords(Configured, _Address):
    """An address of a link, and how it is used."""


@words
class AddressAdded(Added, AddressWords):
    """An address that is given to a link."""


@words
class AddressGone(Removed):
    """An address that is taken from a link."""

    family: Family | None = None  # 4 or 6
    address: OwnAddress = field(kw_only=False)  # such as "10.0.0.1/24"
    peer: Interface | None = None  # the other end's
    label: Label | None = None  # such as "eth0:1"
    dev: LinkName | None = None  # the link; a link's own table knows it
    mngtmpaddr: Present = False  # those that were made of it go, too
    complete = _Address.complete


@words
class _Selector:
    """Which addresses."""

    family: Family | None = None  # 4 or 6, both without it
    dev: LinkName | None = None  # only those of this link
    scope: ByteName | None = None  # only those known so far: "global", "link", "host"
    to: Network | None = None  # only those in this network
    label: Plain | None = None  # only those with this label, such as "eth0:*"
    up: Present = False  # only those of links that are up
    permanent: Present = False  # only those that stay
    dynamic: Present = False  # only those that come from router advertisements, or have a lifetime
    secondary: Present = False  # only those behind the first of their network
    primary: Present = False  # only the first ones
    temporary: Present = False  # only temporary ones (IPv6)
    tentative: Excludable | None = None  # True: only those not known yet to be nobody else's; False: others
    deprecated: Excludable | None = None  # True: only those past their preferred lifetime; False: others
    dadfailed: Excludable | None = None  # True: only those that somebody else has; False: others


@words
class AddressSelector(Configured, _Selector):
    """Which addresses."""


@words
class AddressFlushed(AddressSelector):
    """Which addresses to take away."""

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """All of a place are not taken away by mistake."""
        if not given.keys() - {"family"}:
            raise InvalidArgumentError("dev", None, "say which link, or which addresses")


@words
class AddressShown(AddressSelector):
    """Which addresses to show."""

    master: LinkName | None = None  # only those of links that belong to this one
    nomaster: Present = False  # only those of links that belong to none
    type: Plain | None = None  # only those of links of this kind, such as "veth"
    vrf: LinkName | None = None  # only those of links in this VRF


@frozen
class AddressInfo(Row):
    """An address as the kernel has it. `peer` is None unless it differs; `flags` such as tentative or dynamic.

    Lifetimes are in seconds, None for ever. As text it is the address with its prefix length, and `line` is the command
    that gives the link this address.
    """

    dev: str
    family: str
    local: str
    prefixlen: int
    scope: str = ""
    peer: str | None = None
    broadcast: str | None = None
    label: str | None = None
    flags: tuple[str, ...] = ()
    metric: int | None = None
    valid_lft: int | None = None
    preferred_lft: int | None = None
    anycast: str | None = None
    protocol: str | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)
    usual: ClassVar[dict[str, Any]] = {"scope": "global"}

    @property
    def interface(self) -> IPv4Interface | IPv6Interface:
        """The address with its prefix length, as an `ipaddress` object."""
        return ip_interface(str(self))

    def __str__(self) -> str:
        return f"{self.local}/{self.prefixlen}"

    @property
    def line(self) -> str:
        """The command that gives the link this address."""
        told = {name: value for name, value in self.items() if value != self.usual.get(name)}
        ends = {"address": str(self), "family": None, "proto": self.protocol}
        if self.peer:
            ends |= {"address": self.local, "peer": f"{self.peer}/{self.prefixlen}"}
        if self.label == self.dev:
            ends["label"] = None
        return AddressTable.add.line({**dict.fromkeys(self.flags, True), **told, **ends})

    @classmethod
    def from_json(cls, dev: str, entry: Entry) -> AddressInfo:
        """From an entry of `addr_info`."""
        return cls(
            dev,
            entry.get("family", ""),
            entry.get("local", ""),
            entry.get("prefixlen", 0),
            entry.get("scope", ""),
            entry.get("address"),
            entry.get("broadcast"),
            entry.get("label"),
            tuple(key for key, value in entry.items() if value is True),
            entry.get("metric"),
            _left(entry, "valid_life_time"),
            _left(entry, "preferred_life_time"),
            entry.get("anycast"),
            entry.get("protocol"),
            entry,
        )


def _left(entry: Entry, key: str) -> int | None:
    known: int = entry.get(key, FOREVER)
    return None if known == FOREVER else known


def addresses(entries: Entries) -> Rows[AddressInfo]:
    """All addresses in an answer of `ip -j addr`, in its order."""
    return Rows(
        AddressInfo.from_json(entry.get("ifname", ""), info)
        for entry in entries
        for info in entry.get("addr_info", ())
        if info
    )


class AddressTable(Table):
    """Addresses of a place, `place.addr`, or of a link, `link.addr`; for a link's, `dev` need not be given."""

    def __init__(self, at: At | None = None, dev: str | None = None) -> None:
        super().__init__(at)
        self._bound = {} if dev is None else {"dev": dev}

    @verb("ip {family} addr add", AddressAdded)
    def add(self, said: Said) -> None:
        """Give a link an address.

        Raises InvalidArgumentError, NotFoundError (no such link), ExistsError (has it already).
        """
        self._carry_out(said)

    @verb("ip {family} addr replace", AddressWords)
    def replace(self, said: Said) -> None:
        """Give a link an address, or change the one it has."""
        self._carry_out(said)

    @verb("ip {family} addr change", AddressWords)
    def change(self, said: Said) -> None:
        """Change an address that a link has. Raises NotFoundError if it has it not."""
        self._carry_out(said)

    @verb("ip {family} addr delete", AddressGone)
    def delete(self, said: Said) -> None:
        """Take an address from a link. Raises NotFoundError if it has it not."""
        self._carry_out(said)

    @verb("ip {family} addr flush", AddressFlushed)
    def flush(self, said: Said) -> None:
        """Take many addresses away: those of a link, or those that are selected."""
        self._site.run(*said)

    @verb("ip {family} addr [show]", AddressShown)
    def show(self, said: Said) -> Rows[AddressInfo]:
        """The addresses of the link, or of all links."""
        return addresses(self._site.read("ip", "-d", *said[1:]))

    list = show.spelt("list")
