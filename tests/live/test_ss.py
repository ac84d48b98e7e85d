"""Who listens, and who talks to whom."""

from __future__ import annotations

import time

from netns_kit import Host, Namespace
from netns_kit.tables.ss import parse_sockets
from scripts.testing.waiting import LONG


def test_who_listens(nets: tuple[Namespace, Namespace]) -> None:
    """A server's socket is listed with its address and port; after it, nothing is."""
    net0, net1 = nets
    assert net0.ss.list() == ()
    with net0.socket() as server:
        server.bind(("10.0.0.1", 8080))
        server.listen()
        (found,) = net0.ss.show(listening=True, tcp=True)
        assert (found.protocol, found.state, found.address, found.port) == ("tcp", "LISTEN", "10.0.0.1", 8080)
        with net1.socket() as client:
            client.connect(("10.0.0.1", 8080))
            (talking,) = net1.ss.show(tcp=True)
            assert (talking.state, talking.peer, talking.peer_port) == ("ESTAB", "10.0.0.1", 8080)
            assert [one.state for one in net1.ss.show(tcp=True, state="established")] == ["ESTAB"]
            assert [one.state for one in net0.ss.show(filter="sport = :8080", all=True)] == ["LISTEN", "ESTAB"]
            assert net0.ss.show(filter="sport = :8081", all=True) == ()
            assert [one.protocol for one in net0.ss.show(state="listening")] == ["tcp"]
        assert net1.ss.show(listening=True) == ()


def test_whose_they_are(host: Host) -> None:
    """With processes, the program and its process id are told."""
    code = (
        "import socket,sys,time; s=socket.create_server(('127.0.0.1', 0)); print('there', flush=True); time.sleep(60)"
    )
    with host.start("python3", "-c", code) as process:
        next(process.lines(30))
        deadline = time.monotonic() + LONG
        while not (found := host.ss.show(listening=True, tcp=True, processes=True)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found[0].pid
        assert (found[0].program or "").startswith("python3")


def test_parsed() -> None:
    """Addresses of both families, links that sockets are bound to, and protocols without a column of their own."""
    text = (
        'udp UNCONN 0 0 0.0.0.0%eth0:67 0.0.0.0:* users:(("dnsmasq",pid=7,fd=4))\n'
        "tcp LISTEN 0 128 [::1]:22 [::]:*\ntcp LISTEN 0 128 *:80 *:*\n"
    )
    first, second, third = parse_sockets(text)
    assert (first.address, first.dev, first.port, first.program, first.pid) == ("0.0.0.0", "eth0", 67, "dnsmasq", 7)
    assert (second.address, second.port, second.peer, second.peer_port, second.unsent) == ("::1", 22, "::", None, 128)
    assert (third.address, third.port) == ("*", 80)
    (alone,) = parse_sockets("LISTEN 0 5 127.0.0.1:8000 0.0.0.0:*\n", "tcp")
    assert (alone.protocol, alone.port) == ("tcp", 8000)
