"""The pytest plugin, in a project of its own: fixtures, marker, and what the report of a failure shows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import netns_kit
from netns_kit import Host, Lab
from netns_kit.pytest_plugin import _commands, _topology
from netns_kit.views import kernel
from scripts.testing.legs import kinds_of_links
from tests.conftest import needs_package

pytest_plugins = "pytester"

PROJECT = """
import pytest
from netns_kit import Bridge, Namespace
from netns_kit.views import kernel

def test_private_host(private_host):
    Bridge("br0").add()
    assert [link.name for link in private_host.link.list()] == ["lo", "br0"]

def test_two_namespaces(two_namespaces):
    net1, net2 = two_namespaces
    assert net1.ping("10.0.0.2", count=1)
    assert net2.link("eth0").show().mtu == 9000

def test_lab(lab):
    lab.cable(lab.host("node1"), lab.host("node2"), addresses=("10.0.0.1/24", "10.0.0.2/24"))
    assert lab.hosts["node1"].ping("10.0.0.2", count=1)

kernel.MODULES = {**kernel.MODULES, "no_such_kind": ("no_such_kind", "no_such_kind links")}

@pytest.mark.needs_kernel("veth", "no_such_kind")
def test_needs_what_is_not_there():
    assert False
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A fresh project of four tests, with the plugin alone."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(netns_kit.__file__).parents[1]))
    pytester.makepyfile(PROJECT)
    return pytester


def run(project: pytest.Pytester, *words: str) -> pytest.RunResult:
    """Run the project's tests, each with the plugin."""
    command = (sys.executable, "-m", "pytest", "-p", "netns_kit.pytest_plugin", "-rs", *words)
    return project.run(*command, timeout=120)


def test_fixtures_and_marker(project: pytest.Pytester) -> None:
    """Networks of a test's own, a test that fails, and one that is skipped with the doctor's reason."""
    result = run(project)
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*this kernel (*) has no no_such_kind links: module no_such_kind is missing"])


def test_every_kind_is_one() -> None:
    """Of each kind of link that the library has, the doctor says whether the kernel has it."""
    for kind in kinds_of_links():
        assert kernel.lacks(kind) is None or "this kernel" in str(kernel.lacks(kind))


def test_a_kind_that_is_none(project: pytest.Pytester) -> None:
    """A marker that is misspelt is an error, not a silent skip."""
    project.makepyfile("import pytest\n@pytest.mark.needs_kernel('ipipp')\ndef test_misspelt(): pass\n")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*kind='ipipp'*no kind of link that ip knows*did you mean ipip?*"])


def test_a_failure_shows_the_users_line(project: pytest.Pytester) -> None:
    """Between the test's own line and the sentence that says what to do stands nothing, but with --full-trace."""
    project.makepyfile(
        """
        from netns_kit import Link, VethPair

        def away():
            Link("nope").up()

        def test_it(private_host):
            VethPair("a", "b").add()
            away()

        def test_other():
            import json; json.loads("{")
        """
    )
    result = run(project)
    assert [line for line in result.outlines if "netns_kit/" in line and "plugins" not in line] == []
    result.stdout.fnmatch_lines(['>*Link("nope").up()', "*There is no such link here*"])
    result.stdout.fnmatch_lines(["*json/decoder.py*"])
    result = run(project, "--full-trace")
    result.stdout.fnmatch_lines(["*netns_kit/links/link.py*"])


def test_a_failure_shows_the_network(project: pytest.Pytester) -> None:
    """The report has the commands that ran, and the topology at the moment of the failure."""
    result = run(project)
    result.stdout.fnmatch_lines(
        [
            "*private_host: commands*",
            "host*status*command",
            "host * ip netns add net1",
            "*private_host: topology*",
            "host host",
            "├─ namespace net1",
            "*eth0 veth up 10.0.0.1/24 ── host/net2/eth0",
        ]
    )


def test_a_failure_after_many_commands_shows_the_last(private_host: Host) -> None:
    """Of a long transcript the report has the last hundred, and says how many there were before."""
    for number in range(103):
        private_host.exec("true", str(number))
    lines = _commands(private_host).splitlines()
    assert len(lines) == 102
    assert lines[1] == "… 3 commands before these"
    assert (lines[2].split()[-1], lines[-1].split()[-1]) == ("3", "102")


@needs_package("xdist")
def test_side_by_side(project: pytest.Pytester) -> None:
    """With pytest-xdist, the same tests pass and fail, and the report comes through."""
    result = run(project, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*private_host: topology*", "*eth0 veth up 10.0.0.1/24 ── host/net2/eth0"])


def test_a_kind_that_is_there() -> None:
    """Nothing is lacking of what the kernel has."""
    assert kernel.lacks("veth") is None


def test_a_device_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a user may not open what TUN links are made by, it says so, and not that the kernel has none."""
    monkeypatch.setattr(kernel, "TUN", str(tmp_path / "tun"))
    said = kernel.lacks("tun")
    assert said is not None
    assert "may not open" in said or "this kernel" in said


def test_closed_networks_do_not_hide_the_failure() -> None:
    """A host that the test closed itself is told as what it is."""
    with Host.private() as host, Lab() as lab:
        pass
    assert _topology(host).startswith("cannot be read")
    assert _topology(lab) == ""


def test_a_ping_that_fails_is_explained(project: pytest.Pytester) -> None:
    """Where a ping that nobody answers fails a test, its report says why, and what to type."""
    project.makepyfile(
        test_pinged="""
        def test_pinged(two_namespaces):
            net1, net2 = two_namespaces
            net2.link("eth0").down()
            assert net1.ping("10.0.0.2", count=1, wait=0.5, check=False)
        """
    )
    result = run(project, "test_pinged.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*private_host: why nobody answered*", "net1 cannot reach 10.0.0.2*", "*ip -n net2 link set dev eth0 up"]
    )
