"""Captures: the packets that cross a link, as rows to read and as a file for Wireshark."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, overload

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.command import Command
from netns_kit.commands.rows import Row, Rows
from netns_kit.machines.runner import DirectRunner
from netns_kit.sites.site import At
from netns_kit.watching import filters, pcap
from netns_kit.watching.frames import Arp, Tunnel
from netns_kit.watching.numbers import ethertype, protocol
from netns_kit.watching.packet_socket import Direction
from netns_kit.watching.watch import Sighting, Watch

COUNT, SECONDS, SIZE = 10_000, 600.0, 1 << 24
"""How much is captured at the most, unless it is said: packets, seconds, bytes together."""

_LINE = re.compile(r"^(\d+)\.\d{6} (.*)$", re.MULTILINE)
_ENDS = re.compile(r"IP6? (\S+?) > (\S+?): (.*)")


@frozen
class PacketInfo(Row):
    """A packet that crossed a link. `time` is in seconds since the capture began.

    `direction` is "in" or "out" of the namespace. `source` and `destination` are addresses, those of Ethernet where it
    has no others; `info` is what tcpdump says of it. `raw` has its bytes, and `raw.frame` what they say in full.
    """

    time: float
    link: str
    direction: Direction
    source: str
    destination: str
    protocol: str
    info: str
    raw: Sighting = field(repr=False)


class Capture(Sequence[PacketInfo]):
    """The packets that cross a place's links while its block lasts: `with net1.capture("eth0", "arp") as packets: …`

    A sequence of `PacketInfo`, which may be looked at within the block, too. It prints as a table, is one in a
    notebook, and `pandas.DataFrame` takes it. `full` says by which bound it ended before its block did, `dropped`
    counts what could not be held.
    """

    def __init__(self, at: At, link: object, filter: str | None, count: int, seconds: float, size: int) -> None:
        bounds = {
            "count": values.integer("count", count, 1, 10**7),
            "size": values.integer("size", size, 1, 2**32),
        }
        wanted = None if filter is None else filters.compiled(filter)
        here = at.site.runner.machine == "this machine"
        # What the kernel cannot judge, tcpdump does when it reads.
        self._late = wanted.words if wanted and wanted.program is None and here else None
        self._watch = Watch(
            [at],
            link=None if link is None else values.link_name("link", link),
            filter=wanted,
            seconds=values.seconds("seconds", seconds, 0.001),
            **bounds,
        )
        self._rows: Rows[PacketInfo] = Rows()
        self._known = 0

    def __repr__(self) -> str:
        return f"Capture({len(self)} packets)"

    @property
    def rows(self) -> Rows[PacketInfo]:
        """The packets up to now."""
        seen = self._watch.sightings
        if len(seen) != self._known:
            self._rows, self._known = Rows(_rows(seen, self._watch.began, self._late)), len(seen)
        return self._rows

    @property
    def full(self) -> str | None:
        """What made it end before its block did: "count", "size" or so many seconds; None if nothing did."""
        return self._watch.full

    @property
    def dropped(self) -> int:
        """How many packets could not be held, for they came too fast."""
        return self._watch.dropped

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write what was captured to a file, which Wireshark and `tcpdump -r` read; gives its path."""
        chosen = Path(path)
        chosen.write_bytes(pcap.written([(row.raw.time, row.raw) for row in self.rows]))
        return chosen

    def __enter__(self) -> Capture:
        self._watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.__exit__(kind, error, trace)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PacketInfo]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> PacketInfo: ...
    @overload
    def __getitem__(self, index: slice) -> Rows[PacketInfo]: ...
    def __getitem__(self, index: int | slice) -> PacketInfo | Rows[PacketInfo]:
        return self.rows[index]

    def __str__(self) -> str:
        return str(self.rows)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return self.rows._repr_html_()


def _rows(seen: Sequence[Sighting], began: float, chosen: str | None) -> Iterator[PacketInfo]:
    """A row for each frame; with a filter, for those that tcpdump lets pass."""
    said = _said(seen, chosen)
    for number, one in enumerate(seen):
        if chosen is None or number in said:
            source, destination, kind = _ends(one)
            info = _brief(said.get(number) or str(one.frame), source)
            time = round(one.time - began, 6)
            yield PacketInfo(time, one.link, one.direction, source, destination, kind, info, one)


def _said(seen: Sequence[Sighting], chosen: str | None) -> dict[int, str]:
    """What `tcpdump -r` says of frames, by their number; nothing where it is not installed."""
    said: dict[int, str] = {}
    for ethernet in (True, False):
        # What is a time in the file is only a number, by which it is known again which is which.
        alike = [(number, one) for number, one in enumerate(seen) if one.ethernet is ethernet]
        said |= _tcpdump(pcap.written(alike), chosen) if alike else {}
    return said


def _tcpdump(content: bytes, chosen: str | None) -> dict[int, str]:
    with os.fdopen(os.memfd_create("pcap"), "r+b", 0) as file:
        file.write(content)
        file.seek(0)
        words = () if chosen is None else ("--", chosen)
        done = DirectRunner("this machine").run(
            Command(("tcpdump", "-nn", "-tt", "-r", "-", *words), stdin=file.fileno())
        )
    return {int(number): line for number, line in _LINE.findall(done.stdout)}


def _ends(seen: Sighting) -> tuple[str, str, str]:
    """Source, destination and protocol of a frame, as a table has them."""
    frame = seen.frame
    if isinstance(frame.payload, Arp):
        return frame.payload.sender, frame.payload.target, "ARP"
    if frame.payload is None:
        return frame.source or "", frame.destination or "", ethertype(frame.ethertype)
    inside = frame.payload.payload
    kind = inside.kind.upper() if isinstance(inside, Tunnel) else protocol(frame.payload.protocol)
    return frame.payload.source, frame.payload.destination, kind


def _brief(line: str, source: str) -> str:
    """What tcpdump says, without the addresses that stand in columns of their own; ports are left in it."""
    found = _ENDS.fullmatch(line)
    if not found:
        return line
    first, second, rest = found.groups()
    if first == source:
        return rest
    return f"{first.rpartition('.')[2]} > {second.rpartition('.')[2]}: {rest}"
