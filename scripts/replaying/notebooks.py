"""Makes the notebooks of the documents, executed: one of each of D0.py to D4.py and Why.py, which are their source.

A cell follows its heading and the prose of the `# %% [markdown]` cell before it. Where this machine's kernel lacks what
a document needs: ./scripts/vm python scripts/replaying/notebooks.py /tmp/D1.ipynb
"""

from __future__ import annotations

import argparse
import ast
import atexit
import contextlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from netns_kit import Host
from scripts.replaying.cells import FOLDER, HEADER
from scripts.replaying.engine import SOCKET, engine

PROSE = "# %% [markdown]\n"
PICTURES = "%load_ext netns_kit\n%netns pictures on"
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
OPTIONAL = re.compile(r"D1\.5|D1\.6[de]|D3\.1|D4\.3")
"""Steps that need tunnels of the kernel's, or Docker: where they fail, running all cells goes on."""

GIVEN = "__import__('scripts.replaying.notebooks').replaying.notebooks.give_engine(host)"


def notebook(path: Path) -> Any:
    """A document's script as a notebook that has not run."""
    first, *chunks = re.split(r"^(?=# %% )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells = opening(first)
    steps: list[str] = []
    prose = ""
    for chunk in chunks:
        if chunk.startswith(PROSE):
            prose = re.sub(r"^# ?", "", chunk.removeprefix(PROSE), flags=re.MULTILINE).strip()
            continue
        header = HEADER.match(chunk)
        assert header, chunk.splitlines()[0]
        step, title = header["step"], header["title"][0].upper() + header["title"][1:]
        number = steps.count(step)
        steps.append(step)
        key = step.replace(".", "-") + (f"-{number + 1}" if number else "")
        heading = f"### {title}" if number else f"## {step} {title}"
        tags = {"tags": ["raises-exception"]} if OPTIONAL.match(step) else {}
        cells.append(new_markdown_cell(f"{heading}\n\n{prose}".strip(), id=f"{key}-text"))
        cells.append(new_code_cell(chunk[header.end() :].strip(), id=key, metadata=tags))
        prose = ""
    if prose:
        cells.append(new_markdown_cell(prose, id="end"))
    return new_notebook(cells=cells, metadata={**PYTHON, "language_info": {"name": "python"}})


def opening(text: str) -> list[Any]:
    """What stands before a script's first cell: its docstring as a title with the drawing, and its code."""
    module = ast.parse(text)
    title, _, drawing = (ast.get_docstring(module, clean=False) or "").partition("\n")
    code = "\n".join(text.splitlines()[module.body[0].end_lineno :]).strip()
    return [
        new_markdown_cell(f"# {title}\n\n```\n{drawing.strip(chr(10))}\n```", id="title"),
        new_code_cell(f"{code}\n\n{PICTURES}", id="start"),
    ]


def give_engine(host: Host) -> None:
    """Start a Docker engine for a notebook's kernel, which ends with it. The notebook knows nothing of it."""
    os.environ["DOCKER_HOST"] = SOCKET
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="netns_kit-"))
    stack.enter_context(engine(Host(host.site.runner.runner), Path(folder)))


def execute(book: Any) -> Any:
    """Run a notebook from top to bottom, and keep of its outputs what is worth reading. Raises RuntimeError."""
    with_docker = next((index for index, cell in enumerate(book.cells) if "docker" in cell_code(cell)), None)
    if with_docker is not None:
        book.cells.insert(with_docker, new_code_cell(GIVEN, id="given"))
    # A virtual machine is slow to start a kernel.
    where = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(
        book, timeout=600, startup_timeout=600, kernel_name="python3", record_timing=False, resources=where
    ).execute()
    book.cells = [cell for cell in book.cells if cell.id != "given"]
    for number, cell in enumerate((cell for cell in book.cells if cell.cell_type == "code"), 1):
        cell.outputs = joined(cell.outputs)
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "error":
                raise RuntimeError(f"{cell.id}: {output.ename}: {output.evalue}")
            if "execution_count" in output:
                output.execution_count = number
    book.metadata["language_info"] = {"name": "python"}
    return book


def cell_code(cell: Any) -> str:
    """The code of a cell; none of prose."""
    return str(cell.source) if cell.cell_type == "code" else ""


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs, with printed text that came in pieces as one."""
    result: list[Any] = []
    for output in outputs:
        if result and output.output_type == result[-1].output_type == "stream" and output.name == result[-1].name:
            result[-1].text += output.text
        else:
            result.append(output)
    return result


def sources(book: Any) -> list[tuple[Any, ...]]:
    """What a notebook says, without what came out when it ran."""
    return [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in book.cells]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/replaying/notebooks.py", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="such as D0.ipynb; all without arguments")
    parser.add_argument("--check", action="store_true", help="only say which ones do not match their source")
    options = parser.parse_args()
    if not options.check and shutil.which("dot") is None:
        print("The pictures in the notebooks are drawn by dot: apt-get install graphviz", file=sys.stderr)
        return 2
    stale = 0
    for file in options.files or [FOLDER / f"{path.stem}.ipynb" for path in sorted(FOLDER.glob("[DW]*.py"))]:
        book = notebook(FOLDER / f"{file.stem}.py")
        if not options.check:
            nbformat.write(execute(book), file)
            print(f"{file.name} written")
        elif not file.exists() or sources(nbformat.read(file, as_version=4)) != sources(book):
            stale += 1
            print(f"{file.name} does not match {file.stem}.py: run python scripts/replaying/notebooks.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
