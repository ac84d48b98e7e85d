"""The documents themselves: the library and plain Python, in cells that run by themselves, from anywhere."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import netns_kit
from scripts.replaying.cells import FOLDER, choose, documents, read_cells
from scripts.replaying.engine import SOCKET

DOCUMENTS = sorted(FOLDER.glob("[DW]*.py"))


def run(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a document as a person does, somewhere else, where no Docker engine is to be found."""
    environment = {**os.environ, "DOCKER_HOST": SOCKET}
    environment["PYTHONPATH"] = str(Path(netns_kit.__file__).parents[1])
    return subprocess.run(
        (sys.executable, path), capture_output=True, text=True, timeout=300, cwd=folder, env=environment
    )  # fmt: skip


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_nothing_but_the_library(path: Path) -> None:
    """A document imports the library's public names, and else only what Python itself brings."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert all(alias.name in sys.stdlib_module_names for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "netns_kit":
            assert node.module in sys.stdlib_module_names


@pytest.mark.parametrize("name", ["D0", "D2", "Why"])
def test_it_runs_by_itself(name: str, tmp_path: Path) -> None:
    """`python D0.py` runs from any folder, with nothing but the package."""
    done = run(FOLDER / f"{name}.py", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["D3", "D4"])
def test_without_docker_it_says_so(name: str, tmp_path: Path) -> None:
    """Where a document needs a Docker engine and there is none, the library's own error says it."""
    done = run(FOLDER / f"{name}.py", tmp_path)
    assert done.returncode == 1
    assert f'File "{FOLDER / name}.py"' in done.stderr
    assert "docker" in done.stderr.splitlines()[-1].lower()


@pytest.mark.needs_kernel("ipip", "gre", "sit", "vti", "vrf")
def test_the_tunnels_run_by_themselves(tmp_path: Path) -> None:
    """The same of D1, on a kernel that has what it needs."""
    done = run(FOLDER / "D1.py", tmp_path)
    assert done.returncode == 0, done.stderr


def test_each_ends_with_things_to_try() -> None:
    """The last words of each document are two or three things to try."""
    for path in DOCUMENTS:
        _, _, tasks = path.read_text(encoding="utf-8").rpartition("# ## To try\n#\n")
        assert 2 <= tasks.count("\n# - ") + tasks.startswith("# - ") <= 3, path.stem
        assert all(line.startswith("# ") for line in tasks.splitlines())


@pytest.mark.parametrize(
    ("step", "built_on"),
    [
        ("D0.1", []),
        ("D0.3.3", ["D0.1", "D0.2", "D0.3.1", "D0.3.2"]),
        ("D0.4.2", []),
        ("D1.2c", ["D1.2a", "D1.2b"]),
        ("D1.6c", ["D1.6a", "D1.6b"]),
        ("D3.3", ["D3.2"]),
        ("D4.4", []),
    ],
)
def test_what_a_step_builds_on(step: str, built_on: list[str]) -> None:
    """What gave its names a value, and what was done with that since, is brought along; nothing else is."""
    chosen = choose([step], documents()[step[:2]])
    assert list(dict.fromkeys(cell.step for cell in chosen)) == [*built_on, step]


def test_which_lines_are_the_document_s(tmp_path: Path) -> None:
    """Those with a line of the shell beside them or right above; of a block, each line for itself."""
    script = tmp_path / "D7.py"
    script.write_text(
        '"""Title"""\n\n# %% D7.1 one\n'
        "a = 1  # ip link\n"
        "b = 2  # the second\n"
        "# ip addr\n"
        "c = (\n    3\n)\n"
        "with d:  # ip netns exec net1 bash\n"
        "    e = 4\n"
        "    f = 5  # echo 0 > /proc/x\n"
        "    # exit\n"
        "# %% [markdown]\n# ip route is prose\n# %% D7.1 two\n"
        "g = 6\n"
    )
    first, second = read_cells(script)
    lines = script.read_text().splitlines()
    assert [lines[number - 1].strip() for number in sorted(first.typed)] == [
        "a = 1  # ip link", "c = (", "3", ")", "with d:  # ip netns exec net1 bash", "f = 5  # echo 0 > /proc/x",
    ]  # fmt: skip
    assert second.typed == frozenset()
