"""The documents' notebooks: they match their source, run in Jupyter's own kernel, and say what is missing."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WHERE = "the extra dev brings it, and the legs of ./scripts/test on its own CPython run it"
nbformat = pytest.importorskip("nbformat", reason=f"no nbformat here: {WHERE}")
nbclient = pytest.importorskip("nbclient", reason=f"no nbclient here: {WHERE}")
pytest.importorskip("ipykernel", reason=f"no ipykernel here: {WHERE}")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "scripts" / "documents"
DOCUMENTS = ("D0", "D1", "D2", "D3", "D4")
# Jupyter's own threads and sockets are its own business.
pytestmark = pytest.mark.filterwarnings("default")


def read(name: str, *steps: str) -> Any:
    """A notebook; with steps, only the cells of these, in this order."""
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    if steps:
        by_id = {cell.id: cell for cell in book.cells}
        book.cells = [copy.deepcopy(by_id[step.replace(".", "-")]) for step in steps]
        for number, cell in enumerate(book.cells):
            cell.id = f"cell-{number}"
    return book


def twice(name: str) -> Any:
    """A notebook whose cells come twice."""
    book = read(name)
    again = copy.deepcopy(book.cells)
    for cell in again:
        cell.id += "-again"
    book.cells += again
    return book


def execute(book: Any, allow_errors: bool = False) -> Any:
    """Run a notebook in a kernel of its own, in the folder where it lies."""
    nbclient.NotebookClient(
        book,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    ).execute()
    return book


def printed(book: Any) -> str:
    """All that a notebook's cells printed."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")


def errors(book: Any) -> list[str]:
    """What a notebook's cells failed of."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    return ["\n".join(output.traceback) for output in outputs if output.output_type == "error"]


def test_notebooks_match_their_source() -> None:
    """What is kept is what scripts/replaying/notebooks.py would make of the scripts."""
    done = subprocess.run(
        (sys.executable, "-m", "scripts.replaying.notebooks", "--check"),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_kept_is_lean_and_whole(name: str) -> None:
    """Every check of the kept outputs held, each notebook has pictures, and none knows the machine it ran on."""
    text = (NOTEBOOKS / f"{name}.ipynb").read_text()
    book = read(name)
    assert errors(book) == []
    assert "✓" in printed(book)
    assert "✗" not in printed(book)
    assert "left out" not in printed(book)
    assert "image/svg+xml" in text
    assert len(text) < 300_000
    assert not re.search(r"/work|/home/|/root/|/tmp/|/usr/lib/python", text)
    assert all(not cell.metadata for cell in book.cells)
    assert set(json.loads(text)["metadata"]) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_twice_in_one_kernel(name: str) -> None:
    """From top to bottom, and once more in the same kernel: no error, every check holds; what can't run says why."""
    book = execute(twice(name))
    assert errors(book) == []
    assert "✗" not in printed(book)
    halves = [copy.copy(book) for _ in range(2)]
    middle = len(book.cells) // 2
    halves[0].cells, halves[1].cells = book.cells[:middle], book.cells[middle:]
    first, second = (printed(half) for half in halves)
    assert first.count("✓") == second.count("✓") > 0
    reasons = re.findall(r"left out: (.*)", first)
    assert all("virtual machine" in one or "Docker" in one or "builds on" in one for one in reasons)


@pytest.mark.needs_kernel("ipip", "gre", "sit", "vti", "vrf")
def test_the_tunnels_are_not_left_out() -> None:
    """On a kernel that has them, D1's notebook runs whole, twice in one kernel."""
    book = execute(twice("D1"))
    assert errors(book) == []
    assert "✗" not in printed(book)
    assert "left out" not in printed(book)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("D0.1",), "D0.1 is too early: first run the notebook's first cell."),
        (
            ("D0.3.3",),
            "D0.3.3 is too early: first run the notebook's first cell, then D0.3.1, then D0.3.2.",
        ),
        (("start", "D0.3.1", "D0.3.3"), "D0.3.3 is too early: first run D0.3.2."),
        (("start", "D0.4.1", "start", "D0.4.2"), "D0.4.2 is too early: first run D0.4.1."),
    ],
)
def test_cells_out_of_order_say_what_is_missing(steps: tuple[str, ...], expected: str) -> None:
    """A cell that runs before its time names the cells to run first, in order, and nothing else is said."""
    book = execute(read("D0", *steps), allow_errors=True)
    assert errors(book) == [expected]


def test_a_cell_that_runs_again_says_so() -> None:
    """Where the same is typed twice on one machine, the notebook says how to get a fresh one."""
    book = execute(read("D0", "start", "D0.3.1", "D0.3.1"), allow_errors=True)
    assert "D0.3.1 has run on this machine before" in printed(book)
    assert len(errors(book)) == 1
    assert "ExistsError" in errors(book)[0]


def test_a_step_left_out_takes_those_along_that_build_on_it() -> None:
    """Without a kernel module a step says so as no error, and so do those after it; other steps run."""
    book = read("D1", "start", "D1.5a", "D1.5b", "D1.3")
    book.cells[
        1
    ].source = (
        'from steps import step\nstep("D1.5a")\nfrom scripts.replaying.words import LeftOut\nraise LeftOut("why")'
    )
    execute(book)
    assert "left out: why" in printed(book)
    assert "left out: it builds on D1.5a, which is left out here" in printed(book)
    assert "✓ ns1 reaches ns2" in printed(book)
