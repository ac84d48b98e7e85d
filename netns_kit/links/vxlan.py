"""VXLANs: Ethernet over UDP."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from attrs import define

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.links.info import LinkInfo
from netns_kit.links.link import Link
from netns_kit.links.options import (
    Option,
    address,
    device,
    flag,
    number,
    option,
    time_to_live,
    type_of_service,
    word,
)


def _checked_ports(value: Any) -> tuple[int, int]:
    try:
        low, high = value
    except (TypeError, ValueError):
        raise InvalidArgumentError("srcport", value, "it must be two ports, the lowest and the highest") from None
    low = values.port("srcport", low)
    return low, values.integer("srcport", high, low, 65535)


def _ports_of(info: LinkInfo) -> tuple[int, int]:
    known = info.data.get("port_range") or {}
    return known.get("low", 0), known.get("high", 0)


@define(eq=False, repr=False)
class VxlanLink(Link):
    """A VXLAN of network `id` (0 to 16777215), over UDP to port `dstport`.

    `remote` is the other end's address or `group` a multicast group, which needs `dev`; further ends are added with
    `fdb.append("00:00:00:00:00:00", dst=…)`. `local` is this end's address. `srcport` is the lowest and the highest
    port to send from, `ageing` in seconds, `maxaddress` a number of entries. With `external`, each packet's route or
    fdb entry says where it goes, and there is no `id`.
    """

    kind = "vxlan"

    id: int | None = number("id", 0, 2**24 - 1)
    dstport: int | None = number("dstport", 0, 65535, key="port")
    remote: str | None = address("remote", "remote", "remote6")
    group: str | None = address("group", "group", "group6")
    local: str | None = address("local", "local", "local6")
    dev: str | None = device("dev")
    ttl: int | str | None = time_to_live("auto", zero="auto")
    tos: int | str | None = type_of_service()
    df: str | None = word("df", ("unset", "set", "inherit"))
    flowlabel: int | None = number("flowlabel", 0, 2**20 - 1, key="label")
    srcport: tuple[int, int] | None = option(
        Option(_checked_ports, lambda ports: ("srcport", *map(str, ports)), _ports_of)
    )
    learning: bool | None = flag("learning")
    proxy: bool | None = flag("proxy")
    rsc: bool | None = flag("rsc")
    l2miss: bool | None = flag("l2miss")
    l3miss: bool | None = flag("l3miss")
    ageing: int | None = number("ageing", 0, 2**32 - 1)
    maxaddress: int | None = number("maxaddress", 0, 2**32 - 1, key="limit")
    udpcsum: bool | None = flag("udpcsum", key="udp_csum")
    udp6zerocsumtx: bool | None = flag("udp6zerocsumtx", key="udp_zero_csum6_tx")
    udp6zerocsumrx: bool | None = flag("udp6zerocsumrx", key="udp_zero_csum6_rx")
    remcsumtx: bool | None = flag("remcsumtx", key="remcsum_tx")
    remcsumrx: bool | None = flag("remcsumrx", key="remcsum_rx")
    external: bool | None = flag("external")
    gbp: bool | None = flag("gbp", off=())
    gpe: bool | None = flag("gpe", off=())
    vnifilter: bool | None = flag("vnifilter")

    def __attrs_post_init__(self) -> None:
        if self.external and self.id is not None:
            raise InvalidArgumentError("id", self.id, "an external one has none: what sends a packet says which")
        if not self.external and self.id is None:
            raise InvalidArgumentError("id", None, "say which network, 0 to 16777215")
        self._check_ends()

    def _check_ends(self) -> None:
        if self.remote is not None and self.group is not None:
            raise InvalidArgumentError("group", self.group, "give either a remote or a group")
        if self.group is not None and not ip_address(self.group).is_multicast:
            raise InvalidArgumentError("group", self.group, "it is no multicast address such as 239.1.1.1")
        if self.group is not None and self.dev is None:
            raise InvalidArgumentError("dev", None, "a group needs the link to reach it through")
        if self.remote is not None and ip_address(self.remote).is_multicast:
            raise InvalidArgumentError("remote", self.remote, "it is a multicast address: give it as group")
        if self.remote is not None and self.remote == self.local:
            raise InvalidArgumentError("remote", self.remote, "it is the local end's address, too")
        for name, far in (("remote", self.remote), ("group", self.group)):
            if far and self.local and values.is_ipv6(far) != values.is_ipv6(self.local):
                raise InvalidArgumentError(name, far, f"it is not of the same family as local, {self.local}")
