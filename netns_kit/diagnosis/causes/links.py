"""Links that are down, or lead nowhere."""

from __future__ import annotations

from netns_kit.diagnosis.cause import Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.routing import best
from netns_kit.diagnosis.paths.segment import filters, likely_vlan
from netns_kit.diagnosis.proposals import direction, who_had
from netns_kit.links.bridge import Bridge
from netns_kit.links.macvlan import Macvlan
from netns_kit.places.place import Place
from netns_kit.tables.vlan_filter import VlanFilterTable
from netns_kit.views.nodes import LinkNode

GONE_WITH_IT = ("link-without-address", "no-address", "no-route", "no-return-route")
"""What the kernel takes away when a link goes down."""


def set_up(step: Step, link: LinkNode, sentence: str) -> Trouble:
    """The trouble of a link that is down."""
    place = step.world.places[link.place]
    return step.trouble(
        sentence,
        cure(place, lambda here: here.link(link.name).up()),
        place=place,
        link=link,
        suppose=lambda: place.suppose_up(link),
    )


def _is_port(step: Step, link: LinkNode) -> bool:
    master = step.world.link(f"{link.place}/{link.master}")
    return master is not None and master.kind in ("bridge", "bond", "team")


def _down(step: Step) -> Trouble | None:
    link = step.link
    if link is None or link.up or link.kind == "bridge" or _is_port(step, link):
        return None
    return set_up(step, link, f"{step.world.label(link)} is down.")


@cause("link-down", "sending", GONE_WITH_IT)
def sender_is_down(step: Step) -> Trouble | None:
    """The link that sends is down."""
    return _down(step)


@cause("link-down", "receiving", GONE_WITH_IT)
def receiver_is_down(step: Step) -> Trouble | None:
    """The link that receives is down."""
    return _down(step)


@cause("link-down", "choosing", GONE_WITH_IT)
def way_out_is_down(step: Step) -> Trouble | None:
    """No route is left, since the link that led there is down."""
    if step.found.dev or step.found.type:
        return None
    going = direction(step, step.place, step.packet.dst)
    if going is None or going.link.up:
        return None
    return set_up(step, going.link, f"{step.world.label(going.link)} is down, and its routes are gone with it.")


@cause("link-down", "resolving", GONE_WITH_IT)
def whoever_had_it_is_down(step: Step) -> Trouble | None:
    """The link that had the address which is asked for is down, and has lost it."""
    if step.other is not None or step.link is None or step.target is None or step.world.holders(step.target):
        return None
    link = who_had(step, step.link, step.target)
    return None if link is None or link.up else set_up(step, link, f"{step.world.label(link)} is down.")


@cause("loopback-down", "choosing")
def loopback_is_down(step: Step) -> Trouble | None:
    """A place cannot talk to itself while its lo is down."""
    lo = step.place.links.get("lo")
    if step.found.type != "local" or step.came is not None or lo is None or lo.up:
        return None
    return set_up(step, lo, f"lo in {step.place.name} is down, so that it cannot talk to itself.")


@cause("link-down", "encapsulating", GONE_WITH_IT)
def tunnel_is_down(step: Step) -> Trouble | None:
    """One of a tunnel's ends is down."""
    ends = [one for one in (step.link, step.other) if one is not None and not one.up]
    return set_up(step, ends[0], f"{step.world.label(ends[0])} is down.") if ends and step.link else None


@cause("not-in-vrf", "choosing", ("no-route", "no-return-route"))
def not_in_the_vrf(step: Step) -> Trouble | None:
    """A link is not in the VRF that has the way to go, or that the packet came by."""
    place, came = step.place, step.came
    if step.found.dev or step.found.type or came is None:
        return None
    vrf = place.links.get(place.vrf(came.name) or "")
    if vrf is not None:
        going = direction(step, place, step.packet.dst)
        link = going.link if going and place.vrf(going.link.name) is None else None
    else:
        tables = {name: str(one.about.get("table")) for name, one in place.links.items() if one.kind == "vrf"}
        vrf = next((place.links[name] for name, table in tables.items() if best(place, step.packet, table)), None)
        link = came
    if vrf is None or link is None or link.master:
        return None
    return step.trouble(
        f"{step.world.label(link)} is not in the VRF {vrf.name}, which has this way.",
        cure(place, lambda here: here.link(link.name).set(master=vrf.name)),
        link=link,
        suppose=lambda: place.suppose_master(link, vrf),
    )


@cause("port-down", "entering")
@cause("port-down", "bonding in")
def way_in_is_down(step: Step) -> Trouble | None:
    """The bridge's or bond's port that a frame comes to is down."""
    return _port_down(step)


