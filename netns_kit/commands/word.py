"""One word of a command with its value: how it is checked, typed, and found again in the kernel's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from netns_kit.commands import values


@frozen(eq=False)
class Word:
    """A word with its value: `token VALUE`.

    `check` takes the argument's name and what was given, and gives what is typed: a tuple is typed word by word.
    Without `token` the argument's own name is it; a value that is `alone` has none. `shown` is what usage texts call
    the value, `keys` are where the kernel's answer has it, `read` makes of that what a user would give, and `absent` is
    what it means if the answer has none.
    """

    check: Callable[[str, Any], Any]
    shown: str = "VALUE"
    token: str = ""
    alone: bool = False
    keys: tuple[str, ...] = ()
    read: Callable[[Any], Any] = lambda known: known
    absent: Any = None

    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Its words in a command that is typed at a place."""
        said = map(str, value if isinstance(value, tuple) else (value,))
        return (*said,) if self.alone else (self.token, *said)

    def usage(self) -> str:
        """As a usage text shows it."""
        return self.shown if self.alone else f"{self.token} {self.shown}"

    def known(self, data: Mapping[str, Any]) -> Any:
        """Its value in the kernel's answer."""
        if self.alone and not self.keys:
            return next((one for one in self.shown.split("|") if data.get(one)), None)
        for key in self.keys or (self.token,):
            if data.get(key) is not None:
                return self.read(data[key])
        return self.absent


@frozen(eq=False)
class Flag(Word):
    """A word whose presence says it, such as `onlink`; `off` is what says the contrary, where something does."""

    check: Callable[[str, Any], Any] = values.truth
    off: tuple[str, ...] = ()

    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Its words in a command."""
        return (self.token,) if value else tuple(word.format(self.token) for word in self.off)

    def usage(self) -> str:
        """As a usage text shows it."""
        return "|".join((self.token, *(word.format(self.token) for word in self.off)))

    def known(self, data: Mapping[str, Any]) -> Any:
        """Whether the kernel's answer has it."""
        return any(bool(data.get(key)) for key in self.keys or (self.token,))


@frozen(eq=False)
class Switch(Word):
    """Something that is on or off: `token on` or `token off`, or other words."""

    check: Callable[[str, Any], Any] = values.truth
    on: str = "on"
    off: str = "off"

    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Its words in a command."""
        return (self.token, self.on if value else self.off)

    def usage(self) -> str:
        """As a usage text shows it."""
        return f"{self.token} {self.on}|{self.off}"

    def known(self, data: Mapping[str, Any]) -> Any:
        """Whether it is on in the kernel's answer."""
        return any(data.get(key) not in (None, False, 0, "off", self.off) for key in self.keys or (self.token,))


class Several(Word):
    """A word that may be typed several times; its check gives a tuple of values."""

    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Its words in a command."""
        return tuple(word for one in value for word in super(Several, self).say(one, at))


@frozen(eq=False)
class Spelled:
    """Beside a word's type: what is different here. A token, or keys of the kernel's answer."""

    changes: Mapping[str, Any]


def spelled(**changes: Any) -> Spelled:
    """What is different here: `Annotated[Port, spelled(keys=("port",))]`."""
    return Spelled(changes)


ALONE = Spelled({"alone": True})
"""Beside a type whose value is typed without a token: `Annotated[Network, ALONE]`."""
