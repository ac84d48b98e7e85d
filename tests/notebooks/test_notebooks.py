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

from scripts.replaying.engine import SOCKET

WHERE = "the extra dev brings it, and the legs of ./scripts/test on its own CPython run it"
nbformat = pytest.importorskip("nbformat", reason=f"no nbformat here: {WHERE}")
nbclient = pytest.importorskip("nbclient", reason=f"no nbclient here: {WHERE}")
pytest.importorskip("ipykernel", reason=f"no ipykernel here: {WHERE}")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "scripts" / "documents"
DOCUMENTS = ("D0", "D1", "D2", "D3", "D4", "Why")
new_code_cell = nbformat.v4.new_code_cell
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


def execute(book: Any, allow_errors: bool = False, folder: Path = NOTEBOOKS) -> Any:
    """Run a notebook in a kernel of its own, in the folder where it lies or in another."""
    nbclient.NotebookClient(
        book,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return book


def pictures(cells: list[Any]) -> int:
    """How many pictures cells show."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return sum("image/svg+xml" in output.get("data", ()) for output in outputs)


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
    """Every cell of what is kept ran well, each notebook has pictures, and none knows the machine it ran on."""
    text = (NOTEBOOKS / f"{name}.ipynb").read_text()
    book = read(name)
    assert errors(book) == []
    assert pictures(book.cells) >= 3
    assert len(text) < 400_000
    assert not re.search(r"/work|/home/|/root/|/tmp/|/usr/lib/python", text)
    assert all(set(cell.metadata) <= {"tags"} for cell in book.cells)
    assert set(json.loads(text)["metadata"]) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_twice_in_one_kernel(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, and once more in the same kernel: only what needs Docker or tunnels may fail, and goes on."""
    monkeypatch.setenv("DOCKER_HOST", SOCKET)
    book = execute(twice(name))
    middle = len(book.cells) // 2
    assert pictures(book.cells[:middle]) == pictures(book.cells[middle:]) > 0
    # What fails later does so for want of what failed first.
    for said in errors(book)[:1]:
        assert re.search(r"MissingModuleError|docker", said, re.IGNORECASE)
    failed = [cell for cell in book.cells if any(output.output_type == "error" for output in cell.get("outputs", ()))]
    assert all(cell.metadata["tags"] == ["raises-exception"] for cell in failed)


@pytest.mark.needs_kernel("ipip", "gre", "sit", "vti", "vrf")
def test_the_tunnels_run_whole() -> None:
    """On a kernel that has them, D1's notebook runs without an error, twice in one kernel."""
    assert errors(execute(twice("D1"))) == []


def test_an_explanation_is_read_and_seen() -> None:
    """What `explain` gives is shown in words and as a picture."""
    said, picture, *_ = execute(read("Why", "start", "W.1", "W.1.2")).cells[-1].outputs
    assert "port3, a port of br0, is down." in said.text
    assert "image/svg+xml" in picture.data


def test_cells_out_of_order() -> None:
    """A cell that runs before its time fails as Python does, and names what is missing."""
    (said,) = errors(execute(read("D0", "start", "D0.3.1", "D0.3.3"), allow_errors=True))
    assert "NameError" in said
    assert "name 'net0' is not defined" in said


def test_a_cell_that_runs_again() -> None:
    """Where the same is typed twice on one machine, the error says what is there already."""
    (said,) = errors(execute(read("D0", "start", "D0.4.1", "D0.4.1"), allow_errors=True))
    assert "ExistsError" in said
    assert "It is there already" in said


def test_cells_pasted_into_a_fresh_notebook(tmp_path: Path) -> None:
    """Cells work in anybody's notebook, in any folder, after `from netns_kit import …` and those before them."""
    steps = [cell.id for cell in read("D0").cells if cell.cell_type == "code" and cell.id < "D0-4"]
    book = read("D0", *steps)
    fresh = "from netns_kit import Host, Link, Namespace, VethPair\nhost = Host.private().use()"
    book.cells = [new_code_cell(fresh, id="fresh"), *book.cells]
    assert steps[-1] == "D0-3-4"
    execute(book, folder=tmp_path)
    assert pictures(book.cells) == 0
    assert "3 received" in book.cells[-1].outputs[0].data["text/plain"]
