"""The transcript of a document's replay as a shell script: run on a fresh host, it builds the same network."""

from __future__ import annotations

import pytest

from netns_kit import Host, Topology
from tests.documents.test_states import Watched, described, lines


def routes(topology: Topology) -> set[tuple[str, str, str, str]]:
    """Where each place's routes lead."""
    return {
        (place.id, route.dst, str(route.gateway), str(route.dev)) for place in topology.places for route in place.routes
    }


def test_the_script_of_d0_builds_the_same_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """`bash -e` of what the whole of D0 ran gives the same links, addresses and routes."""
    watched = Watched("D0", monkeypatch)
    for _ in watched.play():
        network = Topology.of(watched.machine)
        script = watched.machine.transcript.as_shell()
    with Host.private() as fresh:
        fresh.exec("bash", "-e", "-c", script, timeout=120)
        again = Topology.of(fresh)
    assert lines(described(again)) == lines(described(network))
    assert routes(again) == routes(network)
    assert len(routes(network)) == 5
