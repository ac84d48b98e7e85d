"""Routes: `ip route`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
from attrs import evolve, frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.route_words import (
    LABELS,
    NextHop,
    RouteAdded,
    RouteGone,
    RouteQuestion,
    RouteSelector,
    RouteWords,
)
from netns_kit.tables.table import Table


@frozen
class RouteInfo(Row):
    """A route as the kernel has it. `dst` is "default" or a network; `gateway` is of either family.

    `metrics` are its options for those who use it, by name, times in milliseconds; `encap` says in what packets are
    wrapped, `expires` in how many seconds it goes. `from_`, `iif`, `mark` and `uid` are of the packet that was asked
    about. As text it is the command that adds it.
    """

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
    tos: str | None = None
    nhid: int | None = None
    encap: str | None = None
    from_: str | None = None
    iif: str | None = None
    mark: str | None = None
    uid: int | None = None
    realms: str | None = None
    pref: str | None = None
    expires: int | None = None
    as_: str | None = None
    ttl_propagate: str | None = None
    metrics: Mapping[str, Any] = attrs.field(factory=dict, hash=False)
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)
    usual: ClassVar[dict[str, Any]] = {"type": "unicast", "scope": "global", "protocol": "boot", "pref": "medium"}

    @classmethod
    def from_json(cls, entry: Entry) -> RouteInfo:
        """From an entry of `ip -j -d route`."""
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
            tuple(_hop(hop) for hop in entry.get("nexthops", ()) if _gateway(hop) or hop.get("dev")),
            entry.get("tos"),
            entry.get("nhid"),
            wrapped(entry),
            entry.get("from"),
            entry.get("iif"),
            entry.get("mark"),
            entry.get("uid"),
            "/".join((entry.get("flow") or {}).values()) or None,
            entry.get("pref"),
            entry.get("expires"),
            entry.get("to"),
            entry.get("ttl-propagate"),
            {name: True if value is None else value for one in entry.get("metrics", ()) for name, value in one.items()},
            entry,
        )

    def __str__(self) -> str:
        told = {name: value for name, value in self.items() if value != self.usual.get(name)}
        addresses = (self.dst, self.gateway, *(hop.via for hop in self.nexthops))
        # Only routes of IPv6 have a preference.
        told["family"] = 6 if self.pref and not any(":" in (address or "") for address in addresses) else None
        if LABELS.fullmatch(self.dst):
            told["family"] = "mpls"
        told["metric"] = self.metric or None
        told["table"] = None if self.table == "main" else self.table
        told |= {"features": "ecn" if "ecn" in self.metrics else None, **dict.fromkeys(self.flags, True)}
        if self.nhid is not None:
            # What its next hop says is said there.
            told |= {"gateway": None, "dev": None, "nexthops": ()}
        return RouteTable.add.line({**self.metrics, **told})


def _gateway(entry: Entry) -> str | None:
    gateway: str | None = entry.get("gateway") or (entry.get("via") or {}).get("host")
    return gateway


def _hop(entry: Entry) -> NextHop:
    flags = entry.get("flags", ())
    return NextHop(
        via=_gateway(entry),
        dev=entry.get("dev"),
        weight=entry.get("weight"),
        onlink="onlink" in flags,
        encap=wrapped(entry),
        pervasive="pervasive" in flags,
    )


def wrapped(entry: Entry) -> str | None:
    """In what packets are wrapped, as it is typed."""
    told = dict(entry.get("encap") or {})
    kind = told.pop("type", None)
    if kind is None:
        return None
    if kind == "mpls":
        return f"mpls {told.get('dst')}" + (f" ttl {told['ttl']}" if "ttl" in told else "")
    listed = {name: ",".join(value) if isinstance(value, list) else value for name, value in told.items()}
    return " ".join([kind, *(f"{name} {value}" for name, value in listed.items() if value is not None)])


class RouteTable(Table):
    """Routes of a place, `place.route`.

    A destination is "default", a network such as "10.0.0.0/8", or an address. Keyword names are `ip route`'s own.
    """

    @verb("ip {family} route add", RouteAdded)
    def add(self, said: Said) -> None:
        """Add a route.

        Raises InvalidArgumentError, ExistsError, UnreachableError (no way to the gateway), NotFoundError.
        """
        self._carry_out(said)

    @verb("ip {family} route append", RouteWords)
    def append(self, said: Said) -> None:
        """Add a route behind those to the same destination."""
        self._carry_out(said)

    @verb("ip {family} route replace", RouteWords)
    def replace(self, said: Said) -> None:
        """Add a route, or change the one that is there."""
        self._carry_out(said)

    @verb("ip {family} route change", RouteWords)
    def change(self, said: Said) -> None:
        """Change a route."""
        self._carry_out(said)

    @verb("ip {family} route delete", RouteGone)
    def delete(self, said: Said) -> None:
        """Delete a route. Raises NotFoundError if it is not there."""
        self._carry_out(said)

    @verb("ip {family} route flush", RouteSelector)
    def flush(self, said: Said) -> None:
        """Delete many routes: those of a table, the main one unless it is said, or through a link."""
        self._site.change(*said, *(() if said.given.keys() - {"family"} else ("table", "main")))

    @verb("ip {family} route [show]", RouteSelector)
    def show(self, said: Said) -> Rows[RouteInfo]:
        """The routes of the main table, or of another."""
        return self._rows(said)

    list = show.spelt("list")

    @verb("ip {family} route get", RouteQuestion)
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
