"""Frames: what bytes say, and that none are an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from netns_kit.watching.decoding import decode, decode_packet
from netns_kit.watching.frames import Arp, Frame, Icmp, Ip, Tcp, Tunnel

LINES = (Path(__file__).with_name("frames.txt")).read_text(encoding="utf-8").splitlines()
PAIRS: dict[str, list[str]] = {
    said.strip(): given.split(" ") for given, said in zip(LINES[::2], LINES[1::2], strict=True)
}


def told(kind: str, data: bytes) -> Frame:
    """What a frame says, or a packet of an ethertype."""
    return decode(data) if kind == "ethernet" else decode_packet(data, int(kind, 0))


def frame_of(part: str) -> Frame:
    """The first frame in whose line this stands."""
    kind, data = next(given for line, given in PAIRS.items() if part in line)
    return told(kind, bytes.fromhex(data))


def packet(part: str) -> Ip:
    """The outermost packet of that frame."""
    return frame_of(part).packets[0]


@pytest.mark.parametrize("line", PAIRS)
def test_a_line_for_each_frame(line: str) -> None:
    """Frames of all kinds are told in a line each."""
    kind, data = PAIRS[line]
    assert str(told(kind, bytes.fromhex(data))) == line


def test_what_arp_says() -> None:
    """An ARP request has who asks, and for whom; the frame goes to all."""
    frame = frame_of("ARP who has 10.0.0.2? tell 10.0.0.1")
    assert frame.destination == "ff:ff:ff:ff:ff:ff"
    assert frame.payload == Arp("request", "02:00:00:00:00:01", "10.0.0.1", "00:00:00:00:00:00", "10.0.0.2")
    assert frame.packets == ()
    assert frame.innermost is frame


def test_what_errors_quote() -> None:
    """An error of ICMP has its MTU, and the packet that it is about."""
    error = packet("10.0.0.1 > 10.0.0.2 ICMP fragmentation needed").payload
    assert isinstance(error, Icmp)
    assert error.is_error
    assert error.mtu == 1400
    assert error.quoted is not None
    assert (error.quoted.protocol, error.quoted.dont_fragment, error.quoted.ttl) == (17, True, 64)
    echo = packet("VLAN 10 172.66.1.2 > 172.66.1.3 ICMP echo request").payload
    assert isinstance(echo, Icmp)
    assert (echo.is_error, echo.id, echo.seq, echo.data) == (False, 7, 1, b"ping")


def test_what_travels_in_a_tunnel() -> None:
    """A frame in a tunnel has its packets from the outside in, and knows the innermost."""
    frame = frame_of("vxlan 88")
    outer, inner = frame.packets
    assert (outer.source, inner.source) == ("10.0.0.1", "172.66.1.2")
    assert isinstance(outer.payload, Tunnel)
    assert (outer.payload.kind, outer.payload.key) == ("vxlan", 88)
    assert frame.innermost.payload is inner
    assert frame.innermost.source == "02:00:00:00:00:01"


def test_what_tcp_and_fragments_say() -> None:
    """TCP has its flags; a later fragment has its offset, and no ports that it could not have."""
    segment = packet("10.0.0.1 > 10.0.0.2 TCP 1 > 2").payload
    assert segment == Tcp(1, 2, 3, 4, ("FIN", "SYN", "RST", "PSH", "ACK", "URG"))
    piece = packet("fd00::1 > fd00::2 UDP 68 bytes")
    assert (piece.fragment, piece.id, piece.protocol, piece.payload) == (1448, 99, 17, None)


def test_tunnels_in_tunnels_come_to_an_end() -> None:
    """However deep tunnels are in each other, a frame is read without trouble."""
    header = bytes.fromhex("4500 0000 0000 0000 4004 0000 0a000001 0a000002".replace(" ", ""))
    assert len(decode_packet(header * 3000, 0x0800).packets) == 9


def test_no_bytes_are_an_error() -> None:
    """Whatever comes, as a frame or as a packet, whole frames that are cut or changed among it, has a line."""
    hypothesis = pytest.importorskip(
        "hypothesis", reason="no hypothesis here: the legs on the CPython of ./scripts/test run it"
    )
    some = hypothesis.strategies
    whole = some.sampled_from([bytes.fromhex(data) for _, data in PAIRS.values()])

    def spoilt(drawn: tuple[bytes, int, int, int]) -> bytes:
        data, length, place, value = drawn
        changed = bytearray(data[: length % (len(data) + 1)])
        if changed:
            changed[place % len(changed)] = value
        return bytes(changed)

    number = some.integers(0, 4096)
    nearly = some.tuples(whole, number, number, some.integers(0, 255)).map(spoilt)

    @hypothesis.settings(max_examples=2000, deadline=None, database=None)
    @hypothesis.given(some.one_of(some.binary(max_size=200), nearly), some.sampled_from([0x0800, 0x86DD, 0x0806, 0]))
    def holds(data: bytes, ethertype: int) -> None:
        for frame in (decode(data), decode_packet(data, ethertype), decode_packet(data[14:], ethertype)):
            assert "\n" not in str(frame)
            assert frame.innermost is not None

    holds()
