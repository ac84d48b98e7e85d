"""Address translation that leads to the wrong place."""

from __future__ import annotations

from netns_kit.diagnosis.cause import Cure, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.firewall import Verdict
from netns_kit.diagnosis.model.listening import ports

_LEADING = ("DNAT", "REDIRECT")


@cause("wrong-translation", "delivering")
def translated_to_where_nobody_listens(step: Step) -> Trouble | None:
    """A rule of DNAT leads to a port where nobody listens, while somebody does on another one, or in another place."""
    right = right_target(step)
    if right is None:
        return None
    router, verdict, *_ = step.translations[-1]
    address, port = right
    packet = step.packet
    return step.trouble(
        f"A rule of {_tool(step)} in {router.name} leads it to port {packet.dport} of {step.place.name}, where nobody"
        f" listens; port {port} of {address} is listened on: `-t nat {verdict.rule}`.",
        _turned(step, router, verdict, address, port),
        place=router,
    )


@cause("wrong-translation", "choosing")
def translated_to_nowhere(step: Step) -> Trouble | None:
    """A rule of DNAT leads to an address to which there is no way."""
    return None if step.found.dev or step.found.type else _to_nobody(step)


@cause("wrong-translation", "resolving")
def translated_to_nobody(step: Step) -> Trouble | None:
    """A rule of DNAT leads to an address that nobody has."""
    return None if step.other is not None or step.found.via else _to_nobody(step)


def _to_nobody(step: Step) -> Trouble | None:
    packet, done = step.packet, step.translations
    if packet.answer or not done or done[-1][1].target not in _LEADING or step.world.holders(packet.dst):
        return None
    router, verdict, before, _ = done[-1]
    holders = step.world.holders(before.dst)
    listening = [] if packet.protocol == "icmp" else _listeners(step, packet.dport, before.dst)
    said = (
        f"A rule of {_tool(step)} in {router.name} leads it to {packet.dst}, which nobody has: `-t nat {verdict.rule}`."
    )
    if len(listening) == 1:
        return step.trouble(said, _turned(step, router, verdict, listening[0], packet.dport), place=router)
    gone = [_gone(step, router, verdict)] if holders else []
    return step.trouble(said, *gone, place=router)


def right_target(step: Step) -> tuple[str, int] | None:
    """The address and port that somebody listens on, where a rule of DNAT leads to a port that nobody listens on."""
    packet = step.packet
    if packet.protocol not in ("tcp", "udp") or packet.answer or packet.dport is None or not step.translations:
        return None
    _, verdict, before, _ = step.translations[-1]
    here = ports(step.place, packet.protocol, packet.dst)
    if verdict.target not in _LEADING or packet.dport in here:
        return None
    if before.dport in here:
        return packet.dst, before.dport or 0
    if len(here) == 1:
        return packet.dst, here.pop()
    others = _listeners(step, packet.dport, before.dst) if verdict.target == "DNAT" else []
    return (others[0], packet.dport) if len(others) == 1 else None


def _listeners(step: Step, port: int | None, besides: str) -> list[str]:
    """The addresses of other places where somebody listens on a port."""
    return [
        own
        for place in step.world.places.values()
        if place is not step.place and not place.holder(besides)
        for own in [next((one.local for one in place.addresses(step.packet.family) if one.scope == "global"), None)]
        if own is not None and port in ports(place, step.packet.protocol, own)
    ]


def _tool(step: Step) -> str:
    return "iptables" if step.packet.family == 4 else "ip6tables"


def _turned(step: Step, router: PlaceFacts, verdict: Verdict, address: str, port: int | None) -> Cure:
    """The cure that has a rule lead elsewhere."""
    old, tool = step.packet, _tool(step)
    known = {f"{old.dst}:{old.dport}": f"{address}:{port}", old.dst: address, f":{old.dport}": f":{port}",
             str(old.dport): str(port)}  # fmt: skip
    given = verdict.rule.words if verdict.rule else ()
    words = tuple(
        known.get(word, word) if before.startswith("--to") else word
        for before, word in zip(("", *given), given, strict=False)
    )
    return cure(router, lambda here: getattr(here, tool).replace(verdict.chain, verdict.number, *words, table="nat"))


def _gone(step: Step, router: PlaceFacts, verdict: Verdict) -> Cure:
    words, tool = verdict.rule.words if verdict.rule else (), _tool(step)
    return cure(router, lambda here: getattr(here, tool).delete(verdict.chain, *words, table="nat"))
