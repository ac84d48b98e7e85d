"""A cable of a lab, and its ends."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from attrs import frozen

from netns_kit.commands.values import Interface
from netns_kit.links.link import Link
from netns_kit.links.table import LinkTable
from netns_kit.sites.site import At


@frozen
class Cable:
    """A cable: its ends, what they are to carry, and how many of them are to be deleted for it to be gone."""

    ends: tuple[Link, Link]
    mtu: int | None
    halves: int

    def dress(self, addresses: Iterable[Interface | None]) -> None:
        """Give each end its MTU and address, and set it up."""
        for end, address in zip(self.ends, addresses, strict=True):
            dress(end, address, self.mtu)

    def cut(self) -> None:
        """Have it gone."""
        for end in self.ends[: self.halves]:
            end.delete()


def free_name(place: At, *others: str) -> str:
    """The first of eth0, eth1, … that no link of the place has, and none of the others."""
    taken = {*others, *(link.name for link in LinkTable(place).show())}
    return next(name for name in map("eth{}".format, itertools.count()) if name not in taken)


def dress(end: Link, address: Interface | None, mtu: int | None = None) -> None:
    """Give a new end its MTU and address, and set it up."""
    if mtu is not None:
        end.set(mtu=mtu)
    if address is not None:
        # Nobody else has it here, and IPv6 would take a second or two to find that out.
        end.addr.add(address, nodad=":" in str(address))
    end.up()
