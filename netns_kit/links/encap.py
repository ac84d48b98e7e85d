"""What wraps a tunnel's packets once more, in UDP, and what else only `ip link` says of tunnels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from netns_kit.commands import values
from netns_kit.commands.types import Number, Port, Present
from netns_kit.commands.word import Flag, Word
from netns_kit.commands.words import words


def _checked_port(argument: str, value: Any) -> str | int:
    return "auto" if value == "auto" else values.port(argument, value)


class _Inner(Word):
    def known(self, data: Mapping[str, Any]) -> Any:
        """Its value, which the kernel's answer has in a part of its own."""
        found = (data.get("encap") or {}).get(self.keys[0])
        return "auto" if found == 0 else found


class _InnerFlag(Flag):
    def known(self, data: Mapping[str, Any]) -> bool:
        """Whether it is among the flags of that part of the kernel's answer."""
        return bool((data.get("encap") or {}).get(self.keys[0]))


def _checked_encap(argument: str, value: Any) -> str:
    return values.choice(argument, value, ("fou", "gue", "none"))


def _port(token: str) -> Word:
    return _Inner(_checked_port, "PORT|auto", f"encap-{token}", keys=(token,))


def _flag(token: str, key: str) -> Word:
    return _InnerFlag(token=f"encap-{token}", keys=(key,), off=("no{}",))


Encap = Annotated[Literal["fou", "gue", "none"], _Inner(_checked_encap, "fou|gue|none", keys=("type",))]
"""Plain UDP, UDP with a header of its own, or nothing."""

Auto = int | Literal["auto"]


@words
class WrapWords:
    """What only `ip link` says of tunnels."""

    fwmark: Number | None = None  # the firewall mark by which its packets are routed
    external: Present | None = None  # each packet's route says where it goes
    encap: Encap | None = None  # whether its packets are wrapped in UDP: "fou", "gue" (with a header) or "none"
    encap_sport: Annotated[Auto, _port("sport")] | None = None  # from this UDP port, or "auto": one for each flow
    encap_dport: Annotated[Port, _port("dport")] | None = None  # to this UDP port
    encap_csum: Annotated[bool, _flag("csum", "csum")] | None = None  # with UDP checksums
    encap_csum6: Annotated[bool, _flag("udp6-csum", "csum6")] | None = None  # with UDP checksums over IPv6
    encap_remcsum: Annotated[bool, _flag("remcsum", "remcsum")] | None = None  # with remote checksum offload
