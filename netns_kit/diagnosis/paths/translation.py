"""Address translation on a packet's way, remembered, so that answers find back."""

from __future__ import annotations

from attrs import define, evolve, field

from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.firewall import Hook, Verdict, translated
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.views.nodes import LinkNode

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}


@define
class Translations:
    """What places made of a packet's addresses: each with the rule, and the packet before and after it."""

    done: list[tuple[PlaceFacts, Verdict, Packet, Packet]] = field(factory=list)

    def translate(self, place: PlaceFacts, packet: Packet, chain: str, hook: Hook, link: LinkNode | None) -> Packet:
        """The packet behind a chain of the table nat."""
        if packet.answer:
            return packet
        verdict = place.firewall(packet.family).decide("nat", chain, packet, hook)
        own = place.own(packet.family, link.name) if link else _LOOPBACK[packet.family]
        after = translated(packet, verdict, own)
        if after != packet:
            self.done.append((place, verdict, packet, after))
        return after

    def undo(self, place: PlaceFacts, packet: Packet) -> Packet:
        """An answer with the addresses that were asked, if this place has changed them."""
        for where, _, before, after in reversed(self.done):
            if where.id == place.id and packet.answer and packet.ends == after.answered().ends:
                was = before.answered()
                packet = evolve(packet, src=was.src, sport=was.sport, dst=was.dst, dport=was.dport)
        return packet
