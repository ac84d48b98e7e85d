"""Values as users have them, each with its check: what the annotations of words and verbs are made of."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Annotated, Any, Literal, Protocol

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.word import Flag, Switch, Word


class Namespaced(Protocol):
    """A namespace that has a name: a noun, or what was answered of one."""

    @property
    def name(self) -> str | None:
        """What it is called."""


class Named(Protocol):
    """A link: a noun, or what the kernel answered of one."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def address(self) -> str | None:
        """Its Ethernet address, where it is known."""


def whole(low: int, high: int, unit: str = "", **changes: Any) -> Word:
    """A whole number from `low` to `high`; the kernel may answer in hexadecimal."""

    def check(argument: str, value: Any) -> int:
        return values.integer(argument, value, low, high, unit)

    def read(known: Any) -> Any:
        return int(known, 16) if isinstance(known, str) and known.startswith("0x") else known

    return Word(check, "NUMBER", read=read, **changes)


def short(longest: int, shown: str = "NAME") -> Word:
    """A plain word of so many bytes at the most."""
    return Word(lambda argument, value: values.short(argument, value, longest), shown)


def ipv4(argument: str, value: Any) -> str:
    """An address of IPv4, or "any"."""
    text = "any" if value == "any" else values.address(argument, value)
    if values.is_ipv6(text):
        raise InvalidArgumentError(argument, value, "it must be of IPv4, as the packets on the way are")
    return text


def ipv6(argument: str, value: Any) -> str:
    """An address of IPv6."""
    text = values.address(argument, value)
    if not values.is_ipv6(text):
        raise InvalidArgumentError(argument, value, "it must be of IPv6, as the packets on the way are")
    return text


def _service(argument: str, value: Any) -> str:
    # Without 0x, `ip` would read 10 as 16; a name is one of /etc/iproute2/rt_dsfield.
    numeric = not isinstance(value, str) or value[:1].isdigit()
    return f"{values.integer(argument, value, 0, 255):#04x}" if numeric else values.plain(argument, value)


def _range(high: int) -> Any:
    def check(argument: str, value: Any) -> str:
        ends = value.split("-", 1) if isinstance(value, str) else [value]
        numbers = [values.integer(argument, end, 0, high) for end in ends]
        if numbers != sorted(numbers):
            raise InvalidArgumentError(argument, value, "it ends before it begins")
        return "-".join(map(str, numbers))

    return check


class _Unsaid(Flag):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Nothing: it is for the library."""
        return ()

    def usage(self) -> str:
        """As a usage text shows it: not at all."""
        return ""


def _family(argument: str, value: Any) -> str:
    return values.choice(argument, values.written(argument, value), ("4", "6"))


class _Family(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """`-4` or `-6`, behind the tool's name."""
        return ("-M" if value == "mpls" else f"-{value}",)

    def usage(self) -> str:
        """As a usage text shows it."""
        return "-4|-6"


Address = Annotated[str | IPv4Address | IPv6Address, Word(values.address, "ADDRESS")]
"""An address, such as "10.0.0.1"."""

Ipv4Address = Annotated[str | IPv4Address, Word(ipv4, "ADDRESS")]
"""An address of IPv4, or "any"."""

Ipv6Address = Annotated[str | IPv6Address, Word(ipv6, "ADDRESS")]
"""An address of IPv6."""

Interface = Annotated[
    str | IPv4Address | IPv6Address | IPv4Interface | IPv6Interface, Word(values.interface, "ADDRESS")
]
"""An address with its prefix length, such as "10.0.0.1/24"."""

Network = Annotated[
    str | IPv4Address | IPv6Address | IPv4Network | IPv6Network | IPv4Interface | IPv6Interface,
    Word(values.network, "NETWORK"),
]
"""A network, such as "10.0.0.0/8", an address, or "default"."""

LinkName = Annotated[str | Named, Word(values.link_name, "DEV")]
"""A link, or its name."""

Mac = Annotated[str, Word(values.mac, "MAC")]
"""An Ethernet address, such as "02:00:00:00:00:01"."""

Plain = Annotated[str, Word(values.plain)]
"""A word that is not taken for an option."""

Family = Annotated[Literal[4, 6], _Family(_family)]
"""4 or 6: IPv4 or IPv6, where nothing else tells."""

RouteFamily = Annotated[
    Literal[4, 6, "mpls"],
    _Family(lambda argument, value: values.choice(argument, values.written(argument, value), ("4", "6", "mpls"))),
]
"""4, 6 or "mpls", where nothing else tells."""

Number = Annotated[int, whole(0, 2**32 - 1)]
"""A whole number of 32 bits."""

Byte = Annotated[int, whole(0, 255)]
"""A whole number from 0 to 255."""

Port = Annotated[int, whole(0, 65535)]
"""A UDP or TCP port."""

Mtu = Annotated[int, Word(values.mtu, "BYTES")]
"""A maximum transmission unit in bytes."""

Mark = Annotated[int | str, Word(values.mark, "MARK")]
"""A firewall mark: a number, or one with its mask, such as "0x10/0xff"."""

TableName = Annotated[int | str, Word(values.name_or_number, "TABLE")]
"""A routing table: its number, or a name such as "main"."""

ByteName = Annotated[
    int | str, Word(lambda argument, value: values.name_or_number(argument, value, 255), "NAME|NUMBER")
]
"""A name that the tool knows, such as "link" or "static", or a number up to 255."""

Present = Annotated[bool, Flag()]
"""Said by its presence: True types it."""

Negatable = Annotated[bool, Flag(off=("no{}",))]
"""Said by its presence, and with `no` before it the contrary."""

OnOff = Annotated[bool, Switch()]
"""`on` or `off`."""

OneZero = Annotated[bool, Switch(on="1", off="0")]
"""`1` or `0`."""

Service = Annotated[int | str, Word(_service, "TOS")]
"""A type of service: 0 to 255, or a name that the tool knows."""

PortRange = Annotated[int | str, Word(_range(65535), "PORT|PORT-PORT")]
"""A port, or several: "8000-8080"."""

NumberRange = Annotated[str, Word(_range(2**32 - 2), "NUMBER-NUMBER")]
"""Numbers from one to another: "1000-1999"."""

Statistics = Annotated[bool, Flag(token="-s")]
"""With what was counted: True types `-s`."""

Unsaid = Annotated[bool, _Unsaid()]
"""What is not typed: how the library takes what comes."""

NetnsName = Annotated[str | Namespaced, Word(values.netns_name, "NAME", alone=True)]
"""A namespace, or its name."""
