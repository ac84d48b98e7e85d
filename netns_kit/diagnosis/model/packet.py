"""The packet that is followed, in thought: what it says of itself where it is."""

from __future__ import annotations

from attrs import evolve, frozen

PROTOCOL_NUMBERS = {
    "icmp": 1,
    "ipip": 4,
    "tcp": 6,
    "udp": 17,
    "sit": 41,
    "gre": 47,
    "esp": 50,
    "icmp6": 58,
    "ipv6-icmp": 58,
}
"""The protocols that packets are followed by, with iptables' second name for ICMPv6."""

ECHO_PORT = 33000
"""Stands for whichever port the kernel picks for the asking end."""


@frozen
class Packet:
    """A packet. `size` is that of the whole of it in bytes; `answer` says that it belongs to a known connection.

    `message` is ICMP's: "echo-request", "echo-reply", "fragmentation-needed"; `mark` is what its place knows it by.
    """

    src: str | None
    dst: str
    protocol: str = "icmp"
    sport: int | None = None
    dport: int | None = None
    size: int = 84
    answer: bool = False
    message: str = ""
    mark: int = 0

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.dst else 4

    @property
    def ends(self) -> tuple[str | None, int | None, str, int | None]:
        """What network address translation may change."""
        return self.src, self.sport, self.dst, self.dport

    def answered(self) -> Packet:
        """The packet that answers it."""
        message = {"echo-request": "echo-reply"}.get(self.message, self.message)
        return evolve(
            self, src=self.dst, dst=self.src or "", sport=self.dport, dport=self.sport, answer=True, message=message,
            mark=0,
        )  # fmt: skip

    def __str__(self) -> str:
        if self.protocol in ("tcp", "udp"):
            return f"{self.protocol.upper()} to port {self.dport}"
        return self.message.replace("-", " ") or self.protocol.upper()
