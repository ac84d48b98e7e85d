"""A packet socket: the frames that cross a namespace's links, each with its time, its link and its direction."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Literal

from attrs import frozen

ALL = 0x0003
"""All kinds of frames (ETH_P_ALL), as the kernel wants it: in the order of the network."""

KIND = (socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))

LONGEST = (1 << 16) + 64
"""Bytes of a frame: an IP packet at its longest, with what leads it."""

SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA = 263, 6, 8
SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 26, 27, 33, 35
_TIME, _AUXDATA = struct.Struct("@ll"), struct.Struct("=IIIHHHH")
_TAGGED, _TAG_KNOWN = 1 << 4, 1 << 6
_ANCILLARY = socket.CMSG_SPACE(_TIME.size) + socket.CMSG_SPACE(_AUXDATA.size)

ETHERNET = (1, 772)
"""Links whose frames begin with Ethernet's header: Ethernet's own, and lo."""

ROOM = 1 << 24
"""Bytes that wait in the kernel for us, where it may be so many."""

NOTHING = struct.pack("=HBBI", 0x06, 0, 0, 0)
"""A filter that no frame passes."""

Direction = Literal["in", "out"]


@frozen
class Caught:
    """A frame as it was seen: `time` is in nanoseconds since the epoch, `ethernet` whether it has such a header."""

    time: int
    link: str
    direction: Direction
    ethernet: bool
    ethertype: int
    data: bytes


def prepare(one: socket.socket, link: str | None = None, program: bytes | None = None) -> None:
    """Have a packet socket see what comes from now on: of all links or of one, of all frames or those of a filter."""
    _attach(one, NOTHING)
    if link is not None:
        one.bind((link, ALL))
    one.setblocking(False)
    _empty(one)
    try:
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    except PermissionError:
        # As much as everybody may have.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
    one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    one.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    dropped(one)
    if program is None:
        one.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
    else:
        _attach(one, program)


def _empty(one: socket.socket) -> None:
    """Forget what came up to now: it was not filtered, and not stamped."""
    while True:
        try:
            one.recv(1)
        except BlockingIOError:
            return
        except OSError:
            """Its link is down, which it says once."""


def _attach(one: socket.socket, program: bytes) -> None:
    """Have a filter, eight bytes an instruction, judge what comes."""
    # Slow to import, so not at the top.
    import ctypes

    memory = ctypes.create_string_buffer(program, len(program))
    one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program) // 8, ctypes.addressof(memory)))


def dropped(one: socket.socket) -> int:
    """How many frames found no room since this was last asked."""
    _, lost = struct.unpack("=II", one.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return int(lost)


def waiting(one: socket.socket) -> Iterator[Caught]:
    """The frames that a packet socket holds."""
    while True:
        try:
            data, told, _, address = one.recvmsg(LONGEST, _ANCILLARY)
        except OSError:
            # There are no more, or its link has gone down, which it says once.
            return
        link, ethertype, kind, hardware, *_ = address
        ethernet = hardware in ETHERNET
        time, data = _with_ancillary(data, told, ethernet)
        yield Caught(time, link, "out" if kind == socket.PACKET_OUTGOING else "in", ethernet, ethertype, data)


def _with_ancillary(data: bytes, told: list[tuple[int, int, bytes]], ethernet: bool) -> tuple[int, bytes]:
    """When a frame came, and the frame with the VLAN tag that the kernel took off it."""
    time = 0
    for level, kind, value in told:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIME.unpack(value[: _TIME.size])
            time = seconds * 10**9 + nanoseconds
        elif (level, kind) == (SOL_PACKET, PACKET_AUXDATA) and ethernet:
            status, _, _, _, _, tag, protocol = _AUXDATA.unpack(value[: _AUXDATA.size])
            if status & _TAGGED:
                protocol = protocol if status & _TAG_KNOWN else 0x8100
                data = data[:12] + struct.pack("!HH", protocol, tag) + data[12:]
    return time, data
