"""Checks of values, before anything runs. Each takes the argument's name, for the error to name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from pathlib import PurePath

from netns_kit.commands.errors import InvalidArgumentError

Address = str | IPv4Address | IPv6Address
"""An address as users have it."""

Interface = str | IPv4Interface | IPv6Interface
"""An address with its prefix length as users have it, such as "10.0.0.1/24"."""

LINK_NAME_BYTES = 15

_Word = str | int | IPv4Address | IPv6Address | IPv4Network | IPv6Network | PurePath


def text(argument: str, value: object) -> str:
    """What a text, a whole number, an address, a path or a noun is in an argv."""
    known = value if isinstance(value, _Word) else getattr(value, "name", None)
    if isinstance(known, bool) or not isinstance(known, _Word):
        raise InvalidArgumentError(argument, value, "it must be text")
    return written(argument, known)


def written(argument: str, value: object) -> str:
    """Anything as text. Python does not write numbers of thousands of digits, and no tool reads them."""
    try:
        return str(value)
    except ValueError:
        raise InvalidArgumentError(argument, value, "it has too many digits") from None


def argv(words: tuple[object, ...]) -> tuple[str, ...]:
    """The words of a command that somebody wants to run."""
    if not words or not written("argv", words[0]):
        raise InvalidArgumentError("argv", words, "say which command")
    for word in words:
        if word is None or isinstance(word, bytes | list | tuple | dict | set):
            raise InvalidArgumentError("argv", word, 'each word is an argument of its own: exec("ls", "-l", "/run")')
    return tuple(written("argv", word) for word in words)


def plain(argument: str, value: object) -> str:
    """A word that can stand in an argv: no NUL, no newline, not empty, not taken for an option."""
    word = text(argument, value)
    if not word:
        raise InvalidArgumentError(argument, value, "it is empty")
    if re.search(r"[\x00-\x1f\x7f]", word):
        raise InvalidArgumentError(argument, value, "it holds a control character")
    if word.startswith("-"):
        raise InvalidArgumentError(argument, value, "it begins with -, which the tool would take for an option")
    _encoded(argument, word)
    return word


def short(argument: str, value: object, longest: int) -> str:
    """A plain word of so many bytes at the most."""
    word = plain(argument, value)
    size = len(_encoded(argument, word))
    if size > longest:
        raise InvalidArgumentError(argument, value, f"it has {size} bytes, {longest} are the most")
    return word


def _encoded(argument: str, text: str) -> bytes:
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raise InvalidArgumentError(argument, text, "it holds characters that have no bytes") from None


def _name(argument: str, value: object, longest: int) -> str:
    name = getattr(value, "name", value)
    if not isinstance(name, str):
        raise InvalidArgumentError(argument, value, "it must be a name, or something that has one")
    word = short(argument, name, longest)
    if "/" in word or word in (".", ".."):
        raise InvalidArgumentError(argument, value, "it must not hold / or be . or ..")
    if re.search(r"\s", word):
        raise InvalidArgumentError(argument, value, "it must not hold white space")
    return word


def link_name(argument: str, value: object) -> str:
    """The name of a link: 1 to 15 bytes. Takes a string or anything with a `name`."""
    text = _name(argument, value, LINK_NAME_BYTES)
    if re.search(r"[:%]", text) or text in ("all", "default"):
        raise InvalidArgumentError(argument, value, "the kernel allows no : or % in it, and neither all nor default")
    if re.fullmatch(r"if\d+", text):
        # `ip link delete dev if3` deletes link number 3, whatever its name, if there is no if3.
        raise InvalidArgumentError(argument, value, "ip would take it for the link of that number")
    return text


def netns_name(argument: str, value: object) -> str:
    """The name of a namespace: 1 to 255 bytes."""
    return _name(argument, value, 255)


def integer(argument: str, value: object, low: int, high: int, unit: str = "") -> int:
    """A whole number from `low` to `high`; a string of digits will do, decimal or 0x…."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidArgumentError(argument, value, "it must be a whole number")
    try:
        number = value if isinstance(value, int) else int(value, 0)
    except ValueError:
        raise InvalidArgumentError(argument, value, "it must be a whole number") from None
    if not low <= number <= high:
        raise InvalidArgumentError(argument, value, f"it must lie between {low} and {high} {unit}".rstrip())
    return number


