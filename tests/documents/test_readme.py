"""What the READMEs show runs as it stands, and does what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import readmes

BLOCKS = [
    pytest.param(
        block,
        id=f"{path.parent.relative_to(readmes.ROOT)}-{number}",
        marks=[pytest.mark.needs_kernel("ipip")] if "Tunnel" in block else [],
    )
    for path in readmes.READMES
    for number, block in enumerate(readmes.blocks(path, "python"))
    if "def test_" not in block
]
LINES = [
    (path, shlex.split(line, comments=True))
    for path in readmes.READMES
    for block in readmes.blocks(path, "sh")
    for line in block.splitlines()
]
OURS = [words for _, words in LINES if words[1:3] == ["-m", "netns_kit"]]
TUTORIAL = """# A bridge

Something to switch frames.

```sh
ip link add br0 type bridge
```
"""


def typed(block: str) -> str:
    """Paste an example into Python's own prompt; what it printed."""
    done = subprocess.run(
        (sys.executable, "-i", "-q"), input=f"{block}\n", capture_output=True, text=True, timeout=120, check=False
    )
    assert "Error" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_run(block: str) -> None:
    """Each example can be pasted into Python's own prompt, and where it pings, somebody answers."""
    said = typed(block)
    if "print(" in block and "ping(" in block and "average" not in block:
        assert " 0% loss" in said


def test_the_first_screen_says_what_each_line_ran() -> None:
    """The comments of the first example are the commands that ran, in order."""
    first = readmes.blocks(readmes.of("."), "python")[0]
    told = re.findall(r"# (ip .*)", first)
    ran = [line for line in typed(first).splitlines() if line.startswith("ip ")]
    assert ran[: len(told)] == told


@pytest.mark.parametrize("words", OURS, ids=" ".join)
def test_commands_run(words: list[str], tmp_path: Path) -> None:
    """Each command of the library's own is there, and does something with what it is given."""
    (tmp_path / "tutorial.md").write_text(TUTORIAL)
    (tmp_path / "setup.sh").write_text("#!/bin/sh\nip link add br0 type bridge\n")
    (tmp_path / "setup.sh").chmod(0o755)
    command = (sys.executable, *words[1:])
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.stdout or list(tmp_path.glob("*.ipynb")), done.stderr
    assert "Traceback" not in done.stderr
    assert "usage:" not in done.stderr


@pytest.mark.parametrize("path", readmes.READMES, ids=lambda path: str(path.parent.relative_to(readmes.ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Each link of a README leads to a file, and to a heading of it."""
    for target in re.findall(r"\]\(([^)#:]*)(?:#([\w-]+))?\)", path.read_text(encoding="utf-8")):
        file, heading = target
        there = path.parent / file if file else path
        assert there.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles]


def test_the_first_page_is_short() -> None:
    """README is two or three screens; the rest stands with what it is about."""
    assert len(readmes.of(".").read_text(encoding="utf-8").splitlines()) < 160


def test_its_report_is_what_pytest_prints(tmp_path: Path) -> None:
    """The example for pytest, by the fixtures that the package brings, has the report that stands below it."""
    path = readmes.of("tests")
    (block,) = readmes.blocks(path, "python")
    (tmp_path / "test_network.py").write_text(block)
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "--rootdir", tmp_path, tmp_path),
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    shown = path.read_text(encoding="utf-8").partition(block)[2].split("```")[2]
    network = re.findall(r"^(?:host|[├│└>E-]).*$", shown, re.MULTILINE)
    assert len(network) > 15
    # How long each took, and so how wide that column is, differs each time.
    milliseconds = re.compile(r"(?: +\d+\.\d)? +|-{5,}")
    printed = milliseconds.sub(" ", done.stdout)
    missing = [line for line in network if milliseconds.sub(" ", line) not in printed]
    assert missing == []
    # The third test runs where the kernel has the module.
    assert re.search("1 failed, (1 passed, 1 skipped|2 passed)", done.stdout)