@cause("port-down", "leaving")
@cause("port-down", "bonding out")
def way_on_is_down(step: Step) -> Trouble | None:
    """The bridge's or bond's port that a frame is to leave by is down."""
    return _port_down(step)


def _port_down(step: Step) -> Trouble | None:
    if step.link is None or step.link.up or step.link is step.other:
        return None
    return set_up(step, step.link, f"{step.world.label(step.link)}, a port of {step.link.master}, is down.")


@cause("bridge-down", "entering")
def bridge_is_down(step: Step) -> Trouble | None:
    """The bridge itself is down, so that none of its ports passes anything on."""
    if step.other is None or step.other.up:
        return None
    return set_up(step, step.other, f"The bridge {step.world.label(step.other)} is down.")


@cause("peer-unknown", "sending")
def peer_is_unknown(step: Step) -> Trouble | None:
    """The other end of a veth is where nobody looked, and it is down."""
    link = step.link
    # Its state is told a while after its carrier has gone.
    if link is None or not link.leads_elsewhere or "LOWER_UP" in link.info.flags:
        return None
    return step.trouble(
        f"The other end of {step.world.label(link)} is in a namespace that was not looked at, and down."
    )


@cause("vlan-id", "tagging")
def another_vlan(step: Step) -> Trouble | None:
    """Frames come with the tag of one VLAN, and the link above is of another one."""
    link, wanted = step.link, step.tag
    if link is None or wanted is None or link.about.get("id") == wanted:
        return None
    return step.trouble(
        f"Frames come to {step.world.label(link)} with the tag of VLAN {wanted}; it takes VLAN {link.about.get('id')}."
    )


@cause("macvlan-host", "down to the host")
def macvlan_to_its_host(step: Step) -> Trouble | None:
    """A macvlan does not reach the link that it stands on, by design."""
    if step.link is None or step.other is None:
        return None
    return step.trouble(
        f"{step.world.label(step.link)} is a {step.link.kind} on {step.world.label(step.other)}:"
        " the two never see each other's frames. Give the host a macvlan of its own there."
    )


@cause("macvlan-mode", "beside")
def macvlan_mode(step: Step) -> Trouble | None:
    """Macvlans on one link reach each other only in the mode `bridge`."""
    for link in (step.link, step.other):
        mode = link.about.get("mode") if link else "bridge"
        if link is not None and link.kind.startswith("macv") and mode != "bridge":
            return step.trouble(
                f"{step.world.label(link)} is in the mode {mode}, which keeps it apart from others on the same link.",
                cure(step.world.places[link.place], _in_mode_bridge(link)),
                link=link,
            )
    return None


def _in_mode_bridge(link: LinkNode) -> Deed:
    return lambda here: Macvlan(link.name, at=here).change(mode="bridge")


@cause("vlan-not-allowed", "entering")
def vlan_may_not_enter(step: Step) -> Trouble | None:
    """A port of a bridge that looks at VLANs does not take the frame's VLAN."""
    return _vlan(step, coming=True)


@cause("vlan-not-allowed", "leaving")
def vlan_may_not_leave(step: Step) -> Trouble | None:
    """A port of a bridge that looks at VLANs does not let the frame's VLAN out."""
    return _vlan(step, coming=False)


def _vlan(step: Step, coming: bool) -> Trouble | None:
    port, bridge = step.link, step.other
    if port is None or bridge is None or not filters(bridge):
        return None
    vlans = step.place.vlans.get(port.name, {})
    untagged = step.tag is None
    if (untagged and any("PVID" in flags for flags in vlans.values())) or step.tag in vlans:
        return None
    vid, flags = _wanted_vlan(step, bridge, port)
    what = "untagged frames" if untagged else f"frames of VLAN {step.tag}"
    way = "takes no" if coming else "lets out no"
    return step.trouble(
        f"{step.world.label(port)} {way} {what}: the bridge {bridge.name} filters VLANs.",
        cure(step.place, lambda here: _vlans(here, port, port is bridge).add(vid, pvid=flags, untagged=flags)),
        link=port,
    )


def _vlans(here: Place, port: LinkNode, is_bridge: bool) -> VlanFilterTable:
    return Bridge(port.name, at=here).vlan if is_bridge else here.link(port.name).vlan


def _wanted_vlan(step: Step, bridge: LinkNode, port: LinkNode) -> tuple[int, bool]:
    """The VLAN that fits the frame; whether it is to be the port's own, as for a link that knows of no VLANs."""
    tags = [link for link in step.world.uppers.get(port.peer or "", ()) if link.kind == "vlan"]
    vid = likely_vlan(step.world, bridge) if step.tag is None else step.tag
    return vid, not tags
