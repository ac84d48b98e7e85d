"""Probes that are known again wherever they are seen, whatever address translation and tunnels make of them."""

from __future__ import annotations

import os
import socket
import time
from typing import Protocol

from attrs import define, field, frozen

from netns_kit.commands.causes import error_for
from netns_kit.commands.values import is_ipv6
from netns_kit.sites.site import Site
from netns_kit.sites.sockets import sockets_of
from netns_kit.tables import ping
from netns_kit.watching.frames import Icmp, Ip, Tcp, Udp

WAIT = 1.0
"""Seconds that each probe waits for its answer."""

INTERVAL = 0.2
"""Seconds from one probe to the next."""

CLOSING = 0.02
"""Seconds in which closed connections say good-bye."""

_NEAR = 64
"""Bytes that a connection that says nothing can be ahead of its beginning."""


@frozen
class Answer:
    """What came of the probes: how many were answered, and what was said; `silent` if silence tells nothing."""

    answered: int
    said: str = ""
    silent: bool = False


@frozen
class Trace:
    """What a packet is to a probe: on its way "out" or "back", and what tells it from the probe's other packets."""

    way: str
    key: tuple[object, ...]


class Tracer(Protocol):
    """Sends probes, and knows their packets again."""

    def send(self) -> Answer:
        """Send them, and wait for what comes of it."""

    def recognise(self, packet: Ip) -> Trace | None:
        """What this packet is to the probes; packets are asked about in the order in which they were seen."""


@define
class Ping:
    """Pings that carry a token, which their answers give back, and errors quote."""

    site: Site
    destination: str
    count: int
    token: bytes = field(factory=lambda: os.urandom(16), init=False)

    def send(self) -> Answer:
        """Have `ping` send them."""
        words = ("-n", "-c", self.count, "-i", INTERVAL, "-W", WAIT, "-p", self.token.hex(), self.destination)
        done = self.site.run("ping", *words, check=False)
        if done.returncode not in (0, 1, 2):
            raise error_for(done)
        found = ping.parse(self.destination, str(done))
        told = dict.fromkeys(f"{error.source or 'ping'} says: {error.message}" for error in found.errors)
        return Answer(found.received, ", ".join(told))

    def recognise(self, packet: Ip) -> Trace | None:
        """By the token."""
        said = packet.payload
        if not isinstance(said, Icmp):
            return None
        if said.quoted and self.recognise(said.quoted):
            return Trace("back", (said.name, said.quoted.id))
        if self.token not in said.data:
            return None
        return Trace("out" if said.name == "echo request" else "back", (said.name, said.seq))


@define
class Connection:
    """TCP connections that are opened and closed: known by the numbers that they begin to count with."""

    site: Site
    destination: str
    port: int
    count: int
    ports: set[int] = field(factory=set, init=False)
    begun: dict[int, str] = field(factory=dict, init=False)

    def send(self) -> Answer:
        """Open them, one after the other."""
        answered, said = 0, ""
        for _ in range(self.count):
            with _socket(self.site, self.destination, socket.SOCK_STREAM) as client:
                self.ports.add(client.getsockname()[1])
                try:
                    client.connect((self.destination, self.port))
                    answered += 1
                except OSError as error:
                    said = str(error.strerror or "timed out")
        # What closes a connection comes when it is closed.
        time.sleep(CLOSING)
        return Answer(answered, said)

    def recognise(self, packet: Ip) -> Trace | None:
        """By the numbers of both sides, which the first packets tell."""
        said = packet.payload
        if isinstance(said, Icmp) and said.quoted and self.recognise(said.quoted):
            return Trace("back", (said.name, said.quoted.id))
        if not isinstance(said, Tcp):
            return None
        key = (said.flags, said.seq, said.ack)
        if said.flags[:1] == ("SYN",):
            if "ACK" in said.flags and self.begun.get(said.ack - 1 & 0xFFFFFFFF) == "out":
                self.begun[said.seq] = "back"
            elif said.source_port in self.ports and said.destination_port == self.port:
                self.begun[said.seq] = "out"
        ways = (way for start, way in self.begun.items() if (said.seq - start & 0xFFFFFFFF) < _NEAR)
        way = next(ways, None)
        if way is None and "RST" in said.flags and self.begun.get(said.ack - 1 & 0xFFFFFFFF) == "out":
            way = "back"
        return Trace(way, key) if way else None


@define
class Datagram:
    """UDP datagrams that carry a token; what comes back is known by their addresses and ports, wherever seen."""

    site: Site
    destination: str
    port: int
    count: int
    token: bytes = field(factory=lambda: os.urandom(16), init=False)
    seen: set[tuple[str, int, str, int]] = field(factory=set, init=False)

    def send(self) -> Answer:
        """Send them one after the other, and wait for an answer to each."""
        answered, said = 0, ""
        for number in range(self.count):
            with _socket(self.site, self.destination, socket.SOCK_DGRAM) as client:
                try:
                    client.connect((self.destination, self.port))
                    client.send(self.token + bytes([number % 256]))
                    client.recv(1)
                    answered += 1
                except OSError as error:
                    said = str(error.strerror or "timed out")
        return Answer(answered, "" if said == "timed out" else said, silent=said == "timed out")

    def recognise(self, packet: Ip) -> Trace | None:
        """By the token, or by ends that are those of one with the token."""
        said = packet.payload
        if isinstance(said, Icmp) and said.quoted and self.recognise(said.quoted):
            return Trace("back", (said.name, said.quoted.id))
        if not isinstance(said, Udp):
            return None
        there = packet.source, said.source_port, packet.destination, said.destination_port
        if said.data.startswith(self.token):
            self.seen.add(there)
            return Trace("out", ("datagram", said.data[-1]))
        if (*there[2:], *there[:2]) in self.seen:
            return Trace("back", ("answer", said.data))
        return Trace("out", ("datagram", 0)) if there in self.seen else None


def _socket(site: Site, destination: str, kind: int) -> socket.socket:
    """A socket that was made there, with a port of its own, for a probe to a destination."""
    family = socket.AF_INET6 if is_ipv6(destination) else socket.AF_INET
    (made,) = sockets_of(site, (family, kind, 0))
    assert made is not None
    made.settimeout(WAIT)
    made.bind(("", 0))
    return made
