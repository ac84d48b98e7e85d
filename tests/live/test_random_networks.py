"""Networks that nobody thought of: each comes again from its script."""

from __future__ import annotations

from typing import Any

import pytest

from netns_kit import Bridge, Host, Macvlan, Namespace, Place, VethPair, VxlanLink
from tests.networks import comes_again

REASON = "no hypothesis here: the legs on the CPython of ./scripts/test run it"
hypothesis: Any = pytest.importorskip("hypothesis", reason=REASON)
choose: Any = pytest.importorskip("hypothesis.strategies", reason=REASON)

NAMES = ("net1", "net-2", "class", "eth0", "3rd", "host")
# To make a failing one smaller takes minutes; as it is it can be read, too.
PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)


class Network:
    """A network as it is drawn."""

    def __init__(self, data: Any, host: Host) -> None:
        self.draw = data.draw
        names = self.draw(choose.lists(choose.sampled_from(NAMES), unique=True, max_size=4))
        self.places: list[Place] = [host, *(Namespace(name).add() for name in names)]
        self.bridges: list[Bridge] = []
        self.numbers = iter(range(1, 1000))

    def perhaps(self) -> bool:
        """Once in two times."""
        return bool(self.draw(choose.booleans()))

    def one(self, of: Any) -> Any:
        """One of these."""
        return self.draw(choose.sampled_from(of))

    def build(self) -> None:
        """Build it."""
        for number in range(self.draw(choose.integers(0, 2))):
            place = self.one(self.places)
            self.bridges.append(Bridge(f"br{number}", stp_state=self.perhaps() or None, at=place).add())
        for number in range(self.draw(choose.integers(0, 5))):
            self.pair(number, self.one(self.places), self.one(self.places))
        for bridge in self.bridges:
            if self.perhaps():
                bridge.up()
        for place in self.places:
            self.rest(place)

    def pair(self, number: int, near: Place, far: Place) -> None:
        """A pair, its ends ports or addressed."""
        alike = number == 0 and near is not far and self.perhaps()
        names = ("eth0", "eth0") if alike else (f"a{number}", f"b{number}")
        ends = VethPair(*names, peer_netns=far, at=near).add().ends
        for side, (place, end) in enumerate(zip((near, far), ends, strict=True), 1):
            masters = [bridge for bridge in self.bridges if bridge.site == end.site]
            port = bool(masters) and self.perhaps()
            if port:
                end.set(master=self.one(masters))
            elif self.perhaps():
                end.addr.add(f"10.{number}.0.{side}/{self.one((16, 24, 32))}")
            if self.perhaps():
                end.set(mtu=self.one((1280, 1500, 9000)))
            if self.perhaps():
                end.up()
                self.on_it(place, end.name, port)

    def on_it(self, place: Place, dev: str, port: bool) -> None:
        """What leads through a link that is up: a route, a VXLAN, a link on it."""
        number = next(self.numbers)
        table = {"table": 100} if self.perhaps() else {}
        place.route.add(f"172.16.{number}.0/24", dev=dev, metric=number, **table)
        if self.perhaps():
            VxlanLink(f"vx{number}", id=number, dstport=4789, dev=dev, at=place).add().up()
        if not port and self.perhaps():
            Macvlan(f"mv{number}", link=dev, mode="bridge", at=place).add()

    def rest(self, place: Place) -> None:
        """What a place has apart from links."""
        if self.perhaps():
            place.sysctl["net.ipv4.ip_forward"] = 1
        if self.perhaps():
            place.rule.add(from_="10.0.0.0/8", table=100)
        if self.perhaps():
            place.iptables.append("FORWARD", protocol="icmp", jump="ACCEPT")
        if self.perhaps():
            place.link("lo").up()
            place.link("lo").addr.add("10.255.255.1/32")


@hypothesis.settings(max_examples=20, deadline=None, derandomize=True, database=None, phases=PHASES)
@hypothesis.given(choose.data())
def test_random_networks(data: Any) -> None:
    """Twenty networks of namespaces, pairs, bridges, VXLANs, addresses, routes, rules, parameters and firewalls."""
    with Host.private() as host:
        with host.enter():
            Network(data, host).build()
        comes_again(host)
