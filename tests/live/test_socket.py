"""Python's own network code in a namespace: sockets that were made there and handed over."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from netns_kit import Host, Namespace, NotFoundError, PlaceClosedError
from netns_kit.machines.private.runner import PrivateRunner
from scripts.testing.waiting import stop


def test_a_tcp_server_and_its_client_in_one_script(nets: tuple[Namespace, Namespace]) -> None:
    """A server in one namespace and a client in another talk through the network; the caller stays where it is."""
    net0, net1 = nets
    before = os.readlink("/proc/thread-self/ns/net")
    with net1.socket() as server, net0.socket() as client:
        server.bind(("10.0.0.2", 8080))
        server.listen()
        client.settimeout(5)
        client.connect(("10.0.0.2", 8080))
        connection, (address, _) = server.accept()
        with connection:
            connection.sendall(b"hello")
            assert client.recv(16) == b"hello"
        assert address == "10.0.0.1"
        assert type(client) is socket.socket
    assert os.readlink("/proc/thread-self/ns/net") == before
    with pytest.raises(OSError, match="Cannot assign"), socket.socket() as outside:
        outside.bind(("10.0.0.2", 0))


def test_no_process_is_started(host: Host, nets: tuple[Namespace, Namespace], monkeypatch: pytest.MonkeyPatch) -> None:
    """A private host's agent makes the sockets itself, in whatever namespace, and stays where it is."""
    net0, net1 = nets
    with monkeypatch.context() as patch:
        patch.setattr(PrivateRunner, "run", lambda *_: pytest.fail("a command runs"))
        inside, outside, other = net1.socket(), host.socket(), net0.socket()
    with inside, outside, other:
        inside.bind(("10.0.0.2", 0))
        other.bind(("10.0.0.1", 0))
        with pytest.raises(OSError, match="Cannot assign"):
            outside.bind(("10.0.0.2", 0))


def test_an_agent_that_was_stopped(host: Host) -> None:
    """Who waits for a socket of an agent that does nothing any more is told so within seconds."""
    stop(host.pid)
    begun = time.monotonic()
    with pytest.raises(PlaceClosedError, match="did not answer"):
        host.socket()
    assert time.monotonic() - begun < 30


def test_udp_and_ipv6(nets: tuple[Namespace, Namespace]) -> None:
    """UDP over IPv6 goes through as well."""
    net0, net1 = nets
    with (
        net0.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender,
        net1.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver,
    ):
        receiver.bind(("fd00::2", 5000))
        receiver.settimeout(5)
        sender.sendto(b"datagram", ("fd00::2", 5000))
        said, source = receiver.recvfrom(16)
        assert (said, source[0]) == (b"datagram", "fd00::1")
        assert sender.family == socket.AF_INET6


def test_raw_and_packet_sockets(nets: tuple[Namespace, Namespace]) -> None:
    """Raw and packet sockets, for which one must be root, come from a private host for everybody."""
    net0, _ = nets
    with net0.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        assert raw.type == socket.SOCK_RAW
    with net0.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as packet:
        packet.bind(("eth0", 0))


def test_sockets_from_threads(nets: tuple[Namespace, Namespace]) -> None:
    """Threads get sockets of the right namespaces at once."""
    found: list[str] = []

    def ask(net: Namespace, address: str) -> None:
        with net.socket() as made:
            made.bind((address, 0))
            found.append(made.getsockname()[0])

    addresses = ["10.0.0.1", "10.0.0.2"] * 6
    threads = [threading.Thread(target=ask, args=(nets[n % 2], address)) for n, address in enumerate(addresses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(found) == sorted(addresses)


def test_a_socket_is_not_recorded(nets: tuple[Namespace, Namespace], host: Host) -> None:
    """Nobody types a socket: the transcript does not have it."""
    before = len(host.transcript)
    nets[0].socket().close()
    assert len(host.transcript) == before


def test_where_there_is_none() -> None:
    """A closed host gives no socket, and neither does a namespace that is not there."""
    with Host.private("gone") as host, pytest.raises(NotFoundError, match="net9"):
        Namespace("net9").socket()
    with pytest.raises(PlaceClosedError, match="gone"):
        host.socket()


def test_an_unknown_family_is_the_systems_error(host: Host) -> None:
    """A socket that cannot be is an error that says why, in one line."""
    with pytest.raises(Exception, match="Protocol not supported") as caught:
        host.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_UDP)
    assert "Traceback" not in str(caught.value)
