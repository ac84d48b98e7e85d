"""Forwarding databases of bridges and VXLANs: `bridge fdb`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import attrs
from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, LinkName, Mac, Negatable, Number, Port, Present, Statistics, whole
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, refuse_together, words
from netns_kit.sites.site import At
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table, complete_with_link, the_one

State = Literal["static", "dynamic", "permanent", "local"]
Seen = Literal["static", "dynamic", "permanent", "local", "stale", "reachable", "all"]
Vid = Annotated[int, whole(1, 4094)]
Vni = Annotated[int, whole(0, 2**24 - 1)]


@frozen
class FdbInfo(Row):
    """An entry as the kernel has it. `dst` is the remote end, for a VXLAN; `state` such as "permanent".

    With statistics it has how many seconds ago it was `used` and `updated`.
    """

    mac: str
    dev: str | None = None
    dst: str | None = None
    vni: int | None = None
    port: int | None = None
    vlan: int | None = None
    master: str | None = None
    state: str = ""
    flags: tuple[str, ...] = ()
    via: str | None = None
    src_vni: int | None = None
    nhid: int | None = None
    used: int | None = None
    updated: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

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
            entry.get("via", entry.get("viaIf")),
            entry.get("src_vni"),
            entry.get("nhid"),
            entry.get("used"),
            entry.get("updated"),
            entry,
        )


@words
class FdbWords:
    """An entry."""

    mac: Annotated[Mac, ALONE] = field(kw_only=False)  # the address; a VXLAN's "00:00:00:00:00:00" is all others
    dev: LinkName | None = None  # the link that leads there
    dst: Address | None = None  # for a VXLAN: the other end
    vni: Vni | None = None  # for a VXLAN: the network that it is sent in
    port: Port | None = None  # for a VXLAN: the other end's UDP port
    nhid: Number | None = None  # for a VXLAN: the group of next hops instead
    via: LinkName | None = None  # for a VXLAN: the link that packets leave by
    src_vni: Vni | None = None  # for an external VXLAN: the network that it is in
    vlan: Vid | None = None  # the VLAN that it is in
    self_: Present = False  # the link's own database, which is meant unless something else is said
    master: Present = False  # the bridge's, of which the link is a port
    use: Present = False  # it was used just now
    router: Present = False  # behind it is a router
    extern_learn: Present = False  # a program learnt it: it is not forgotten
    sticky: Present = False  # it stays where it is
    state: Annotated[State, ALONE] | None = None  # "static", "dynamic", "permanent" or "local"; permanent otherwise

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It leads through a link, and one way."""
        complete_with_link(given)
        refuse_together(given, "nhid", "dst")


@words
class FdbSelector:
    """Which entries."""

    br: LinkName | None = None  # those of this bridge
    brport: LinkName | None = None  # those of this port
    dev: LinkName | None = None  # those of this link
    vlan: Vid | None = None  # those in this VLAN
    state: Seen | None = None  # those in this state
    statistics: Statistics = False  # with how long ago each was used and changed
    dynamic: Present = False  # those that were learnt, not told

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A bridge's entries are those of all its ports."""
        if given.get("br") == given.get("dev"):
            given.pop("dev", None)
        refuse_together(given, "brport", "dev")


@words
class FdbQuestion:
    """An entry that is looked for."""

    mac: Annotated[Mac, ALONE] = field(kw_only=False)  # its Ethernet address
    br: LinkName | None = None  # in this bridge
    brport: LinkName | None = None  # at this port
    dev: LinkName | None = None  # at this link
    vlan: Vid | None = None  # in this VLAN
    vni: Vni | None = None  # in this network
    self_: Present = False  # in the link's own database
    master: Present = False  # in the bridge's, of which the link is a port
    dynamic: Present = False  # if it was learnt, not told

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A bridge is one, or a link is."""
        if given.get("br") == given.get("dev"):
            given.pop("dev", None)
        if not given.keys() & {"br", "brport", "dev"}:
            raise InvalidArgumentError("dev", None, "say at which link, or in which bridge")


@words
class FdbFlushWords:
    """Which entries are meant; those that were told are kept only where something is said of them."""

    dev: LinkName | None = None  # the bridge or the link
    brport: LinkName | None = None  # those of this port
    vlan: Vid | None = None  # those in this VLAN
    self_: Present = False  # the link's own database
    master: Present = False  # the bridge's, of which the link is a port
    permanent: Negatable | None = None  # those that are permanent, or with False the others
    static: Negatable | None = None  # those that are static, or the others
    dynamic: Negatable | None = None  # those that are dynamic, or the others
    added_by_user: Negatable | None = None  # those that were told, or the others
    extern_learn: Negatable | None = None  # those that a program learnt, or the others
    sticky: Negatable | None = None  # those that stay where they are, or the others
    offloaded: Negatable | None = None  # those that the card knows, or the others

    complete = staticmethod(complete_with_link)


class FdbTable(Table):
    """Forwarding databases of a place, `place.fdb`, or of a bridge, a bridge's port or a VXLAN, `link.fdb`.

    For a link's, `dev` need not be given.
    """

    def __init__(self, at: At | None = None, dev: str | None = None, *, bridge: bool = False) -> None:
        super().__init__(at)
        self._bound = {"dev": dev, **({"br": dev} if bridge else {})} if dev else {}

    @verb("bridge fdb add {mac} {dev}", FdbWords)
    def add(self, said: Said) -> None:
        """Add an entry. Raises ExistsError, NotFoundError."""
        self._site.change(*said)

    @verb("bridge fdb append {mac} {dev}", FdbWords)
    def append(self, said: Said) -> None:
        """Add one more destination for an address, as a VXLAN with several remotes needs."""
        self._site.change(*said)

    @verb("bridge fdb replace {mac} {dev}", FdbWords)
    def replace(self, said: Said) -> None:
        """Add an entry, or change the one that is there."""
        self._site.change(*said)

    @verb("bridge fdb del {mac} {dev}", FdbWords)
    def delete(self, said: Said) -> None:
        """Delete an entry. Raises NotFoundError."""
        self._site.change(*said)

    @verb("bridge fdb flush {dev}", FdbFlushWords)
    def flush(self, said: Said) -> None:
        """Delete many entries."""
        self._site.change(*said)

    @verb("bridge {statistics} fdb show", FdbSelector)
    def show(self, said: Said) -> Rows[FdbInfo]:
        """The entries, all or some."""
        return self._rows(said)

    list = show.spelt("list")

    @verb("bridge fdb get {mac}", FdbQuestion)
    def get(self, said: Said) -> FdbInfo:
        """The entry for an address. Raises NotFoundError if there is none."""
        return the_one(self._rows(said)[:1])

    def _rows(self, said: Said) -> Rows[FdbInfo]:
        dev = said.given.get("dev", said.given.get("brport"))
        return Rows(FdbInfo.from_json(entry, dev) for entry in self._site.read(*said))
