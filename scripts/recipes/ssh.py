"""SSH: a private host on a machine elsewhere, `python ssh.py root@node1`. Nothing of ours is needed there."""

import sys

from netns_kit import Bridge, Host, Namespace, Topology

machine, *config = sys.argv[1:]  # a machine as ssh knows it, and the file of ssh's settings if it is another one

with Host.ssh(machine, config=config[0] if config else None) as far, far.private("pc1") as pc1:
    br0 = Bridge("br0", at=pc1).add(up=True)
    for number in (1, 2):
        br0.plug(Namespace(f"net{number}", at=pc1).add(), address=f"10.0.0.{number}/24", port=f"port{number}")
    print(Topology.of(pc1))
    assert Namespace("net1", at=pc1).ping("10.0.0.2", count=1).ok
