"""From a kind's name to its class, and from what the kernel has to the link that a person would have made."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from netns_kit.commands.words import spec
from netns_kit.links.kind import usual

PICKED = ("address", "broadcast", "index", "numtxqueues", "numrxqueues", "active_slave")
"""What the kernel picks by itself."""


class Answer(Protocol):
    """What the kernel answers of a link."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def kind(self) -> str:
        """Which kind it is of."""

    @property
    def up(self) -> bool:
        """Whether it is set up."""

    @property
    def data(self) -> Mapping[str, Any]:
        """The values of its kind."""


def class_of(kind: str) -> type[Any]:
    """The class of a kind of link, whose module bears the kind's name; `Link` for a kind that has none."""
    home = f"netns_kit.links.{kind}"
    if re.fullmatch(r"\w+", kind) and find_spec(home):
        for one in vars(import_module(home)).values():
            if getattr(one, "kind", "") == kind and one.__module__ == home and hasattr(one, "asked"):
                return one  # type: ignore[no-any-return]
    # Imported by its name, as all kinds are: it stands above what is asked here.
    return import_module("netns_kit.links.link").Link  # type: ignore[no-any-return]


def chosen(cls: type[Any], info: Answer) -> dict[str, Any]:
    """The options of what the kernel has that somebody chose: they are not as a kind has them by itself."""
    known = spec(cls).known
    # What is off, or not told, is usual unless a kind says otherwise.
    plain = {name: False if word.absent is None else word.absent for name, word in known.items()}
    expected = plain | usual(cls)
    picked = PICKED if "remote" not in known else (*PICKED, "mtu")
    options = cls.of(info, None).asked()
    if options.get("external"):
        # The number 0 says nothing there, and it never learns.
        options = {name: value for name, value in options.items() if name not in ("id", "learning")}
    return {name: value for name, value in options.items() if name not in picked and not _is(value, expected[name])}


def _is(value: Any, usual: Any) -> bool:
    """Whether a value is the usual one, or one of those that are, by the kernel's clock."""
    return value in usual if isinstance(usual, frozenset) else bool(value == usual)


def line(info: Answer) -> str:
    """The command that makes such a link; of one that no command makes, the one that sets it up or down."""
    if info.kind in ("", "loopback"):
        return f"ip link set dev {shlex.quote(info.name)} {'up' if info.up else 'down'}"
    cls = class_of(info.kind)
    if not cls.kind:
        return shlex.join(("ip", "link", "add", "name", info.name, *("up",) * info.up, "type", info.kind))
    link, options = cls.of(info, None), chosen(cls, info)
    for name in link.asked().keys() - options.keys():
        setattr(link, name, None)
    return shlex.join(link.spelled(up=info.up))
