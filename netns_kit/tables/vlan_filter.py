"""Which VLANs a bridge lets through which port: `bridge vlan`."""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.site import At
from netns_kit.tables.table import Table, tokens


@frozen
class VlanFilterInfo(Row):
    """A VLAN, or those up to `vlan_end`, of a port. `pvid`: what comes in untagged gets it; `untagged`: goes out so."""

    dev: str
    vlan: int
    vlan_end: int | None = None
    pvid: bool = False
    untagged: bool = False

    @classmethod
    def from_json(cls, dev: str, entry: Entry) -> VlanFilterInfo:
        """From an entry of a port's `vlans`."""
        flags = entry.get("flags") or ()
        return cls(dev, entry.get("vlan", 0), entry.get("vlanEnd"), "PVID" in flags, "Egress Untagged" in flags)


class VlanFilterTable(Table):
    """The VLANs of a bridge's port, `link.vlan`, or of the bridge itself, `bridge.vlan`.

    They count on a bridge with `vlan_filtering`.
    """

    def __init__(self, at: At | None, dev: str, is_bridge: bool = False) -> None:
        super().__init__(at)
        self._dev, self._is_bridge = dev, is_bridge

    def add(self, vid: int | str, *, pvid: bool = False, untagged: bool = False) -> None:
        """Let a VLAN through, or several, such as "10-20".

        Equivalent to: `bridge vlan add dev DEV vid VID [pvid] [untagged] [self]`

        Raises InvalidArgumentError, NotFoundError, MissingModuleError (no port of a bridge, or a kernel without it).
        """
        if pvid and "-" in str(vid):
            raise InvalidArgumentError("pvid", pvid, "untagged packets get one VLAN, not a range of them")
        flags = {"pvid": values.truth("pvid", pvid), "untagged": values.truth("untagged", untagged)}
        words = tokens(**flags, self=self._is_bridge)
        self._site.change("bridge", "vlan", "add", "dev", self._dev, "vid", _checked_vid(vid), *words)

    def delete(self, vid: int | str) -> None:
        """Let a VLAN, or several, through no more. Equivalent to: `bridge vlan del dev DEV vid VID [self]`"""
        words = tokens(self=self._is_bridge)
        self._site.change("bridge", "vlan", "del", "dev", self._dev, "vid", _checked_vid(vid), *words)

    def show(self) -> Rows[VlanFilterInfo]:
        """The VLANs that are let through. Equivalent to: `bridge vlan show dev DEV`"""
        found = self._site.read("bridge", "vlan", "show", "dev", self._dev)
        return Rows(VlanFilterInfo.from_json(self._dev, vlan) for entry in found for vlan in entry.get("vlans", ()))


def _checked_vid(value: Any) -> str:
    found = re.fullmatch(r"(\d+)-(\d+)", str(value))
    if not found:
        return str(values.integer("vid", value, 1, 4094))
    low = values.integer("vid", int(found[1]), 1, 4094)
    return f"{low}-{values.integer('vid', int(found[2]), low, 4094)}"
