"""What becomes of a packet where it belongs: the answer to an echo, and who listens."""

from __future__ import annotations

from netns_kit.diagnosis.cause import Step, Trouble, cause, cure
from netns_kit.diagnosis.causes.translations import right_target
from netns_kit.diagnosis.model.listening import listening, takes


@cause("echo-ignored", "delivering")
def echo_is_ignored(step: Step) -> Trouble | None:
    """The destination is set not to answer echo requests."""
    if step.packet.message != "echo-request":
        return None
    name = "net/ipv4/icmp_echo_ignore_all" if step.packet.family == 4 else "net/ipv6/icmp/echo_ignore_all"
    if not step.place.is_on(name):
        return None
    dotted = name.replace("/", ".")
    return step.trouble(
        f"{step.place.name} is set not to answer pings: {dotted} is 1.",
        cure(step.place, lambda here: here.sysctl.set(dotted, 0)),
    )


@cause("not-listening", "delivering")
def nobody_listens(step: Step) -> Trouble | None:
    """No socket of the destination takes what comes to the port."""
    packet, place = step.packet, step.place
    if packet.protocol not in ("tcp", "udp") or packet.answer or packet.dport is None or right_target(step):
        return None
    # It is the kernel that takes what carries a tunnel's packets, which comes from no port.
    if packet.sport == 0:
        return None
    here = list(listening(place, packet.protocol))
    if any(port == packet.dport and takes(address, packet.dst) for address, port in here):
        return None
    bound = sorted({address for address, port in here if port == packet.dport})
    what = f"{packet.protocol.upper()} port {packet.dport}"
    if bound:
        kind = "only on " + ", ".join(bound)
        return step.trouble(
            f"In {place.name}, {what} is listened on {kind}, not on {packet.dst}."
            " The program there has to be told to listen on that address, or on all."
        )
    others = [
        other.name
        for other in step.world.places.values()
        if other is not place
        for _, port in listening(other, packet.protocol)
        if port == packet.dport
    ]
    where = f" Somebody does in {', '.join(dict.fromkeys(others))}." if others else ""
    ports = sorted({port for address, port in here if takes(address, packet.dst)})
    known = f" It listens on {', '.join(map(str, ports[:8]))}." if ports else ""
    return step.trouble(f"Nobody listens on {what} in {place.name}.{where}{known} A program there has to.")
