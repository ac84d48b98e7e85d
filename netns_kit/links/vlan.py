"""VLANs: one link's traffic of one tag, as a link of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import LinkName, whole
from netns_kit.commands.word import Switch, Word
from netns_kit.commands.words import words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import VlanProtocol


class _Marked(Switch):
    def known(self, data: Any) -> bool:
        """Whether it is among the link's flags."""
        return self.token.upper() in data.get("flags", ())


Marked = Annotated[bool, _Marked(values.truth)]
"""`on` or `off`, found again among the link's flags."""


def _checked_map(argument: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Mapping) or not value:
        raise InvalidArgumentError(argument, value, "it must be a dictionary such as {1: 2, 3: 4}")
    pairs = [[values.integer(argument, one, 0, 2**32 - 1) for one in pair] for pair in value.items()]
    return tuple(f"{before}:{after}" for before, after in pairs)


def _known_map(known: Any) -> tuple[str, ...]:
    return tuple(f"{one['from']}:{one['to']}" for one in known)


def _qos(way: str) -> Word:
    return Word(_checked_map, "FROM:TO…", f"{way}-qos-map", keys=(f"{way}_qos",), read=_known_map)


QosMap = Mapping[int, int]
"""Priorities, and what becomes of each."""


@words
class VlanWords:
    """What is said of a VLAN."""

    _usual: ClassVar[Mapping[str, Any]] = {"protocol": "802.1q", "reorder_hdr": True}

    protocol: VlanProtocol | None = None  # which tags
    id: Annotated[int, whole(1, 4094)] | None = None  # the tag, 1 to 4094
    reorder_hdr: Marked | None = None  # packets are seen without their tag
    gvrp: Marked | None = None  # the switch is told of it by GVRP
    mvrp: Marked | None = None  # the switch is told of it by MVRP
    loose_binding: Marked | None = None  # it may be up while its link is down
    bridge_binding: Marked | None = None  # it is up while a port of its bridge and VLAN is
    ingress_qos_map: Annotated[QosMap, _qos("ingress")] | None = None  # what comes with a priority gets another inside
    egress_qos_map: Annotated[QosMap, _qos("egress")] | None = None  # what has a priority inside leaves with another


@kind
class Vlan(VlanWords, Link):
    """A VLAN on the link `link`, of tag `id`."""

    kind = "vlan"
    _needs = ("link", "id")
    change = changing(VlanWords)

    link: LinkName | None = None  # the link that it stands on
