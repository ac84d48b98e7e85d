"""Networks that several tests build."""

from __future__ import annotations

from netns_kit import Bridge, Namespace, VethPair


def bridge_of_d0() -> None:
    """D0's bridge between three namespaces, on the current host, as the document spells it."""
    br0 = Bridge("br0").add()
    br0.up()
    for number in (0, 1, 2):
        net = Namespace(f"net{number}").add()
        outer, inner = VethPair().add()
        inner.set(netns=net)
        inner.set(name="eth0")
        inner.addr.add(f"10.0.1.{number + 1}/24")
        inner.up()
        outer.set(master=br0)
        outer.up()
