"""The probe: a real packet, sent from a place, and what came of it."""

from __future__ import annotations

import contextlib
import math
import os
import socket
from ipaddress import ip_address

from attrs import frozen

from netns_kit.commands.errors import NetnsKitError
from netns_kit.diagnosis.model.packet import Packet
from netns_kit.places.place import Place

WAIT = 1.0
"""Seconds that a probe waits for an answer, beside what the links on its way are told to wait."""

TOKEN = b"netns_kit explain"
"""What a datagram carries."""


@frozen
class Outcome:
    """What came of a probe: whether it was answered, None where silence tells nothing, and what was said."""

    answered: bool | None
    said: str = ""


def send(place: Place, packet: Packet, size: int | None, wait: float) -> Outcome:
    """Send one packet, or open one connection, and wait some seconds for what comes of it."""
    if packet.protocol == "icmp":
        return _ping(place, packet.dst, size, wait)
    local = place.site.runner.machine == "this machine"
    sender = _connect if packet.protocol == "tcp" else _datagram
    return sender(place, packet, wait) if local else _by_bash(place, packet, wait)


def _ping(place: Place, address: str, size: int | None, wait: float) -> Outcome:
    # At the most three packets: a link that has just come up may lose the first one.
    end = math.ceil(wait)
    result = place.ping(address, count=1, interval=end * 0.4, deadline=end, size=size, check=False)
    said = dict.fromkeys(f"{error.source or 'ping'} says: {error.message}" for error in result.errors)
    return Outcome(bool(result), ", ".join(said))


def _connect(place: Place, packet: Packet, wait: float) -> Outcome:
    with place.socket(_family(packet), socket.SOCK_STREAM) as client:
        client.settimeout(wait)
        try:
            client.connect((packet.dst, packet.dport))
        except OSError as error:
            return Outcome(False, "nobody answered" if isinstance(error, TimeoutError) else str(error.strerror))
    return Outcome(True)


def _datagram(place: Place, packet: Packet, wait: float) -> Outcome:
    with place.socket(_family(packet), socket.SOCK_DGRAM) as client:
        client.settimeout(wait)
        try:
            client.connect((packet.dst, packet.dport))
            client.send(TOKEN + os.urandom(4))
            client.recv(1)
        except TimeoutError:
            return Outcome(None, "nobody answered, which a datagram need not")
        except OSError as error:
            return Outcome(False, str(error.strerror))
    return Outcome(True)


def _by_bash(place: Place, packet: Packet, wait: float) -> Outcome:
    """Where no socket can be handed over: bash makes one."""
    script = (
        'exec 3<>"/dev/$0/$1/$2" && [ "$0" = tcp ] ||'
        ' { printf "%s" "netns_kit explain" >&3 && read -r -t "$3" -N 1 <&3; }'
    )
    with contextlib.suppress(NetnsKitError):
        result = place.exec(
            "timeout",
            f"{2 * wait:g}",
            "bash",
            "-c",
            script,
            packet.protocol,
            packet.dst,
            packet.dport,
            f"{wait:g}",
            check=False,
        )
        refused = "refused" in result.stderr
        if packet.protocol == "udp" and not result.ok and not refused:
            return Outcome(None, "nobody answered, which a datagram need not")
        return Outcome(result.ok, "Connection refused" if refused else "nobody answered")
    return Outcome(None, "no probe could be sent")


def _family(packet: Packet) -> int:
    return socket.AF_INET if ip_address(packet.dst).version == 4 else socket.AF_INET6
