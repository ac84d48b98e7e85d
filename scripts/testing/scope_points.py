"""Ends a script in a scope at random points, again and again, on a machine, and looks at what is left of it there.

`python scope_points.py SIGNAL POINTS [SECONDS]`, or NONE for a script that ends by itself, on a machine that may be
played with. It prints the first point at which something was left, or gone, or different; nothing if all was as before.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

PREPARED = (
    "ip link add name out0 type veth peer name out1",
    "ip addr add 192.0.2.1/24 dev out0",
    "ip link set dev out0 addrgenmode none up",
    "ip link set dev out1 addrgenmode none up",
    "ip route add 198.51.100.0/24 via 192.0.2.9",
    "ip netns add old",
    "ip link add name other type bridge",
    "iptables -A FORWARD -s 203.0.113.4 -j DROP",
    "iptables -A FORWARD -s 203.0.113.5 -j DROP",
    "iptables -t nat -A POSTROUTING -s 203.0.113.0/24 -j MASQUERADE",
    "ip rule add from 203.0.113.0/24 table 77",
    "tc qdisc add dev out1 root pfifo limit 50",
)

SCRIPT = """
import sys
from netns_kit import Bridge, Host, Link, Namespace, VethPair, VxlanLink

host = Host.local()
print("ready", flush=True)
with host.scope():
    net1, net2 = Namespace("net1").add(), Namespace("net2").add()
    br0 = Bridge("br0").add()
    for number, net in enumerate((net1, net2), 1):
        outer, inner = VethPair(f"veth{number}", "eth0", peer_netns=net).add()
        outer.set(master=br0)
        inner.addr.add(f"10.0.0.{number}/24")
        for link in (outer, inner):
            link.up()
    br0.up()
    host.sysctl.set("net.ipv4.ip_forward", 1)
    host.sysctl.set("net.ipv4.conf.all.rp_filter", 2)
    server = net1.start("sleep", "4242.25")
    net2.exec("sh", "-c", "setsid sleep 4242.5 >/dev/null 2>&1 &")
    host.iptables.append("FORWARD", in_interface="br0", jump="ACCEPT")
    host.iptables.policy("FORWARD", "DROP")
    host.exec("iptables", "-D", "FORWARD", "-s", "203.0.113.4", "-j", "DROP")
    host.iptables.append("POSTROUTING", table="nat", source="10.0.0.0/24", jump="MASQUERADE")
    host.iptables.new_chain("MINE")
    with host.batch():
        for number in range(20):
            net = Namespace(f"many{number}").add()
            VethPair(f"m{number}", "eth0", peer_netns=net).add()
            Link(f"m{number}").up()
    host.rule.add(from_="10.0.0.0/8", table=100)
    host.route.add("10.7.0.0/16", type="blackhole")
    host.link("out1").set(master="other")
    host.link("out0").set(mtu=1400)
    host.link("out0").addr.add("10.9.9.9/24")
    host.link("out0").addr.flush()
    Namespace("old").route.add("10.8.0.0/16", type="blackhole")
    VxlanLink("vx0", id=5, dstport=4789, dev="out0").add().fdb.append("00:00:00:00:00:00", dst="192.0.2.7")
    host.neigh.add("192.0.2.77", lladdr="02:00:00:00:00:77", dev="out1")
    host.link("out0").down()
    host.link("out0").set(name="outer")
    Link("outer").set(netns=net1)
    print("done", flush=True)
    sys.stdin.readline()
"""

BESIDE = """
import sys
from netns_kit import Host, Namespace, VethPair

host = Host.local()
with host.scope():
    net = Namespace("beside").add()
    outer, inner = VethPair("beside0", "eth0", peer_netns=net).add()
    outer.addr.add("10.55.0.1/24")
    outer.up()
    host.iptables.append("FORWARD", in_interface="beside0", jump="ACCEPT")
    host.sysctl.set("net.ipv4.ip_forward", 1)
    server = net.start("sleep", "4343.5")
    print("ready", flush=True)
    sys.stdin.readline()
    assert "beside" in [known.name for known in host.netns.list()], "namespace"
    assert "beside0" in [link.name for link in host.link.list()], "link"
    assert "10.55.0.1/24" in map(str, outer.addr.list()), "address"
    assert "beside0" in str(host.iptables.rules()), "rule"
    assert host.sysctl["net.ipv4.ip_forward"] == "1", "parameter"
    assert server.running, "process"
