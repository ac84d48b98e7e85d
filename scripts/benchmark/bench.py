"""How fast the library is: each line a ratio, measured side by side with what else does the same work.

Below 1 the library is faster. The runs of a scenario are interleaved, a ratio is the median of those of each round, and
all networks are in private hosts. Where a network was built, the library looks at what came of it: as many namespaces,
ports and addresses as there should be, and a ping from the first to the last.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from attrs import asdict

from netns_kit import Bridge, Host, Lab, Namespace, VxlanLink, explain
from netns_kit.machines.private.opening import Keeper
from scripts.benchmark import by_hand
from scripts.benchmark.networks import (
    address,
    beside,
    building,
    built,
    by_script,
    chain,
    others,
    script,
    star,
    star_as_written,
    timed,
)  # fmt: skip
from scripts.benchmark.table import Bench, Line, Subject
from scripts.testing.ordinary_user import as_nobody
from scripts.testing.ssh_lab import SshLab, machines_behind_ssh

TOP = Path(__file__).parents[2]
DELAY = 0.02
"""Seconds that each way takes to a machine far away."""


def imports(bench: Bench) -> None:
    """import time: the package, and what most scripts import of it, beside four modules that it can't do without."""
    # Compiled once, as they are wherever people import them.
    with tempfile.TemporaryDirectory() as folder:
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        variables["PYTHONPYCACHEPREFIX"] = folder

        def importing(what: str) -> Subject:
            command = (sys.executable, "-c", what)
            subprocess.run(command, check=True, env=variables)
            return lambda: timed(lambda: subprocess.run(command, check=True, env=variables))

        beside = "attrs, json, subprocess, ipaddress"
        for what in ("import netns_kit", "from netns_kit import Bridge, Host, Namespace, VethPair"):
            bench.compare(what, importing(what), {beside: importing(f"import {beside}")}, {beside: 2.0}, 15)


COMMANDS = {
    "one change (link.set mtu)": "ip link set dev br0 mtu 1400",
    "one typed query (link.show)": "ip -j -d link show dev br0",
}


def measured_commands(host: Host, runs: int, often: int = 30) -> dict[str, dict[str, list[float]]]:
    """Seconds of one change and one query at a host, by the library and by bash running there."""
    link = Bridge("br0", at=host).add()
    calls: dict[str, Callable[[], object]] = dict(zip(COMMANDS, (lambda: link.set(mtu=1400), link.show), strict=True))
    found: dict[str, dict[str, list[float]]] = {name: {"": [], "bash": []} for name in COMMANDS}
    for _ in range(runs):
        for name, line in COMMANDS.items():
            found[name][""].append(timed(lambda call=calls[name]: [call() for _ in range(often)]) / often)
            told = host.exec("bash", "-c", by_hand.each(line, often)).stdout
            found[name]["bash"].append(int(told) / 1e6 / often)
    return found


def commands(bench: Bench) -> None:
    """one command: a change and a query, in root's private host and in an ordinary user's, beside bash there."""
    runs = bench.runs * 3
    with Host.private() as host:
        for name, found in measured_commands(host, runs).items():
            bench.take(f"{name}{'' if os.geteuid() == 0 else ', ordinary user'}", found, {"bash": 1.3})
    with Host.private() as host:
        told = host.exec(sys.executable, __file__, "--worker", runs, "--local", timeout=None).stdout
        for name, found in json.loads(told).items():
            bench.take(f"{name}, Host.local()", found, {})
    if os.geteuid() == 0:
        for name, found in json.loads(by_ordinary_user(runs)).items():
            bench.take(f"{name}, ordinary user", found, {"bash": 1.3})


