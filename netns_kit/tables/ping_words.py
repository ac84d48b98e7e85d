"""What `ping` understands."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Family, Mark, Named, Service, Unsaid, whole
from netns_kit.commands.word import Flag, Word, spelled
from netns_kit.commands.words import field, words

WAIT = 2
"""Seconds for which an answer is waited, unless the caller says otherwise; ping itself waits for ten."""


def _seconds(low: float, token: str) -> Word:
    return Word(lambda argument, value: values.seconds(argument, value, low), "SECONDS", token)


def _destination(argument: str, value: Any) -> str:
    if not isinstance(value, str | IPv4Address | IPv6Address) or "/" in str(value):
        raise InvalidArgumentError(argument, value, "it must be an address, or the name of a machine")
    return values.plain(argument, value)


def _interface(argument: str, value: Any) -> str:
    return values.plain(argument, getattr(value, "name", value))


def _pattern(argument: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-fA-F]{1,32}", value):
        raise InvalidArgumentError(argument, value, 'it must be up to 16 bytes in hexadecimal, such as "ff00"')
    return value


Destination = Annotated[str | IPv4Address | IPv6Address, Word(_destination, "DESTINATION", alone=True)]
"""An address, "fe80::1%eth0" too, or the name of a machine."""

Interface = Annotated[str | IPv4Address | IPv6Address | Named, Word(_interface, "DEV|ADDRESS", token="-I")]
"""A link, or an address of this place."""


Discovery = Annotated[Literal["do", "dont", "want", "probe"], spelled(token="-M")]
"""Whether packets may be cut on the way."""

Timestamp = Annotated[Literal["tsonly", "tsandaddr", "tsprespec"], spelled(token="-T")]
"""What is written down on the way."""

Query = Annotated[str, Word(values.plain, "QUERY", token="-N")]
"""What a machine is asked for."""


def _option(letter: str) -> Flag:
    return Flag(token=letter)


@words
class LivePingWords:
    """A ping."""

    family: Family | None = None  # 4 or 6, where a name has addresses of both
    count: Annotated[int, whole(1, 2**31, token="-c")] | None = None  # how many packets
    interval: Annotated[float, _seconds(0.002, "-i")] | None = None  # seconds between packets, 1 otherwise
    size: Annotated[int, whole(0, 65507, token="-s")] | None = None  # bytes of data in each, 56 otherwise
    deadline: Annotated[int, whole(1, 2**31, token="-w")] | None = None  # seconds after which it ends
    wait: Annotated[float, _seconds(0.001, "-W")] | None = None  # seconds to wait for the first answer
    ttl: Annotated[int, whole(1, 255, token="-t")] | None = None  # how many hops they may go
    tclass: Annotated[Service, spelled(token="-Q")] | None = None  # their type of service, 0 to 255
    mark: Annotated[Mark, spelled(token="-m")] | None = None  # their firewall mark
    pmtudisc: Discovery | None = None  # "do": they must not be cut on the way, "dont": they may
    pattern: Annotated[str, Word(_pattern, "BYTES", token="-p")] | None = None  # what they hold, in hexadecimal: "ff00"
    preload: Annotated[int, whole(1, 65536, token="-l")] | None = None  # how many are sent at once at first
    identifier: Annotated[int, whole(0, 65535, token="-e")] | None = None  # how its answers are told from others
    sndbuf: Annotated[int, whole(1, 2**31 - 1, token="-S")] | None = None  # the socket's buffer in bytes
    flowlabel: Annotated[int, whole(0, 2**20 - 1, token="-F")] | None = None  # their flow label (IPv6)
    timestamp: Timestamp | None = None  # have each machine on the way write down the time (IPv4)
    nodeinfo: Query | None = None  # ask for a machine's names or addresses, such as "name" (IPv6)
    record_route: Annotated[bool, _option("-R")] = False  # have each machine on the way write down its address (IPv4)
    broadcast: Annotated[bool, _option("-b")] = False  # the destination may be a broadcast address
    adaptive: Annotated[bool, _option("-A")] = False  # the next packet as soon as one is answered
    flood: Annotated[bool, _option("-f")] = False  # packets as fast as they come back; then only counts are told
    outstanding: Annotated[bool, _option("-O")] = False  # tell of packets that were not answered before the next
    timestamps: Annotated[bool, _option("-D")] = False  # the time before each line
    quiet: Annotated[bool, _option("-q")] = False  # only the counts, no answers
    verbose: Annotated[bool, _option("-v")] = False  # tell of other packets of ICMP too
    sticky: Annotated[bool, _option("-B")] = False  # keep the address to send from
    connect: Annotated[bool, _option("-C")] = False  # connect the socket
    debug: Annotated[bool, _option("-d")] = False  # the socket's option SO_DEBUG
    audible: Annotated[bool, _option("-a")] = False  # ring the bell at each answer
    no_loopback: Annotated[bool, _option("-L")] = False  # packets to many don't come back to this machine
    user_latency: Annotated[bool, _option("-U")] = False  # times from user to user, not from the kernel's clock
    destination: Destination = field(kw_only=False)  # an address, or the name of a machine
    interface: Interface | None = None  # the link to leave by, or the address to send from


@words
class PingWords(LivePingWords):
    """A ping that ends."""

    check: Unsaid = True  # False: one that nobody answers is a result, and no error

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It ends: three packets, unless it is said, and a short time for an answer."""
        given.setdefault("count", 3)
        given.setdefault("wait", WAIT)
