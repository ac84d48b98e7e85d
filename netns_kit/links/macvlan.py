"""MACVLANs: further Ethernet addresses on one link, each as a link of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import LinkName, Number
from netns_kit.commands.word import Word
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


def _checked_sources(argument: str, value: Any) -> tuple[str, ...]:
    if value == "flush":
        return ("flush",)
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise InvalidArgumentError(
            argument, value, 'it must be "flush", or ("add", MAC), ("del", MAC), ("set", MAC, …)'
        )
    action = values.choice(argument, value[0], ("add", "del", "set"))
    if action != "set" and len(value) != 2:
        raise InvalidArgumentError(argument, value, f"{action} takes one Ethernet address")
    return (action, *sorted(values.mac(argument, one) for one in value[1:]))


class _Sources(Word):
    def known(self, data: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The addresses, as all of them would be set."""
        found = data.get("macaddr_data")
        return ("set", *sorted(found)) if found else None


class _Flag(Word):
    def known(self, data: Mapping[str, Any]) -> str | None:
        """The flag, which the kernel's answer has among others."""
        found = next((flag for flag in ("nopromisc", "nodst") if data.get(flag) or flag in data.get("flags", ())), None)
        return found and str(found)


def _checked_flag(argument: str, value: Any) -> str:
    return values.choice(argument, value, ("null", "nopromisc", "nodst"))


Sources = Annotated[Sequence[str] | Literal["flush"], _Sources(_checked_sources, "add|del|set|flush [MAC…]")]
"""What becomes of the list of senders: "flush", ("add", MAC), ("del", MAC) or ("set", MAC, …)."""

Flag = Annotated[Literal["null", "nopromisc", "nodst"], _Flag(_checked_flag, "null|nopromisc|nodst")]
"""The link is not set promiscuous, or nothing is looked up by receiver; "null" is neither."""


@words
class MacvlanWords:
    """What is said of a MACVLAN."""

    _usual: ClassVar[Mapping[str, Any]] = {"mode": "vepa", "bcqueuelen": 1000}

    mode: Literal["private", "vepa", "bridge", "passthru", "source"] | None = None  # whom it may talk to
    flag: Flag | None = None  # "nopromisc": the link below is not set promiscuous; "nodst": see mode "source"
    macaddr: Sources | None = None  # in mode "source", the senders that it takes from: ("add", MAC), ("set", MAC, …) …
    bcqueuelen: Number | None = None  # how many packets to all may wait


@kind
class Macvlan(MacvlanWords, Link):
    """A further Ethernet address on the link `link`."""

    kind = "macvlan"
    _needs = ("link",)
    change = changing(MacvlanWords)

    link: LinkName | None = None  # the link that it stands on
