"""Times, rates, sizes and percentages as `tc` takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.word import Word


def _time(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return _measure(argument, value, "(s|ms|us)", "100ms")
    return f"{values.seconds(argument, value) * 1000:g}ms"


def _rate(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return _measure(argument, value, "[kmgt]?i?(bit|bps)", "1mbit")
    return f"{values.integer(argument, value, 1, 2**64 - 1)}bit"


def _size(argument: str, value: Any) -> str:
    if isinstance(value, str):
        return _measure(argument, value, "(b|[kmg](b|bit)?)?", "32kbit")
    return str(values.integer(argument, value, 1, 2**32 - 1))


def _measure(argument: str, value: str, units: str, example: str) -> str:
    if not re.fullmatch(rf"\d+(\.\d+)?{units}", value.lower()):
        raise InvalidArgumentError(argument, value, f'it must be a number, or one with its unit such as "{example}"')
    return value


def percent(argument: str, value: Any) -> str:
    """A percentage, 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise InvalidArgumentError(argument, value, "it must be a percentage, 0 to 100")
    return f"{value}%"


def _chance(argument: str, value: Any) -> tuple[str, ...]:
    """A percentage, alone or with how far one packet's lot follows the last one's."""
    return parts(argument, value if isinstance(value, tuple) else (value,), percent, 2)


def parts(argument: str, value: Any, check: Callable[[str, Any], str], most: int) -> tuple[str, ...]:
    """Some values of the same sort, one at least."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not 1 <= len(value) <= most:
        raise InvalidArgumentError(argument, value, f"it must be a tuple of one to {most} values")
    return tuple(check(argument, part) for part in value)


Time = Annotated[float | str, Word(_time, "TIME")]
"""Seconds, or a text with its unit such as "100ms"."""

Rate = Annotated[int | str, Word(_rate, "RATE")]
"""Bits per second, or a text with its unit such as "1mbit"."""

Size = Annotated[int | str, Word(_size, "BYTES")]
"""Bytes, or a text with its unit such as "32kbit"."""

Percent = Annotated[float, Word(percent, "PERCENT")]
"""A percentage, 0 to 100."""

Chance = Annotated[float | tuple[float, float], Word(_chance, "PERCENT [CORRELATION]")]
"""A percentage, 0 to 100, or two: with how far each packet's lot follows the last one's."""

Handle = Annotated[str, Word(values.plain, "HANDLE")]
"""The number of a discipline or class, in hexadecimal, such as "1:" or "1:10"."""


class _Parent(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """`root` and its like stand alone."""
        return (value,) if value in ("root", "ingress", "egress") else ("parent", value)

    def usage(self) -> str:
        """As a usage text shows it."""
        return "root|parent HANDLE"


Parent = Annotated[str, _Parent(values.plain)]
"""Where it belongs: "root", or the number of what it belongs to; of a filter also "ingress" and "egress"."""
