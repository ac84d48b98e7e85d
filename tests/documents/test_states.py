"""What each step of the documents does to the network, and the network that each leaves, written down by hand."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator

import pytest

from netns_kit import Host, Lab, Topology
from scripts.replaying import engine
from scripts.replaying.cells import FOLDER, choose, documents, read_cells
from scripts.replaying.running import Replay
from scripts.testing.waiting import LONG
from tests.networks import comes_again

ENGINE = engine.missing()

STEPS = {
    "D0.1": "+ place host/net1",
    "D0.2": "~ host/net1/lo up: no → yes",
    "D0.3.1": """
        + link host/veth0
        + link host/veth1
        + link host/xxx
        + link host/yyy
        """,
    "D0.3.2": """
        + place host/net0
        ~ host/net0/veth0 place: host → host/net0
        ~ host/net0/veth0 peer: host/veth1 → host/net1/veth1
        ~ host/net1/veth1 place: host → host/net1
        ~ host/net1/veth1 peer: host/veth0 → host/net0/veth0
        """,
    "D0.3.3": """
        ~ host/net0/veth0 up: no → yes
        + host/net0/veth0 addresses: 10.1.1.1/24
        ~ host/net1/veth1 up: no → yes
        + host/net1/veth1 addresses: 10.1.1.2/24
        """,
    "D0.3.4": "",
    "D0.4.1": """
        + link host/br0
        + host/br0 up: yes
        """,
    "D0.4.2": """
        + link host/veth0
        + link host/veth1
        + link host/veth2
        + link host/veth3
        + link host/veth4
        + link host/veth5
        """,
    "D0.4.3": """
        + place host/net2
        ~ host/net0/eth0 place: host → host/net0
        ~ host/net0/eth0 name: veth1 → eth0
        ~ host/net0/eth0 up: no → yes
        + host/net0/eth0 addresses: 10.0.1.1/24
        ~ host/veth0 peer: host/veth1 → host/net0/eth0
        ~ host/veth0 master: none → br0
        ~ host/veth0 up: no → yes
        ~ host/net1/eth0 place: host → host/net1
        ~ host/net1/eth0 name: veth3 → eth0
        ~ host/net1/eth0 up: no → yes
        + host/net1/eth0 addresses: 10.0.1.2/24
        ~ host/veth2 peer: host/veth3 → host/net1/eth0
        ~ host/veth2 master: none → br0
        ~ host/veth2 up: no → yes
        ~ host/net2/eth0 place: host → host/net2
        ~ host/net2/eth0 name: veth5 → eth0
        ~ host/net2/eth0 up: no → yes
        + host/net2/eth0 addresses: 10.0.1.3/24
        ~ host/veth4 peer: host/veth5 → host/net2/eth0
        ~ host/veth4 master: none → br0
        ~ host/veth4 up: no → yes
        """,
    "D0.4.4": "",
    "D1.1": """
        + place host
        + place host/NAME
        + place host/other
        + place host/seen
        + place host/ns1
        """,
    "D1.2a": """
        + place host
        + place host/ns1
        + place host/ns2
        + link host/ns1/veth1
        + host/ns1/veth1 up: yes
        + host/ns1/veth1 addresses: 10.1.1.1/24
        + link host/ns2/veth2
        + host/ns2/veth2 up: yes
        + host/ns2/veth2 addresses: 10.1.1.2/24
        """,
    "D1.2b": "",
    "D1.2c": "",
    "D1.3": """
        + place host
        + place host/ns1
        + place host/ns2
        + place host/ns3
        + link host/br0
        + link host/veth-ns1
        + host/veth-ns1 up: yes
        + host/veth-ns1 master: br0
        + link host/veth-ns2
        + host/veth-ns2 up: yes
        + host/veth-ns2 master: br0
        + link host/veth-ns3
        + host/veth-ns3 up: yes
        + host/veth-ns3 master: br0
        + link host/ns1/veth1
        + host/ns1/veth1 up: yes
        + host/ns1/veth1 addresses: 10.0.0.1/24
        + link host/ns2/veth2
        + host/ns2/veth2 up: yes
        + host/ns2/veth2 addresses: 10.0.0.2/24
        + link host/ns3/veth3
        + host/ns3/veth3 up: yes
        + host/ns3/veth3 addresses: 10.0.0.3/24
        """,
    "D1.5a": "+ place host",
    "D1.5b": """
        + place node1
        + place node2
        + link node1/eth0
        + node1/eth0 up: yes
        + node1/eth0 addresses: 192.168.31.132/24
        + link node2/eth0
        + node2/eth0 up: yes
        + node2/eth0 addresses: 192.168.31.191/24
        + link node1/tun0
        + node1/tun0 up: yes
        + node1/tun0 addresses: 100.0.0.2 peer 100.0.0.3/32
        """,
    "D1.5c": """
        + link node2/tun0
        + node2/tun0 up: yes
        + node2/tun0 addresses: 100.0.0.3 peer 100.0.0.2/32
        """,
    "D1.5d": """
        + link node1/gre1
        + node1/gre1 up: yes
        + node1/gre1 addresses: 100.1.0.1/24
        + node1/gre1 addresses: fd01::1/64
        + link node2/gre1
        + node2/gre1 up: yes
        + node2/gre1 addresses: 100.1.0.2/24
        + node2/gre1 addresses: fd01::2/64
        + link node1/is0
        + node1/is0 up: yes
        + node1/is0 addresses: fd03::5efe:c0a8:1f84/64
        + link node2/is0
        + node2/is0 up: yes
        + node2/is0 addresses: fd03::5efe:c0a8:1fbf/64
        + link node1/vti1
        + node1/vti1 up: yes
        + node1/vti1 addresses: 100.4.0.1/24
        + link node2/vti1
        + node2/vti1 up: yes
        + node2/vti1 addresses: 100.4.0.2/24
        """,
    "D1.6a": """
        + place node1
        + place node2
        + link node1/bond1.1810
        + node1/bond1.1810 up: yes
        + node1/bond1.1810 addresses: 100.73.10.31/24
        + link node2/bond1.1810
        + node2/bond1.1810 up: yes
        + node2/bond1.1810 addresses: 100.73.10.36/24
        + link node1/vxlan1
        + node1/vxlan1 up: yes
        + node1/vxlan1 addresses: 10.10.10.2/24
        """,
    "D1.6b": """
        + link node2/vxlan1
        + node2/vxlan1 up: yes
        + node2/vxlan1 addresses: 10.10.10.3/24
        """,
    "D1.6c": "",
    "D1.6d": """
        + place node1/ns0
        + link node1/vxlan0
        + node1/vxlan0 up: yes
        + node1/vxlan0 master: br0
        + link node1/br0
        + node1/br0 up: yes
        + node1/br0 master: vrf0
        + link node1/vrf0
        + node1/vrf0 up: yes
        + link node1/veth0
        + node1/veth0 up: yes
        + node1/veth0 master: br0
        + link node1/ns0/eth0
        + node1/ns0/eth0 up: yes
        + node1/ns0/eth0 addresses: 172.66.1.2/24
        """,
    "D1.6e": """
        + place node2/ns0
        + link node2/vxlan0
        + node2/vxlan0 up: yes
        + node2/vxlan0 master: br0
        + link node2/br0
        + node2/br0 up: yes
        + node2/br0 master: vrf0
        + link node2/vrf0
        + node2/vrf0 up: yes
        + link node2/veth0
        + node2/veth0 up: yes
        + node2/veth0 master: br0
        + link node2/ns0/eth0
        + node2/ns0/eth0 up: yes
        + node2/ns0/eth0 addresses: 172.66.1.3/24
        """,
    "D2.0": "",
    "D2.1": "+ place host/net1",
    "D2.2": """
        + link host/veth1_p
        + host/veth1_p up: yes
        + host/veth1_p addresses: 10.68.0.100/24
        + link host/net1/veth1
        + host/net1/veth1 up: yes
        + host/net1/veth1 addresses: 10.68.0.101/24
        """,
    "D2.3": """
        + link host/mybridge
        + host/mybridge up: yes
        + host/mybridge addresses: 10.68.0.1/24
        ~ host/veth1_p master: none → mybridge
        + host/net1 route: default via 10.68.0.1 dev veth1
        + place host/net2
        + link host/veth2
        + host/veth2 up: yes
        + host/veth2 master: mybridge
        + link host/net2/veth2_p
        + host/net2/veth2_p up: yes
        + host/net2/veth2_p addresses: 10.68.0.102/24
        """,
    "D2.4": """
        + place outside
        + link outside/eth0
        + outside/eth0 up: yes
        + outside/eth0 addresses: 10.68.0.254/24
        + link host/eth0
        + host/eth0 up: yes
        + host/eth0 master: mybridge
        - host/veth1_p addresses: 10.68.0.100/24
        + host route: default via 10.68.0.254 dev mybridge
        """,
    "D3.1": """
        + link host/docker0
        + host/docker0 up: yes
        + host/docker0 addresses: 172.17.0.1/16
        + link host/veth-docker
        + host/veth-docker up: yes
        + host/veth-docker master: docker0
        + link host/veth-docker
        + host/veth-docker up: yes
        + host/veth-docker master: docker0
        """,
    "D3.2": """
        + place host/test1
        + place host/test2
        """,
    "D3.3": """
        + link host/test1/veth-test1
        + host/test1/veth-test1 up: yes
        + host/test1/veth-test1 addresses: 192.168.1.1/24
        + link host/test2/veth-test2
        + host/test2/veth-test2 up: yes
        + host/test2/veth-test2 addresses: 192.168.1.2/24
        """,
    "D4.1": "+ place host/ns1",
    "D4.2": "+ place host/ns2",
    "D4.3": """
        + link host/docker0
        + host/docker0 up: yes
        + host/docker0 addresses: 172.17.0.1/16
        + link host/veth-docker
        + host/veth-docker up: yes
        + host/veth-docker master: docker0
        """,
    "D4.4": """
        + place host/ns100
        + link host/veth-docker
        + host/veth-docker up: yes
        + host/veth-docker master: docker0
        + link host/ns100/eth0
        + host/ns100/eth0 up: yes
        + host/ns100/eth0 addresses: 172.17.0.3/16
        + host/ns100 route: default via 172.17.0.1 dev eth0
        """,
}
"""What each step did, as a comparison of before and after tells it. A link's state follows in the kernel's own time."""

WITHOUT_ENGINE = {"D4.4": "+ place host/ns100"}

LEFT = {
    "D0": """
        link host/yyy veth down - - host/xxx
        link host/xxx veth down - - host/yyy
        link host/br0 bridge up - - -
        link host/veth0 veth up - br0 host/net0/eth0
        link host/veth2 veth up - br0 host/net1/eth0
        link host/veth4 veth up - br0 host/net2/eth0
        link host/net0/veth0 veth up 10.1.1.1/24 - host/net1/veth1
        link host/net0/eth0 veth up 10.0.1.1/24 - host/veth0
        link host/net1/veth1 veth up 10.1.1.2/24 - host/net0/veth0
        link host/net1/eth0 veth up 10.0.1.2/24 - host/veth2
        link host/net2/eth0 veth up 10.0.1.3/24 - host/veth4
        edge veth host/yyy host/xxx
        edge veth host/net0/veth0 host/net1/veth1
        edge veth host/veth0 host/net0/eth0
        edge veth host/veth2 host/net1/eth0
        edge veth host/veth4 host/net2/eth0
        edge port host/veth0 host/br0
        edge port host/veth2 host/br0
        edge port host/veth4 host/br0
        """,
    "D1.2": """
        link host/ns1/veth1 veth up 10.1.1.1/24 - host/ns2/veth2
        link host/ns2/veth2 veth up 10.1.1.2/24 - host/ns1/veth1
        edge veth host/ns1/veth1 host/ns2/veth2
        """,
    "D1.3": """
        link host/br0 bridge down - - -
        link host/veth-ns1 veth up - br0 host/ns1/veth1
        link host/veth-ns2 veth up - br0 host/ns2/veth2
        link host/veth-ns3 veth up - br0 host/ns3/veth3
        link host/ns1/veth1 veth up 10.0.0.1/24 - host/veth-ns1
        link host/ns2/veth2 veth up 10.0.0.2/24 - host/veth-ns2
        link host/ns3/veth3 veth up 10.0.0.3/24 - host/veth-ns3
        edge veth host/veth-ns1 host/ns1/veth1
        edge veth host/veth-ns2 host/ns2/veth2
        edge veth host/veth-ns3 host/ns3/veth3
        edge port host/veth-ns1 host/br0
        edge port host/veth-ns2 host/br0
        edge port host/veth-ns3 host/br0
        """,
    "D1.6c": """
        link node1/bond1.1810 veth up 100.73.10.31/24 - node2/bond1.1810
        link node1/vxlan1 vxlan up 10.10.10.2/24 - -
        link node2/bond1.1810 veth up 100.73.10.36/24 - node1/bond1.1810
        link node2/vxlan1 vxlan up 10.10.10.3/24 - -
        edge veth node1/bond1.1810 node2/bond1.1810
        edge tunnel node1/vxlan1 node2/vxlan1 vxlan 100
        """,
    "D1.5": """
        link node1/eth0 veth up 192.168.31.132/24 - node2/eth0
        link node1/tun0 ipip up 100.0.0.2_peer_100.0.0.3/32 - -
        link node1/gre1 gre up 100.1.0.1/24,fd01::1/64 - -
        link node1/is0 sit up fd03::5efe:c0a8:1f84/64 - -
        link node1/vti1 vti up 100.4.0.1/24 - -
        link node2/eth0 veth up 192.168.31.191/24 - node1/eth0
        link node2/tun0 ipip up 100.0.0.3_peer_100.0.0.2/32 - -
        link node2/gre1 gre up 100.1.0.2/24,fd01::2/64 - -
        link node2/is0 sit up fd03::5efe:c0a8:1fbf/64 - -
        link node2/vti1 vti up 100.4.0.2/24 - -
        edge veth node1/eth0 node2/eth0
        edge tunnel node1/tun0 node2/tun0 ipip
        edge tunnel node1/gre1 node2/gre1 gre
        edge tunnel node1/vti1 node2/vti1 vti
        """,
    "D1": """
        link node1/bond1.1810 veth up 100.73.10.31/24 - node2/bond1.1810
        link node1/vxlan1 vxlan up 10.10.10.2/24 - -
        link node1/vxlan0 vxlan up - br0 -
        link node1/br0 bridge up - vrf0 -
        link node1/vrf0 vrf up - - -
        link node1/veth0 veth up - br0 node1/ns0/eth0
        link node1/ns0/eth0 veth up 172.66.1.2/24 - node1/veth0
        link node2/bond1.1810 veth up 100.73.10.36/24 - node1/bond1.1810
        link node2/vxlan1 vxlan up 10.10.10.3/24 - -
        link node2/vxlan0 vxlan up - br0 -
        link node2/br0 bridge up - vrf0 -
        link node2/vrf0 vrf up - - -
        link node2/veth0 veth up - br0 node2/ns0/eth0
        link node2/ns0/eth0 veth up 172.66.1.3/24 - node2/veth0
        edge veth node1/bond1.1810 node2/bond1.1810
        edge veth node1/veth0 node1/ns0/eth0
        edge veth node2/veth0 node2/ns0/eth0
        edge port node1/vxlan0 node1/br0
        edge port node1/veth0 node1/br0
        edge port node1/br0 node1/vrf0
        edge port node2/vxlan0 node2/br0
        edge port node2/veth0 node2/br0
        edge port node2/br0 node2/vrf0
        edge tunnel node1/vxlan1 node2/vxlan1 vxlan 100
        edge tunnel node1/vxlan0 node2/vxlan0 vxlan 88
        """,
    "D2": """
        link host/mybridge bridge up 10.68.0.1/24 - -
        link host/veth1_p veth up - mybridge host/net1/veth1
        link host/veth2 veth up - mybridge host/net2/veth2_p
        link host/eth0 veth up - mybridge outside/eth0
        link host/net1/veth1 veth up 10.68.0.101/24 - host/veth1_p
        link host/net2/veth2_p veth up 10.68.0.102/24 - host/veth2
        link outside/eth0 veth up 10.68.0.254/24 - host/eth0
        edge veth host/veth1_p host/net1/veth1
        edge veth host/veth2 host/net2/veth2_p
        edge veth host/eth0 outside/eth0
        edge port host/veth1_p host/mybridge
        edge port host/veth2 host/mybridge
        edge port host/eth0 host/mybridge
        """,
    "D3": """
        link host/test1/veth-test1 veth up 192.168.1.1/24 - host/test2/veth-test2
        link host/test2/veth-test2 veth up 192.168.1.2/24 - host/test1/veth-test1
        edge veth host/test1/veth-test1 host/test2/veth-test2
        """,
    "D3 with Docker": """
        link host/docker0 bridge up 172.17.0.1/16 - -
        link host/veth-docker veth up - docker0 -
        link host/veth-docker veth up - docker0 -
        link host/test1/veth-test1 veth up 192.168.1.1/24 - host/test2/veth-test2
        link host/test2/veth-test2 veth up 192.168.1.2/24 - host/test1/veth-test1
        edge veth host/test1/veth-test1 host/test2/veth-test2
        edge port host/veth-docker host/docker0
        edge port host/veth-docker host/docker0
        """,
    "D4": "",
    "D4 with Docker": """
        link host/docker0 bridge up 172.17.0.1/16 - -
        link host/veth-docker veth up - docker0 -
        link host/veth-docker veth up - docker0 host/ns100/eth0
        link host/ns100/eth0 veth up 172.17.0.3/16 - host/veth-docker
        edge veth host/veth-docker host/ns100/eth0
        edge port host/veth-docker host/docker0
        edge port host/veth-docker host/docker0
        """,
}
"""The network that a document leaves: links (kind, up or down, addresses, master, the other end) and edges."""


def lines(text: str) -> list[str]:
    """What was written down, in no order, with Docker's names for its ends as one."""
    text = re.sub(r"\bveth[0-9a-f]{7}\b", "veth-docker", text)
    return sorted(" ".join(line.split()) for line in text.splitlines() if line.strip())


