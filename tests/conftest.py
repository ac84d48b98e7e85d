"""What all tests share: hosts of their own, skips that name the leg that runs the test, and a table at the end."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections import Counter

import pytest

from netns_kit import Host, pytest_plugin
from netns_kit.pytest_plugin import lacks

LEG = os.environ.get("NETNS_KIT_LEG", "root" if os.geteuid() == 0 else "user")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the root legs run it")
needs_user = pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user: the user legs run it")


def needs_tool(tool: str) -> pytest.MarkDecorator:
    """Skip a test where a tool is not installed."""
    missing = shutil.which(tool, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is None
    return pytest.mark.skipif(missing, reason=f"no {tool} here: CI installs it, and its legs run it")


def needs_package(name: str) -> pytest.MarkDecorator:
    """Skip a test where a package of the extra `dev` is not installed."""
    missing = importlib.util.find_spec(name) is None
    return pytest.mark.skipif(missing, reason=f"no {name} here: the legs on the CPython of ./scripts/test run it")


@pytest.fixture
def host(private_host: Host) -> Host:
    """A private host of the test's own, entered."""
    return private_host


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of a virtual machine what the native legs run, or the other half of what is left.

    NETNS_KIT_HERE has the kinds that the native legs' kernel knows, NETNS_KIT_PART says which part this is: "0/2".
    """
    here = set(os.environ.get("NETNS_KIT_HERE", "").split())
    needed = [{kind for marker in item.iter_markers("needs_kernel") for kind in marker.args} for item in items]
    wanted = [item for item, kinds in zip(items, needed, strict=True) if not here or not kinds or kinds - here]
    part, parts = map(int, os.environ.get("NETNS_KIT_PART", "0/1").split("/"))
    wanted = wanted[part::parts]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


# Who works on the library wants to see its lines.
pytest_plugin.users_lines = lambda trace: trace


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs kinds of links, or features, that this kernel has not."""
    for marker in item.iter_markers("needs_kernel"):
        for kind in marker.args:
            if reason := lacks(kind):
                pytest.skip(f"{reason}: the root legs or the VM leg run it")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The leg's name and counts, and why tests were skipped."""
    stats = terminalreporter.stats
    counts = ", ".join(
        f"{len(stats.get(kind, ()))} {name}"
        for kind, name in (("passed", "passed"), ("failed", "failed"), ("error", "broken"), ("skipped", "skipped"))
    )
    terminalreporter.section(f"leg {LEG}: {counts}")
    for report in stats.get("passed", ()):
        for name, text in report.user_properties:
            if name == "table":
                terminalreporter.write_line(f"{report.nodeid}\n{text}")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in stats.get("skipped", ()))
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"{number:5} skipped: {reason}")
