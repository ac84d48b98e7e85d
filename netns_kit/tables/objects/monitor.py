"""What changes, as it changes: `ip monitor`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Family, LinkName, Present
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.events import Events
from netns_kit.tables.table import Table

Object = Literal[
    "all", "address", "link", "mroute", "neigh", "netconf", "nexthop", "nsid", "prefix", "route", "rule", "stats"
]
"""What may change."""


def _objects(argument: str, value: Any) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, tuple | list) or not given:
        raise InvalidArgumentError(argument, value, 'say which, such as "route" or ("link", "address")')
    return tuple(values.choice(argument, one, get_args(Object)) for one in given)


Objects = Annotated[Object | tuple[Object, ...], Word(_objects, "OBJECT …", alone=True)]
"""What to watch."""


@words
class MonitorWords:
    """What is watched."""

    family: Family | None = None  # 4 or 6, both without it
    objects: Objects | None = field(default=None, kw_only=False)  # such as "route" or ("link", "neigh"), all otherwise
    all_nsid: Annotated[Present, spelled(token="all-nsid")] = False  # in all namespaces that have an id here, too
    dev: LinkName | None = None  # only on this link


@frozen
class MonitorEvent:
    """What `ip monitor` saw: of which object, whether it is gone, and the rest as the tool told it."""

    object: str
    deleted: bool
    text: str

    def __str__(self) -> str:
        return f"{self.object}: {'deleted ' if self.deleted else ''}{self.text}"


class Monitor(Events[MonitorEvent]):
    """The events of `ip monitor`, as they come: a context manager, and an iterator that ends with it."""

    def read(self, line: str) -> MonitorEvent | None:
        """The event that a line tells of; what goes on in a second line belongs to a link that was told of already."""
        found = re.match(r"(?:\[nsid [^\]]*\])?\[(\w+)\](Deleted )?(.*)", line)
        return found and MonitorEvent(found[1].lower(), found[2] is not None, found[3].strip())


class MonitorTable(Table):
    """Changes of a place as they come: `with place.monitor("route") as events: for event in events: …`"""

    @verb("ip {family} monitor label", MonitorWords)
    def __call__(self, said: Said) -> Monitor:
        """Watch what changes, until its block ends."""
        return Monitor(self._site.start(*said, terminal=True))
