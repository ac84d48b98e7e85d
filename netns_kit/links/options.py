"""Options of links: each says how it is checked, typed, and found again in what the kernel answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from typing import Any

from attrs import Attribute, field, fields, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.links.info import LinkInfo

KEY = "netns_kit option"


@frozen
class Option:
    """One option: its words in a command, from a checked value, and its value in the kernel's answer."""

    check: Callable[[Any], Any]
    words: Callable[[Any], tuple[str, ...]]
    read: Callable[[LinkInfo], Any]
    shared: bool = False


def option(option: Option, required: bool = False) -> Any:
    """An attribute of a link's class that is an option; `required` ones have no default."""

    def convert(value: Any) -> Any:
        return None if value is None and not required else option.check(value)

    if required:
        return field(converter=convert, kw_only=True, metadata={KEY: option})
    return field(default=None, converter=convert, kw_only=True, metadata={KEY: option})


def options_of(kind: type) -> dict[str, Option]:
    """The options of a link's class, by attribute, in the order in which they are typed."""
    attributes: tuple[Attribute[Any], ...] = fields(kind)
    return {known.name: known.metadata[KEY] for known in attributes if KEY in known.metadata}


def _pair(token: str) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: (token, str(value))


def number(token: str, low: int, high: int, *, key: str | None = None, required: bool = False) -> Any:
    """A whole number: `token NUMBER`."""

    def read(info: LinkInfo) -> Any:
        known = info.data.get(key or token)
        return int(known, 16) if isinstance(known, str) and known.startswith("0x") else known

    return option(Option(lambda v: values.integer(token, v, low, high), _pair(token), read), required)


def word(token: str, choices: Iterable[str], *, key: str | None = None, required: bool = False) -> Any:
    """One of a few words: `token WORD`."""
    allowed = tuple(choices)

    def read(info: LinkInfo) -> Any:
        known = info.data.get(key or token)
        return known.lower() if isinstance(known, str) and known.lower() in allowed else known

    return option(Option(lambda v: values.choice(token, v, allowed), _pair(token), read), required)


def switch(token: str, *, key: str | None = None, on: str = "1", off: str = "0") -> Any:
    """Something that is on or off: `token 1` or `token 0`, or other words."""
    return option(
        Option(
            lambda v: values.truth(token, v),
            lambda v: (token, on if v else off),
            lambda info: bool(info.data.get(key or token)),
        )
    )


def flag(token: str, *, off: tuple[str, ...] | None = None, key: str | None = None) -> Any:
    """Something whose name alone turns it on, `learning`, and another off, `nolearning`."""
    negative = (f"no{token}",) if off is None else off
    return option(
        Option(
            lambda v: values.truth(token, v),
            lambda v: (token,) if v else negative,
            lambda info: bool(info.data.get(key or token)),
        )
    )


def one_flag(argument: str, choices: Iterable[str]) -> Any:
    """One of a few words that are typed alone, such as `private`."""
    allowed = tuple(choices)

    def read(info: LinkInfo) -> str | None:
        return next((known for known in allowed if info.data.get(known)), None)

    return option(Option(lambda v: values.choice(argument, v, allowed), lambda v: (v,), read))


def address(token: str, *keys: str) -> Any:
    """An address: `token ADDRESS`, found again under one of the keys."""

    def read(info: LinkInfo) -> Any:
        return next((info.data[key] for key in keys or (token,) if key in info.data), None)

    return option(Option(lambda v: values.address(token, v), _pair(token), read))


def ipv4_address(token: str) -> Any:
    """An address of IPv4, or "any": `token ADDRESS`."""

    def check(value: Any) -> str:
        text = "any" if value == "any" else values.address(token, value)
        if values.is_ipv6(text):
            raise InvalidArgumentError(token, value, "it must be of IPv4, as the packets on the way are")
        return text

    return option(Option(check, _pair(token), lambda info: info.data.get(token)))


def time_to_live(*words: str, zero: str = "inherit") -> Any:
    """A number of hops, 1 to 255, or a word: `ttl NUMBER`; `zero` is the word that 0 stands for."""

    def check(value: Any) -> int | str:
        return str(value) if value in ("inherit", *words) else values.integer("ttl", value, 1, 255)

    def read(info: LinkInfo) -> Any:
        return info.data.get("ttl", "inherit") or zero

    return option(Option(check, _pair("ttl"), read))


def type_of_service() -> Any:
    """The packets' type of service, 0 to 255, or "inherit": `tos 0xNUMBER`."""

    def check(value: Any) -> int | str:
        number = 1 if value == "inherit" else values.integer("tos", value, 0, 255)
        # The kernel's 1 is `inherit`.
        return "inherit" if number == 1 else number

    def words(value: int | str) -> tuple[str, ...]:
        # Without 0x, `ip` would read 10 as 16.
        return ("tos", value if isinstance(value, str) else f"{value:#x}")

    def read(info: LinkInfo) -> Any:
        known = str(info.data.get("tos", 0))
        return "inherit" if known in ("inherit", "0x1") else int(known, 16)

    return option(Option(check, words, read))


def tunnel_key(token: str, *keys: str) -> Any:
    """A tunnel's key, a number or as four of them with dots: `token NUMBER`, found again under all of the keys."""

    def check(value: Any) -> int:
        if isinstance(value, str) and value.count(".") == 3:
            return int(IPv4Address(values.address(token, value)))
        return values.integer(token, value, 0, 2**32 - 1)

    def read(info: LinkInfo) -> int | None:
        known = {info.data.get(key) for key in keys or (token,)}
        return int(IPv4Address(known.pop())) if len(known) == 1 and None not in known else None

    return option(Option(check, _pair(token), read))


def device(token: str, *, key: str = "link") -> Any:
    """Another link: `token DEV`, found again in the kind's data."""
    return option(Option(lambda v: values.link_name(token, v), _pair(token), lambda info: info.data.get(key)))


def lower(required: bool = True) -> Any:
    """The link that this one stands on: `link DEV`, typed before the name."""
    return option(
        Option(lambda v: values.link_name("link", v), _pair("link"), lambda info: info.lower, shared=True), required
    )


def shared(token: str, check: Callable[[str, Any], Any], read: Callable[[LinkInfo], Any]) -> Any:
    """An option that all kinds have, typed before `type`."""
    return option(Option(lambda v: check(token, v), _pair(token), read, shared=True))