def described(topology: Topology) -> str:
    """A topology in the words of `LEFT`."""
    links = (
        ("link", link.id, link.kind, "up" if link.up else "down", ",".join(link.addresses).replace(" ", "_") or "-",
         link.master or "-", link.peer or "-")
        for link in topology.links
        if link.kind != "loopback"
    )  # fmt: skip
    edges = (("edge", edge.kind, edge.first, edge.second, edge.label) for edge in topology.edges)
    return "\n".join(" ".join(map(str, words)) for words in (*links, *edges))


class Watched:
    """A document under replay, whose machines can be looked at after each step."""

    def __init__(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = name
        self.replay = Replay()
        # A document puts its machine to use, which is over with it.
        monkeypatch.setattr("netns_kit.sites.site._used", None)

    @property
    def machine(self) -> Host | Lab:
        """The machine in use."""
        return self.replay.machines[-1]

    def play(self, *steps: str) -> Iterator[str]:
        """Replay the document, or these steps of it, one by one, and hold what each did to `STEPS`."""
        cells = choose(list(steps or (self.name,)), read_cells(FOLDER / f"{self.name}.py"))
        with self.replay.open:
            names = self.replay.begin(cells[0].path)
            before = Topology.of(self.machine) if self.replay.machines else Topology(())
            for step in dict.fromkeys(cell.step for cell in cells):
                known = len(self.replay.machines)
                self.replay.play([cell for cell in cells if cell.step == step], names)
                assert self.replay.failed == self.replay.left_out == []
                # A step may begin on a machine of its own.
                before = self.hold(step, before if len(self.replay.machines) == known else Topology(()))
                yield step

    def hold(self, step: str, before: Topology) -> Topology:
        """Hold what a step did to what is written down; what is there after it."""
        expected = lines((WITHOUT_ENGINE if ENGINE else {}).get(step, STEPS[step]))
        deadline = time.monotonic() + LONG
        while True:
            after = Topology.of(self.machine)
            comparison = before.compare(after)
            done = [line for line in lines(str(comparison) if comparison else "") if " state: " not in line]
            if done == expected or time.monotonic() > deadline:
                assert done == expected, step
                comes_again(self.machine)
                return after
            time.sleep(0.1)

    def leaves(self, what: str) -> None:
        """Hold what is there now, on the machine in use, to what is written down."""
        assert lines(described(Topology.of(self.machine))) == lines(LEFT[what])


@pytest.mark.parametrize("name", ["D0", "D2"])
def test_what_the_steps_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step does to the network what the document says, and nothing else, and leaves what it draws."""
    watched = Watched(name, monkeypatch)
    last = read_cells(FOLDER / f"{name}.py")[-1].step
    for step in watched.play():
        if step == last:
            watched.leaves(name)


@pytest.mark.parametrize(("name", "steps"), [("D3", ("D3.2", "D3.3")), ("D4", ("D4.1", "D4.2", "D4.4"))])
def test_what_the_steps_do_without_docker(name: str, steps: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of D3 and D4, but for their steps with containers."""
    monkeypatch.setattr(sys.modules[__name__], "ENGINE", "left out")
    monkeypatch.setattr(engine, "missing", lambda: "left out")
    watched = Watched(name, monkeypatch)
    for step in watched.play(*steps):
        if step == steps[-1]:
            watched.leaves(name)


@pytest.mark.skipif(ENGINE is not None, reason=f"{ENGINE}: the root legs of CI run it")
@pytest.mark.parametrize("name", ["D3", "D4"])
def test_what_the_steps_do_with_docker(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of D3 and D4 as wholes, with the containers of a real Docker engine."""
    watched = Watched(name, monkeypatch)
    for step in watched.play():
        if step in ("D3.3", "D4.4"):
            watched.leaves(f"{name} with Docker")


def hold_d1(watched: Watched, *steps: str) -> None:
    """Hold D1, or steps of it, to what is written down."""
    left = {"D1.2c": "D1.2", "D1.3": "D1.3", "D1.5d": "D1.5", "D1.6c": "D1.6c", "D1.6e": "D1"}
    for step in watched.play(*steps):
        if step in left:
            watched.leaves(left[step])


def test_what_the_steps_do_on_any_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of those steps of D1 that need no tunnels but VXLAN, and no VRF."""
    hold_d1(Watched("D1", monkeypatch), "D1.1", "D1.2", "D1.3", "D1.6a", "D1.6b", "D1.6c")


@pytest.mark.needs_kernel("ipip", "gre", "sit", "vti", "vrf")
def test_what_the_steps_do_with_tunnels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of all its others, on those that they stand on."""
    hold_d1(Watched("D1", monkeypatch), "D1.5", "D1.6")


def test_every_step_is_written_down() -> None:
    """No step of a document is left out here."""
    steps = dict.fromkeys(cell.step for cells in documents().values() for cell in cells)
    assert list(steps) == list(STEPS)
