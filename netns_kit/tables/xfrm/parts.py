"""Values that states and policies take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import whole
from netns_kit.commands.word import Several, Word

Proto = Literal["esp", "ah", "comp", "route2", "hao"]
"""What packets are wrapped by."""

Mode = Literal["transport", "tunnel", "beet", "ro", "in_trigger"]
"""What is wrapped: what is in a packet, or the whole of it."""

Level = Literal["required", "use"]
"""Whether there must be such a state."""

Limited = Literal[
    "time-soft",
    "time-hard",
    "time-use-soft",
    "time-use-hard",
    "byte-soft",
    "byte-hard",
    "packet-soft",
    "packet-hard",
]
"""What may be limited: seconds, bytes or packets; "soft" warns, "hard" ends."""

Spi = Annotated[int, whole(1, 2**32 - 1)]
"""A state's number, which packets carry."""


def _mark(argument: str, value: Any) -> tuple[str, ...]:
    mark, slash, mask = values.mark(argument, value).partition("/")
    return (mark, "mask", mask) if slash else (mark,)


def _algorithm(*parts: str) -> Callable[[str, Any], tuple[str, ...]]:
    def check(argument: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, tuple) or len(value) != len(parts):
            raise InvalidArgumentError(argument, value, f"it must be ({', '.join(parts)})")
        if not re.fullmatch(r"0x([0-9a-fA-F]{2})*", str(value[1])):
            raise InvalidArgumentError(argument, value, 'its key must be whole bytes in hexadecimal, such as "0x2b2b"')
        return tuple(values.plain(argument, part) for part in value)

    return check


def listed(choices: tuple[str, ...]) -> Word:
    """One or several of a few words."""

    def check(argument: str, value: Any) -> tuple[str, ...]:
        given = value if isinstance(value, tuple | list) else (value,)
        return tuple(values.choice(argument, one, choices) for one in given)

    return Word(check, "FLAG …")


def _words(argument: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, str) or not value.split():
        raise InvalidArgumentError(argument, value, "it must be words as they are typed")
    return tuple(values.plain(argument, one) for one in value.split())


def bits() -> Word:
    """Two prefix lengths."""

    def check(argument: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, tuple) or len(value) != 2:
            raise InvalidArgumentError(argument, value, "it must be two prefix lengths: (24, 24)")
        return tuple(str(values.integer(argument, one, 0, 128)) for one in value)

    return Word(check, "BITS BITS")


def _limits(argument: str, value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(argument, value, 'it must say what is limited: {"byte-hard": 1000000}')
    return tuple(
        (values.choice(argument, what, get_args(Limited)), str(values.integer(argument, number, 0, 2**64 - 1)))
        for what, number in value.items()
    )


XfrmMark = Annotated[int | str, Word(_mark, "MARK [mask MASK]")]
"""A mark, "5/0xff" with its mask."""

Keyed = Annotated[tuple[str, str], Word(_algorithm("name", "key"), "NAME KEY")]
"""An algorithm and its key: ("cbc(aes)", "0x2b…")."""

Aead = Annotated[tuple[str, str, int], Word(_algorithm("name", "key", "bits"), "NAME KEY BITS")]
"""An algorithm that encrypts and vouches, its key, and how many bits vouch."""

Truncated = Annotated[
    tuple[str, str, int], Word(_algorithm("name", "key", "bits"), "NAME KEY BITS", token="auth-trunc")
]
"""An algorithm that vouches, its key, and how many of its bits are sent."""

Typed = Annotated[str, Word(_words, "WORDS")]
"""Words as they are typed."""

Limits = Annotated[Mapping[Limited, int], Several(_limits, "LIMIT NUMBER")]
"""Limits by what they are of: `{"byte-hard": 1000000}`."""


@frozen
class XfrmTemplate:
    """The states that a policy asks for; without `src` and `dst`, those of the packet's own ends."""

    src: str
    dst: str
    proto: str = ""
    mode: str = ""
    spi: int = 0
    reqid: int = 0
    level: str = ""

    def __str__(self) -> str:
        return " ".join(self.words("tmpl"))

    def words(self, argument: str) -> tuple[str, ...]:
        """Its words in a command, checked."""
        words = (*ends(argument, self.src, self.dst), "proto", values.choice(argument, self.proto, get_args(Proto)))
        numbers = [("spi", self.spi), ("reqid", self.reqid)]
        for token, number in numbers:
            words += (token, str(values.integer(argument, number, 1, 2**32 - 1))) if number else ()
        words += ("mode", values.choice(argument, self.mode, get_args(Mode))) if self.mode else ()
        return words + (("level", values.choice(argument, self.level, get_args(Level))) if self.level else ())


def ends(argument: str, src: Any, dst: Any) -> tuple[str, ...]:
    """The addresses that packets go from and to."""
    checked = values.address(argument, src), values.address(argument, dst)
    if values.is_ipv6(checked[0]) != values.is_ipv6(checked[1]):
        raise InvalidArgumentError(argument, dst, f"it is not of the same family as src, {src}")
    return ("src", checked[0], "dst", checked[1])


def _templates(argument: str, value: Any) -> tuple[tuple[str, ...], ...]:
    if isinstance(value, XfrmTemplate):
        return (value.words(argument),)
    if isinstance(value, list) or (
        isinstance(value, tuple) and value and all(isinstance(one, XfrmTemplate) for one in value)
    ):
        return tuple(words for one in value for words in _templates(argument, one))
    if not isinstance(value, tuple) or len(value) != 4:
        raise InvalidArgumentError(argument, value, "it must be (source, destination, protocol, mode)")
    return (XfrmTemplate(*value).words(argument),)


Plan = tuple[str, str, str, str]
"""Source, destination, protocol and mode."""

Templates = Annotated[Plan | XfrmTemplate | Sequence[Plan | XfrmTemplate], Several(_templates, "ID …")]
"""States by (source, destination, protocol, mode), or as an `XfrmTemplate`; several in a list."""


def blocks(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """The entries of what `ip xfrm` printed: the ends in the first line, and the rest, which is indented."""
    for found in re.finditer(r"^src (\S+) dst (\S+)(.*)\n((?:[ \t].*\n?)*)", text, re.MULTILINE):
        yield found, found[4]


def find(pattern: str, text: str, otherwise: str = "") -> str:
    """The first group of what is found, or something else."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else otherwise


def number(pattern: str, text: str) -> int | None:
    """The number that is found, decimal or 0x…."""
    found = find(pattern, text)
    return int(found, 0) if found else None


def mask(text: str) -> int | None:
    """The mask of a mark, if it leaves out a part."""
    found = number(r"^\s+mark \w+/(\w+)", text)
    return None if found == 2**32 - 1 else found
