"""What `ip route` understands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import (
    Address,
    ByteName,
    LinkName,
    Mtu,
    Network,
    Number,
    OneZero,
    Plain,
    Port,
    Present,
    RouteFamily,
    Service,
    TableName,
    whole,
)
from netns_kit.commands.word import ALONE, Several, Word, spelled
from netns_kit.commands.words import field, refuse_together, words
from netns_kit.tables.rule import Realms
from netns_kit.tables.table import Added, Removed, tokens

RouteType = Literal[
    "unicast", "local", "broadcast", "multicast", "throw", "unreachable", "prohibit", "blackhole", "nat"
]

SWALLOWING = ("blackhole", "unreachable", "prohibit", "throw")
"""Types of routes that lead nowhere."""
TypedRoute = Annotated[RouteType, ALONE, spelled(keys=("type",))]
"""What becomes of a packet."""

Propagation = Annotated[Literal["enabled", "disabled"], spelled(token="ttl-propagate", keys=("ttl_propagate",))]
"""Whether something is handed on."""

LABELS = re.compile(r"\d+(/\d+)*")
"""What MPLS has instead of addresses."""

ENCAPSULATIONS = ("mpls", "ip", "ip6", "seg6", "seg6local", "rpl", "ioam6", "xfrm", "bpf")


def _destination(argument: str, value: Any) -> str:
    text = values.written(argument, value)
    return text if LABELS.fullmatch(text) and not isinstance(value, bool) else values.network(argument, value)


def checked_encap(argument: str, value: Any) -> tuple[str, ...]:
    """Words that say in what packets are wrapped, such as "mpls 100/200"."""
    given = tuple(value.split()) if isinstance(value, str) else ()
    if len(given) < 2 or given[0] not in ENCAPSULATIONS:
        raise InvalidArgumentError(argument, value, f'such as "mpls 100"; it begins with {", ".join(ENCAPSULATIONS)}')
    return tuple(values.plain(argument, word) for word in given)


def _time(argument: str, value: Any) -> str:
    text = str(value)
    if not re.fullmatch(r"\d+(\.\d+)?(s|ms)", text):
        raise InvalidArgumentError(argument, value, 'it must be a time such as "20ms" or "3s"')
    return text


Destination = Annotated[Network | int, ALONE, Word(_destination, "NETWORK", keys=("dst",))]
"""A network, an address, or "default"; MPLS has labels instead: 100, "100/200"."""

Swapped = Annotated[str | int, Word(_destination, "LABEL", keys=("as_",))]
"""A label of MPLS, or several: 100, "100/200"."""

Encap = Annotated[str, Word(checked_encap, "TYPE …", read=lambda known: tuple(known.split()))]
"""In what packets are wrapped, as it is typed: "mpls 100/200", "seg6 mode encap segs fd00::1"."""

Time = Annotated[str, Word(_time, "TIME", read=lambda known: f"{known}ms")]
"""A time such as "20ms" or "3s"."""

Weight = Annotated[int, whole(1, 256)]
"""A weight, 1 to 256."""


def _checked_via(value: Any) -> str | None:
    return None if value is None else values.address("via", value)


def _checked_dev(value: Any) -> str | None:
    return None if value is None else values.link_name("dev", value)


def _checked_weight(value: Any) -> int | None:
    return None if value is None else values.integer("weight", value, 1, 256)


def _checked_onlink(value: Any) -> bool:
    return values.truth("onlink", value)


def _checked_pervasive(value: Any) -> bool:
    return values.truth("pervasive", value)


def _checked_encap(value: Any) -> str | None:
    return None if value is None else " ".join(checked_encap("encap", value))


@frozen(kw_only=True)
class NextHop:
    """One of several ways of a route: `nexthop via ADDRESS dev DEV weight NUMBER`; `via` or `dev` it needs.

    `encap` says in what its packets are wrapped, such as "mpls 100".
    """

    via: str | None = attrs.field(default=None, converter=_checked_via)
    dev: str | None = attrs.field(default=None, converter=_checked_dev)
    weight: int | None = attrs.field(default=None, converter=_checked_weight)
    onlink: bool = attrs.field(default=False, converter=_checked_onlink)

    encap: str | None = attrs.field(default=None, converter=_checked_encap)
    pervasive: bool = attrs.field(default=False, converter=_checked_pervasive)

    def __attrs_post_init__(self) -> None:
        if self.via is None and self.dev is None:
            raise InvalidArgumentError("via", None, "say via which address, or through which dev")

    def __str__(self) -> str:
        return " ".join(self.words()[1:])

    def words(self) -> tuple[str, ...]:
        """Its words in a command."""
        encap = () if self.encap is None else ("encap", *self.encap.split())
        rest = tokens(via=self.via, dev=self.dev, weight=self.weight, onlink=self.onlink, pervasive=self.pervasive)
        return ("nexthop", *encap, *rest)


def _hops(argument: str, value: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, Sequence) or not all(isinstance(hop, NextHop) for hop in value):
        raise InvalidArgumentError(argument, value, "each must be a NextHop")
    return tuple(hop.words() for hop in value)


NextHops = Annotated[
    Sequence[NextHop],
    Several(_hops, "nexthop …", alone=True, keys=("nexthops",), read=lambda known: _hops("nexthops", known)),
]
"""Ways of a route."""


@words
class _Route:
    """Which route, and how it leads."""

    family: RouteFamily | None = None  # 4, 6 or "mpls", where nothing else tells
    type: TypedRoute | None = None  # what becomes of a packet, such as "blackhole"; unicast otherwise
    dst: Destination = field(kw_only=False)  # where to: "default", a network or an address; a label of MPLS
    tos: Service | None = None  # only packets of this type of service
    nhid: Number | None = None  # a next hop of `place.nexthop`, by its id
    encap: Encap | None = None  # in what packets are wrapped: "mpls 100", "ip id 5 dst 192.0.2.1"
    as_: Swapped | None = None  # the label that is put in place of it (MPLS)
    via: Annotated[Address, spelled(keys=("gateway",))] | None = None  # the gateway
    dev: LinkName | None = None  # the link to leave by
    weight: Weight | None = None  # of several ways, how much goes by this one
    src: Annotated[Address, spelled(keys=("prefsrc",))] | None = None  # the address to send from
    from_: Annotated[Network, spelled(keys=("from_",))] | None = None  # only packets from there (IPv6)
    metric: Number | None = None  # of several routes, that with the lowest is taken
    table: TableName | None = None  # number or name, main otherwise
    vrf: LinkName | None = None  # that of this VRF
    scope: ByteName | None = None  # how far it leads: "global", "link", "host" or a number
    proto: Annotated[ByteName, spelled(keys=("protocol",))] | None = None  # who made it, such as "static"
    ttl_propagate: Propagation | None = None  # whether a packet keeps its TTL when MPLS' is taken off


@words
class _Options:
    """What holds for those who use a route."""

    mtu: Mtu | None = None  # in bytes
    advmss: Number | None = None  # the largest segment that TCP announces, in bytes
    rtt: Time | None = None  # the round trip that TCP begins with
    rttvar: Time | None = None  # and how much it varies
    rto_min: Time | None = None  # the shortest time after which TCP sends again
    reordering: Number | None = None  # how many packets may come too early before TCP takes one for lost
    window: Number | None = None  # the largest window that TCP announces, in bytes
    cwnd: Number | None = None  # the largest congestion window, in packets
    initcwnd: Number | None = None  # the one that TCP begins with
    initrwnd: Number | None = None  # the window that TCP announces at first, in packets
    ssthresh: Number | None = None  # where TCP's slow start ends, in packets
    realms: Realms | None = None  # the realm that it is in, or two: "5/6"
    hoplimit: Annotated[int, whole(0, 255)] | None = None  # how many hops packets may go
    features: Literal["ecn"] | None = None  # "ecn": senders are told of congestion by marks
    quickack: OneZero | None = None  # whether TCP acknowledges at once
    congctl: Annotated[Plain, spelled(keys=("congestion",))] | None = None  # TCP's congestion control, such as "bbr"
    fastopen_no_cookie: OneZero | None = None  # whether TCP Fast Open does without a cookie
    pref: Literal["low", "medium", "high"] | None = None  # of several routers, which to prefer (IPv6)
    expires: Number | None = None  # seconds until it goes (IPv6)
    onlink: Present = False  # the gateway is on the link, whatever its address
    pervasive: Present = False  # of the way, as the kernel's flag
    nexthops: NextHops = ()  # several ways, of which each packet takes one


@words
class RouteWords(_Options, _Route):
    """A route."""

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A gateway of the other family (RFC 5549) is `via inet6 ADDRESS`, and labels are MPLS'."""
        via, dst, mpls = given.get("via"), given.get("dst", ""), given.get("family") == "mpls"
        if bool(LABELS.fullmatch(dst)) != mpls:
            raise InvalidArgumentError("dst", dst, 'labels go with family="mpls", addresses with other families')
        refuse_together(given, "table", "vrf")
        told = dst not in ("default", "any", "all")
        if via and (mpls or (told and values.is_ipv6(via) != values.is_ipv6(dst))):
            given["via"] = ("inet6" if values.is_ipv6(via) else "inet", via)


