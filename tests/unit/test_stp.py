"""The spanning tree's ids, as the tools print them."""

from __future__ import annotations

from netns_kit.tables.stp import StpInfo, parse_showstp

TIMES = {"root_path_cost": 0, "hello_time": 200, "max_age": 2000, "forward_delay": 1500, "topology_change": 0}


def test_ids_without_zeros() -> None:
    """`ip` prints the bytes of an id without their zeros, which two bridges are not told apart by."""
    data = {"bridge_id": "2000.52:ce:c:89:f0:d", "root_id": "2000.52:ce:c:89:f0:d", "root_port": 0, **TIMES}
    found = StpInfo.from_json({"ifname": "br0", "linkinfo": {"info_data": data}}, [])
    assert found.id == found.root == "2000.52:ce:0c:89:f0:0d"


def test_brctl_says_the_same() -> None:
    """brctl prints them in one word."""
    root = "1000.02000000000a"
    text = f"""br0
 bridge id\t\t2000.52ce0c89f00d
 designated root\t{root}
 root port\t\t   1\t\t\tpath cost\t\t   2
 max age\t\t  20.00\t\t\tbridge max age\t\t  20.00
 hello time\t\t   2.00\t\t\tbridge hello time\t   2.00
 forward delay\t\t  15.00\t\t\tbridge forward delay\t  15.00
 flags\t\t\tTOPOLOGY_CHANGE\x20


eth0 (1)
 port id\t\t8001\t\t\tstate\t\t     forwarding
 designated root\t{root}\tpath cost\t\t   2
 designated bridge\t{root}\tmessage age timer\t  19.17
 designated port\t8002\t\t\tforward delay timer\t   0.00
 designated cost\t   0\t\t\thold timer\t\t   0.00
 flags\t\t\t

"""
    found = parse_showstp(text)
    assert (found.id, found.root, found.root_port) == ("2000.52:ce:0c:89:f0:0d", "1000.02:00:00:00:00:0a", "eth0")
    assert found.topology_change
    assert [(one.name, one.role, one.designated_port) for one in found.ports] == [("eth0", "root", 0x8002)]
