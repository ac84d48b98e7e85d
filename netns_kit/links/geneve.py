"""Geneve: Ethernet over UDP, VXLAN's successor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from netns_kit.commands.types import Address, Negatable, Port, Present
from netns_kit.commands.word import spelled
from netns_kit.commands.words import refuse_together, words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import AutoTtl, DontFragment, FlowLabel, Tos, Vni

Inner = Annotated[Present, spelled(keys=("inner_proto_inherit",))]


@words
class GeneveWords:
    """What is said of a Geneve tunnel."""

    _usual: ClassVar[Mapping[str, Any]] = {"ttl": "auto", "df": "unset", "dstport": 6081}

    id: Vni | None = None  # the network, 0 to 16777215
    remote: Annotated[Address, spelled(keys=("remote", "remote6"))] | None = None  # the other end
    ttl: AutoTtl | None = None  # hops, 1 to 255, "auto" or "inherit": as the packet inside has it
    tos: Tos | None = None  # 0 to 255, or "inherit": as the packet inside has it
    df: DontFragment | None = None  # whether packets on the way may be cut
    flowlabel: FlowLabel | None = None  # IPv6's, 0 to 1048575
    dstport: Annotated[Port, spelled(keys=("port",))] | None = None  # the UDP port, 6081 otherwise
    external: Negatable | None = None  # what sends a packet says where it goes
    udpcsum: Annotated[Negatable, spelled(keys=("udp_csum",))] | None = None  # with checksums
    udp6zerocsumtx: Annotated[Negatable, spelled(keys=("udp_zero_csum6_tx",))] | None = None  # sends IPv6 without them
    udp6zerocsumrx: Annotated[Negatable, spelled(keys=("udp_zero_csum6_rx",))] | None = None  # takes IPv6 without them
    innerprotoinherit: Inner | None = None  # packets within are no Ethernet frames

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """An external one has neither a number nor an end."""
        if given.get("external"):
            refuse_together(given, "external", "id")
            refuse_together(given, "external", "remote")


@kind
class Geneve(GeneveWords, Link):
    """A Geneve tunnel of network `id` to `remote`; an `external` one has neither."""

    kind = "geneve"
    change = changing(GeneveWords)

    @property
    def _needs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The options without which it cannot be made."""
        return () if self.external else ("id", "remote")