@words
class RouteAdded(Added, RouteWords):
    """A route that is added."""

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It leads somewhere, or swallows."""
        RouteWords.complete(given)
        if not given.keys() & {"via", "dev", "nexthops", "nhid"} and given.get("type") not in SWALLOWING:
            raise InvalidArgumentError("via", None, "say where it leads: via= a gateway, or dev= a link")


@words
class RouteGone(Removed, RouteWords):
    """A route that is deleted."""


@words
class RouteSelector:
    """Which routes."""

    family: RouteFamily | None = None  # 4, 6 or "mpls", IPv4 otherwise
    dst: Destination | None = field(default=None, kw_only=False)  # only those to this network
    root: Network | None = None  # only those to networks in this one
    match: Network | None = None  # only those to networks that this one is in
    exact: Network | None = None  # only those to just this network
    via: Address | None = None  # only those by this gateway
    dev: LinkName | None = None  # only those through this link
    src: Network | None = None  # only those with this address to send from
    table: TableName | None = None  # number or name, main otherwise; "all" for all
    vrf: LinkName | None = None  # those of this VRF
    proto: ByteName | None = None  # only those made so, such as "static", "kernel"
    type: RouteType | None = None  # only those of this type, such as "blackhole"
    scope: ByteName | None = None  # only those that lead so far: "global", "link", "host"
    cache: Present = False  # what was learnt of single destinations, such as their MTU


@words
class RouteQuestion:
    """A packet, of which is asked where it goes."""

    family: RouteFamily | None = None  # 4, 6 or "mpls"
    fibmatch: Present = False  # the route as it stands in the table, not what comes of it for this packet
    dst: Destination = field(kw_only=False)  # where to
    from_: Address | None = None  # where from
    iif: LinkName | None = None  # the link it came by
    oif: LinkName | None = None  # the link it shall leave by
    mark: Number | None = None  # its firewall mark
    tos: Service | None = None  # its type of service
    vrf: LinkName | None = None  # the VRF it is in
    uid: Number | None = None  # the user that sends it
    ipproto: ByteName | None = None  # its protocol, such as "tcp"
    sport: Port | None = None  # the port it is from
    dport: Port | None = None  # the port it is for
