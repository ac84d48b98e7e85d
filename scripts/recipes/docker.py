"""Docker: a container is a place like any other. Two that have no network get one by hand.

This one is for a machine with a Docker engine, and works on that machine itself; what it makes it takes away again.
"""

import os

from netns_kit import Bridge, Host, Namespace, Topology

names = ("netns-kit-1", "netns-kit-2")

with Host.local(sudo=os.geteuid() != 0) as host:
    # Where Docker runs, iptables often sees what crosses a bridge, too, and drops what nobody allows.
    allowed = host.iptables.insert("FORWARD", in_interface="br-recipe", out_interface="br-recipe", jump="ACCEPT")
    try:
        for name in names:
            host.exec("docker", "run", "-d", "--name", name, "--network", "none", "busybox", "/bin/sleep", "3600")
        with Bridge("br-recipe") as br0:
            br0.up()
            containers = [Namespace.of_container(name) for name in names]
            for number, container in enumerate(containers, 1):
                br0.plug(container, address=f"10.99.0.{number}/24", port=f"recipe{number}")
            print(Topology.of(host))
            assert containers[0].ping("10.99.0.2", count=1).ok
            print(host.exec("docker", "exec", names[0], "ping", "-c", "1", "10.99.0.2"))
    finally:
        allowed.delete()
        host.exec("docker", "rm", "-f", *names, check=False)
