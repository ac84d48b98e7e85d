"""A loop of bridges: the spanning tree blocks one port, and opens it when another way is cut."""

from netns_kit import Bridge, Lab, Topology, VethPair

with Lab() as lab:
    host = lab.host("host")
    # A port waits for two seconds before it learns, and as long before it forwards.
    # The bridge with the lowest priority becomes the root.
    options = {"stp_state": True, "forward_delay": 200}
    bridges = [Bridge(f"br{one}", priority=4096 * one, **options, at=host).add() for one in (1, 2, 3)]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        ends = VethPair(f"to{second + 1}from{first + 1}", f"to{first + 1}from{second + 1}", at=host).add()
        for end, bridge in zip(ends, (bridges[first], bridges[second]), strict=True):
            end.set(master=bridge)
            end.up()
    for bridge in bridges:
        bridge.up()

    def states() -> dict[str, str]:
        """What each port does with frames."""
        return {port.name: port.port_data["state"] for bridge in bridges for port in bridge.ports()}

    def settled() -> bool:
        """Whether no port listens or learns any more, and just one is blocked."""
        found = list(states().values())
        return found.count("blocking") == 1 and found.count("forwarding") == 5

    host.wait_until(settled, timeout=60)
    print(Topology.of(lab))
    blocked = next(name for name, state in states().items() if state == "blocking")

    # Cut a way that is in use: the port that was blocked takes over.
    cut = next(name for name, state in states().items() if state == "forwarding" and name[-1] == blocked[-1])
    host.link(cut).down()
    host.wait_until(lambda: states()[blocked] == "forwarding", timeout=60)
