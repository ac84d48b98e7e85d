"""What a scope takes back, case by case: whatever is typed, all is as it was, but for what others have done."""

from __future__ import annotations

import pytest

from tests.live.test_local import on_a_machine

CASES = {
    "a link goes two ways": """
        ip netns add a
        ip link set out1 netns old
        ip -n old link set out1 netns a
    """,
    "a link goes on from the scope's own place": """
        ip netns add a
        ip link set out1 netns a
        ip -n a link set out1 netns old
    """,
    "a link is called otherwise, and brought home by hand": """
        ip netns add a
        ip link set out1 netns a
        ip -n a link set out1 name eth0
        ip -n a link set eth0 netns 1
    """,
    "words before the link": """
        ip netns add a
        ip link set up dev out1 netns a
    """,
    "its place before the link": """
        ip netns add a
        ip link set netns a dev out1
    """,
    "a namespace whose name is a number": """
        ip netns add 100
        ip link set dev out1 netns 100
    """,
    "a name that is refused": """
        ip link add tmp0 type bridge
        ! ip link set tmp0 name out1
        ip link set out1 mtu 1400
    """,
    "links without a name": """
        ip link add type veth
        ip link add type bridge
        ip link add name br%d type bridge
    """,
    "a route in the place of another": """
        ip link add br7 type bridge
        ip addr add 10.9.9.1/24 dev br7
        ip link set br7 up
        ip route replace 198.51.100.0/24 via 10.9.9.2 dev br7
    """,
    "a rule for a link of the scope's": """
        ip link add br7 type bridge
        ip rule add dev br7 table 100
    """,
    "a route of IPv6 beside the kernel's": """
        ip -6 addr add 2001:db8::1/64 dev out0 nodad
        ip -6 route add 2001:db8::/64 dev out0
    """,
    "general parameters": """
        sysctl -w net.ipv4.conf.out0.forwarding=1
        sysctl -w net.ipv4.ip_forward=1
        sysctl -w net.ipv4.ip_forward=0
    """,
    "IPv6 off": """
        sysctl -w net.ipv6.conf.all.disable_ipv6=1
    """,
    "behind other programs": """
        env A=b ip link add br7 type bridge
        nice -n 5 ip link add br8 type bridge
    """,
    "abbreviations": """
        ip l a br7 type bridge
        ip l s out0 down
        ip a d 192.0.2.1/24 dev out0
        ip ro a blackhole 10.7.0.0/16
    """,
    "by the older tools": """
        brctl addbr br7
        brctl addif br7 out1
        brctl delbr br7
    """,
    "a firewall that is emptied": """
        iptables -F
        iptables -t nat -F
        iptables -P FORWARD DROP
        iptables -N MINE
    """,
    "rules at places": """
        iptables -I FORWARD 2 -s 10.0.0.1 -j DROP
        iptables -D FORWARD 1
        iptables -R FORWARD 1 -j ACCEPT
    """,
    "a rule like one that was there": """
        iptables -A FORWARD -s 203.0.113.4 -j DROP
        iptables -t nat -A POSTROUTING -s 203.0.113.0/24 -j MASQUERADE
        iptables -A FORWARD -j ACCEPT
        iptables -A FORWARD -s 203.0.113.4 -j DROP
    """,
    "a table of nft": """
        nft add table inet mine
        nft add chain inet mine one
        nft delete table inet mine
    """,
    "a link that is deleted": """
        ip link delete other
    """,
    "a link that is deleted and made again": """
        ip link add br7 type bridge
        ip link delete br7
        ip link add br7 type bridge
    """,
    "a namespace and its own": """
        ip netns add a
        ip -n a link add x type veth peer name z
        ip -n a link set x netns 1
        ip link set x name y
    """,
    "all addresses": """
        ip addr flush dev out0
    """,
    "neighbours and entries": """
        ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev out0
        ip link set out1 master other
        bridge fdb add 02:00:00:00:00:08 dev out1 master static
    """,
    "queues": """
        tc qdisc replace dev out0 root handle 5: pfifo limit 7
        tc qdisc replace dev out1 root bfifo limit 3000
        tc qdisc replace dev other root pfifo limit 9
        tc qdisc del dev other root
    """,
    "a queue in another place": """
        ip netns add a
        ip link set out1 netns a
        ip -n a link set out1 up
    """,
    "a queue is set otherwise": """
        tc qdisc change dev out1 root pfifo limit 60
    """,
}

SCRIPT = """
import subprocess
from netns_kit import Host
from scripts.testing import scope_points

for line in scope_points.PREPARED:
    subprocess.run(line.split(), check=True)
LINES = {lines!r}
OTHERS = {others!r}
before = scope_points.state()
host = Host.local()
with host.scope():
    for line in LINES:
        words = line.removeprefix("! ").split()
        words = [str(host.pid) if (word, words[-2]) == ("1", "netns") else word for word in words]
        result = host.exec(*words, check=False)
        assert result.ok is not line.startswith("! "), result
    for line in OTHERS:
        subprocess.run(line.split(), check=True)
for line in scope_points.differences(before, scope_points.state()):
    print(line)
"""


def lines_of(text: str) -> list[str]:
    """The lines of a text."""
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("case", CASES)
def test_all_is_as_it_was(case: str) -> None:
    """Links, addresses, routes, rules, neighbours, firewall and parameters are those of before."""
    said = on_a_machine(SCRIPT.format(lines=lines_of(CASES[case]), others=()))
    if "link delete other" in CASES[case]:
        # A link that is made again has another number.
        assert "'ifname': 'other'" in said
        assert "routes:" not in said
        return
    assert said == ""


def test_what_others_do_meanwhile_stays() -> None:
    """What somebody else adds beside a scope stays, although the scope has changed the same tables before and after."""
    lines = lines_of("""
        ip link set dev out0 mtu 1400
        iptables -P FORWARD DROP
        iptables -D FORWARD -s 203.0.113.4 -j DROP
    """)
    others = lines_of("""
        ip route add blackhole 10.99.0.0/16
        iptables -A FORWARD -s 203.0.113.99 -j DROP
        ip rule add from 10.9.0.0/16 table 9
    """)
    said = on_a_machine(SCRIPT.format(lines=lines, others=others)).splitlines()
    assert [line.partition(":")[0] for line in said] == ["routes", "rules", "firewall"]
    assert "203.0.113.4" not in "".join(said)
    assert all(word in "".join(said) for word in ("10.99.0.0/16", "203.0.113.99", "10.9.0.0/16"))


INTERRUPTED = """
from netns_kit import Bridge, Host, Namespace
host = Host.local()
Bridge("br0", at=host).add()
Namespace("net1", at=host).add()

def interrupted():
    raise KeyboardInterrupt

for noun in (Bridge("br0", at=host), Namespace("net1", at=host)):
    try:
        with host.scope():
            host.site.runner.send = interrupted
            noun.add()
    except KeyboardInterrupt:
        del host.site.runner.send
print(*(link.name for link in host.link.list()), *(known.name for known in host.netns.list()))
"""


def test_what_was_never_run_takes_nothing_away() -> None:
    """Ctrl-C between a call and its command: a link and a namespace of others that have these names stay."""
    said = on_a_machine(INTERRUPTED)
    assert {"br0", "net1"} <= {*said.split()}
