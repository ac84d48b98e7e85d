"""Addresses that are missing, or whose prefix does not fit."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from attrs import evolve

from netns_kit.diagnosis.cause import Cure, Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.tunnels import L3_TUNNELS
from netns_kit.diagnosis.proposals import direction, former, prefix_length, who_had
from netns_kit.tables.address import AddressInfo
from netns_kit.views.nodes import LinkNode

GONE_WITH_IT = ("no-route", "no-return-route")


def give(place: PlaceFacts, link: LinkNode, address: str) -> Cure:
    """The cure that gives a link an address, such as "10.0.0.1 peer 10.0.0.2", after that of IPv6 that is off there."""
    local, _, peer = address.partition(" peer ")
    off = _ipv6_off(place, link) and ip_interface(local).version == 6
    name = f"net/ipv6/conf/{link.name}/disable_ipv6"
    first: tuple[Deed, ...] = (lambda here: here.sysctl.set(name, 0),) if off else ()
    return cure(place, *first, lambda here: here.link(link.name).addr.add(local, peer=peer or None))


def _ipv6_off(place: PlaceFacts, link: LinkNode) -> bool:
    return place.is_on(f"net/ipv6/conf/{link.name}/disable_ipv6")


def lengthen(place: PlaceFacts, old: AddressInfo, length: int) -> Cure:
    """The cure that gives an address another prefix length."""
    return cure(
        place,
        lambda here: here.link(old.dev).addr.delete(str(old)),
        lambda here: here.link(old.dev).addr.add(f"{old.local}/{length}"),
    )


@cause("ipv6-disabled", "choosing", GONE_WITH_IT)
def ipv6_is_off(step: Step) -> Trouble | None:
    """IPv6 is switched off on the link that leads there."""
    return _for_it_is_off(step, link_without_address(step))


@cause("ipv6-disabled", "resolving", GONE_WITH_IT)
def ipv6_is_off_there(step: Step) -> Trouble | None:
    """IPv6 is switched off on the link that had the address which is asked for."""
    return _for_it_is_off(step, nobody_has_the_address(step))


def _for_it_is_off(step: Step, found: Trouble | None) -> Trouble | None:
    if found is None or found.link is None or step.packet.family != 6 or not _ipv6_off(found.place, found.link):
        return None
    return evolve(found, sentence=f"IPv6 is off on {step.world.label(found.link)}, and its address is gone with it.")


@cause("prefix-too-long", "choosing", GONE_WITH_IT)
def prefix_is_too_long(step: Step) -> Trouble | None:
    """An address has too long a prefix for its neighbours to be on the link."""
    place, family = step.place, step.packet.family
    if step.found.type or (step.found.dev and step.found.via):
        return None
    going = direction(step, place, step.packet.dst)
    if going is None:
        return None
    for own in place.addresses(family, going.link.name):
        if own.scope != "global" or own.peer:
            continue
        length = prefix_length(step, going.link, own.local)
        theirs = [one.local for one in step.world.places[going.other.place].addresses(family, going.other.name)]
        beyond = not any(ip_address(one) in ip_network(str(own), strict=False) for one in theirs)
        if length is not None and length < own.prefixlen and beyond:
            return _relength(step, place, own, length, "too long for its neighbours to be on the link")
    return None


def _relength(step: Step, place: PlaceFacts, own: AddressInfo, length: int, why: str) -> Trouble:
    def suppose() -> None:
        place.suppose_without(own)
        place.suppose_address(own.dev, f"{own.local}/{length}")

    return step.trouble(
        f"The prefix of {own} on {own.dev} in {place.name} is {why}: theirs is /{length}.",
        lengthen(place, own, length),
        link=place.links[own.dev],
        place=place,
        suppose=suppose,
    )


@cause("link-without-address", "choosing", GONE_WITH_IT)
def link_without_address(step: Step) -> Trouble | None:
    """The link that leads there has no address."""
    place, family = step.place, step.packet.family
    going = direction(step, place, step.packet.dst)
    # What a tunnel leads to is looked for by the default route once the tunnel has no address.
    astray = going is not None and going.direct and going.link.kind in L3_TUNNELS and step.found.dev != going.link.name
    if step.found.type and not astray and not (step.came is None and step.packet.src is None):
        return None
    if going is None or any(one.scope == "global" for one in place.addresses(family, going.link.name)):
        return None
    address = former(step, going.link, family)
    said = f"{step.world.label(going.link)} has no IPv{family} address."
    if address is None:
        return step.trouble(said, link=going.link)
    return step.trouble(
        said,
        give(place, going.link, address),
        link=going.link,
        suppose=lambda: place.suppose_address(going.link.name, address),
    )


@cause("prefix-too-short", "resolving", GONE_WITH_IT)
def prefix_is_too_short(step: Step) -> Trouble | None:
    """A place asks on its link for an address that is behind a router, since its prefix is too short."""
    if step.other is not None or step.link is None or step.found.via or step.target is None:
        return None
    if not step.world.holders(step.target):
        return None
    for own in step.place.addresses(step.packet.family, step.link.name):
        length = prefix_length(step, step.link, own.local)
        if (
            length is not None
            and length > own.prefixlen
            and ip_address(step.target) in ip_network(str(own), strict=False)
        ):
            return _relength(step, step.place, own, length, f"too short: {step.target} is behind a router")
    return None


@cause("no-address", "resolving", GONE_WITH_IT)
def nobody_has_the_address(step: Step) -> Trouble | None:
    """Nobody on the link has the address that is asked for."""
    link, target = step.link, step.target
    if step.other is not None or link is None or target is None or step.world.holders(target):
        return None
    said = f"Nobody has the address {target}."
    holder = who_had(step, link, target)
    if holder is None:
        return step.trouble(f"{said} No link on the segment of {step.world.label(link)} is without one of its kind.")
    place = step.world.places[holder.place]
    own = former(step, holder, ip_address(target).version)
    # Of two ends that name each other, each says what the other's address is.
    paired = own if own and own.startswith(f"{target} peer ") else None
    address = paired or f"{target}/{prefix_length(step, holder, target) or _own_length(step, link, target)}"
    return step.trouble(
        f"{said} {step.world.label(holder)}, on the same segment, is the one that lacks it.",
        give(place, holder, address),
        place=place,
        link=holder,
        suppose=lambda: place.suppose_address(holder.name, address),
    )


def _own_length(step: Step, link: LinkNode, target: str) -> int:
    for one in step.place.addresses(ip_address(target).version, link.name):
        if ip_address(target) in ip_network(str(one), strict=False):
            return one.prefixlen
    return ip_address(target).max_prefixlen


@cause("same-address", "delivering")
def somebody_else_has_it(step: Step) -> Trouble | None:
    """The answer comes to a place that has the same address as who asked."""
    place, origin, target = step.place, step.origin, step.packet.dst
    own = place.holder(target)
    if not step.packet.answer or origin is None or origin is place or own is None or origin.holder(target) is None:
        return None
    return step.trouble(
        f"{place.name} takes the answer, for it has the same address as {origin.name}: {target}, on {own.dev}.",
        cure(place, lambda here: here.link(own.dev).addr.delete(str(own))),
        link=place.links[own.dev],
    )


@cause("elsewhere", "resolving")
def the_address_is_elsewhere(step: Step) -> Trouble | None:
    """The address that is asked for is somewhere else, not on this link's segment."""
    link, target = step.link, step.target
    if step.other is not None or link is None or target is None:
        return None
    holders = step.world.holders(target)
    if not holders:
        return None
    names = ", ".join(sorted(one.name for one in holders))
    what = "the gateway" if step.found.via else "it"
    return step.trouble(
        f"{step.place.name} looks for {target} by {link.name}, but {what} is in {names}, not on that link's segment."
    )
