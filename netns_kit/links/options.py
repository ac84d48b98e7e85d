"""Values that options of several kinds of links take."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from netns_kit.commands import values
from netns_kit.commands.types import LinkName, whole
from netns_kit.commands.word import Flag, Word, spelled
from netns_kit.commands.words import refuse_together

BOTH_WAYS = ("key", "seq", "csum")
"""Words for both directions of a tunnel; with `i` or `o` before them they are for one."""


def hops(*others: str, zero: str = "inherit") -> Word:
    """A number of hops, 1 to 255, or a word; `zero` is the word that 0 stands for."""

    def check(argument: str, value: Any) -> int | str:
        return str(value) if value in ("inherit", *others) else values.integer(argument, value, 1, 255)

    return Word(check, "HOPS|inherit", read=lambda known: known or zero, absent="inherit")


def _checked_service(argument: str, value: Any) -> str:
    number = 1 if value == "inherit" else values.integer(argument, value, 0, 255)
    # The kernel's 1 is `inherit`; without 0x, `ip` would read 10 as 16.
    return "inherit" if number == 1 else f"{number:#x}"


def _known_service(known: Any) -> str:
    return "inherit" if known in ("inherit", "0x1") else f"{int(str(known), 16):#x}"


def _checked_class(argument: str, value: Any) -> str:
    return "inherit" if value == "inherit" else f"{values.integer(argument, value, 0, 255):#x}"


def _known_class(known: Any) -> str:
    return "inherit" if known == "inherit" else f"{int(str(known), 16):#x}"


def _checked_key(argument: str, value: Any) -> int:
    if value is False:
        return False
    if isinstance(value, str) and value.count(".") == 3:
        return int(IPv4Address(values.address(argument, value)))
    return values.integer(argument, value, 0, 2**32 - 1)


class _Key(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """The key, or that there is none."""
        return (f"no{self.token}",) if value is False else super().say(value, at)

    def usage(self) -> str:
        """As a usage text shows it."""
        return f"{self.token} {self.shown}|no{self.token}"

    def known(self, data: Mapping[str, Any]) -> int | None:
        """The number that stands under all of its keys, as the key of both directions does."""
        found = {data.get(key) for key in self.keys or (self.token,)}
        return int(IPv4Address(found.pop())) if len(found) == 1 and None not in found else None


class BothWays(Flag):
    """A word for both directions; `i` or `o` before it is one of them."""

    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """The word, or `no` before it."""
        return (self.token,) if value else (f"no{self.token}",)

    def known(self, data: Mapping[str, Any]) -> bool:
        """Whether the kernel's answer has it for both."""
        return all(bool(data.get(key)) for key in self.keys)


def joined(asked: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for before, changed by what is given now: one direction's key leaves the other's as it is."""
    kept = dict(asked)
    for both in BOTH_WAYS:
        halves = (f"i{both}", f"o{both}")
        if both in given:
            kept = {name: value for name, value in kept.items() if name not in halves}
        elif both in kept and any(half in given for half in halves):
            kept.update(dict.fromkeys(halves, kept.pop(both)))
    return {**kept, **given}


def refuse_both_ways(given: Mapping[str, Any]) -> None:
    """Refuse a word for both directions beside one for one of them."""
    for both in BOTH_WAYS:
        for one in ("i", "o"):
            refuse_together(given, one + both, both)


Ttl = Annotated[int | Literal["inherit"], hops()]
"""A number of hops, 1 to 255, or "inherit": as the packet inside has it."""

AutoTtl = Annotated[int | Literal["inherit", "auto"], hops("auto", zero="auto")]
"""A number of hops, 1 to 255, "inherit": as the packet inside has it, or "auto"."""

Tos = Annotated[int | Literal["inherit"], Word(_checked_service, "NUMBER|inherit", read=_known_service, absent="0x0")]
"""A type of service, 0 to 255, or "inherit": as the packet inside has it."""

TrafficClass = Annotated[
    int | Literal["inherit"], Word(_checked_class, "NUMBER|inherit", read=_known_class, absent="inherit")
]
"""An IPv6 traffic class, 0 to 255, or "inherit": as the packet inside has it."""

Key = Annotated[int | str | IPv4Address | Literal[False], _Key(_checked_key, "NUMBER")]
"""A tunnel's key: a number, or four of them with dots; False takes it away."""

Device = Annotated[LinkName, spelled(keys=("link",))]
"""The link that a tunnel's packets leave by, or its name."""

Count = Annotated[int, whole(0, 2**31 - 1)]
"""A whole number of 31 bits."""

Vni = Annotated[int, whole(0, 2**24 - 1)]
"""A virtual network's number, 0 to 16777215."""

FlowLabel = Annotated[int, whole(0, 2**20 - 1, keys=("label",))]
"""An IPv6 flow label, 0 to 1048575."""

DontFragment = Literal["unset", "set", "inherit"]
"""Whether packets on the way may be cut."""

VlanProtocol = Literal["802.1q", "802.1ad"]
"""Which tags."""
