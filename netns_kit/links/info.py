"""A link as the kernel has it."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row
from netns_kit.links.finding import line
from netns_kit.tables.fallbacks import FALLBACKS


@frozen
class LinkInfo(Row):
    """A link as `ip -d -j link` shows it.

    `state` is the operational one: UP, DOWN, UNKNOWN (lo and many tunnels), LOWERLAYERDOWN (the other end is down).
    `lower` names the link it stands on, or its veth peer, where that is in the same namespace; else `lower_index`
    and `netnsid` tell. `link_type` is what its frames are, such as "ether". As text it is the command that makes such
    a link, but for what goes without saying. `data` are the values of its kind, `port_data` those of a port of a bridge
    or bond.
    """

    usual: ClassVar[dict[str, Any]] = {"group": "default", "txqueuelen": 1000}

    name: str
    index: int = 0
    kind: str = ""
    flags: tuple[str, ...] = ()
    state: str = ""
    mtu: int = 0
    address: str | None = None
    master: str | None = None
    lower: str | None = None
    lower_index: int | None = None
    netnsid: int | None = None
    alias: str | None = None
    altnames: tuple[str, ...] = ()
    txqueuelen: int | None = None
    group: str | None = None
    qdisc: str | None = None
    data: dict[str, Any] = field(factory=dict, eq=False)
    port_kind: str | None = None
    port_data: dict[str, Any] = field(factory=dict, eq=False, repr=False)
    link_type: str = ""
    raw: Entry = field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return line(self)

    @property
    def up(self) -> bool:
        """Whether it is set up, as `ip link set … up` does; `state` tells whether it works."""
        return "UP" in self.flags

    @property
    def fallback(self) -> bool:
        """Whether the kernel made it by itself, as it does tunl0 and sit0, for packets that no tunnel takes."""
        ends = {self.data.get("remote"), self.data.get("local")}
        return self.name in FALLBACKS and ends <= {"any", "::", None}

    @classmethod
    def from_json(cls, entry: Entry) -> LinkInfo:
        """From an entry of `ip -d -j link`. What an older iproute2 leaves out stays empty."""
        about = entry.get("linkinfo") or {}
        data = about.get("info_data") or {}
        if "link_netnsid" in entry:
            # It is a number of another namespace, which `ip` takes for one here and gives a name.
            data = {key: value for key, value in data.items() if key != "link"}
        return cls(
            entry.get("ifname", ""),
            entry.get("ifindex", 0),
            about.get("info_kind") or ("loopback" if entry.get("link_type") == "loopback" else ""),
            tuple(entry.get("flags") or ()),
            entry.get("operstate", ""),
            entry.get("mtu", 0),
            entry.get("address"),
            entry.get("master"),
            entry.get("link"),
            entry.get("link_index"),
            entry.get("link_netnsid"),
            entry.get("ifalias"),
            tuple(entry.get("altnames") or ()),
            entry.get("txqlen"),
            entry.get("group"),
            entry.get("qdisc"),
            data,
            about.get("info_slave_kind"),
            about.get("info_slave_data") or {},
            entry.get("link_type", ""),
            entry,
        )


@frozen
class LinkStatistics(Row):
    """A link's counters, in packets unless they say bytes."""

    name: str
    rx_bytes: int = 0
    rx_packets: int = 0
    rx_errors: int = 0
    rx_dropped: int = 0
    tx_bytes: int = 0
    tx_packets: int = 0
    tx_errors: int = 0
    tx_dropped: int = 0
    raw: Entry = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, entry: Entry) -> LinkStatistics:
        """From an entry of `ip -s -j link`."""
        counters = entry.get("stats64") or entry.get("stats") or {}
        rx, tx = counters.get("rx") or {}, counters.get("tx") or {}
        return cls(
            entry.get("ifname", ""),
            rx.get("bytes", 0),
            rx.get("packets", 0),
            rx.get("errors", 0),
            rx.get("dropped", 0),
            tx.get("bytes", 0),
            tx.get("packets", 0),
            tx.get("errors", 0),
            tx.get("dropped", 0),
            entry,
        )
