"""The networks of the benchmark: how each is built, and what it must be in the end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from netns_kit import Bridge, Host, Namespace, VethPair
from scripts.benchmark.table import Subject

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
MININET = Path("/usr/lib/python3/dist-packages/mininet")


def timed(function: Callable[[], object]) -> float:
    """How long a function takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def survey(host: Host, last: str) -> dict[str, Any]:
    """How many namespaces, ports and addresses a host has, and whether the first namespace reaches an address."""
    snapshots = host.snapshots()
    names = [name for name in snapshots if name]
    inside = [one for name, one in snapshots.items() if name]
    return {
        "namespaces": len(names),
        "ports": sum(link.port_kind == "bridge" for link in snapshots[None].links),
        "addresses": sum(
            address.scope == "global" and address.family == "inet" for one in inside for address in one.addresses
        ),
        "ping": Namespace(sorted(names, key=natural)[0], at=host).ping(last, count=1, check=False).received == 1,
    }


def natural(name: str) -> tuple[int, str]:
    """Sorts net2 before net10."""
    return len(name), name


def building(build: Callable[[Host], float | None], expected: dict[str, Any], last: str) -> Subject:
    """Builds a network on a fresh host, and looks at what came of it."""

    def subject() -> float:
        with Host.private() as host:
            started = time.perf_counter()
            told = build(host)
            took = time.perf_counter() - started
            found = survey(host, last)
            if found != expected:
                raise SystemExit(f"The end state is not as it should be: {found}, not {expected}")
            return told or took

    return subject


def script(text: str) -> Callable[[Host], None]:
    """Builds by a script of bash."""

    def build(host: Host) -> None:
        host.exec("bash", "-ec", text, timeout=None)

    return build


def address(number: int) -> str:
    """The address of a star's namespace."""
    return f"10.0.{number >> 8}.{number & 255}"


def star(host: Host, count: int) -> None:
    """By composition: ends born in place, the bridge up last, which spares each port a flood of the others."""
    with host.batch():
        br0 = Bridge("br0", at=host).add()
        for number in range(1, count + 1):
            net = Namespace(f"net{number}", at=host).add()
            br0.plug(net, address=f"{address(number)}/16", port=f"port{number}")
    br0.up()


def star_as_written(host: Host, count: int) -> None:
    """In the documents' spelling: ends moved and renamed."""
    with host.batch():
        br0 = Bridge("br0", at=host).add()
        br0.up()
        for number in range(1, count + 1):
            net = Namespace(f"net{number}", at=host).add()
            outer, inner = VethPair(f"port{number}", f"peer{number}", at=host).add()
            inner.set(netns=net)
            inner.set(name="eth0")
            inner.addr.add(f"{address(number)}/16")
            inner.up()
            outer.set(master=br0)
            outer.up()


def peer(name: str, count: int) -> Callable[[Host], float]:
    """Builds a star by another library, in a process of its own; it says how long that took, without its imports."""
    python = SYSTEM_PYTHON if name == "Mininet" else sys.executable

    def build(host: Host) -> float:
        told = json.loads(host.exec(python, HERE / "peers.py", name, count, timeout=None).stdout)
        took: float = told.pop("seconds")
        if told and told != star_state(count):
            raise SystemExit(f"{name}'s end state is not as it should be: {told}")
        return took

    return build


def star_state(count: int) -> dict[str, Any]:
    """What a star is in the end."""
    return {"namespaces": count, "ports": count, "addresses": count, "ping": True}


def beside(name: str, count: int) -> Subject:
    """Another library, on a fresh host."""
    if name != "Mininet":
        return building(peer(name, count), star_state(count), address(count))

    # Its namespaces have no names: it is asked itself.
    def subject() -> float:
        with Host.private() as host:
            return peer(name, count)(host)

    return subject


def built(build: Callable[[Host, int], None], count: int) -> Subject:
    """The library itself, on a fresh host."""
    return building(lambda host: build(host, count), star_state(count), address(count))


def by_script(text: str, count: int) -> Subject:
    """A script, on a fresh host."""
    return building(script(text), star_state(count), address(count))


def others() -> tuple[str, ...]:
    """The libraries that run here."""
    mininet = ("Mininet",) if MININET.is_dir() and os.geteuid() == 0 else ()
    return ("pyroute2", "pyroute2, born in place", *mininet)


def chain(host: Host, count: int) -> None:
    """Routers in a row: each pair addressed, and routes from one end to the other."""
    nets = [Namespace(f"net{number}", at=host) for number in range(1, count + 1)]
    with host.batch():
        for net in nets:
            net.add()
        for number, (left, right) in enumerate(pairwise(nets), 1):
            here, there = VethPair("right", "left", peer_netns=right, at=left).add()
            here.addr.add(f"10.0.{number}.1/24")
            there.addr.add(f"10.0.{number}.2/24")
            here.up()
            there.up()
        for number, net in enumerate(nets, 1):
            if number < count:
                net.route.add("default", via=f"10.0.{number}.2")
            if number > 2:
                net.route.add("10.0.1.0/24", via=f"10.0.{number - 1}.1")
    for net in nets:
        net.sysctl.set("net.ipv4.ip_forward", 1)
