"""What tcpdump tells of another machine's links, read back."""

from __future__ import annotations

from netns_kit.watching.decoding import decode_packet
from netns_kit.watching.far import told
from netns_kit.watching.packet_socket import Caught

SAID = """\
tcpdump: data link type LINUX_SLL2
1795287184.585117928 eth0  Out ARP, Request who-has 10.0.0.9 tell 10.0.0.1, length 28
\t0x0000:  0806 0000 0000 0002 0001 0406 0200 0000
\t0x0010:  0001 0000 0001 0800 0604 0001 0200 0000
\t0x0020:  0001 0a00 0001 0000 0000 0000 0a00 0009
1795287184.585129095 lo    In  IP 127.0.0.1 > 127.0.0.1: ICMP echo request, id 1, seq 1, length 8
\t0x0000:  0800 0000 0000 0001 0304 0006 0000 0000
\t0x0010:  0000 0000 4500 001c 2339 4000 4001 19a6
\t0x0020:  7f00 0001 7f00 0001 0800 f7fd 0001 0001
1795287185.000000001 br0   B   ARP, cut sho
\t0x0000:  0806 0000
"""


def test_packets_with_their_links_and_times() -> None:
    """Each packet has its time, link and direction; what was cut off, and what else is said, is none."""
    first, second = told(iter(SAID.splitlines()))
    assert (first.time, first.link, first.direction) == (1795287184585117928, "eth0", "out")
    assert (second.time, second.link, second.direction) == (1795287184585129095, "lo", "in")
    assert [said(one) for one in (first, second)] == [
        "ARP who has 10.0.0.9? tell 10.0.0.1",
        "127.0.0.1 > 127.0.0.1 ICMP echo request id 1 seq 1",
    ]


def said(one: Caught) -> str:
    """What a packet says."""
    return str(decode_packet(one.data, one.ethertype))
