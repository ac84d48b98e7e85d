"""Two type checkers, asked about lines that are right and lines that are wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import needs_package

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def mypy(path: Path) -> set[int]:
    """The lines that `mypy --strict` reports."""
    said = subprocess.run(
        (sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", os.devnull, str(path)),
        capture_output=True, text=True, cwd=ROOT, timeout=600,
    )  # fmt: skip
    assert said.stderr == ""
    return {int(found) for found in re.findall(rf"{path.name}:(\d+): error:", said.stdout)}


def basedpyright(path: Path) -> set[int]:
    """The lines of which basedpyright says that they are an error."""
    said = subprocess.run(
        (Path(sys.executable).with_name("basedpyright"), "--outputjson", "--pythonpath", sys.executable, path),
        capture_output=True, text=True, cwd=ROOT, timeout=600,
    )  # fmt: skip
    found = json.loads(said.stdout)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"}


CHECKERS = [
    pytest.param(mypy, marks=needs_package("mypy")),
    pytest.param(basedpyright, marks=needs_package("basedpyright")),
]


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_wrong_line_is_reported(checker: Callable[[Path], set[int]]) -> None:
    """Each line that is wrong is reported, and no other."""
    path = HERE / "wrong.py"
    wrong = {number for number, line in enumerate(path.read_text().splitlines(), 1) if line.endswith("# wrong")}
    assert len(wrong) >= 60
    assert checker(path) == wrong


@pytest.mark.parametrize("checker", CHECKERS)
def test_no_right_line_is_reported(checker: Callable[[Path], set[int]]) -> None:
    """Of all lines that are right, none is reported."""
    path = HERE / "right.py"
    assert len(path.read_text().splitlines()) >= 200
    assert checker(path) == set()
