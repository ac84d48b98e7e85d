"""Builds a star the way other libraries do; run inside a private host by scripts/benchmark/bench.py, by any Python.

    peers.py PEER N

Prints as JSON how long it took without imports, and what Mininet's namespaces, which have no names, hold afterwards.

munet is not among them: it enters the namespaces of process 1, which are not the private host's but the machine's.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from typing import Any


def address(number: int) -> str:
    """The address of a star's namespace."""
    return f"10.0.{number >> 8}.{number & 255}"


def pyroute2(count: int, *, born: bool = False) -> dict[str, Any]:
    """As its documentation has it: a pair, one end moved; with `born`, the end is made in the namespace."""
    from pyroute2 import IPRoute, NetNS, netns

    started = time.perf_counter()
    with IPRoute() as ipr:
        ipr.link("add", ifname="br0", kind="bridge")
        bridge = ipr.link_lookup(ifname="br0")[0]
        ipr.link("set", index=bridge, state="up")
        for number in range(1, count + 1):
            name, port = f"net{number}", f"port{number}"
            netns.create(name)
            peer = {"ifname": "eth0", "net_ns_fd": name} if born else {"ifname": f"peer{number}"}
            ipr.link("add", ifname=port, kind="veth", peer=peer)
            if not born:
                ipr.link("set", index=ipr.link_lookup(ifname=f"peer{number}")[0], net_ns_fd=name, ifname="eth0")
            ipr.link("set", index=ipr.link_lookup(ifname=port)[0], master=bridge, state="up")
            with NetNS(name) as inside:
                end = inside.link_lookup(ifname="eth0")[0]
                inside.addr("add", index=end, address=address(number), prefixlen=16)
                inside.link("set", index=end, state="up")
    return {"seconds": time.perf_counter() - started}


def mininet(count: int) -> dict[str, Any]:
    """Hosts on one of its LinuxBridges."""
    from mininet.log import setLogLevel
    from mininet.net import Mininet
    from mininet.nodelib import LinuxBridge

    setLogLevel("error")
    started = time.perf_counter()
    net = Mininet(switch=LinuxBridge, controller=None)
    switch = net.addSwitch("s1")
    for number in range(1, count + 1):
        net.addLink(net.addHost(f"h{number}", ip=f"{address(number)}/16"), switch)
    net.start()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, **counted([host.pid for host in net.hosts], "s1", address(count))}


def dummynet(count: int) -> dict[str, Any]:
    """Its own functions, one command each."""
    import dummynet as package

    log = logging.getLogger("quiet")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    started = time.perf_counter()
    monitor = package.ProcessMonitor(log=log)
    shell = package.HostShell(log=log, sudo=False, process_monitor=monitor)
    net = package.DummyNet(shell=shell)
    bridge = net.bridge_add("br0")
    net.up(bridge)
    for number in range(1, count + 1):
        inside = net.netns_add(f"net{number}")
        end, port = net.link_veth_add(f"peer{number}", f"port{number}")
        net.link_set(namespace=inside, interface=end)
        net.bridge_set(bridge, interface=port)
        net.up(port)
        inside.addr_add(f"{address(number)}/16", end)
        inside.up(end)
    return {"seconds": time.perf_counter() - started}


def counted(pids: list[int], bridge: str, last: str) -> dict[str, Any]:
    """What the namespaces of these processes hold, and whether the first reaches the last."""

    def inside(pid: int, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ("nsenter", "-t", str(pid), "-n", *argv), check=False, capture_output=True, text=True, timeout=20
        )

    links = json.loads(subprocess.check_output(("ip", "-j", "link", "show", "master", bridge)))
    found = [json.loads(inside(pid, "ip", "-j", "-4", "addr", "show", "scope", "global").stdout) for pid in pids]
    return {
        "namespaces": len({os.stat(f"/proc/{pid}/ns/net").st_ino for pid in pids}),
        "ports": len(links),
        "addresses": sum(len(link.get("addr_info", ())) for links in found for link in links),
        "ping": inside(pids[0], "ping", "-c1", "-W5", last).returncode == 0,
    }


PEERS = {
    "pyroute2": pyroute2,
    "pyroute2, born in place": lambda count: pyroute2(count, born=True),
    "Mininet": mininet,
    "dummynet": dummynet,
}

if __name__ == "__main__":
    print(json.dumps(PEERS[sys.argv[1]](int(sys.argv[2]))), flush=True)
    # Without clean-up: the private host takes it all with it.
    os._exit(0)
