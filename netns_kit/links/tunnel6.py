"""What tunnels over IPv6 share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Byte, Ipv6Address, Negatable
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.options import Device, TrafficClass, refuse_both_ways
from netns_kit.links.tunnel import Tunnel


def _checked_limit(argument: str, value: Any) -> str | int:
    return "none" if value == "none" else values.integer(argument, value, 0, 255)


def _checked_label(argument: str, value: Any) -> str:
    return "inherit" if value == "inherit" else f"{values.integer(argument, value, 0, 2**20 - 1):#x}"


def _known_label(known: Any) -> str:
    return str(known) if known == "inherit" else f"{int(str(known), 16):#x}"


class _Limit(Word):
    def known(self, data: Mapping[str, Any]) -> Any:
        """The limit, or that there is none."""
        return "none" if "ip6_tnl_f_ign_encap_limit" in data else data.get("encap_limit")


EncapLimit = Annotated[int | Literal["none"], _Limit(_checked_limit, "NUMBER|none")]
"""How many tunnels within each other, 0 to 255, or "none": no limit."""

InheritableLabel = Annotated[
    int | Literal["inherit"], Word(_checked_label, "NUMBER|inherit", read=_known_label, absent="inherit")
]
"""An IPv6 flow label, 0 to 1048575, or "inherit": as the packet inside has it."""


class _Copied(Word):
    def known(self, data: Mapping[str, Any]) -> str | None:
        """Whether the kernel's answer has the flag for it."""
        return "inherit" if "ip6_tnl_f_rcv_dscp_copy" in data else None


def _checked_dscp(argument: str, value: Any) -> str:
    return values.choice(argument, value, ("inherit",))


Dscp = Annotated[Literal["inherit"], _Copied(_checked_dscp, "inherit")]
"""The packet inside gets it from the one around it."""

_LOCAL = "ip6_tnl_f_allow_local_remote"
LocalRemote = Annotated[Negatable, spelled(token="allow-localremote", keys=(_LOCAL,))]
"""Both ends may be on one host."""


@words
class Ends6Words:
    """What is said of all tunnels over IPv6."""

    _usual: ClassVar[Mapping[str, Any]] = {"remote": "::", "local": "::"}

    remote: Ipv6Address | None = None  # the other end, an address of IPv6
    local: Ipv6Address | None = None  # this end's
    dev: Device | None = None  # the link that its packets leave by

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What does not fit together is refused."""
        remote = given.get("remote", "::")
        if remote != "::" and remote == given.get("local"):
            raise InvalidArgumentError("remote", remote, "it is the local end's address, too")
        refuse_both_ways(given)


@words
class HopWords(Ends6Words):
    """What is said of tunnels whose packets have a way of their own."""

    _usual: ClassVar[Mapping[str, Any]] = {"encaplimit": 4, "hoplimit": 64, "tclass": "0x0", "flowlabel": "0x0"}

    encaplimit: EncapLimit | None = None  # how many tunnels within each other, 0 to 255, or "none"; 4 otherwise
    hoplimit: Annotated[Byte, spelled(keys=("ttl",))] | None = None  # hops, 0 to 255; 64 otherwise
    tclass: TrafficClass | None = None  # the traffic class, 0 to 255, or "inherit": as the packet inside has it
    flowlabel: InheritableLabel | None = None  # 0 to 1048575, or "inherit": as the packet inside has it
    dscp: Dscp | None = None  # "inherit": the packet inside gets it from the one around it
    allow_localremote: LocalRemote | None = None  # its ends may be one host


@kind
class Tunnel6(Tunnel):
    """A tunnel over IPv6 that both `ip -6 tunnel` and `ip link` make."""

    _tool: ClassVar[tuple[str, ...]] = ("ip", "-6", "tunnel")
