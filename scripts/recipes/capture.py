"""Capture: what crosses a link, without root, and as a file for Wireshark."""

import tempfile
from pathlib import Path

from netns_kit import Lab, Topology

with Lab() as lab:
    pc1, pc2 = lab.host("pc1"), lab.host("pc2")
    lab.cable(pc1, pc2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
    print(Topology.of(lab))

    with pc2.capture("eth0", "arp or icmp") as packets:
        pc1.ping("10.0.0.2", count=1)
    print(packets)  # who has 10.0.0.2?, is at, echo request, echo reply
    assert [packet.protocol for packet in packets][:2] == ["ARP", "ARP"]
    with tempfile.TemporaryDirectory() as folder:
        assert Path(packets.save(f"{folder}/ping.pcap")).stat().st_size > 0
