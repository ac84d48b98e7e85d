"""WireGuard's keys and peers: `wg`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from attrs import field as fact
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, Mark, Network, Port, whole
from netns_kit.commands.word import ALONE, Flag, Word, spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


def _key(argument: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9+/]{43}=", value):
        raise InvalidArgumentError(argument, "…", "it must be a key as `wg genkey` and `wg pubkey` make them")
    return value


def _networks(argument: str, value: Any) -> str:
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else str(value).split(",")
    return ",".join(values.network(argument, one) for one in several)


class _Secret(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """Secrets are read, not typed: nobody else sees them among the processes."""
        return (self.token, "/dev/stdin")


Key = Annotated[str, Word(_key, "KEY")]
"""A key as `wg genkey` and `wg pubkey` make them."""

Secret = Annotated[str, _Secret(_key, "KEY")]
"""A key that nobody else may know."""

Networks = Annotated[Network | Sequence[Network], Word(_networks, "NETWORKS")]
"""One network, or several."""


Keepalive = Annotated[int, whole(0, 65535, token="persistent-keepalive")]
"""Seconds."""


@words
class WgWords:
    """What a WireGuard link and one of its peers are told."""

    link: Annotated[LinkName, ALONE] = field(kw_only=False)  # which one
    listen_port: Annotated[Port, spelled(token="listen-port")] | None = None  # the UDP port
    fwmark: Mark | None = None  # the firewall mark of its packets
    private_key: Annotated[Secret, spelled(token="private-key")] | None = None  # its own key
    peer: Key | None = None  # whose words follow, by the public key
    remove: Annotated[bool, Flag()] = False  # the peer is forgotten
    preshared_key: Annotated[Secret, spelled(token="preshared-key")] | None = None  # a further key of both
    endpoint: Annotated[str, Word(values.plain, "ADDRESS:PORT")] | None = None  # where it is
    persistent_keepalive: Keepalive | None = None  # seconds between packets that keep the way open; 0 is never
    allowed_ips: Annotated[Networks, spelled(token="allowed-ips")] | None = None  # networks that are behind it

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """One secret at a time; what is a peer's needs the peer."""
        if "private_key" in given and "preshared_key" in given:
            raise InvalidArgumentError("preshared_key", "…", "one key at a time: set it by a call of its own")
        for argument in ("remove", "preshared_key", "endpoint", "persistent_keepalive", "allowed_ips"):
            if given.get(argument) and "peer" not in given:
                raise InvalidArgumentError(argument, given[argument], "say of which peer")


@frozen
class WgPeer(Row):
    """A peer: `handshake` is in seconds since the epoch, 0 if there was none; `rx` and `tx` in bytes."""

    link: str
    peer: str
    endpoint: str | None = None
    allowed_ips: tuple[str, ...] = ()
    handshake: int = 0
    rx: int = 0
    tx: int = 0
    persistent_keepalive: int | None = None
    preshared_key: str | None = fact(default=None, repr=False)


class WgTable(Table):
    """WireGuard's keys and peers, `place.wg`: `place.wg.set("wg0", listen_port=51820, private_key=key)`."""

    def genkey(self) -> str:
        """A new private key. Equivalent to: `wg genkey`"""
        return self._site.run("wg", "genkey").stdout.strip()

    def genpsk(self) -> str:
        """A new key for both of two peers. Equivalent to: `wg genpsk`"""
        return self._site.run("wg", "genpsk").stdout.strip()

    def pubkey(self, private_key: str) -> str:
        """The public key that belongs to a private one. Equivalent to: `wg pubkey < KEY`"""
        return self._site.run("wg", "pubkey", input=_key("private_key", private_key) + "\n").stdout.strip()

    @verb("wg set", WgWords)
    def set(self, said: Said) -> None:
        """Tell a link its key and port, or one of its peers. Keys are handed over unseen.

        Raises InvalidArgumentError, NotFoundError (no such link), ToolMissingError.
        """
        secret = said.given.get("private_key") or said.given.get("preshared_key")
        self._site.run(*said, input=None if secret is None else f"{secret}\n")

    def show(self, link: LinkName | None = None) -> Rows[WgPeer]:
        """The peers, of all links or of one. Equivalent to: `wg show LINK|all dump`"""
        name = None if link is None else values.link_name("link", link)
        rows = [line.split("\t") for line in self._site.run("wg", "show", name or "all", "dump").stdout.splitlines()]
        peers = [[name, *row] for row in rows] if name else rows
        return Rows(_peer(*row) for row in peers if len(row) == 9)

    list = show


def _peer(link: str, key: str, psk: str, end: str, ips: str, seen: str, rx: str, tx: str, alive: str) -> WgPeer:
    def told(text: str) -> str | None:
        return None if text in ("(none)", "off") else text

    networks = tuple(ips.split(",")) if told(ips) else ()
    keepalive = int(alive) if told(alive) else None
    return WgPeer(link, key, told(end), networks, int(seen), int(rx), int(tx), keepalive, told(psk))