print("fine", flush=True)
"""

VOLATILE = ("nf_conntrack_count", "random", "mc_forwarding", "stable_secret")


def told(*argv: str) -> str:
    """What a command prints."""
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def state() -> dict[str, object]:
    """All that a scope may have touched."""
    links = json.loads(told("ip", "-d", "-j", "addr"))
    named = {link["ifindex"]: link["ifname"] for link in links}
    volatile = {"operstate", "linkinfo", "qdisc", "flags", "tso_max_size", "tso_max_segs", "valid_life_time"}
    firewall = [line.partition(" [")[0] for line in told("iptables-save").splitlines() if not line.startswith("#")]
    names = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
    parameters = told("sysctl", "-a", "-r", "^net").splitlines()
    return {
        "links": [
            {key: value for key, value in link.items() if key not in volatile} | {"up": "UP" in link["flags"]}
            for link in links
        ],
        "masters": {named[link["ifindex"]]: link.get("master") for link in links},
        "namespaces": [(name, os.stat(f"/run/netns/{name}").st_ino) for name in names],
        "routes": sorted(line for family in ("-4", "-6") for line in told("ip", family, "route").splitlines()),
        "old": told("ip", "-n", "old", "route"),
        "rules": told("ip", "rule").splitlines(),
        "queues": sorted(told("tc", "qdisc", "show").splitlines()),
        "neighbours": told("ip", "neigh", "show", "nud", "permanent").splitlines(),
        "firewall": firewall,
        "parameters": [line for line in parameters if not any(word in line for word in VOLATILE)],
        "processes": list(filter(is_ours, filter(str.isdigit, os.listdir("/proc")))),
        "records": sorted(str(path) for path in Path("/run/netns_kit").glob("*.jsonl")),
    }


MARK = "NETNS_KIT_POINTS_RUN"
os.environ.setdefault(MARK, str(os.getpid()))
"""What processes of one run inherit: others may run beside it."""


def is_ours(pid: str) -> bool:
    """Whether it is a process of this run that is to end."""
    mark = f"{MARK}={os.environ[MARK]}\0".encode()
    with contextlib.suppress(OSError):
        return b"\x004242." in cmdline(pid) and mark in Path("/proc", pid, "environ").read_bytes() + b"\0"
    return False


def cmdline(pid: str) -> bytes:
    """The words of a process."""
    try:
        return Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return b""


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """What is not as it was, but for the empty folder of records."""
    return [
        f"{key}: {[one for one in was if one not in now]} → {[one for one in now if one not in was]}"
        for key, was, now in ((key, list(before[key]), list(after[key])) for key in before)  # type: ignore[call-overload]
        if was != now
    ]


def ended_at(seconds: float, number: int) -> tuple[subprocess.Popen[str], list[str]]:
    """A script that a signal ends so many seconds after it has begun its work; and what it complained of."""
    with subprocess.Popen(
        (sys.executable, "-c", SCRIPT),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as script:
        assert script.stdout
        script.stdout.readline()
        if number:
            time.sleep(seconds)
            script.send_signal(number)
        _, said = script.communicate(timeout=120)
    if number == signal.SIGINT and said.endswith("KeyboardInterrupt\n"):
        said = ""
    wrong = [] if script.returncode == -number else [f"ended with {script.returncode}"]
    return script, [*wrong, *(said.splitlines()[-8:])]


def main(number: int, points: int, longest: float) -> None:
    """End the script so many times."""
    for line in PREPARED:
        subprocess.run(line.split(), check=True)
    first = state()
    with subprocess.Popen(
        (sys.executable, "-c", BESIDE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as beside:
        assert beside.stdout
        beside.stdout.readline()
        before = state()
        for _ in range(points):
            seconds = random.uniform(0, longest)
            _, said = ended_at(seconds, number)
            if number == signal.SIGKILL:
                done = subprocess.run(
                    (sys.executable, "-m", "netns_kit", "sweep"), capture_output=True, text=True, check=False
                )
                said += [f"sweep: {line}" for line in done.stderr.splitlines()[-8:]]
            # What the one beside it has set as well stays noted until that ends.
            left = differences(before, {**state(), "records": before["records"]})
            if left or said:
                print(f"after {seconds:.3f} s:", *said, *left, sep="\n  ", flush=True)
                return
        heard, _ = beside.communicate("\n", timeout=60)
        if heard != "fine\n":
            print("the script beside it has lost something")
    for line in differences(first, state()):
        print("in the end:", line)


if __name__ == "__main__":
    main(getattr(signal, sys.argv[1], 0), int(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 1.0)
