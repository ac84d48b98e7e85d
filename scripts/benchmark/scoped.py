"""A star(100) on the machine that this runs on, in a scope that undoes it, and deleted by hand: seconds, as JSON."""

from __future__ import annotations

import json
import sys

from netns_kit import Bridge, Host
from scripts.benchmark.networks import star, timed

COUNT = 100


def deleted(host: Host) -> None:
    """Built, and deleted until its last link is gone."""
    star(host, COUNT)
    host.netns.delete_all()
    Bridge("br0", at=host).delete()
    gone(host)


def undone(host: Host) -> None:
    """Built in a scope."""
    with host.scope():
        star(host, COUNT)
    gone(host)


def gone(host: Host) -> None:
    """Wait until no link but lo is left: the kernel takes those of deleted namespaces away in its own time."""
    while len(host.link.list()) > 1:
        pass


def main(runs: int) -> None:
    """Measure both, in turn."""
    found: dict[str, list[float]] = {"": [], "by hand": []}
    with Host.local() as host:
        for _ in range(runs):
            found[""].append(timed(lambda: undone(host)))
            found["by hand"].append(timed(lambda: deleted(host)))
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
