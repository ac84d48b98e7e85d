"""Networks that several tests build."""

from __future__ import annotations

import difflib
import functools
import time

from netns_kit import Bridge, Host, Lab, Namespace, Topology, VethPair
from scripts.testing.waiting import LONG


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


def wait_for_ipv6(*nets: Namespace) -> None:
    """Wait until each new `eth0` carries IPv6: it has its link-local address, which is known to be nobody else's."""
    for net in nets:
        own = net.link("eth0").addr
        net.wait_until(functools.partial(own.show, scope="link", tentative=False), timeout=20)


def comes_again(what: Host | Lab) -> str:
    """The script of a network, after its twin was held to compare equal and to have the same script."""
    topology = Topology.of(what, whole=True)
    deadline = time.monotonic() + LONG
    with topology.twin() as twin:
        # Links need a moment until they work, here as there.
        while (changes := topology.compare(again := Topology.of(twin, whole=True))) and time.monotonic() < deadline:
            if all(change.what == "kind" for change in changes.changes):
                break
            time.sleep(0.1)
            topology = Topology.of(what, whole=True)
        text = topology.as_python()
        told = "".join(f"{change}\n" for change in changes.changes if change.what != "kind")
        assert told == "", f"{told}{text}"
        difference = "\n".join(difflib.unified_diff(text.splitlines(), again.as_python().splitlines()))
        assert difference == "", difference
    return text
