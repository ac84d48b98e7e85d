"""Packets that are too large for a link on their way."""

from __future__ import annotations

from netns_kit.diagnosis.cause import Cure, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.firewall import Hook
from netns_kit.diagnosis.model.packet import Packet


@cause("mtu", "sizing")
def too_large(step: Step) -> Trouble | None:
    """A link on the way has a smaller MTU than the packet."""
    link, size = step.link, step.packet.size
    if link is None or not link.mtu or size <= link.mtu or link.kind in ("loopback", "bridge"):
        return None
    wanted = max(step.other.mtu if step.other else 0, size)
    place = step.world.places[link.place]
    routed = step.came is not None and step.other is step.came
    return step.trouble(
        f"The packet has {size} bytes, and {step.world.label(link)} an MTU of {link.mtu}:"
        f" {_what_becomes_of_it(step) if routed else 'it is dropped there without a word'}.",
        _raised(step, wanted),
        place=place,
        link=link,
    )


def _raised(step: Step, mtu: int) -> Cure:
    name = step.link.name if step.link else ""
    return cure(step.place, lambda here: here.link(name).set(mtu=mtu))


def _what_becomes_of_it(step: Step) -> str:
    """A router tells the sender; whether its word gets out, and in."""
    place, origin = step.place, step.origin
    told = Packet(None, str(step.packet.src), message="fragmentation-needed")
    for where, chain in ((place, "OUTPUT"), (origin, "INPUT")):
        if where is not None:
            verdict = where.firewall(step.packet.family).decide("filter", chain, told, Hook())
            if verdict.stops:
                who = f"`{verdict.rule}`" if verdict.rule else f"the policy of {chain}"
                return f"{place.name} says so to the sender, by an ICMP error that {who} in {where.name} drops"
    return f"{place.name} drops it and tells the sender, who may not cut it"
