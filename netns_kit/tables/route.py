"""Routes: `ip route`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import attrs
from attrs import evolve, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, ByteName, Family, LinkName, Mtu, Network, Number, Present, TableName
from netns_kit.commands.word import ALONE, Several
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table, tokens

RouteType = Literal[
    "unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole", "nat"
]


def _checked_via(value: Any) -> str | None:
    return None if value is None else values.address("via", value)


def _checked_dev(value: Any) -> str | None:
    return None if value is None else values.link_name("dev", value)


def _checked_weight(value: Any) -> int | None:
    return None if value is None else values.integer("weight", value, 1, 256)


def _checked_onlink(value: Any) -> bool:
    return values.truth("onlink", value)


@frozen(kw_only=True)
class NextHop:
    """One of several ways of a route: `nexthop via ADDRESS dev DEV weight NUMBER`; `via` or `dev` it needs."""

    via: str | None = attrs.field(default=None, converter=_checked_via)
    dev: str | None = attrs.field(default=None, converter=_checked_dev)
    weight: int | None = attrs.field(default=None, converter=_checked_weight)
    onlink: bool = attrs.field(default=False, converter=_checked_onlink)

    def __attrs_post_init__(self) -> None:
        if self.via is None and self.dev is None:
            raise InvalidArgumentError("via", None, "say via which address, or through which dev")

    def words(self) -> tuple[str, ...]:
        """Its words in a command."""
        return ("nexthop", *tokens(via=self.via, dev=self.dev, weight=self.weight, onlink=self.onlink))


@frozen
class RouteInfo(Row):
    """A route as the kernel has it. `dst` is "default" or a network; `gateway` is of either family."""

    dst: str
    type: str = "unicast"
    gateway: str | None = None
    dev: str | None = None
    protocol: str | None = None
    scope: str | None = None
    prefsrc: str | None = None
    metric: int | None = None
    table: str | None = None
    flags: tuple[str, ...] = ()
    nexthops: tuple[NextHop, ...] = ()
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> RouteInfo:
        """From an entry of `ip -j route`."""
        return cls(
            entry.get("dst", ""),
            entry.get("type", "unicast"),
            _gateway(entry),
            entry.get("dev"),
            entry.get("protocol"),
            entry.get("scope"),
            entry.get("prefsrc"),
            entry.get("metric"),
            entry.get("table"),
            tuple(entry.get("flags") or ()),
            tuple(
                NextHop(
                    via=_gateway(hop),
                    dev=hop.get("dev"),
                    weight=hop.get("weight"),
                    onlink="onlink" in hop.get("flags", ()),
                )
                for hop in entry.get("nexthops", ())
                if _gateway(hop) or hop.get("dev")
            ),
            entry,
        )


def _gateway(entry: Entry) -> str | None:
    gateway: str | None = entry.get("gateway") or (entry.get("via") or {}).get("host")
    return gateway


def _hops(argument: str, value: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, Sequence) or not all(isinstance(hop, NextHop) for hop in value):
        raise InvalidArgumentError(argument, value, "each must be a NextHop")
    return tuple(hop.words() for hop in value)


NextHops = Annotated[Sequence[NextHop], Several(_hops, "nexthop …", alone=True)]
"""Ways of a route."""


@words
class RouteWords:
    """A route."""

    family: Family | None = None  # 4 or 6, where nothing else tells
    type: Annotated[RouteType, ALONE] | None = None  # what becomes of a packet, such as "blackhole"; unicast otherwise
    dst: Annotated[Network, ALONE] = field(kw_only=False)  # where to: "default", a network or an address
    via: Address | None = None  # the gateway
    dev: LinkName | None = None  # the link to leave by
    src: Address | None = None  # the address to send from
    metric: Number | None = None  # of several routes, that with the lowest is taken
    table: TableName | None = None  # number or name, main otherwise
    scope: ByteName | None = None  # how far it leads: "global", "link", "host" or a number
    proto: ByteName | None = None  # who made it, such as "static"
    mtu: Mtu | None = None  # in bytes
    onlink: Present = False  # the gateway is on the link, whatever its address
    nexthops: Annotated[
        Sequence[NextHop], Several(_hops, "nexthop", alone=True)
    ] = ()  # several ways, of which each packet takes one

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A gateway of the other family (RFC 5549) is `via inet6 ADDRESS`."""
        via, dst = given.get("via"), given["dst"]
        if via and dst not in ("default", "any", "all") and values.is_ipv6(via) != values.is_ipv6(dst):
            given["via"] = ("inet6" if values.is_ipv6(via) else "inet", via)


