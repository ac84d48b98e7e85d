"""Many places side by side, on private hosts: what needs no partner beyond this machine."""

from __future__ import annotations

import time

from netns_kit import Bridge, Lab, Link, NotFoundError, for_each
from netns_kit.places.host import Host


def test_outcomes_come_in_order_and_errors_apart(lab: Lab) -> None:
    """Each host's outcome stands at its place, whichever ends first; one that fails leaves the others alone."""
    hosts = [lab.host(f"node{number}") for number in range(3)]

    def work(host: Host) -> str:
        time.sleep(0.3 if host is hosts[0] else 0)
        Bridge("br0").add()
        return (Link("br0") if host is not hosts[1] else Link("nope")).show().name

    outcomes = for_each(hosts, work)
    assert [outcome.place for outcome in outcomes] == hosts
    assert [outcome.value for outcome in outcomes] == ["br0", None, "br0"]
    assert [outcome.ok for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].error, NotFoundError)
    assert outcomes[1].error.host == "node1"


def test_nowhere(lab: Lab) -> None:
    """No places give no outcomes."""
    assert for_each([], lambda host: host) == ()
