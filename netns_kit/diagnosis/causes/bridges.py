"""What a bridge does not pass on."""

from __future__ import annotations

from ipaddress import ip_network

from netns_kit.diagnosis.cause import Cure, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.firewall import Hook
from netns_kit.links.bridge import Bridge
from netns_kit.places.place import Place
from netns_kit.views.nodes import LinkNode

_PASSING = ("forwarding", 3)


@cause("no-master", "joining")
def port_without_its_bridge(step: Step) -> Trouble | None:
    """A link that leads into a bridge's network is no port of the bridge, or one of another bridge."""
    link, bridge = step.link, step.other
    if (
        link is None
        or bridge is None
        or link.addresses
        or link.kind not in ("veth", "netkit", "vxlan", "gretap", "geneve")
    ):
        return None
    if not _fits(step, link, bridge):
        return None
    other = f", but of {link.master}" if link.master else ""
    return step.trouble(
        f"{step.world.label(link)} is not a port of the bridge {bridge.name}{other}.",
        cure(step.place, lambda here: here.link(link.name).set(master=bridge.name)),
        link=link,
    )


def _fits(step: Step, link: LinkNode, bridge: LinkNode) -> bool:
    """Whether no other bridge here fits better: its network is that of the link's other end."""
    bridges = [one for one in step.place.links.values() if one.kind == "bridge"]
    if len(bridges) == 1:
        return True
    own = _networks(step.world.link(link.peer))
    shared = {one.id: bool(own & _around(step, one, link)) for one in bridges}
    if link.master:
        return shared[bridge.id] and not shared.get(f"{link.place}/{link.master}")
    return shared[bridge.id] or not any(shared.values())


def _around(step: Step, bridge: LinkNode, link: LinkNode) -> set[str]:
    """The networks on a bridge, without what a link brings there."""
    found = _networks(bridge)
    for port in step.world.ports.get(bridge.id, ()):
        found |= set() if port is link else _networks(step.world.link(port.peer))
    return found


def _networks(link: LinkNode | None) -> set[str]:
    addresses = link.addresses if link else ()
    return {str(ip_network(one, strict=False)) for one in addresses if " " not in one}


@cause("port-blocked", "entering")
def blocked_at_entry(step: Step) -> Trouble | None:
    """The port that a frame comes by is not in the state `forwarding`."""
    return _blocked(step)


@cause("port-blocked", "leaving")
def blocked_at_exit(step: Step) -> Trouble | None:
    """The port that a frame is to leave by is not in the state `forwarding`."""
    return _blocked(step)


def _blocked(step: Step) -> Trouble | None:
    port, bridge = step.link, step.other
    if port is None or bridge is None or port is bridge or not (port.up and bridge.up):
        return None
    state = port.info.port_data.get("state", "forwarding")
    if state in _PASSING:
        return None
    if bridge.info.data.get("stp_state"):
        return step.trouble(
            f"{step.world.label(port)} is {state}: the bridge {bridge.name} runs a spanning tree,"
            " which waits before it lets a new port talk, and blocks those that would make a loop.",
        )
    if port.state in ("LOWERLAYERDOWN", "DOWN"):
        return None
    return step.trouble(
        f"{step.world.label(port)} is in the state {state}, so that the bridge {bridge.name} passes nothing by it.",
        cure(step.place, lambda here: here.link(port.name).brport.set(state=3)),
        link=port,
    )


@cause("port-isolated", "leaving")
def isolated(step: Step) -> Trouble | None:
    """Isolated ports of a bridge do not talk to each other."""
    port = step.link
    if port is None or port is step.other or not step.state or not port.info.port_data.get("isolated"):
        return None
    return step.trouble(
        f"{step.world.label(port)} is isolated, and so is the port that the frame came by: they may not talk.",
        cure(step.place, lambda here: here.link(port.name).brport.set(isolated=False)),
        link=port,
    )


@cause("no-flooding", "leaving")
def floods_not(step: Step) -> Trouble | None:
    """A port does not let out broadcasts, so that nobody behind it hears an ARP request."""
    port = step.link
    if port is None or port is step.other:
        return None
    name = "bcast_flood" if step.packet.family == 4 else "mcast_flood"
    if port.info.port_data.get(name, True):
        return None
    word = "broadcasts" if step.packet.family == 4 else "multicasts"
    return step.trouble(
        f"{step.world.label(port)} lets no {word} out, so that nobody behind it hears who is asked for.",
        cure(step.place, lambda here: _flooding(here, port, name)),
        link=port,
    )


def _flooding(here: Place, port: LinkNode, name: str) -> None:
    if name == "bcast_flood":
        here.link(port.name).brport.set(bcast_flood=True)
    else:
        here.link(port.name).brport.set(mcast_flood=True)


def _uncalled(here: Place, bridge: LinkNode, tool: str) -> None:
    if tool == "iptables":
        Bridge(bridge.name, at=here).change(nf_call_iptables=False)
    else:
        Bridge(bridge.name, at=here).change(nf_call_ip6tables=False)


@cause("bridge-filtered", "bridging")
def filtered_on_the_bridge(step: Step) -> Trouble | None:
    """The firewall for routers stops what a bridge only passes on, since bridge-nf-call-iptables is on."""
    bridge, hook, family = step.link, step.state, step.packet.family
    name = "iptables" if family == 4 else "ip6tables"
    if bridge is None or not isinstance(hook, Hook) or not _calls(step, bridge, name):
        return None
    firewall = step.place.firewall(family)
    for table in ("mangle", "filter"):
        verdict = firewall.decide(table, "FORWARD", step.packet, hook)
        if verdict.stops:
            break
    else:
        return None
    who = f"the rule `{verdict.rule}`" if verdict.rule else f"the policy {verdict.target} of FORWARD"
    tool = "iptables" if family == 4 else "ip6tables"
    narrow = cure(
        step.place,
        lambda here: getattr(here, tool).insert(
            "FORWARD", in_interface=bridge.name, out_interface=bridge.name, jump="ACCEPT"
        ),
    )
    switch = f"net.bridge.bridge-nf-call-{name}"
    wide: Cure = cure(step.place, lambda here: here.sysctl.set(switch, 0))
    if bridge.info.data.get(f"nf_call_{name}"):
        wide = cure(
            step.place,
            lambda here: _uncalled(here, bridge, name),
        )
    return step.trouble(
        f"{switch} is on, so that {tool} of {step.place.name} judges what {bridge.name} only passes on,"
        f" and {who} stops it.",
        narrow,
        wide,
        link=bridge,
    )


def _calls(step: Step, bridge: LinkNode, name: str) -> bool:
    return step.place.is_on(f"net/bridge/bridge-nf-call-{name}") or bool(bridge.info.data.get(f"nf_call_{name}"))
