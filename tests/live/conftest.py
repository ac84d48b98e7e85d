"""What live tests share."""

from __future__ import annotations

import pytest

from netns_kit import Host, Namespace, VethPair


@pytest.fixture
def nets(host: Host) -> tuple[Namespace, Namespace]:
    """Two namespaces, wired and addressed, IPv4 and IPv6."""
    net0, net1 = Namespace("net0").add(), Namespace("net1").add()
    for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=net1, at=net0).add()):
        end.addr.add(f"10.0.0.{number + 1}/24")
        end.site.run("ip", "addr", "add", f"fd00::{number + 1}/64", "dev", "eth0", "nodad")
        end.up()
    return net0, net1
