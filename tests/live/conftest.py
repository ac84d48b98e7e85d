"""What live tests share. What is tested of kernel objects is tested twice: command by command, and in a batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from netns_kit import Host, Namespace, VethPair

BATCHED = {"test_bridge", "test_iptables", "test_link", "test_namespace", "test_sysctl", "test_tables", "test_veth"}
AT_ONCE = {
    # They see that a command fails where it is typed, which in a batch it does where that is sent.
    "test_addresses",
    "test_an_end_born_elsewhere",
    "test_as_a_context_manager",
    "test_delete_twice",
    "test_entries_by_hand",
    "test_ids",
    "test_it_follows_its_link",
    "test_list_add_delete",
    "test_routes",
    "test_rules",
    # It watches what others do meanwhile.
    "test_monitor",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have the tests of kernel objects run on a plain host and in a batch."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if "host" in metafunc.fixturenames and module in BATCHED and metafunc.function.__name__ not in AT_ONCE:
        metafunc.parametrize("host", ["each", "batch"], indirect=True)


@pytest.fixture
def host(request: pytest.FixtureRequest, private_host: Host) -> Iterator[Host]:
    """A private host of the test's own, entered; what the test types may be gathered in a batch."""
    batched = getattr(request, "param", "each") == "batch"
    with private_host.batch() if batched else contextlib.nullcontext():
        yield private_host


@pytest.fixture
def nets(host: Host) -> tuple[Namespace, Namespace]:
    """Two namespaces, wired and addressed, IPv4 and IPv6."""
    net0, net1 = Namespace("net0").add(), Namespace("net1").add()
    for number, end in enumerate(VethPair("eth0", "eth0", peer_netns=net1, at=net0).add()):
        end.addr.add(f"10.0.0.{number + 1}/24")
        end.site.run("ip", "addr", "add", f"fd00::{number + 1}/64", "dev", "eth0", "nodad")
        end.up()
    return net0, net1
