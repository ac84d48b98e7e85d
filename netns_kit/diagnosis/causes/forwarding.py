"""What a router needs in order to pass packets on."""

from __future__ import annotations

from ipaddress import ip_address

from netns_kit.diagnosis.cause import Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.diagnosis.model.routing import lookup


@cause("no-forwarding", "forwarding")
def forwarding_is_off(step: Step) -> Trouble | None:
    """A place that is to pass packets on is not set to do so."""
    name = "net/ipv4/ip_forward" if step.packet.family == 4 else "net/ipv6/conf/all/forwarding"
    place = step.place
    value = place.sysctl(name)
    came = step.came.name if step.came else None
    dotted = name.replace("/", ".")
    if value == "0":
        return step.trouble(
            f"{place.name} is to pass packets on, but its {dotted} is 0.",
            cure(place, lambda here: here.sysctl.set(dotted, 1)),
        )
    own = f"net/ipv{step.packet.family}/conf/{came}/forwarding"
    if came and place.sysctl(own) == "0":
        return step.trouble(
            f"{place.name} is to pass on what comes by {came}, but the forwarding of this link is 0.",
            cure(place, lambda here: here.sysctl.set(own, 1)),
        )
    return None


@cause("time-to-live", "forwarding")
def lives_too_short(step: Step) -> Trouble | None:
    """Packets are sent with a time to live that is over before they arrive."""
    sender, first, routers = step.state
    name = "net/ipv4/ip_default_ttl" if step.packet.family == 4 else f"net/ipv6/conf/{first}/hop_limit"
    limit = sender.sysctl(name)
    if limit is None or int(limit) > routers:
        return None
    return step.trouble(
        f"{sender.name} sends with a time to live of {limit} ({name}), which is over at {step.place.name}.",
        cure(sender, lambda here: here.sysctl.set(name, 64)),
        place=sender,
        link=step.came,
    )


def _unfiltered(conf: str) -> Deed:
    return lambda here: here.sysctl.set(
        f"net.ipv4.conf.{conf}.rp_filter" if conf == "all" else f"net/ipv4/conf/{conf}/rp_filter", 0
    )


@cause("reverse-path", "accepting")
def reverse_path_filter(step: Step) -> Trouble | None:
    """A place refuses packets that come by another link than its own way back to their source."""
    place, came = step.place, step.came
    if came is None or step.packet.src is None or step.packet.family != 4:
        return None
    values = [int(place.sysctl(f"net/ipv4/conf/{one}/rp_filter") or 0) for one in (came.name, "all")]
    if max(values) == 0:
        return None
    back = lookup(place, Packet(step.packet.dst, step.packet.src), came.name)
    if back.type == "local" or ip_address(step.packet.src).is_loopback:
        return None
    if (back.dev == came.name and max(values) == 1) or (back.dev and max(values) == 2):
        return None
    names = [one for one, value in zip((came.name, "all"), values, strict=True) if value]
    return step.trouble(
        f"rp_filter is on in {place.name}: it refuses packets from {step.packet.src} by {came.name},"
        f" since its own way back is {f'by {back.dev}' if back.dev else 'none'}.",
        cure(
            place,
            *(_unfiltered(one) for one in names),
        ),
    )
