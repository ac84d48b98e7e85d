"""Neighbours, that is ARP and NDP: `ip neigh`."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.reading import Entries, Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.values import Address
from netns_kit.tables.table import Table, family_option, tokens

STATES = ("permanent", "noarp", "stale", "reachable", "none", "incomplete", "delay", "probe", "failed")


@frozen
class NeighbourInfo(Row):
    """A neighbour as the kernel has it. `state` such as ("REACHABLE",); `flags` such as router or proxy."""

    dst: str
    dev: str | None = None
    lladdr: str | None = None
    state: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> NeighbourInfo:
        """From an entry of `ip -j neigh`, where a flag is a key whose value is null."""
        flags = tuple(key for key, value in entry.items() if value is None)
        state = tuple(entry.get("state") or ())
        return cls(entry.get("dst", ""), entry.get("dev"), entry.get("lladdr"), state, flags, entry)


class NeighbourTable(Table):
    """Neighbours of a place, `place.neigh`."""

    def add(self, dst: Address, *, lladdr: str | None = None, dev: Any, **options: Any) -> None:
        """Add a neighbour.

        Equivalent to: `ip neigh add DST [lladdr MAC] [nud STATE] [router] [proxy] dev DEV`

        The keywords are `nud` (such as "permanent"), `router` and `proxy` (True).
        Raises InvalidArgumentError, ExistsError, NotFoundError (no such link).
        """
        self._change("add", dst, lladdr=lladdr, dev=dev, **options)

    def replace(self, dst: Address, *, lladdr: str | None = None, dev: Any, **options: Any) -> None:
        """Add a neighbour, or change the one that is there. Equivalent to: `ip neigh replace …`"""
        self._change("replace", dst, lladdr=lladdr, dev=dev, **options)

    def delete(self, dst: Address, *, dev: Any, proxy: bool = False) -> None:
        """Delete a neighbour. Equivalent to: `ip neigh delete DST [proxy] dev DEV`"""
        self._change("delete", dst, dev=dev, proxy=proxy)

    def flush(self, *, dev: Any, family: int | None = None) -> None:
        """Delete all neighbours on a link. Equivalent to: `ip neigh flush dev DEV`"""
        self._site.change("ip", *family_option(family), "neigh", "flush", "dev", values.link_name("dev", dev))

    def show(self, *, dev: Any = None, nud: str | None = None, family: int | None = None) -> Rows[NeighbourInfo]:
        """The neighbours; those without ARP only with `nud="all"`.

        Equivalent to: `ip neigh` or `ip neigh show [dev DEV] [nud STATE]`
        """
        device = None if dev is None else values.link_name("dev", dev)
        selector = tokens(dev=device, nud=None if nud is None else values.plain("nud", nud))
        found = self._read(family, *(("show", *selector) if selector else ()))
        # The answer leaves out the link that was asked for.
        return Rows(NeighbourInfo.from_json({"dev": device, **entry} if device else entry) for entry in found)

    def list(self, *, family: int | None = None) -> Rows[NeighbourInfo]:
        """The neighbours. Equivalent to: `ip neigh list`"""
        return Rows(NeighbourInfo.from_json(entry) for entry in self._read(family, "list"))

    def _read(self, family: int | None, *words: str) -> Entries:
        return self._site.read("ip", *family_option(family), "neigh", *words)

    def _change(
        self,
        verb: str,
        dst: Address,
        *,
        lladdr: str | None = None,
        dev: Any,
        nud: str | None = None,
        router: bool = False,
        proxy: bool = False,
    ) -> None:
        target = values.address("dst", dst)
        options = tokens(
            lladdr=None if lladdr is None else values.mac("lladdr", lladdr),
            nud=None if nud is None else values.choice("nud", nud, STATES),
            router=values.truth("router", router),
            dev=values.link_name("dev", dev),
        )
        self._site.change("ip", "neigh", verb, *tokens(proxy=values.truth("proxy", proxy)), target, *options)