@words
class RouteSelector:
    """Which routes."""

    family: Family | None = None  # 4 or 6, IPv4 otherwise
    dst: Annotated[Network, ALONE] | None = field(default=None, kw_only=False)  # only those to this network
    dev: LinkName | None = None  # only those through this link
    table: TableName | None = None  # number or name, main otherwise
    vrf: LinkName | None = None  # those of this VRF


@words
class RouteQuestion:
    """A packet, of which is asked where it goes."""

    dst: Annotated[Address, ALONE] = field(kw_only=False)  # where to
    from_: Address | None = None  # where from
    iif: LinkName | None = None  # the link it came by
    oif: LinkName | None = None  # the link it shall leave by
    mark: Number | None = None  # its firewall mark
    vrf: LinkName | None = None  # the VRF it is in


class RouteTable(Table):
    """Routes of a place, `place.route`.

    A destination is "default", a network such as "10.0.0.0/8", or an address. Keyword names are `ip route`'s own.
    """

    @verb("ip {family} route add", RouteWords)
    def add(self, said: Said) -> None:
        """Add a route.

        Raises InvalidArgumentError, ExistsError, UnreachableError (no way to the gateway), NotFoundError.
        """
        self._site.change(*said)

    @verb("ip {family} route append", RouteWords)
    def append(self, said: Said) -> None:
        """Add a route behind those to the same destination."""
        self._site.change(*said)

    @verb("ip {family} route replace", RouteWords)
    def replace(self, said: Said) -> None:
        """Add a route, or change the one that is there."""
        self._site.change(*said)

    @verb("ip {family} route change", RouteWords)
    def change(self, said: Said) -> None:
        """Change a route."""
        self._site.change(*said)

    @verb("ip {family} route delete", RouteWords)
    def delete(self, said: Said) -> None:
        """Delete a route. Raises NotFoundError if it is not there."""
        self._site.change(*said)

    @verb("ip {family} route flush", RouteSelector)
    def flush(self, said: Said) -> None:
        """Delete many routes: those of a table, the main one unless it is said, or through a link."""
        self._site.change(*said, *(() if said.given.keys() - {"family"} else ("table", "main")))

    @verb("ip {family} route [show]", RouteSelector)
    def show(self, said: Said) -> Rows[RouteInfo]:
        """The routes of the main table, or of another."""
        return self._rows(said)

    @verb("ip {family} route list", RouteSelector)
    def list(self, said: Said) -> Rows[RouteInfo]:
        """The routes of the main table, or of another."""
        return self._rows(said)

    @verb("ip route get", RouteQuestion)
    def get(self, said: Said) -> RouteInfo:
        """The route that a packet takes. Raises UnreachableError if there is none."""
        (found, *_) = self._site.read("ip", "-d", *said[1:]) or ({"dst": said.given["dst"]},)
        return RouteInfo.from_json(found)

    def _rows(self, said: Said) -> Rows[RouteInfo]:
        dev = said.given.get("dev")
        found = Rows(RouteInfo.from_json(entry) for entry in self._site.read("ip", "-d", *said[1:]))
        # The answer leaves out the link that was asked for.
        return (
            found if dev is None else Rows(evolve(one, dev=None if one.nexthops else one.dev or dev) for one in found)
        )
