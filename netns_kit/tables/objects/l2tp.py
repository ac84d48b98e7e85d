"""L2TP without a daemon: `ip l2tp`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, OnOff, Port, short, whole
from netns_kit.commands.word import Word
from netns_kit.commands.words import field, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable
from netns_kit.tables.table import Added, Removed


def _cookie(argument: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([0-9a-fA-F]{8}){1,2}", value):
        raise InvalidArgumentError(argument, value, "it must be 8 or 16 hexadecimal digits")
    return value


Id = Annotated[int, whole(1, 2**32 - 1)]
"""A tunnel's or a session's number."""

Cookie = Annotated[str, Word(_cookie, "HEX")]
"""8 or 16 hexadecimal digits."""


@words
class TunnelAdded(Added):
    """A tunnel of L2TP."""

    remote: Address = field(kw_only=True)  # the other end
    local: Address = field(kw_only=True)  # this end
    tunnel_id: Id = field(kw_only=True)  # its number here
    peer_tunnel_id: Id = field(kw_only=True)  # its number there
    encap: Literal["ip", "udp"] | None = None  # in what packets go, UDP otherwise
    udp_sport: Port | None = None  # the port here
    udp_dport: Port | None = None  # the port there
    udp_csum: OnOff | None = None  # whether packets have a checksum (IPv4)
    udp6_csum_tx: OnOff | None = None  # whether packets that are sent have one (IPv6)
    udp6_csum_rx: OnOff | None = None  # whether packets that come must have one (IPv6)


@words
class TunnelOf:
    """Which tunnel."""

    tunnel_id: Id = field(kw_only=True)  # its number here


@words
class TunnelGone(Removed, TunnelOf):
    """A tunnel that is deleted."""


@words
class TunnelSelector:
    """Which tunnels."""

    tunnel_id: Id | None = None  # only this one


@words
class SessionAdded(Added):
    """A session, which is a link."""

    name: Annotated[str, short(values.LINK_NAME_BYTES)] | None = None  # the link's; the kernel chooses one otherwise
    tunnel_id: Id = field(kw_only=True)  # the tunnel, by its number here
    session_id: Id = field(kw_only=True)  # its number here
    peer_session_id: Id = field(kw_only=True)  # its number there
    cookie: Cookie | None = None  # what packets that come must have
    peer_cookie: Cookie | None = None  # what packets that are sent have
    seq: Literal["none", "send", "recv", "both"] | None = None  # which packets have numbers
    l2spec_type: Literal["none", "default"] | None = None  # what stands before the frame


@words
class SessionGone(Removed, TunnelOf):
    """A session that is deleted."""

    session_id: Id = field(kw_only=True)  # its number here


@words
class SessionSelector:
    """Which sessions."""

    tunnel_id: Id | None = None  # only those of this tunnel
    session_id: Id | None = None  # only this one


@frozen
class L2tpTunnelInfo(Row):
    """A tunnel of L2TP as the kernel has it."""

    tunnel_id: int
    peer_tunnel: int = 0
    encap: str = ""
    local: str = ""
    peer: str = ""
    local_port: int | None = None
    peer_port: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


@frozen
class L2tpSessionInfo(Row):
    """A session of L2TP as the kernel has it."""

    session_id: int
    tunnel_id: int = 0
    peer_session_id: int = 0
    peer_tunnel_id: int = 0
    interface: str = ""
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class L2tpTunnelTable(ObjectTable):
    """Tunnels of L2TP at a place, `place.l2tp.tunnel`."""

    @verb("ip l2tp add tunnel", TunnelAdded)
    def add(self, said: Said) -> None:
        """Add a tunnel. Raises ExistsError, MissingModuleError where the kernel's module l2tp_netlink is missing."""
        self._carry_out(said)

    @verb("ip l2tp del tunnel", TunnelGone)
    def delete(self, said: Said) -> None:
        """Delete a tunnel and its sessions. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip l2tp show tunnel", TunnelSelector)
    def show(self, said: Said) -> Rows[L2tpTunnelInfo]:
        """The tunnels."""
        return self._rows(L2tpTunnelInfo, said)

    list = show.spelt("list")


class L2tpSessionTable(ObjectTable):
    """Sessions of L2TP at a place, `place.l2tp.session`; each is a link."""

    @verb("ip l2tp add session", SessionAdded)
    def add(self, said: Said) -> None:
        """Add a session to a tunnel. Raises ExistsError, NotFoundError (no such tunnel)."""
        self._carry_out(said)

    @verb("ip l2tp del session", SessionGone)
    def delete(self, said: Said) -> None:
        """Delete a session. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip l2tp show session", SessionSelector)
    def show(self, said: Said) -> Rows[L2tpSessionInfo]:
        """The sessions."""
        return self._rows(L2tpSessionInfo, said)

    list = show.spelt("list")


class L2tp:
    """L2TP of a place, `place.l2tp`: its `tunnel`s and their `session`s."""

    def __init__(self, at: At | None = None) -> None:
        self.tunnel = L2tpTunnelTable(at)
        self.session = L2tpSessionTable(at)

    def __repr__(self) -> str:
        return f"L2tp({self.tunnel.site!r})"
