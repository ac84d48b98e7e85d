"""WireGuard between two namespaces: keys, peers, and a ping through it."""

from __future__ import annotations

import pytest

from netns_kit import Host, InvalidArgumentError, Namespace, Wireguard
from tests.conftest import needs_tool

KEY = "QHBoU4fCdHCIcCUZKAt2mvw8/1yl1zF/Q/DNdbPwnX0="


@needs_tool("wg")
@pytest.mark.needs_kernel("wireguard")
def test_a_ping_through_it(nets: tuple[Namespace, Namespace]) -> None:
    """Each end has its own key and knows the other's; what goes through is counted."""
    keys = [net.wg.genkey() for net in nets]
    for number, net in enumerate(nets):
        other = 1 - number
        wg0 = Wireguard("wg0", at=net).add()
        wg0.addr.add(f"10.9.0.{number + 1}/24")
        net.wg.set(wg0, listen_port=51820, private_key=keys[number])
        peer = net.wg.pubkey(keys[other])
        net.wg.set(wg0, peer=peer, endpoint=f"10.0.0.{other + 1}:51820", allowed_ips=f"10.9.0.{other + 1}/32")
        wg0.up()
    assert nets[0].ping("10.9.0.2", count=2).ok
    (peer_info,) = nets[0].wg.show("wg0")
    assert peer_info.allowed_ips == ("10.9.0.2/32",)
    assert peer_info.rx > 0
    assert nets[0].wg.list() == (peer_info,)
    assert keys[0] not in nets[0].site.runner.host + str(nets[0].wg.list())


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("private_key", {"private_key": "short"}),
        ("endpoint", {"endpoint": "10.0.0.1:5"}),
        ("preshared_key", {"private_key": KEY, "preshared_key": KEY, "peer": KEY}),
        ("persistent_keepalive", {"peer": KEY, "persistent_keepalive": -1}),
    ],
)
def test_refused(argument: str, words: dict[str, str]) -> None:
    """A key that is none, what is a peer's without one, two secrets at once; a key is never shown."""
    with Host.dry_run() as host, pytest.raises(InvalidArgumentError) as caught:
        host.wg.set("wg0", **words)
    assert caught.value.argument == argument
    assert "short" not in str(caught.value)


def test_typed() -> None:
    """Keys are read from the input, not typed."""
    with Host.dry_run() as host:
        host.wg.set("wg0", private_key=KEY)
        host.wg.set("wg0", peer=KEY, allowed_ips=["10.0.0.0/8", "fd00::/8"], persistent_keepalive=25)
    first, second = (" ".join(result.argv) for result in host.transcript)
    assert first == "wg set wg0 private-key /dev/stdin"
    assert second == f"wg set wg0 peer {KEY} persistent-keepalive 25 allowed-ips 10.0.0.0/8,fd00::/8"
