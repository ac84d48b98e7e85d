"""What was seen of a probe: on which links its packet was, its answer, and errors that others sent."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.world import World
from netns_kit.diagnosis.paths.way import Way
from netns_kit.diagnosis.probing.probe import TOKEN
from netns_kit.watching.frames import Arp, Frame, Icmp, Ip, Tcp, Udp
from netns_kit.watching.watch import Sighting


@define
class Evidence:
    """The ids of the links, each with its direction, where a probe's packet, its answer and its ARP requests were."""

    asked: dict[tuple[str, str], Sighting] = field(factory=dict)
    answered: dict[tuple[str, str], Sighting] = field(factory=dict)
    sought: dict[tuple[str, str], Sighting] = field(factory=dict)
    errors: list[Icmp] = field(factory=list)

    @classmethod
    def of(cls, sightings: Iterable[Sighting], packet: Packet, world: World) -> Evidence:
        """What these frames tell of a probe."""
        found, mark = cls(), None
        for one in sightings:
            key = one.id, one.direction
            mark = mark or _mark(one.frame, packet)
            if _is_for_another(one, world):
                continue
            if isinstance(one.frame.innermost.payload, Arp) or _asks_neighbour(one.frame):
                found.sought.setdefault(key, one)
            for inner in one.frame.packets:
                kind = None if mark is None else _kind(inner, mark)
                if kind == "request":
                    found.asked.setdefault(key, one)
                elif kind == "reply":
                    found.answered.setdefault(key, one)
                elif isinstance(inner.payload, Icmp) and inner.payload.is_error:
                    found.errors.append(inner.payload)
        return found

    def last(self, way: Way, seen: Iterable[tuple[str, str]]) -> int:
        """The number of hops up to the last one where something was seen."""
        known = set(seen)
        numbers = [number for number, hop in enumerate(way.hops, 1) if (hop.link.id, hop.way) in known]
        return max(numbers, default=0)


def _is_for_another(one: Sighting, world: World) -> bool:
    """Whether a frame came to a link that will not take it, for it bears the address of another one."""
    link, to = world.link(one.id), one.frame.destination
    if one.direction == "out" or link is None or to is None or int(to[:2], 16) & 1:
        return False
    return not link.master and link.id not in world.uppers and link.kind != "bridge" and to != link.info.address


def _mark(frame: Frame, packet: Packet) -> tuple[str, int | bytes] | None:
    """What tells the probe from all other packets, also behind address translation."""
    for inner in frame.packets:
        told = inner.payload
        if inner.destination != packet.dst and packet.protocol != "udp":
            continue
        if packet.protocol == "icmp" and isinstance(told, Icmp) and told.type in (8, 128) and told.id is not None:
            return "icmp", told.id
        if isinstance(told, Tcp) and told.destination_port == packet.dport and told.flags == ("SYN",):
            return "tcp", told.seq
        if isinstance(told, Udp) and told.data.startswith(TOKEN):
            return "udp", told.data
    return None


def _kind(inner: Ip, mark: tuple[str, int | bytes]) -> str | None:
    told, (protocol, value) = inner.payload, mark
    if isinstance(told, Icmp) and protocol == "icmp" and told.id == value:
        return "request" if told.type in (8, 128) else "reply"
    if isinstance(told, Tcp) and protocol == "tcp" and isinstance(value, int):
        if told.seq == value:
            return "request"
        return "reply" if told.ack == value + 1 and "RST" not in told.flags else None
    if isinstance(told, Udp) and protocol == "udp":
        return "request" if told.data == value else None
    return None


def _asks_neighbour(frame: Frame) -> bool:
    inner = frame.innermost.payload
    return (
        isinstance(inner, Ip)
        and isinstance(inner.payload, Icmp)
        and inner.payload.version == 6
        and inner.payload.type == 135
    )
