"""The reference, and `help`: every public name and every option has its text."""

from __future__ import annotations

import importlib
import inspect
import io
import pkgutil
import pydoc
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import netns_kit
from netns_kit import Link
from netns_kit.commands.words import spec
from netns_kit.sites.verb import Verb

TOP = Path(__file__).parents[2]
RUNS = re.compile(r".*__main__")
RESULTS = re.compile(
    r".*(Info|Error)|BrctlMac|Channels|Command|Converted|Feature|IptablesRule|LinkStatistics|Mirred|MonitorEvent"
    r"|MptcpLimits|NetnsId|NextHop|Outcome|PathHop|Ping\w+|Reach(ed)?|Recording|Result|Rows|Snapshot|Transcript|Walk"
    r"|StpPort|WgPeer|XfrmTemplate|DockerTable"
)
"""What answers are, which one meets when one asks."""


def classes() -> Iterator[type]:
    """All classes of the package."""
    for found in pkgutil.walk_packages(netns_kit.__path__, "netns_kit."):
        if not RUNS.fullmatch(found.name):
            module = importlib.import_module(found.name)
            yield from (one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == found.name)


def verbs() -> Iterator[Verb[Any, ..., Any]]:
    """All verbs of the package."""
    for one in classes():
        yield from (value for value in vars(one).values() if isinstance(value, Verb))


def test_every_option_has_a_meaning() -> None:
    """What stands for itself in no usage text is told: each keyword of each verb, and each option of each kind."""
    sources = {verb.spec.source for verb in verbs()} | {one for one in classes() if issubclass(one, Link)}
    silent = [(one.__name__, name) for one in sources for name, told in spec(one).meanings().items() if not told]
    assert silent == []


def test_every_public_name_has_a_text() -> None:
    """Each class and function, and what a user sees of each class."""
    silent = []
    for name in netns_kit.__all__:
        found = getattr(netns_kit, name)
        public = [] if not inspect.isclass(found) else inspect.getmembers(found, lambda one: inspect.isroutine(one))
        for called, one in [(name, found), *((f"{name}.{member}", one) for member, one in public)]:
            ours = str(getattr(one, "__module__", "")).startswith("netns_kit")
            if ours and not called.rpartition(".")[2].startswith("_") and not inspect.getdoc(one):
                silent.append(called)
    assert silent == []


def test_each_kind_says_its_command() -> None:
    """A kind of link has the command that makes it, its options with their meanings, and what they are by default."""
    for name in netns_kit.__all__:
        found = getattr(netns_kit, name)
        if inspect.isclass(found) and issubclass(found, Link) and found.kind and found.add is Link.add:
            assert f" type {found.kind}" in str(found.__doc__), name
    said = str(netns_kit.Bridge.__doc__)
    assert "[forward_delay NUMBER]" in said
    assert "`forward_delay`: hundredths of a second before a port forwards, 200 to 3000; 1500 unless given" in said
    assert "`mtu`: in bytes; 1500 unless given" in said


def test_help_is_a_page() -> None:
    """`help(netns_kit)` says what there is, in a page, and every name that one would type is on it."""
    with redirect_stdout(io.StringIO()) as written:
        pydoc.Helper(output=written)(netns_kit)
    text = written.getvalue()
    assert len(text.splitlines()) < 120
    words = set(re.findall(r"\w+", text))
    assert [name for name in netns_kit.__all__ if name not in words and not RESULTS.fullmatch(name)] == []
    names: dict[str, object] = {}
    exec("from netns_kit import *", names)
    assert set(netns_kit.__all__) <= set(names)


def test_the_reference(tmp_path: Path) -> None:
    """It is built as the README says, names every public name, and its links lead somewhere."""
    pytest.importorskip("pdoc", reason="no pdoc here: the legs on the CPython of ./scripts/test run it")
    script = TOP / "scripts" / "manual" / "reference.py"
    done = subprocess.run((sys.executable, script, tmp_path / "out"), capture_output=True, text=True, check=True)
    assert str(tmp_path / "out" / "netns_kit.html") in done.stdout
    first = (tmp_path / "out" / "netns_kit.html").read_text()
    for name in netns_kit.__all__:
        page = getattr(netns_kit, name).__module__.replace(".", "/")
        assert f'href="{page}.html#{name}"' in first, name
        assert f'id="{name}"' in (tmp_path / "out" / f"{page}.html").read_text(), name
    bridge = (tmp_path / "out" / "netns_kit" / "links" / "bridge.html").read_text()
    assert "hundredths of a second before a port forwards" in bridge
    assert "stp_state" in bridge
