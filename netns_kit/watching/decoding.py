"""From bytes to what they say. No bytes are an error: what cannot be told is None."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import TypeVar

from attrs import evolve

from netns_kit.watching.frames import Arp, Frame, Icmp, Ip, Tcp, Tunnel, Udp
from netns_kit.watching.numbers import TCP_FLAGS

IPV4, ARP, IPV6, BRIDGING = 0x0800, 0x0806, 0x86DD, 0x6558
TAGS = (0x8100, 0x88A8)
GENEVE_PORT = 6081
DEEPEST = 8
"""Tunnels in tunnels that are looked into."""

_EXTENSIONS = (0, 43, 60, 135)
_FRAGMENT = 44

DecodedT = TypeVar("DecodedT")


def decode(data: bytes) -> Frame:
    """What an Ethernet frame says."""
    return _ethernet(data, DEEPEST)


def decode_packet(data: bytes, ethertype: int) -> Frame:
    """What a packet says that stands in no Ethernet frame, such as those on a tunnel's link."""
    return _packet(Frame(ethertype), data, DEEPEST)


def _ethernet(data: bytes, depth: int) -> Frame:
    if len(data) < 14:
        return Frame(0)
    (ethertype,) = struct.unpack_from("!H", data, 12)
    vlans: list[int] = []
    start = 14
    while ethertype in TAGS and len(data) >= start + 4:
        tag, ethertype = struct.unpack_from("!HH", data, start)
        vlans.append(tag & 0x0FFF)
        start += 4
    return _packet(Frame(ethertype, mac(data[6:12]), mac(data[:6]), tuple(vlans)), data[start:], depth)


def _packet(frame: Frame, data: bytes, depth: int) -> Frame:
    decoders: dict[int, Callable[[bytes, int], Arp | Ip | None]] = {IPV4: _ipv4, IPV6: _ipv6, ARP: _arp}
    decoder = decoders.get(frame.ethertype)
    return evolve(frame, payload=_told(decoder, data, depth) if decoder else None)


def _told(decoder: Callable[[bytes, int], DecodedT], data: bytes, depth: int) -> DecodedT | None:
    """What a decoder tells; None where the data ends before it should."""
    try:
        return decoder(data, depth)
    except (struct.error, IndexError, ValueError):
        return None


def _arp(data: bytes, depth: int) -> Arp | None:
    protocol, hardware_size, size, operation = struct.unpack_from("!2xHBBH", data)
    if (hardware_size, size, protocol) != (6, 4, IPV4) or len(data) < 28:
        return None
    named = {1: "request", 2: "reply"}.get(operation, str(operation))
    return Arp(named, mac(data[8:14]), address(data[14:18]), mac(data[18:24]), address(data[24:28]))


def _ipv4(data: bytes, depth: int) -> Ip | None:
    first, _, length, id, piece, ttl, protocol = struct.unpack_from("!BBHHHBB", data)
    start = (first & 0x0F) * 4
    if first >> 4 != 4 or start < 20 or len(data) < 20:
        return None
    offset = (piece & 0x1FFF) * 8
    # A frame may be padded. Packets that a link shall cut up itself tell no length when they are very large.
    body = data[start : length if length >= start else None]
    return Ip(
        4, address(data[12:16]), address(data[16:20]), ttl, protocol, length or len(data), id,
        dont_fragment=bool(piece & 0x4000),
        fragment=offset if piece & 0x3FFF else None,
        payload=None if offset else _carried(4, protocol, body, depth),
    )  # fmt: skip


def _ipv6(data: bytes, depth: int) -> Ip | None:
    first, length, protocol, ttl = struct.unpack_from("!IHBB", data)
    if first >> 28 != 6 or len(data) < 40:
        return None
    start, offset, id, piece = 40, 0, 0, 0
    while protocol in _EXTENSIONS or protocol == _FRAGMENT:
        if protocol == _FRAGMENT:
            protocol, piece, id = struct.unpack_from("!BxHI", data, start)
            offset = piece & 0xFFF8
            start += 8
        else:
            protocol, size = struct.unpack_from("!BB", data, start)
            start += (size + 1) * 8
        if offset:
            break
    body = data[start : 40 + length if length else None]
    return Ip(
        6, address(data[8:24]), address(data[24:40]), ttl, protocol, 40 + length if length else len(data), id,
        fragment=offset if piece & 0xFFF9 else None,
        payload=None if offset else _carried(6, protocol, body, depth),
    )  # fmt: skip


