"""The names behind the numbers of headers."""

from __future__ import annotations

ETHERTYPES = {
    0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6", 0x8100: "VLAN", 0x88A8: "VLAN", 0x88CC: "LLDP", 0x8863: "PPPoE",
    0x8864: "PPPoE", 0x8847: "MPLS", 0x88E5: "MACsec", 0x888E: "EAPOL", 0x8809: "LACP",
}  # fmt: skip

PROTOCOLS = {
    0: "hop-by-hop options", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 17: "UDP", 41: "IPv6", 47: "GRE", 50: "ESP",
    51: "AH", 58: "ICMPv6", 89: "OSPF", 103: "PIM", 112: "VRRP", 132: "SCTP",
}  # fmt: skip

TCP_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
"""From the lowest bit on."""

_ICMP: dict[tuple[int, int, int | None], str] = {
    (4, 0, None): "echo reply",
    (4, 3, 0): "network unreachable",
    (4, 3, 1): "host unreachable",
    (4, 3, 2): "protocol unreachable",
    (4, 3, 3): "port unreachable",
    (4, 3, 4): "fragmentation needed",
    (4, 3, 9): "network prohibited",
    (4, 3, 10): "host prohibited",
    (4, 3, 13): "administratively prohibited",
    (4, 3, None): "destination unreachable",
    (4, 4, None): "source quench",
    (4, 5, None): "redirect",
    (4, 8, None): "echo request",
    (4, 11, 0): "time to live exceeded",
    (4, 11, None): "reassembly time exceeded",
    (4, 12, None): "parameter problem",
    (6, 1, 0): "no route",
    (6, 1, 1): "administratively prohibited",
    (6, 1, 3): "address unreachable",
    (6, 1, 4): "port unreachable",
    (6, 1, None): "destination unreachable",
    (6, 2, None): "packet too big",
    (6, 3, 0): "hop limit exceeded",
    (6, 3, None): "reassembly time exceeded",
    (6, 4, None): "parameter problem",
    (6, 128, None): "echo request",
    (6, 129, None): "echo reply",
    (6, 130, None): "multicast listener query",
    (6, 131, None): "multicast listener report",
    (6, 132, None): "multicast listener done",
    (6, 133, None): "router solicitation",
    (6, 134, None): "router advertisement",
    (6, 135, None): "neighbour solicitation",
    (6, 136, None): "neighbour advertisement",
    (6, 137, None): "redirect",
    (6, 143, None): "multicast listener report",
}


def icmp(version: int, type: int, code: int) -> str:
    """What an ICMP message is, in words."""
    named = _ICMP.get((version, type, code)) or _ICMP.get((version, type, None))
    return named or f"type {type} code {code}"


def protocol(number: int) -> str:
    """What an IP packet carries."""
    return PROTOCOLS.get(number, f"protocol {number}")


def ethertype(number: int) -> str:
    """What a frame carries."""
    if number == 0:
        return "cut short"
    if number < 0x0600:
        return "802.2"
    return ETHERTYPES.get(number, f"ethertype 0x{number:04x}")
