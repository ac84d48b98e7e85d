"""Routes: `ip route`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve, field, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.values import Address
from netns_kit.tables.table import Table, family_option, tokens

TYPES = ("unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole", "nat")


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

    via: str | None = field(default=None, converter=_checked_via)
    dev: str | None = field(default=None, converter=_checked_dev)
    weight: int | None = field(default=None, converter=_checked_weight)
    onlink: bool = field(default=False, converter=_checked_onlink)

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
    raw: Entry = field(factory=dict, repr=False, eq=False)

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


class RouteTable(Table):
    """Routes of a place, `place.route`.

    A destination is "default", a network such as "10.0.0.0/8", or an address. Keyword names are `ip route`'s own.
    """

    def add(self, dst: Any, **options: Any) -> None:
        """Add a route.

        Equivalent to: `ip route add [TYPE] DST [via ADDRESS] [dev DEV] [src ADDRESS] [metric NUMBER] [table TABLE]
        [scope SCOPE] [proto PROTOCOL] [mtu BYTES] [onlink] [nexthop …]…`

        `type` is such as "blackhole"; `nexthops` takes `NextHop`s; `family` 4 or 6 where nothing else tells.
        Raises InvalidArgumentError, ExistsError, UnreachableError (no way to the gateway), NotFoundError.
        """
        self._change("add", dst, **options)

    def append(self, dst: Any, **options: Any) -> None:
        """Add a route behind those to the same destination. Equivalent to: `ip route append …`"""
        self._change("append", dst, **options)

    def replace(self, dst: Any, **options: Any) -> None:
        """Add a route, or change the one that is there. Equivalent to: `ip route replace …`"""
        self._change("replace", dst, **options)

    def change(self, dst: Any, **options: Any) -> None:
        """Change a route. Equivalent to: `ip route change …`"""
        self._change("change", dst, **options)

    def delete(self, dst: Any, **options: Any) -> None:
        """Delete a route. Equivalent to: `ip route delete …`. Raises NotFoundError if it is not there."""
        self._change("delete", dst, **options)

    def flush(self, *, dev: Any = None, table: Any = None, family: int | None = None) -> None:
        """Delete many routes: those through a link, or of a table.

        Equivalent to: `ip route flush [dev DEV] [table TABLE]`
        """
        selector = _selector(None, dev, table) or ("table", "main")
        self._site.change("ip", *family_option(family), "route", "flush", *selector)

    def show(
        self, dst: Any = None, *, dev: Any = None, table: Any = None, vrf: Any = None, family: int | None = None
    ) -> Rows[RouteInfo]:
        """The routes of the main table, or of another; IPv6's with `family=6`.

        Equivalent to: `ip route` or `ip route show [DST] [dev DEV] [table TABLE] [vrf VRF]`
        """
        selector = _selector(dst, dev, table, vrf)
        found = self._read(family, *(("show", *selector) if selector else ()))
        if dev is None:
            return found
        # The answer leaves out the link that was asked for.
        name = values.link_name("dev", dev)
        return Rows(evolve(route, dev=None if route.nexthops else route.dev or name) for route in found)

    def list(self, *, table: Any = None, family: int | None = None) -> Rows[RouteInfo]:
        """The routes of the main table, or of another. Equivalent to: `ip route list [table TABLE]`"""
        return self._read(family, "list", *_selector(None, None, table))

    def get(
        self,
        dst: Address,
        *,
        from_: Address | None = None,
        iif: Any = None,
        oif: Any = None,
        mark: int | None = None,
        vrf: Any = None,
    ) -> RouteInfo:
        """The route that a packet to `dst` takes.

        Equivalent to: `ip route get DST [from ADDRESS] [iif DEV] [oif DEV] [mark MARK] [vrf VRF]`

        Raises UnreachableError if there is none.
        """
        words = tokens(
            from_=None if from_ is None else values.address("from_", from_),
            iif=None if iif is None else values.link_name("iif", iif),
            oif=None if oif is None else values.link_name("oif", oif),
            mark=None if mark is None else values.integer("mark", mark, 0, 2**32 - 1),
            vrf=None if vrf is None else values.link_name("vrf", vrf),
        )
        found = self._site.read("ip", "-d", "route", "get", values.address("dst", dst), *words)
        return RouteInfo.from_json(found[0] if found else {"dst": str(dst)})

    def _read(self, family: int | None, *words: str) -> Rows[RouteInfo]:
        entries = self._site.read("ip", "-d", *family_option(family), "route", *words)
        return Rows(RouteInfo.from_json(entry) for entry in entries)

    def _change(self, verb: str, dst: Any, *, family: int | None = None, **options: Any) -> None:
        self._site.change("ip", *family_option(family), "route", verb, *_route_words(dst, **options))


def _selector(dst: Any, dev: Any, table: Any, vrf: Any = None) -> tuple[str, ...]:
    target = () if dst is None else (values.network("dst", dst),)
    return target + tokens(
        dev=None if dev is None else values.link_name("dev", dev),
        table=None if table is None else values.name_or_number("table", table),
        vrf=None if vrf is None else values.link_name("vrf", vrf),
    )


def _route_words(
    dst: Any,
    *,
    type: str | None = None,
    via: Address | None = None,
    dev: Any = None,
    src: Address | None = None,
    metric: int | None = None,
    table: Any = None,
    scope: str | None = None,
    proto: str | None = None,
    mtu: int | None = None,
    onlink: bool = False,
    nexthops: Sequence[NextHop] = (),
) -> tuple[str, ...]:
    kind = () if type is None else (values.choice("type", type, TYPES),)
    target = values.network("dst", dst)
    via = None if via is None else values.address("via", via)
    # A gateway of the other family (RFC 5549) is `via inet6 ADDRESS`.
    known = via is not None and target not in ("default", "any", "all")
    other = known and values.is_ipv6(str(via)) != values.is_ipv6(target)
    gateway = () if via is None else ("via", *((("inet6" if values.is_ipv6(via) else "inet"),) if other else ()), via)
    if not isinstance(nexthops, Sequence) or not all(isinstance(hop, NextHop) for hop in nexthops):
        raise InvalidArgumentError("nexthops", nexthops, "each must be a NextHop")
    hops = tuple(word for hop in nexthops for word in hop.words())
    return (
        *kind,
        target,
        *gateway,
        *tokens(
            dev=None if dev is None else values.link_name("dev", dev),
            src=None if src is None else values.address("src", src),
            metric=None if metric is None else values.integer("metric", metric, 0, 2**32 - 1),
            table=None if table is None else values.name_or_number("table", table),
            scope=None if scope is None else values.name_or_number("scope", scope, 255),
            proto=None if proto is None else values.name_or_number("proto", proto, 255),
            mtu=None if mtu is None else values.mtu("mtu", mtu),
            onlink=values.truth("onlink", onlink),
        ),
        *hops,
    )
