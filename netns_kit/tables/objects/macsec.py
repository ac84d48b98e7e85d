"""Keys of MACsec links: `ip macsec`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import attrs
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, Mac, Named, Number, whole
from netns_kit.commands.word import ALONE, Flag, Word
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable, filled
from netns_kit.tables.table import Added, Removed


def _key(argument: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidArgumentError(argument, value, "it must be two texts in hexadecimal: its id and the key")
    return tuple(_hexadecimal(argument, part) for part in value)


def _hexadecimal(argument: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([0-9a-fA-F]{2})+", value):
        raise InvalidArgumentError(argument, value, "it must be whole bytes in hexadecimal")
    return value


Key = Annotated[tuple[str, str], Word(_key, "ID KEY")]
"""A key: its id and itself, in hexadecimal."""

Salt = Annotated[str, Word(_hexadecimal, "SALT")]
"""12 bytes in hexadecimal."""

Sci = Annotated[int | str, whole(0, 2**64 - 1)]
"""A channel's number, such as "0x0200000000010001"."""

Active = Annotated[bool, Flag(token="on", off=("off",))]
"""`on` or `off`."""


@words
class _Association:
    """A channel of a link, or an association of it."""

    dev: Annotated[LinkName, ALONE] = field(kw_only=False)  # the MACsec link
    direction: Annotated[Literal["tx", "rx"], ALONE] = field(kw_only=False)  # "tx": what is sent, "rx": what comes
    sci: Sci | None = None  # the channel of the other side, by its number
    port: Annotated[int, whole(1, 65535)] | None = None  # or by the other side's port
    address: Mac | None = None  # and its Ethernet address
    sa: Annotated[int, whole(0, 3)] | None = None  # the association, 0 to 3; without it, the channel


@words
class MacsecWords(_Association):
    """A channel or an association, and what holds for it."""

    pn: Number | None = None  # the number of its next packet
    xpn: Annotated[int, whole(0, 2**64 - 1)] | None = None  # the same with 64 bits
    salt: Salt | None = None  # of a cipher with such numbers
    ssci: Number | None = None  # its short number
    on: Active | None = None  # whether it is in use
    key: Key | None = None  # the key: (id, key), in hexadecimal

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What is sent has one channel; what comes is told apart by who sent it."""
        if (given["direction"] == "rx") != bool(given.keys() & {"sci", "port"}):
            raise InvalidArgumentError("direction", given["direction"], "rx goes with sci or port, tx with neither")


@words
class MacsecAdded(Added, MacsecWords):
    """A channel or an association that is added."""


@words
class MacsecGone(Removed, _Association):
    """A channel or an association that is deleted."""


@frozen
class MacsecInfo(Row):
    """A MACsec link as the kernel has it: its settings and channels."""

    dev: str
    protect: bool | None = None
    validate: str | None = None
    encrypt: bool | None = None
    send_sci: bool | None = None
    replay: bool | None = None
    cipher_suite: str | None = None
    sci: str | None = None
    encoding_sa: int | None = None
    sa_list: tuple[dict[str, Any], ...] = ()
    rx_sc: tuple[dict[str, Any], ...] = ()
    offload: str | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class MacsecTable(ObjectTable):
    """Channels and keys of MACsec links, `place.macsec`; the class `Macsec` makes the links."""

    @verb("ip macsec add", MacsecAdded)
    def add(self, said: Said) -> None:
        """Add a channel, or an association and its key.

        `macsec.add("macsec0", "tx", sa=0, pn=1, on=True, key=("01", "0123…"))`
        Raises ExistsError, NotFoundError (no such link, or no such channel).
        """
        self._carry_out(said)

    @verb("ip macsec set", MacsecWords)
    def set(self, said: Said) -> None:
        """Change a channel or an association. Raises NotFoundError."""
        self._site.run(*said)

    @verb("ip macsec del", MacsecGone)
    def delete(self, said: Said) -> None:
        """Delete a channel or an association. Raises NotFoundError."""
        self._carry_out(said)

    def offload(self, dev: str | Named, mode: Literal["off", "phy", "mac"]) -> None:
        """Say who encrypts. Equivalent to: `ip macsec offload DEV off|phy|mac`"""
        words = (values.link_name("dev", dev), values.choice("mode", mode, ("off", "phy", "mac")))
        self._site.run("ip", "macsec", "offload", *words)

    def show(self, dev: str | Named | None = None) -> Rows[MacsecInfo]:
        """The MACsec links, or one. Equivalent to: `ip macsec show [DEV]`"""
        words = () if dev is None else (values.link_name("dev", dev),)
        found = self._site.read("ip", "macsec", "show", *words)
        return Rows(filled(MacsecInfo, {"dev": entry.get("ifname", ""), **entry}) for entry in found)

    list = show
