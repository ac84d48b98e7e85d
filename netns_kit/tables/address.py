"""Addresses: `ip addr`."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entries, Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.values import Address, Interface
from netns_kit.sites.site import At
from netns_kit.tables.table import Table, family_option, tokens


@frozen
class AddressInfo(Row):
    """An address as the kernel has it. `peer` is None unless it differs; `flags` such as tentative or dynamic."""

    dev: str
    family: str
    local: str
    prefixlen: int
    scope: str = ""
    peer: str | None = None
    broadcast: str | None = None
    label: str | None = None
    flags: tuple[str, ...] = ()
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @property
    def interface(self) -> IPv4Interface | IPv6Interface:
        """The address with its prefix length, as an `ipaddress` object."""
        return ip_interface(str(self))

    def __str__(self) -> str:
        return f"{self.local}/{self.prefixlen}"

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
            entry,
        )


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
        self._dev = dev

    def add(
        self,
        address: Interface,
        *,
        peer: Interface | None = None,
        broadcast: Address | None = None,
        scope: str | None = None,
        label: str | None = None,
        dev: Any = None,
    ) -> None:
        """Give a link an address.

        Equivalent to: `ip addr add ADDRESS [peer PEER] [broadcast ADDRESS] [scope SCOPE] [label LABEL] dev DEV`

        `address` is such as "10.0.0.1/24"; without a prefix length it is /32 or /128. `broadcast` may be "+".
        Raises InvalidArgumentError, NotFoundError (no such link), ExistsError (has it already).
        """
        self._site.change("ip", "addr", "add", *self._words(address, peer, broadcast, scope, label, dev))

    def replace(
        self,
        address: Interface,
        *,
        peer: Interface | None = None,
        broadcast: Address | None = None,
        scope: str | None = None,
        label: str | None = None,
        dev: Any = None,
    ) -> None:
        """Give a link an address, or change the one it has.

        Equivalent to: `ip addr replace ADDRESS … dev DEV`
        """
        self._site.change("ip", "addr", "replace", *self._words(address, peer, broadcast, scope, label, dev))

    def delete(self, address: Interface, *, peer: Interface | None = None, dev: Any = None) -> None:
        """Take an address from a link.

        Equivalent to: `ip addr delete ADDRESS [peer PEER] dev DEV`
        """
        self._site.change("ip", "addr", "delete", *self._words(address, peer, None, None, None, dev))

    def flush(self, *, dev: Any = None, family: int | None = None) -> None:
        """Take all addresses from a link.

        Equivalent to: `ip addr flush dev DEV`
        """
        self._site.run("ip", *family_option(family), "addr", "flush", "dev", self._device(dev))

    def show(self, *, dev: Any = None, family: int | None = None) -> Rows[AddressInfo]:
        """The addresses of the link, or of all links.

        Equivalent to: `ip addr` or `ip addr show dev DEV`

        `family` is 4 or 6, both without it.
        """
        device = None if dev is None and self._dev is None else self._device(dev)
        selector = () if device is None else ("show", "dev", device)
        return addresses(self._site.read("ip", "-d", *family_option(family), "addr", *selector))

    def list(self, *, family: int | None = None) -> Rows[AddressInfo]:
        """The addresses of all links, or of the link.

        Equivalent to: `ip addr list` or `ip addr list dev DEV`
        """
        selector = tokens(dev=self._dev)
        return addresses(self._site.read("ip", "-d", *family_option(family), "addr", "list", *selector))

    def _device(self, dev: Any) -> str:
        if dev is None and self._dev is None:
            raise InvalidArgumentError("dev", dev, "say which link")
        return values.link_name("dev", self._dev if dev is None else dev)

    def _words(
        self, address: Interface, peer: Any, broadcast: Any, scope: str | None, label: str | None, dev: Any
    ) -> tuple[str, ...]:
        if peer is not None:
            peer = values.interface("peer", peer)
        if broadcast not in (None, "+", "-"):
            broadcast = values.address("broadcast", broadcast)
        if scope is not None:
            scope = values.name_or_number("scope", scope, 255)
        if label is not None:
            label = values.short("label", label, values.LINK_NAME_BYTES)
        options = tokens(peer=peer, broadcast=broadcast, scope=scope, label=label)
        return (values.interface("address", address), *options, "dev", self._device(dev))
