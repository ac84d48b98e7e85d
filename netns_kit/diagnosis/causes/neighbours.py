"""ARP and neighbour discovery."""

from __future__ import annotations

from netns_kit.diagnosis.cause import Deed, Step, Trouble, cause, cure
from netns_kit.views.nodes import LinkNode

_SHARING = ("ipvlan", "ipvtap", "vlan", "macsec", "bridge", "bond", "team")
"""Kinds of links that have the address of another one, as they should."""


def _with_arp(link: str) -> Deed:
    return lambda here: here.link(link).set(arp=True)


def _set(name: str, value: int) -> Deed:
    return lambda here: here.sysctl.set(name, value)


@cause("arp-off", "resolving")
def arp_is_off(step: Step) -> Trouble | None:
    """ARP is off on one of the links, so that neither asks or answers."""
    if step.other is None or step.link is None or step.packet.family != 4:
        return None
    for link in (step.link, step.other):
        if "NOARP" in link.info.flags and link.kind in ("veth", "macvlan", "bridge", "vlan", "vxlan", "dummy", "bond"):
            place = step.world.places[link.place]
            return step.trouble(
                f"ARP is off on {step.world.label(link)}.",
                cure(place, _with_arp(link.name)),
                place=place,
                link=link,
            )
    return None


@cause("wrong-neighbour", "resolving")
def wrong_neighbour(step: Step) -> Trouble | None:
    """Another link's address is noted as that of the next hop: somebody wrote it down, or it was so before."""
    if step.other is None or step.link is None or step.target is None:
        return None
    place, dev, target = step.place, step.link.name, step.target
    for entry in place.snapshot.neighbours:
        fixed = {"PERMANENT", "NOARP"} & {*entry.state}
        learnt = {"REACHABLE", "STALE", "DELAY", "PROBE"} & {*entry.state}
        held = fixed or (learnt and not _is_proxy(step, entry.lladdr))
        if entry.dst == target and entry.dev == dev and held and entry.lladdr not in (None, *_macs(step)):
            source = "by hand" if fixed else "that it has learnt"
            return step.trouble(
                f"{place.name} has an entry for {target} {source}, {entry.lladdr}, which is not its address.",
                cure(place, lambda here: here.neigh.delete(target, dev=dev)),
            )
    return None


def _is_proxy(step: Step, mac: str | None) -> bool:
    """Whether that is the address of somebody near who may answer for others."""
    near = step.around(step.link) if step.link else ()
    places = ((step.world.places[one.place], one.name) for one in near if one.info.address == mac)
    return any(place.sysctl(f"net/ipv4/conf/{name}/proxy_arp") == "1" for place, name in places)


@cause("same-mac", "resolving")
def same_ethernet_address(step: Step) -> Trouble | None:
    """Two links on a segment have the same Ethernet address, so that frames for one may go to the other."""
    if step.link is None or step.other is None:
        return None
    ends = [one for one in (step.link, *step.around(step.link)) if one.kind not in _SHARING]
    for mine in (step.other, step.link):
        twin = next((one for one in ends if one is not mine and one.info.address == mine.info.address), None)
        if twin is not None and mine.kind not in _SHARING and mine.info.address:
            place = step.world.places[twin.place]
            return step.trouble(
                f"{step.world.label(mine)} and {step.world.label(twin)} have the same Ethernet address,"
                f" {mine.info.address}.",
                cure(place, _with_mac(twin.name, _free_mac(ends))),
                place=place,
                link=twin,
            )
    return None


def _free_mac(ends: list[LinkNode]) -> str:
    """An Ethernet address of the kind that anybody may choose, and nobody of these has."""
    taken = {one.info.address for one in ends}
    return next(one for one in (f"02:00:00:00:00:{number:02x}" for number in range(1, 256)) if one not in taken)


def _with_mac(link: str, address: str) -> Deed:
    return lambda here: here.link(link).set(address=address)


def _macs(step: Step) -> list[str | None]:
    place = step.world.places[step.other.place] if step.other else step.place
    return [link.info.address for link in place.links.values()]


@cause("arp-ignored", "resolving")
def arp_is_ignored(step: Step) -> Trouble | None:
    """The next hop does not answer ARP requests, since its arp_ignore forbids it."""
    if step.other is None or step.target is None or step.packet.family != 4:
        return None
    place = step.world.places[step.other.place]
    own = place.holder(step.target)
    for conf in (step.other.name, "all"):
        name = f"net/ipv4/conf/{conf}/arp_ignore"
        value = place.sysctl(name) or "0"
        if value == "8" or (value in ("1", "2") and own is not None and own.dev != step.other.name):
            return step.trouble(
                f"arp_ignore of {conf} in {place.name} is {value}: it does not answer who asks for {step.target}.",
                cure(place, _set(name, 0)),
                place=place,
                link=step.other,
            )
    return None