Carried = Icmp | Tcp | Udp | Tunnel


def _carried(version: int, protocol: int, data: bytes, depth: int) -> Carried | None:
    """What a packet carries."""
    decoders: dict[int, Callable[[bytes, int], Carried | None]] = {
        1: _icmp,
        4: lambda data, depth: _tunnelled("ipip" if version == 4 else "ip6tnl", None, IPV4, data, depth),
        6: _tcp,
        17: _udp,
        41: lambda data, depth: _tunnelled("sit" if version == 4 else "ip6tnl", None, IPV6, data, depth),
        47: _gre,
        50: lambda data, depth: Tunnel("esp", int(struct.unpack_from("!I", data)[0])),
        58: _icmp6,
    }
    decoder = decoders.get(protocol)
    return _told(decoder, data, depth) if decoder else None


def _icmp(data: bytes, depth: int) -> Icmp:
    type, code, first, second = struct.unpack_from("!BBxxHH", data)
    if type in (0, 8):
        return Icmp(4, type, code, first, second, data=data[8:])
    if type in (3, 4, 5, 11, 12):
        quoted = _told(_ipv4, data[8:], depth - 1) if depth else None
        return Icmp(4, type, code, mtu=second if (type, code) == (3, 4) else None, quoted=quoted)
    return Icmp(4, type, code)


def _icmp6(data: bytes, depth: int) -> Icmp:
    type, code, first, second = struct.unpack_from("!BBxxHH", data)
    if type in (128, 129):
        return Icmp(6, type, code, first, second, data=data[8:])
    if type < 128:
        quoted = _told(_ipv6, data[8:], depth - 1) if depth else None
        return Icmp(6, type, code, mtu=(first << 16 | second) if type == 2 else None, quoted=quoted)
    if type in (135, 136) and len(data) >= 24:
        return Icmp(6, type, code, target=address(data[8:24]), mac=_link_layer(data[24:]))
    return Icmp(6, type, code)


def _link_layer(options: bytes) -> str | None:
    """The Ethernet address among the options of neighbour discovery."""
    while len(options) >= 8 and options[1]:
        if options[0] in (1, 2):
            return mac(options[2:8])
        options = options[options[1] * 8 :]
    return None


def _tcp(data: bytes, depth: int) -> Tcp | None:
    source, destination, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", data)
    start = (offset >> 4) * 4
    if start < 20:
        return None
    named = tuple(name for bit, name in enumerate(TCP_FLAGS) if flags >> bit & 1)
    return Tcp(source, destination, seq, ack, named, data[start:])


def _udp(data: bytes, depth: int) -> Udp | Tunnel | None:
    source, destination, length = struct.unpack_from("!HHH", data)
    body = data[8 : length if length >= 8 else None]
    # VXLAN may have any port, but its header, most of which is fixed, hardly any other's.
    if body[:4] == b"\x08\0\0\0" and body[7:8] == b"\0":
        return _tunnelled("vxlan", struct.unpack_from("!I", body, 4)[0] >> 8, BRIDGING, body[8:], depth)
    if destination == GENEVE_PORT and len(body) >= 8 and body[0] >> 6 == 0:
        options, _, carried, key = struct.unpack_from("!BBHI", body)
        return _tunnelled("geneve", key >> 8, carried, body[8 + (options & 0x3F) * 4 :], depth)
    return Udp(source, destination, body) if len(data) >= 8 else None


def _gre(data: bytes, depth: int) -> Tunnel | None:
    flags, carried = struct.unpack_from("!HH", data)
    if flags & 0x0007:
        return None
    start, key = 8 if flags & 0x8000 else 4, None
    if flags & 0x2000:
        key = int(struct.unpack_from("!I", data, start)[0])
        start += 4
    return _tunnelled("gre", key, carried, data[start + (4 if flags & 0x1000 else 0) :], depth)


def _tunnelled(kind: str, key: int | None, carried: int, data: bytes, depth: int) -> Tunnel:
    """A tunnel with what travels in it: an Ethernet frame, or a packet."""
    if not depth:
        return Tunnel(kind, key)
    return Tunnel(
        kind, key, _ethernet(data, depth - 1) if carried == BRIDGING else _packet(Frame(carried), data, depth - 1)
    )


def mac(data: bytes) -> str:
    """Six bytes as people write them."""
    return data.hex(":")


def address(data: bytes) -> str:
    """Four or sixteen bytes as people write them."""
    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)
