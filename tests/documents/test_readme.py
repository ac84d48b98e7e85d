"""The README's examples run as they stand, and do what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TUNNELS = [block for block in BLOCKS if "Tunnel" in block]
OTHERS = [block for block in BLOCKS if "Tunnel" not in block]


def run(block: str, folder: Path) -> str:
    """Run an example as a file of its own; what it printed."""
    file = folder / "example.py"
    file.write_text(block)
    done = subprocess.run((sys.executable, file), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("block", OTHERS, ids=range(len(OTHERS)))
def test_examples_run(block: str, tmp_path: Path) -> None:
    """Each example runs as it stands, and where it pings, somebody answers."""
    said = run(block, tmp_path)
    if "print(" in block and "ping(" in block and "average" not in block:
        assert " 0% loss" in said


@pytest.mark.needs_kernel("ipip")
@pytest.mark.parametrize("block", TUNNELS, ids=range(len(TUNNELS)))
def test_tunnels_run(block: str, tmp_path: Path) -> None:
    """The tunnel between two machines carries a ping."""
    assert "3 received" in run(block, tmp_path)


def test_the_first_screen_says_what_each_line_ran(tmp_path: Path) -> None:
    """The comments of the first example are the commands that ran, in order."""
    told = re.findall(r"# (ip .*)", BLOCKS[0])
    ran = [line for line in run(BLOCKS[0], tmp_path).splitlines() if line.startswith("ip ")]
    assert ran[: len(told)] == told


def test_its_report_is_what_pytest_prints(tmp_path: Path) -> None:
    """The example for pytest, by the fixtures that the package brings, has the report that stands below it."""
    block = next(block for block in BLOCKS if "two_namespaces" in block)
    (tmp_path / "test_network.py").write_text(block)
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "--rootdir", tmp_path, tmp_path),
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    shown = README.read_text(encoding="utf-8").partition(block)[2].split("```")[2]
    network = re.findall(r"^(?:host|[├│└>E-]).*$", shown, re.MULTILINE)
    assert len(network) > 15
    # How long each took, and so how wide that column is, differs each time.
    milliseconds = re.compile(r"(?: +\d+\.\d)? +|-{5,}")
    printed = milliseconds.sub(" ", done.stdout)
    missing = [line for line in network if milliseconds.sub(" ", line) not in printed]
    assert missing == []
    # The third test runs where the kernel has the module.
    assert re.search("1 failed, (1 passed, 1 skipped|2 passed)", done.stdout)
