"""NAT both ways: private addresses go out by a gateway's own, and a port of the gateway leads to a web server."""

import sys

from netns_kit import Lab, Topology

with Lab() as lab:
    server, gateway, outside = (lab.host(name) for name in ("server", "gateway", "outside"))
    lab.cable(server, gateway, addresses=("192.168.1.2/24", "192.168.1.1/24"))
    lab.cable(gateway, outside, addresses=("203.0.113.1/24", "203.0.113.2/24"))
    server.route.add("default", via="192.168.1.1")
    gateway.sysctl.set("net.ipv4.ip_forward", 1)

    # Out: whatever leaves by eth1 bears the gateway's address. `outside` has no route to 192.168.1.0/24.
    gateway.iptables.append("POSTROUTING", table="nat", out_interface="eth1", jump="MASQUERADE")
    assert server.ping("203.0.113.2", count=1).ok

    # In: the gateway's port 80 is the server's port 8000.
    gateway.iptables.append(
        "PREROUTING",
        table="nat",
        in_interface="eth1",
        protocol="tcp",
        dport=80,
        jump="DNAT",
        to_destination="192.168.1.2:8000",
    )
    print(Topology.of(lab))
    with server.start(sys.executable, "-m", "http.server", "8000", cwd="/run"):
        server.wait_for_port(8000)
        with outside.socket() as client:
            client.connect(("203.0.113.1", 80))
            client.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            assert b"200 OK" in client.recv(1000)
