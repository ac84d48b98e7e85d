"""Stand-ins: links that lead nowhere, for what cannot be had again."""

from __future__ import annotations

from typing import Any

from netns_kit.commands.errors import MissingModuleError
from netns_kit.links.dummy import Dummy
from netns_kit.links.ifb import Ifb
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link
from netns_kit.sites.batch import send_gathered
from netns_kit.sites.site import At

SAYS = "cut off: stands in for "
"""What a stand-in's alias begins with, by which it is known for one."""


def stand_in(name: str, what: str, *, at: At | None = None, **options: Any) -> Link:
    """A link that leads nowhere, in the place of one that cannot be had again; its alias says so.

    Equivalent to: `ip link add name NAME type dummy`, or `ifb` where the kernel has no dummy, then
    `ip link set dev NAME alias "cut off: stands in for WHAT"`

    `what` is such as "a physical card"; the options are those of all links: `mtu`, `address`, `txqueuelen`.
    Raises InvalidArgumentError, ExistsError, MissingModuleError.
    """
    send_gathered()
    made: Link = Dummy(name, at=at, **options)
    try:
        made.add()
        send_gathered()
    except MissingModuleError:
        made = Ifb(name, at=at, **options).add()
    made.set(alias=f"{SAYS}{what}")
    return made


def stands_for(info: LinkInfo) -> str | None:
    """What a link stands in for; None if it is none."""
    alias = info.alias or ""
    return alias[len(SAYS) :] if alias.startswith(SAYS) else None