def by_ordinary_user(runs: int) -> str:
    """What the worker prints when nobody runs it."""
    with tempfile.TemporaryDirectory(prefix="netns_kit-") as folder:
        os.chmod(folder, 0o755)
        worker = (sys.executable, __file__, "--worker", str(runs))
        command = as_nobody((Path(sys.base_prefix), TOP), Path(folder) / "kept", TOP, *worker)
        variables = {**os.environ, "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=variables).stdout


def batched(bench: Bench) -> None:
    """100 changes: in a batch, beside as many processes."""
    with Host.private() as host:
        link = Bridge("br0", at=host).add()
        vxlan = VxlanLink("vx0", id=5, dstport=4789, at=host).add()

        def changes() -> None:
            with host.batch():
                for number in range(100):
                    link.set(mtu=1400 + number)

        def entries() -> None:
            with host.batch():
                for number in range(100):
                    vxlan.fdb.replace("02:00:00:00:00:01", dst=f"10.0.0.{number}")

        for what, ours, command, bars in (
            ("100 changes in a batch", changes, "ip link set dev br0 mtu $((1400 + i))", {"bash": 0.1}),
            ("100 forwarding entries in a batch", entries,
             "bridge fdb replace 02:00:00:00:00:01 dev vx0 dst 10.0.0.$i", {}),
        ):  # fmt: skip
            text = f"for i in {{0..99}}; do {command}; done"

            def theirs(text: str = text) -> float:
                return timed(lambda: script(text)(host))

            def measured(ours: Callable[[], None] = ours) -> float:
                return timed(ours)

            bench.compare(what, measured, {"bash": theirs}, bars)


def stars(bench: Bench) -> None:
    """star: 10, 100 and 1000 namespaces on a bridge, addressed and up."""
    bars = {"script": 0.1, "Mininet": 0.2, "pyroute2": 0.1, "hand-tuned": 1.0}
    slow = ("dummynet",) if sys.version_info >= (3, 11) and os.geteuid() == 0 else ()
    for count, names, limits in ((10, (*others(), *slow), {}), (100, others(), bars)):
        peers = {
            "script": by_script(by_hand.star(count), count),
            "hand-tuned": by_script(by_hand.star_by_hand(count), count),
            "hand-tuned, bridge up last": by_script(by_hand.star_by_hand(count, last=True), count),
            **{name: beside(name, count) for name in names},
        }
        bench.compare(f"star({count})", built(star, count), peers, limits, min(5, bench.runs))
    moved = {"script": by_script(by_hand.star(100), 100)}
    bench.compare("star(100), ends moved, in a batch", built(star_as_written, 100), moved, {"script": 0.7})


def thousand(bench: Bench) -> None:
    """star(1000): beside the hand-tuned batches, in five runs."""
    peers = {
        "hand-tuned": by_script(by_hand.star_by_hand(1000), 1000),
        "hand-tuned, bridge up last": by_script(by_hand.star_by_hand(1000, last=True), 1000),
    }
    bench.compare("star(1000)", built(star, 1000), peers, {"hand-tuned": 0.5}, min(5, bench.runs))


def chains(bench: Bench) -> None:
    """chain(20): 20 routers in a row, ping from end to end."""
    state, last = {"namespaces": 20, "ports": 0, "addresses": 38, "ping": True}, "10.0.19.2"
    peers = {
        "script": building(script(by_hand.chain(20)), state, last),
        "hand-tuned": building(script(by_hand.chain_by_hand(20)), state, last),
    }
    bench.compare("chain(20)", building(lambda host: chain(host, 20), state, last), peers, {})


def teardown(bench: Bench) -> None:
    """teardown: a star(100) is deleted, until its last link is gone."""

    def clearing(clear: Callable[[Host], object]) -> Subject:
        def subject() -> float:
            with Host.private() as host:
                star(host, 100)
                return timed(lambda: (clear(host), script(by_hand.PORTS_GONE)(host)))

        return subject

    def ours(host: Host) -> None:
        host.netns.delete_all()
        Bridge("br0", at=host).delete()

    bench.compare(
        "teardown of a star(100)", clearing(ours), {"script": clearing(script(by_hand.star_deleted(100)))}, {}
    )


def scope(bench: Bench) -> None:
    """scope: a star(100) on Host.local(), built in a scope and undone by it, beside one that is deleted by hand."""
    script = Path(__file__).with_name("scoped.py")
    with Host.private() as machine:
        words = ("env", f"PYTHONPATH={TOP}", sys.executable, script, bench.runs * 3)
        told = machine.exec(*words, timeout=None).stdout
    bench.take("star(100) on Host.local(), undone by its scope", json.loads(told), {"by hand": 1.05})


def snapshot(bench: Bench) -> None:
    """snapshot(1000): all that 1000 namespaces have, as typed objects, beside a process each for addresses alone."""
    with Host.private() as host:
        star(host, 1000)

        def ours() -> None:
            found = host.snapshots()
            assert sum(len(one.addresses) for one in found.values()) >= 2000

        def theirs() -> None:
            script(by_hand.addresses(1000))(host)

        peers = {"script": lambda: timed(theirs)}
        bench.compare("snapshot(1000)", lambda: timed(ours), peers, {"script": 0.7}, min(5, bench.runs))


def lab(bench: Bench) -> None:
    """lab(2): from nothing to an answered ping between two machines, beside two namespaces made by a script."""

    def ours() -> None:
        with Lab() as lab:
            node1, node2 = lab.host("node1"), lab.host("node2")
            lab.cable(node1, node2, addresses=("10.0.0.1/24", "10.0.0.2/24"))
            assert node1.ping("10.0.0.2", count=1).received == 1

    with Host.private() as host:
        peers = {"script (two namespaces)": lambda: timed(lambda: script(by_hand.PAIR)(host))}
        bench.compare("lab(2) ready for a ping, and gone", lambda: timed(ours), peers, {})


def warm(bench: Bench) -> None:
    """host: a private host is opened, has a namespace added and is closed, while its process has a keeper already."""

    def using(host: Host) -> None:
        with host:
            host.netns.add("net1")

    def cold() -> None:
        # Held by its host alone, the keeper ends with it.
        using(Host(Keeper().new_host("cold")))
        gc.collect()

    with Lab() as lab:
        numbers = itertools.count()
        peers = {
            "lab.host()": lambda: timed(lambda: using(lab.host(f"host{next(numbers)}"))),
            "with a keeper of its own": lambda: timed(cold),
        }
        what = "Host.private(), netns add, close"
        bars = {"lab.host()": 1.2, "with a keeper of its own": 12 / 47}
        bench.compare(what, lambda: timed(lambda: using(Host.private())), peers, bars, bench.runs * 3)


def explained(bench: Bench) -> None:
    """explain: a router in a row forwards nothing, beside those that tell how far a packet comes, not why."""
    with Host.private() as host:
        chain(host, 6)
        first, last = Namespace("net1", at=host), "10.0.5.2"
        Namespace("net3", at=host).sysctl.set("net.ipv4.ip_forward", 0)
        assert [one.code for one in explain(first, last).findings] == ["no-forwarding"]
        tools = {"traceroute": ("-n", "-q", "1", "-w", "1", "-m", "6"), "mtr": ("-n", "-r", "-c", "1", "-m", "6")}
        peers = {
            tool: lambda argv=(tool, *words, last): timed(lambda: first.exec(*argv, check=False))
            for tool, words in tools.items()
            if shutil.which(tool)
        }
        bench.compare("why a row of 6 is broken", lambda: timed(lambda: explain(first, last)), peers, {})
    # An answer that comes at once leaves nothing to wait for.
    for count, bar in ((3, 1.0), (1000, 3.0)):
        with Host.private() as host:
            star(host, count)
            # A thousand new links keep the kernel busy for a while.
            time.sleep(count / 100)
            took = [timed(lambda: explain(Namespace("net1", at=host), address(2))) for _ in range(3)]
        bench.add(Line(f"explain in a star({count}) that works", "", median(took), bar, 3, unit="s"))


def memory(bench: Bench) -> None:
    """memory: what the library keeps of a namespace of a star(200), its commands in the transcript among it."""
    with Host.private() as host:
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        star(host, 200)
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    bench.add(Line("memory per namespace", "", kept / 200 / 1000, 20, 1, unit="kB"))


def ssh(bench: Bench) -> None:
    """ssh: a query and a star(100) behind SSH, beside a shell kept by hand, a private host, and a round trip."""
    if os.geteuid() != 0 or shutil.which("sshd", path="/usr/sbin:/sbin") is None:
        print("ssh: only root can start an sshd, from openssh-server")
        return
    with (
        tempfile.TemporaryDirectory(prefix="netns_kit-") as folder,
        machines_behind_ssh(Path(folder)) as partner,
        partner.ssh("node1") as near,
        by_hand.kept_shell(partner.command("node1")) as ask,
    ):
        link = Bridge("bench0", at=near).add()
        typed = "ip -j -d link show dev bench0"
        bench.compare(
            "one typed query, behind SSH",
            lambda: timed(lambda: [link.show() for _ in range(30)]) / 30,
            {"shell kept by hand": lambda: timed(lambda: [ask(typed) for _ in range(30)]) / 30},
            {"shell kept by hand": 1.5},
            bench.runs * 3,
        )
        peers = {"private host": built(star, 100)}
        bench.compare("star(100) in a batch, behind SSH", lambda: cleared_star(near), peers, {"private host": 2.0})
        with partner.ssh("node2") as other:
            what = "star(100) of hosts over two machines"
            peers = {"on one of them": lambda: lab_star(near)}
            bench.compare(what, lambda: lab_star(near, other), peers, {"on one of them": 1.3})
        far_away(bench, partner, near)


def lab_star(*machines: Host) -> float:
    """A switch with 100 hosts of a lab, without the making of those; the first and the last are to reach each other."""
    with Lab(machines=machines) as lab:
        hosts = [lab.host(f"pc{number}") for number in range(1, 101)]

        def wire() -> None:
            with lab.batch():
                lab.switch("switch", *hosts, link="eth0", addresses=[f"{address(one)}/16" for one in range(1, 101)])

        took = timed(wire)
        assert hosts[0].ping(address(100), count=1).received == 1
        return took


def far_away(bench: Bench, partner: SshLab, near: Host) -> None:
    """Measure a machine that is 20 ms away, there and back each, in round trips."""
    words = partner.command("node1", partner.delayed(DELAY))
    with partner.far("node1", DELAY) as far, by_hand.kept_shell(words) as ask:
        link = Bridge("bench0", at=far)
        link.show()
        trip = {"round trip": lambda: timed(lambda: ask(":"))}
        bench.compare(
            "one typed query, 20 ms away", lambda: timed(link.show), trip, {"round trip": 1.2}, bench.runs * 3
        )
        what = "star(100) in a batch, what 20 ms add"
        bench.compare(what, lambda: cleared_star(far) - cleared_star(near), trip, {"round trip": 10.0})


def cleared_star(host: Host) -> float:
    """Builds a star, and leaves nothing of it; how long the building took."""
    took = timed(lambda: star(host, 100))
    host.netns.delete_all()
    Bridge("br0", at=host).delete()
    return took


SCENARIOS: dict[str, Callable[[Bench], None]] = {
    "import": imports,
    "command": commands,
    "batch": batched,
    "star": stars,
    "star1000": thousand,
    "chain": chains,
    "teardown": teardown,
    "scope": scope,
    "snapshot": snapshot,
    "lab": lab,
    "host": warm,
    "ssh": ssh,
    "explain": explained,
    "memory": memory,
}
SLOW = ("star1000", "snapshot", "explain")


def machine() -> dict[str, object]:
    """What it was measured on."""
    said = subprocess.run(("ip", "-V"), check=True, capture_output=True, text=True).stdout.strip()
    return {
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "iproute2": said.removeprefix("ip utility, iproute2-"),
        "python": platform.python_version(),
        "user": "root" if os.geteuid() == 0 else "ordinary user",
    }


def worker(runs: int, local: bool) -> None:
    """Measure commands in this process, in a private host of its own or on the host that it is on."""
    with Host.local() if local else Host.private() as host:
        print(json.dumps(measured_commands(host, runs)))


def main() -> int:
    """The command line. The exit status is 1 if a bar was not met."""
    about = "\n".join(f"  {name:10} {function.__doc__}" for name, function in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=f"{__doc__}\nScenarios:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="all, unless some are named")
    parser.add_argument("--quick", action="store_true", help="three runs, and nothing with 1000 namespaces")
    parser.add_argument("--json", metavar="FILE", help="write the table there, too")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--local", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.worker, options.local)
        return 0
    unknown = set(options.scenarios) - set(SCENARIOS)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    chosen = options.scenarios or [name for name in SCENARIOS if not (options.quick and name in SLOW)]
    about_machine = machine()
    print(", ".join(f"{name} {value}" for name, value in about_machine.items()))
    bench = Bench(3 if options.quick else 7)
    for name in chosen:
        SCENARIOS[name](bench)
    if options.json:
        content = {"machine": about_machine, "lines": [asdict(line) for line in bench.lines]}
        Path(options.json).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return int(any(line.bar is not None and line.value > line.bar for line in bench.lines))


if __name__ == "__main__":
    sys.exit(main())
