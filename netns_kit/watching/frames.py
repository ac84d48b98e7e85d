"""What a frame says, layer by layer, as values. `str()` of each is a line to read."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from netns_kit.watching import numbers


@frozen
class Arp:
    """Who has an address: a "request" or a "reply"; other operations by their number."""

    operation: str
    sender_mac: str
    sender: str
    target_mac: str
    target: str

    def __str__(self) -> str:
        if self.operation == "request":
            return f"ARP who has {self.target}? tell {self.sender}"
        if self.operation == "reply":
            return f"ARP {self.sender} is at {self.sender_mac}"
        return f"ARP operation {self.operation}"


@frozen
class Icmp:
    """ICMP, or ICMPv6 (`version` 6). `id` and `seq` are those of an echo, `mtu` of a packet that was too big.

    `quoted` is the packet that an error is about; `target` and `mac` are what neighbour discovery asks for and tells.
    `data` is what an echo carries.
    """

    version: int
    type: int
    code: int
    id: int | None = None
    seq: int | None = None
    mtu: int | None = None
    quoted: Ip | None = None
    target: str | None = None
    mac: str | None = None
    data: bytes = b""

    @property
    def name(self) -> str:
        """What it is in words, such as "echo request" or "host unreachable"."""
        return numbers.icmp(self.version, self.type, self.code)

    @property
    def is_error(self) -> bool:
        """Whether it tells that a packet, which it quotes, did not come through."""
        return self.type in (3, 4, 11, 12) if self.version == 4 else self.type < 128

    def __str__(self) -> str:
        words = ["ICMP" if self.version == 4 else "ICMPv6", self.name]
        for word, value in (("mtu", self.mtu), ("id", self.id), ("seq", self.seq)):
            words += [] if value is None else [word, str(value)]
        if self.target:
            words.append(f"{self.target} is at {self.mac}" if self.type == 136 else f"who has {self.target}?")
        return " ".join(words) + (f" (of {self.quoted})" if self.quoted else "")


@frozen
class Tcp:
    """TCP; `flags` are the names of those that are set, such as ("SYN", "ACK")."""

    source_port: int
    destination_port: int
    seq: int = 0
    ack: int = 0
    flags: tuple[str, ...] = ()
    data: bytes = b""

    def __str__(self) -> str:
        told = f"TCP {self.source_port} > {self.destination_port} {','.join(self.flags)}".rstrip()
        return f"{told} {len(self.data)} bytes" if self.data else told


@frozen
class Udp:
    """UDP, with what it carries."""

    source_port: int
    destination_port: int
    data: bytes = b""

    def __str__(self) -> str:
        return f"UDP {self.source_port} > {self.destination_port} {len(self.data)} bytes"


@frozen
class Tunnel:
    """An encapsulation: "ipip", "sit", "ip6tnl", "gre", "vxlan", "geneve" or "esp".

    `key` is a VXLAN's or Geneve's id, a GRE's key, an ESP's SPI. `inner` is what travels in it, None where it cannot
    be told, as with ESP.
    """

    kind: str
    key: int | None = None
    inner: Frame | None = None

    def __str__(self) -> str:
        key = "" if self.key is None else f" {self.key}"
        return f"{self.kind}{key}: {self.inner}" if self.inner else f"{self.kind}{key}"


@frozen
class Ip:
    """An IPv4 or IPv6 packet. `protocol` is the number of what it carries; `id` is IPv4's, or a fragment's.

    `length` is that of the whole packet in bytes, as its header says; `ttl` is the hop limit of IPv6. `fragment` is
    the offset in bytes, 0 for the first, None for a packet that is whole. `payload` is None where it cannot be told.
    """

    version: int
    source: str
    destination: str
    ttl: int
    protocol: int
    length: int
    id: int = 0
    dont_fragment: bool = False
    fragment: int | None = None
    payload: Icmp | Tcp | Udp | Tunnel | None = None

    def __str__(self) -> str:
        inside = str(self.payload) if self.payload else f"{numbers.protocol(self.protocol)} {self.length} bytes"
        piece = "" if self.fragment is None else f", fragment at {self.fragment}"
        return f"{self.source} > {self.destination} {inside}{piece}"


@frozen
class Frame:
    """An Ethernet frame, or a bare packet, as a tunnel's link carries it: then it has no `source` and `destination`.

    `vlans` are the ids of its tags, the outer one first. `payload` is None where it cannot be told.
    """

    ethertype: int
    source: str | None = None
    destination: str | None = None
    vlans: tuple[int, ...] = ()
    payload: Arp | Ip | None = None

    @property
    def packets(self) -> tuple[Ip, ...]:
        """The packets in it, from the outermost to the one in the innermost tunnel."""
        return tuple(self._nested())

    def _nested(self) -> Iterator[Ip]:
        frame: Frame | None = self
        while frame and isinstance(frame.payload, Ip):
            yield frame.payload
            carried = frame.payload.payload
            frame = carried.inner if isinstance(carried, Tunnel) else None

    @property
    def innermost(self) -> Frame:
        """The frame in the innermost tunnel; itself, where there is none."""
        inside = self.payload.payload if isinstance(self.payload, Ip) else None
        return inside.inner.innermost if isinstance(inside, Tunnel) and inside.inner else self

    def __str__(self) -> str:
        tags = "".join(f"VLAN {vlan} " for vlan in self.vlans)
        if self.payload:
            return f"{tags}{self.payload}"
        ends = f"{self.source} > {self.destination} " if self.source else ""
        return f"{tags}{ends}{numbers.ethertype(self.ethertype)}"
