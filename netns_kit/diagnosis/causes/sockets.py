"""What becomes of a packet where it belongs: the answer to an echo, and who listens."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from netns_kit.diagnosis.cause import Step, Trouble, cause, cure
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.diagnosis.model.firewall import Verdict
from netns_kit.diagnosis.model.packet import Packet

_ANY = ("0.0.0.0", "*", "::")


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


@cause("wrong-translation", "delivering")
def translated_to_a_wrong_port(step: Step) -> Trouble | None:
    """A rule of DNAT leads to a port where nobody listens, while the place listens on another one."""
    right = _right_port(step)
    if right is None:
        return None
    router, verdict, *_ = step.state[-1]
    rule, tool = verdict.rule, "iptables" if step.packet.family == 4 else "ip6tables"
    wrong = f":{step.packet.dport}"
    words = tuple(
        f"{word.removesuffix(wrong)}:{right}" if word.endswith(wrong) else str(right) if word == wrong[1:] else word
        for word in rule.words
    )
    return step.trouble(
        f"A rule of {tool} in {router.name} leads it to port {step.packet.dport} of {step.place.name}, where nobody"
        f" listens; port {right} is listened on: `-t nat {rule}`.",
        cure(router, lambda here: getattr(here, tool).replace(verdict.chain, verdict.number, *words, table="nat")),
        place=router,
    )


def _right_port(step: Step) -> int | None:
    packet = step.packet
    if packet.protocol not in ("tcp", "udp") or packet.answer or not step.state:
        return None
    verdict: Verdict
    before: Packet
    _, verdict, before, _ = step.state[-1]
    open_ports = {port for address, port in _listening(step.place, packet.protocol) if _takes(address, packet.dst)}
    if verdict.target not in ("DNAT", "REDIRECT") or packet.dport in open_ports:
        return None
    if before.dport in open_ports:
        return before.dport
    return open_ports.pop() if len(open_ports) == 1 else None


@cause("not-listening", "delivering")
def nobody_listens(step: Step) -> Trouble | None:
    """No socket of the destination takes what comes to the port."""
    packet, place = step.packet, step.place
    if packet.protocol not in ("tcp", "udp") or packet.answer or packet.dport is None or _right_port(step):
        return None
    # It is the kernel that takes what carries a tunnel's packets, which comes from no port.
    if packet.sport == 0:
        return None
    here = list(_listening(place, packet.protocol))
    if any(port == packet.dport and _takes(address, packet.dst) for address, port in here):
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
        for _, port in _listening(other, packet.protocol)
        if port == packet.dport
    ]
    where = f" Somebody does in {', '.join(dict.fromkeys(others))}." if others else ""
    ports = sorted({port for address, port in here if _takes(address, packet.dst)})
    known = f" It listens on {', '.join(map(str, ports[:8]))}." if ports else ""
    return step.trouble(f"Nobody listens on {what} in {place.name}.{where}{known} A program there has to.")


def _listening(place: PlaceFacts, protocol: str) -> Iterator[tuple[str, int]]:
    yield from ((address, port) for kind, address, port in place.listeners if kind == protocol)


def _takes(bound: str, address: str) -> bool:
    if bound in _ANY:
        # What listens on all of IPv6 takes IPv4 as well.
        return bound != "0.0.0.0" or ip_address(address).version == 4
    return bound.removeprefix("::ffff:") == address