def pid(argument: str, value: object) -> int:
    """A process id."""
    return integer(argument, value, 1, 2**22)


def port(argument: str, value: object) -> int:
    """A UDP or TCP port."""
    return integer(argument, value, 0, 65535)


def mtu(argument: str, value: object) -> int:
    """A maximum transmission unit in bytes; IPv4 needs 68 at least."""
    return integer(argument, value, 68, 65536)


def name_or_number(argument: str, value: object, high: int = 2**32 - 1) -> str:
    """A name that the tool knows, such as "main", or a number from 0 to `high`."""
    if not isinstance(value, str) or value[:1].isdigit():
        return str(integer(argument, value, 0, high))
    if re.search(r"\s", value):
        raise InvalidArgumentError(argument, value, "it must not hold white space")
    return plain(argument, value)


def mark(argument: str, value: object) -> str:
    """A firewall mark: a number, or one with its mask, such as "0x10/0xff"."""
    for part in value.split("/", 1) if isinstance(value, str) else (value,):
        integer(argument, part, 0, 2**32 - 1)
    return str(value)


def seconds(argument: str, value: object, low: float = 0.0) -> float:
    """A time in seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < 1e9:
        raise InvalidArgumentError(argument, value, f"it must be a number of seconds, {low} or more")
    return value


def truth(argument: str, value: object) -> bool:
    """True or False, nothing else."""
    if not isinstance(value, bool):
        raise InvalidArgumentError(argument, value, "it must be True or False")
    return value


def choice(argument: str, value: object, choices: Iterable[str]) -> str:
    """One of a few words."""
    allowed = tuple(choices)
    if value not in allowed:
        raise InvalidArgumentError(argument, value, f"it must be one of {', '.join(allowed)}")
    return str(value)


def address(argument: str, value: object) -> str:
    """An IPv4 or IPv6 address without a prefix length."""
    text = _unscoped(argument, value)
    try:
        return str(ip_address(text))
    except ValueError:
        raise InvalidArgumentError(argument, value, 'it must be an address such as "10.0.0.1" or "fd00::1"') from None


def interface(argument: str, value: object) -> str:
    """An address with or without a prefix length, as `ip addr` takes it."""
    text = _decimal(argument, _unscoped(argument, value))
    try:
        ip_interface(text)
    except ValueError:
        raise InvalidArgumentError(argument, value, 'it must be an address such as "10.0.0.1/24"') from None
    return text


def network(argument: str, value: object) -> str:
    """A network such as "10.0.0.0/8", an address, or "default"."""
    text = _decimal(argument, _text(value))
    if text in ("default", "any", "all"):
        return text
    try:
        ip_network(text)
    except ValueError as error:
        reason = (
            "it has bits set behind its prefix length"
            if "host bits" in str(error)
            else 'it must be a network such as "10.0.0.0/8", an address, or "default"'
        )
        raise InvalidArgumentError(argument, value, reason) from None
    return text


def _decimal(argument: str, text: str) -> str:
    length = text.partition("/")[2]
    if length.startswith("0") and length not in ("0", "0.0.0.0"):
        raise InvalidArgumentError(argument, text, "its prefix length begins with 0, which ip reads as octal")
    return text


def is_ipv6(text: str) -> bool:
    """Whether an address, network or interface that was checked before is of IPv6."""
    return ":" in text


def mac(argument: str, value: object) -> str:
    """An Ethernet address such as "02:00:00:00:00:01"."""
    text = written(argument, value).lower()
    if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", text):
        raise InvalidArgumentError(argument, value, 'it must be six hexadecimal bytes such as "02:00:00:00:00:01"')
    return text


def _unscoped(argument: str, value: object) -> str:
    text = _text(value)
    if "%" in text:
        raise InvalidArgumentError(argument, value, "say which link by dev=…, not behind a %")
    return text


def _text(value: object) -> str:
    # A number would be taken for an address of its own: ip_address(1) is 0.0.0.1.
    return str(value) if not isinstance(value, int | bytes) else ""
