"""Frames as a file that Wireshark and tcpdump read."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from netns_kit.watching.watch import Sighting

ETHERNET, COOKED = 1, 113
"""What the file says that its frames are: Ethernet's, or of any kind under a header of Linux's own."""

_MAGIC, _VERSION, _LONGEST = 0xA1B2C3D4, (2, 4), 1 << 18


def written(frames: Sequence[tuple[float, Sighting]]) -> bytes:
    """The file of these frames, each with the time that it shall have in it, in seconds since the epoch."""
    if all(one.ethernet for _, one in frames):
        return _file(ETHERNET, ((time, one.data) for time, one in frames))
    return _file(COOKED, ((time, _cooked(one)) for time, one in frames))


def _file(kind: int, frames: Iterable[tuple[float, bytes]]) -> bytes:
    header = struct.pack("=IHHiIII", _MAGIC, *_VERSION, 0, 0, _LONGEST, kind)
    return header + b"".join(_record(time, data) for time, data in frames)


def _record(time: float, data: bytes) -> bytes:
    seconds, microseconds = divmod(round(time * 1_000_000), 1_000_000)
    return struct.pack("=IIII", seconds, microseconds, len(data), len(data)) + data


def _cooked(sighting: Sighting) -> bytes:
    """A frame under Linux's own header, in which Ethernet frames and bare packets have their place."""
    way = 4 if sighting.direction == "out" else 0
    data = sighting.data
    if not sighting.ethernet:
        return struct.pack("!HHH8xH", way, 0xFFFE, 0, sighting.frame.ethertype) + data
    return struct.pack("!HHH6s2x", way, 1, 6, data[6:12]) + data[12:]
