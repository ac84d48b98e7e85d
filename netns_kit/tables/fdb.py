"""Forwarding databases of bridges and VXLANs: `bridge fdb`."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.values import Address
from netns_kit.sites.site import At
from netns_kit.tables.table import Table, tokens


@frozen
class FdbInfo(Row):
    """An entry as the kernel has it. `dst` is the remote end, for a VXLAN; `state` such as "permanent"."""

    mac: str
    dev: str | None = None
    dst: str | None = None
    vni: int | None = None
    port: int | None = None
    vlan: int | None = None
    master: str | None = None
    state: str = ""
    flags: tuple[str, ...] = ()
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry, dev: str | None = None) -> FdbInfo:
        """From an entry of `bridge -j fdb`, which leaves out the link that was asked for."""
        return cls(
            entry.get("mac", ""),
            entry.get("ifname", dev),
            entry.get("dst"),
            entry.get("vni"),
            entry.get("port"),
            entry.get("vlan"),
            entry.get("master"),
            entry.get("state", ""),
            tuple(entry.get("flags") or ()),
            entry,
        )


class FdbTable(Table):
    """The forwarding database of one link: a bridge's, `bridge.fdb`, a port's or a VXLAN's, `link.fdb`."""

    def __init__(self, at: At | None, dev: str, selector: str = "dev") -> None:
        super().__init__(at)
        self._dev, self._selector = dev, selector

    def add(self, mac: str, **options: Any) -> None:
        """Add an entry.

        Equivalent to: `bridge fdb add MAC dev DEV [dst ADDRESS] [vni NUMBER] [port NUMBER] [via DEV] [vlan ID]
        [self] [master] [static|dynamic|permanent]`

        The last ones are keywords: `self_`, `master` (True), `state` (such as "static").
        """
        self._change("add", mac, **options)

    def append(self, mac: str, **options: Any) -> None:
        """Add one more destination for an address, as a VXLAN with several remotes needs.

        Equivalent to: `bridge fdb append MAC dev DEV …`
        """
        self._change("append", mac, **options)

    def replace(self, mac: str, **options: Any) -> None:
        """Add an entry, or change the one that is there. Equivalent to: `bridge fdb replace MAC dev DEV …`"""
        self._change("replace", mac, **options)

    def delete(self, mac: str, **options: Any) -> None:
        """Delete an entry. Equivalent to: `bridge fdb del MAC dev DEV …`"""
        self._change("del", mac, **options)

    def show(self) -> Rows[FdbInfo]:
        """The entries. Equivalent to: `bridge fdb show dev DEV`, or `… br BRIDGE` for a bridge's own."""
        found = self._site.read("bridge", "fdb", "show", self._selector, self._dev)
        dev = self._dev if self._selector == "dev" else None
        return Rows(FdbInfo.from_json(entry, dev) for entry in found)

    def _change(
        self,
        verb: str,
        mac: str,
        *,
        dst: Address | None = None,
        vni: int | None = None,
        port: int | None = None,
        via: Any = None,
        vlan: int | None = None,
        self_: bool = False,
        master: bool = False,
        state: str | None = None,
    ) -> None:
        words = tokens(
            dst=None if dst is None else values.address("dst", dst),
            vni=None if vni is None else values.integer("vni", vni, 0, 2**24 - 1),
            port=None if port is None else values.port("port", port),
            via=None if via is None else values.link_name("via", via),
            vlan=None if vlan is None else values.integer("vlan", vlan, 1, 4094),
            self_=values.truth("self_", self_),
            master=values.truth("master", master),
        )
        kind = () if state is None else (values.choice("state", state, ("static", "dynamic", "permanent", "local")),)
        self._site.change("bridge", "fdb", verb, values.mac("mac", mac), "dev", self._dev, *words, *kind)
