"""VXLANs: Ethernet over UDP."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Address, Negatable, Number, Port, Present
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import refuse_together, words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import AutoTtl, Device, DontFragment, FlowLabel, Tos, Vni
from netns_kit.tables.vni import VniTable


def _checked_ports(argument: str, value: Any) -> tuple[int, int]:
    try:
        low, high = value
    except (TypeError, ValueError):
        raise InvalidArgumentError(argument, value, "it must be two ports, the lowest and the highest") from None
    low = values.port(argument, low)
    return low, values.integer(argument, high, low, 65535)


def _known_ports(known: dict[str, int]) -> tuple[int, int]:
    return known.get("low", 0), known.get("high", 0)


Ports = Annotated[
    tuple[int, int], Word(_checked_ports, "LOW HIGH", keys=("port_range",), read=_known_ports, absent=(0, 0))
]
"""The lowest and the highest of some ports."""


@words
class VxlanWords:
    """What is said of a VXLAN."""

    _usual: ClassVar[Mapping[str, Any]] = {
        "ttl": "auto",
        "df": "unset",
        "learning": True,
        "ageing": 300,
        "udpcsum": True,
    }

    id: Vni | None = None  # the network, 0 to 16777215
    dstport: Annotated[Port, spelled(keys=("port",))] | None = None  # the UDP port; Linux takes 8472 otherwise
    remote: Annotated[Address, spelled(keys=("remote", "remote6"))] | None = None  # the other end
    group: Annotated[Address, spelled(keys=("group", "group6"))] | None = None  # a multicast group instead; needs `dev`
    local: Annotated[Address, spelled(keys=("local", "local6"))] | None = None  # this end's address
    dev: Device | None = None  # the link that its packets leave by
    ttl: AutoTtl | None = None  # hops, 1 to 255, "auto" or "inherit": as the packet inside has it
    tos: Tos | None = None  # 0 to 255, or "inherit": as the packet inside has it
    df: DontFragment | None = None  # whether packets on the way may be cut
    flowlabel: FlowLabel | None = None  # IPv6's, 0 to 1048575
    srcport: Ports | None = None  # the lowest and the highest port to send from
    learning: Negatable | None = None  # it learns from what comes in where addresses are
    proxy: Negatable | None = None  # it answers ARP for those that it knows
    rsc: Negatable | None = None  # it routes what is for a neighbour's address that it knows
    l2miss: Negatable | None = None  # it tells of Ethernet addresses that it does not know
    l3miss: Negatable | None = None  # it tells of IP addresses that it does not know
    ageing: Number | None = None  # seconds after which what was learnt is forgotten
    maxaddress: Annotated[Number, spelled(keys=("limit",))] | None = None  # how many entries it learns
    udpcsum: Annotated[Negatable, spelled(keys=("udp_csum",))] | None = None  # with checksums
    udp6zerocsumtx: Annotated[Negatable, spelled(keys=("udp_zero_csum6_tx",))] | None = None  # sends IPv6 without them
    udp6zerocsumrx: Annotated[Negatable, spelled(keys=("udp_zero_csum6_rx",))] | None = None  # takes IPv6 without them
    remcsumtx: Annotated[Negatable, spelled(keys=("remcsum_tx",))] | None = None  # remote checksum offload, sent
    remcsumrx: Annotated[Negatable, spelled(keys=("remcsum_rx",))] | None = None  # remote checksum offload, taken
    external: Negatable | None = None  # each packet's route or fdb entry says where it goes; it has no `id`
    gbp: Present | None = None  # group policy: marks travel with packets
    gpe: Present | None = None  # packets say which protocol they hold
    vnifilter: Negatable | None = None  # only networks that it was told of; needs `external`

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What does not fit together is refused."""
        if given.get("external"):
            refuse_together(given, "external", "id")
        refuse_together(given, "remote", "group")
        group, remote, local = (given.get(name) for name in ("group", "remote", "local"))
        if group is not None and not ip_address(group).is_multicast:
            raise InvalidArgumentError("group", group, "it is no multicast address such as 239.1.1.1")
        if group is not None and "dev" not in given:
            raise InvalidArgumentError("dev", None, "a group needs the link to reach it through")
        if remote is not None and ip_address(remote).is_multicast:
            raise InvalidArgumentError("remote", remote, "it is a multicast address: give it as group")
        if remote is not None and remote == local:
            raise InvalidArgumentError("remote", remote, "it is the local end's address, too")
        for name, far in (("remote", remote), ("group", group)):
            if far and local and values.is_ipv6(far) != values.is_ipv6(local):
                raise InvalidArgumentError(name, far, f"it is not of the same family as local, {local}")


@kind
class VxlanLink(VxlanWords, Link):
    """A VXLAN of network `id`, over UDP to port `dstport`.

    Further ends than `remote` are added with `fdb.append("00:00:00:00:00:00", dst=…)`.
    """

    kind = "vxlan"
    change = changing(VxlanWords)

    @property
    def vni(self) -> VniTable:
        """The networks that an external one lets in, with `vnifilter`."""
        return VniTable(self._site, self.name)

    @property
    def _needs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The options without which it cannot be made."""
        return () if self.external else ("id",)
