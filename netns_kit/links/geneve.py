"""Geneve: Ethernet over UDP, VXLAN's successor."""

from __future__ import annotations

from attrs import define

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.links.link import Link
from netns_kit.links.options import address, flag, number, time_to_live, type_of_service, word


@define(eq=False, repr=False)
class Geneve(Link):
    """A Geneve tunnel of network `id` (0 to 16777215) to `remote`; an `external` one has neither."""

    kind = "geneve"

    id: int | None = number("id", 0, 2**24 - 1)
    remote: str | None = address("remote", "remote", "remote6")
    ttl: int | str | None = time_to_live("auto", zero="auto")
    tos: int | str | None = type_of_service()
    df: str | None = word("df", ("unset", "set", "inherit"))
    flowlabel: int | None = number("flowlabel", 0, 2**20 - 1, key="label")
    dstport: int | None = number("dstport", 0, 65535, key="port")
    external: bool | None = flag("external")
    udpcsum: bool | None = flag("udpcsum", key="udp_csum")
    udp6zerocsumtx: bool | None = flag("udp6zerocsumtx", key="udp_zero_csum6_tx")
    udp6zerocsumrx: bool | None = flag("udp6zerocsumrx", key="udp_zero_csum6_rx")

    def __attrs_post_init__(self) -> None:
        for name, value in (("id", self.id), ("remote", self.remote)):
            if self.external and value is not None:
                raise InvalidArgumentError(name, value, "an external one has none: what sends a packet says which")
            if not self.external and value is None:
                raise InvalidArgumentError(name, None, "a Geneve tunnel needs it")
