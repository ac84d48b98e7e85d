"""For pytest: networks of a test's own, skips where the kernel lacks something, and failures that show the network.

Fixtures: `private_host`, `lab`, `two_namespaces`. Marker: `@pytest.mark.needs_kernel("ipip", …)`.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator
from ipaddress import ip_address

import pytest

from netns_kit.commands.errors import NetnsKitError, UnreachableError
from netns_kit.commands.rows import readable
from netns_kit.links.veth import VethPair
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab
from netns_kit.places.namespace import Namespace
from netns_kit.views import kernel
from netns_kit.views.failures import users_lines
from netns_kit.views.topology import Topology

SHOWN = 100
"""Commands that the report of a failure shows at the most, the last ones."""

lacks = functools.cache(kernel.lacks)


@pytest.fixture
def private_host() -> Iterator[Host]:
    """A machine of the test's own, entered: what the test types, it types there. No root needed."""
    with Host.private() as host:
        yield host


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab of the test's own: `lab.host("node1")`, `lab.cable(…)`, `lab.switch(…)`. No root needed."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def two_namespaces(private_host: Host) -> tuple[Namespace, Namespace]:
    """Namespaces net1 and net2 of a private host, each with an eth0 that leads to the other: 10.0.0.1 and 10.0.0.2."""
    net1, net2 = (Namespace(name, at=private_host).add() for name in ("net1", "net2"))
    for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=net2, at=net1).add(), 1):
        end.addr.add(f"10.0.0.{number}/24")
        end.up()
    return net1, net2


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "needs_kernel(*kinds): skip where the kernel lacks one of these kinds of links")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this kernel has not, with the doctor's reason."""
    for marker in item.iter_markers("needs_kernel"):
        for kind in marker.args:
            reason = lacks(kind)
            if reason:
                pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """To the report of a failure add the networks of its fixtures: what was typed, and what the kernel has.

    Where a ping made the test fail, it is explained as well. Between the test's own line and the error nothing of the
    library stands, but with --full-trace.
    """
    if call.excinfo is not None and not item.config.getoption("fulltrace"):
        error = call.excinfo.value
        call.excinfo = pytest.ExceptionInfo.from_exception(error.with_traceback(users_lines(error.__traceback__)))
    report = yield
    if report.failed and report.when != "teardown":
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Host | Lab):
                report.sections.append((f"{name}: commands", readable(_commands(value))))
                report.sections.append((f"{name}: topology", readable(_topology(value))))
                if call.excinfo is not None and isinstance(call.excinfo.value, AssertionError | UnreachableError):
                    told = _why(value)
                    report.sections += [(f"{name}: why nobody answered", readable(told))] if told else []
    return report


def _why(what: Host | Lab) -> str:
    """Why the last command, if it is a ping that failed, was not answered; empty for anything else."""
    done = list(what.transcript)[-1:]
    argv = done[0].argv[done[0].command.leading :] if done else ()
    if argv[:1] != ("ping",) or done[0].ok:
        return ""
    host = what.hosts.get(done[0].host) if isinstance(what, Lab) else what
    addresses = [word for word in argv[1:] if _is_address(word)]
    if host is None or not addresses:
        return ""
    # Slow to import, and few tests fail by a ping, so not at the top.
    from netns_kit.diagnosis.explain import explain

    try:
        netns = done[0].netns
        place = (
            host if netns is None else Namespace.of_path(netns, at=host) if "/" in netns else Namespace(netns, at=host)
        )
        return str(explain(place, addresses[0]))
    except NetnsKitError as error:
        return f"cannot be told: {error}"


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _commands(what: Host | Lab) -> str:
    header, *lines = what.transcript.as_table().splitlines()
    left = len(lines) - SHOWN
    shown = lines if left <= 0 else [f"… {left} commands before these", *lines[-SHOWN:]]
    return "\n".join([header, *shown, ""])


def _topology(what: Host | Lab) -> str:
    try:
        return str(Topology.of(what))
    except NetnsKitError as error:
        return f"cannot be read: {error}"
