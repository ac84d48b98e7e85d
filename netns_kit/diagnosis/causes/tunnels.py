"""Tunnels whose two ends do not fit each other."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from netns_kit.diagnosis.cause import Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.tunnels import OVER_UDP, mirrored
from netns_kit.diagnosis.model.world import World
from netns_kit.links.gre import GreTunnel
from netns_kit.links.ipip import IpipTunnel
from netns_kit.links.sit import SitTunnel
from netns_kit.links.vti import VtiTunnel
from netns_kit.links.vxlan import VxlanLink
from netns_kit.places.place import Place
from netns_kit.views.nodes import LinkNode

_CHANGED = {"ipip": IpipTunnel, "gre": GreTunnel, "sit": SitTunnel, "vti": VtiTunnel, "vxlan": VxlanLink}
_OF_ONE_ALONE = ("local", "remote")


@cause("tunnel-mismatch", "encapsulating")
def ends_do_not_fit(step: Step) -> Trouble | None:
    """A tunnel's two ends differ: in their id, port or key, or in whom they take for the other."""
    if step.link is None or step.other is None:
        return None
    wrong = [(end, other, mirrored(step.world, end, other)) for end, other in _both(step.link, step.other)]
    for end, other, lacks in wrong:
        alone = {key: value for key, value in lacks.items() if key in _OF_ONE_ALONE}
        if alone:
            return _mend(step, end, other, lacks)
    differing = [(end, other, lacks) for end, other, lacks in wrong if lacks]
    # Of two that differ in what both must have, the one that was made last is taken for the stranger.
    differing.sort(key=lambda one: _made_later(step.world, one[0]))
    return _mend(step, *differing[0]) if differing else None


def _both(link: LinkNode, other: LinkNode) -> tuple[tuple[LinkNode, LinkNode], tuple[LinkNode, LinkNode]]:
    return (other, link), (link, other)


def _made_later(world: World, link: LinkNode) -> int:
    return sum(one.info.index > link.info.index for one in world.places[link.place].links.values())


def _mend(step: Step, end: LinkNode, other: LinkNode, lacks: dict[str, Any]) -> Trouble:
    place = step.world.places[end.place]
    told = ", ".join(f"{key} {end.about.get(key, end.info.data.get(key, 'none'))}" for key in lacks)
    known = {key: value for key, value in lacks.items() if value is not None}
    made_anew = end.kind in OVER_UDP and set(known) - set(_OF_ONE_ALONE)
    deeds: list[Deed] = []
    if made_anew and end.kind == "vxlan":
        deeds = _anew(step.world, end, known)
    elif end.kind in _CHANGED and not made_anew:
        if known.get("ikey") is not None and known.get("ikey") == known.get("okey"):
            known = {
                **{key: value for key, value in known.items() if key not in ("ikey", "okey")},
                "key": known["ikey"],
            }
        deeds = [lambda here: _CHANGED[end.kind](end.name, at=here).change(**_valued(known))]
    return step.trouble(
        f"{step.world.label(end)} does not fit {step.world.label(other)}, the other end of the tunnel: {told}.",
        *((cure(place, *deeds),) if deeds and known else ()),
        place=place,
        link=end,
    )


def _valued(options: dict[str, Any]) -> dict[str, Any]:
    """Keys that `ip` prints as addresses, as the numbers that they are."""
    return {
        key: int(ip_address(value)) if key.endswith("key") and "." in str(value) else value
        for key, value in options.items()
    }


def _anew(world: World, link: LinkNode, changed: dict[str, Any]) -> list[Deed]:
    """Deletes a VXLAN and makes it again with other options, and all else as it was."""
    data, info = link.info.data, link.info
    options: dict[str, Any] = {
        "id": data.get("id"),
        "dstport": data.get("port"),
        "local": data.get("local") or data.get("local6"),
        "remote": data.get("remote") or data.get("remote6"),
        "group": data.get("group") or data.get("group6"),
        "dev": data.get("link"),
        "learning": None if data.get("learning", True) else False,
    }
    options = {key: value for key, value in {**options, **changed}.items() if value is not None}

    def make(here: Place) -> None:
        VxlanLink(link.name, **options, at=here).add()

    deeds: list[Deed] = [lambda here: here.link(link.name).delete(), make]
    if info.master:
        deeds.append(lambda here: here.link(link.name).set(master=info.master))
    if link.up:
        deeds.append(lambda here: here.link(link.name).up())
    return deeds + [_with_address(link.name, one) for one in link.addresses]


def _with_address(link: str, address: str) -> Deed:
    return lambda here: here.link(link).addr.add(address)


@cause("tunnel-nowhere", "encapsulating")
def leads_nowhere(step: Step) -> Trouble | None:
    """A tunnel leads to an address where no such tunnel ends."""
    link = step.link
    if link is None or step.other is not None:
        return None
    remote = link.about.get("remote") or "no address"
    return step.trouble(f"{step.world.label(link)} leads to {remote}, where no {link.kind} tunnel ends.")
