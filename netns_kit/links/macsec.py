"""MACsec: links whose Ethernet frames are encrypted, hop by hop; `ip macsec` gives them their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import LinkName, Mac, Number, OnOff, whole
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import refuse_together, words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link


def _checked_sci(argument: str, value: Any) -> str:
    if isinstance(value, str):
        if not re.fullmatch(r"(0x)?[0-9a-fA-F]{1,16}", value):
            raise InvalidArgumentError(argument, value, "it must be a number, or up to 16 hexadecimal digits")
        return f"{int(value, 16):016x}"
    return f"{values.integer(argument, value, 0, 2**64 - 1):016x}"


class _PortOf(Word):
    def known(self, data: Mapping[str, Any]) -> int | None:
        """The last two bytes of its channel's identifier."""
        found = data.get("sci")
        return int(str(found)[-4:], 16) if found else None


class _AddressOf(Word):
    def known(self, data: Mapping[str, Any]) -> str | None:
        """The first six bytes of its channel's identifier."""
        found = str(data.get("sci") or "")[:12]
        return ":".join(found[at : at + 2] for at in range(0, 12, 2)) if found else None


def _known_cipher(known: Any) -> str:
    return str(known).lower()


Cipher = Literal["default", "gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256"]


Sci = Annotated[int | str, Word(_checked_sci, "SCI")]
SciAddress = Annotated[Mac, _AddressOf(values.mac, "MAC", "address", keys=("sci",))]
SciPort = Annotated[int, _PortOf(whole(1, 2**16 - 1).check, "NUMBER", keys=("sci",))]
Validation = Literal["strict", "check", "disabled"]


@words
class MacsecWords:
    """What is said of MACsec."""

    _usual: ClassVar[Mapping[str, Any]] = {
        "cipher": "gcm-aes-128",
        "mtu": 1468,
        "icvlen": 16,
        "send_sci": True,
        "protect": True,
        "window": 0,
        "validate": "strict",
        "encodingsa": 0,
    }

    sci: Sci | None = None  # its channel's identifier: a number, or 16 hexadecimal digits
    sci_address: SciAddress | None = None  # or the first six bytes of it, an Ethernet address
    port: SciPort | None = None  # and the last two, 1 to 65535
    cipher: Annotated[Cipher, spelled(keys=("cipher_suite",), read=_known_cipher)] | None = None  # what encrypts
    icvlen: Annotated[int, whole(8, 16, keys=("icv_len",))] | None = None  # bytes that prove a frame, 8 to 16
    encrypt: OnOff | None = None  # whether frames are encrypted, not only proved
    send_sci: Annotated[OnOff, spelled(keys=("inc_sci",))] | None = None  # whether frames bear the identifier
    end_station: Annotated[OnOff, spelled(keys=("es",))] | None = None  # whether the Ethernet address says it
    scb: OnOff | None = None  # whether all are sent to at once
    protect: OnOff | None = None  # whether frames are proved at all
    replay: Annotated[OnOff, spelled(keys=("replay_protect",))] | None = None  # whether frames may not come twice
    window: Number | None = None  # how many frames too late one may be; needs `replay`
    validate: Annotated[Validation, spelled(keys=("validation",))] | None = (
        None  # what becomes of frames that are not proved
    )
    encodingsa: Annotated[int, whole(0, 3, keys=("encoding_sa",))] | None = None  # which of its four keys it sends with
    offload: Literal["mac", "phy", "off"] | None = None  # which part of the card does it

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What does not fit together is refused."""
        refuse_together(given, "sci", "port")
        refuse_together(given, "sci", "sci_address")
        if "window" in given and "replay" not in given:
            raise InvalidArgumentError("window", given["window"], "it needs replay")


@kind
class Macsec(MacsecWords, Link):
    """Encrypted Ethernet on the link `link`."""

    kind = "macsec"
    _needs = ("link",)
    change = changing(MacsecWords)

    link: LinkName | None = None  # the link that it stands on
