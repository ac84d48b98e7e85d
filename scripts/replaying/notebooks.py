"""Makes the notebooks of the documents, executed: one of each of D0.py to D4.py, which are their source.

A step's cell follows its heading and the prose of the `# %% [markdown]` cell before it. Where this machine's kernel
lacks what a document needs: ./scripts/vm python scripts/replaying/notebooks.py /tmp/D1.ipynb
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from scripts.replaying.cells import FOLDER, HEADER

PROSE = "# %% [markdown]\n"
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def notebook(path: Path) -> Any:
    """A document's script as a notebook that has not run."""
    first, *chunks = re.split(r"^(?=# %% )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells = opening(first)
    prose = ""
    for chunk in chunks:
        if chunk.startswith(PROSE):
            prose = re.sub(r"^# ?", "", chunk.removeprefix(PROSE), flags=re.MULTILINE).strip()
            continue
        header = HEADER.match(chunk)
        assert header, chunk.splitlines()[0]
        id, title, key = header["id"], header["title"], header["id"].replace(".", "-")
        text = f"## {id} {title[0].upper()}{title[1:]}\n\n{prose}".strip()
        code = f'from steps import step\n\nstep("{id}")\n\n{chunk[header.end() :].strip()}'
        cells += [new_markdown_cell(text, id=f"{key}-text"), new_code_cell(code, id=key)]
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
        new_code_cell(f"from steps import start\n\nstart()\n\n{code}", id="start"),
    ]


def execute(book: Any) -> Any:
    """Run a notebook from top to bottom, and keep of its outputs what is worth reading."""
    folder = {"metadata": {"path": str(FOLDER)}}
    # A virtual machine is slow to start a kernel.
    NotebookClient(
        book, timeout=600, startup_timeout=600, kernel_name="python3", record_timing=False, resources=folder
    ).execute()
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    book.metadata["language_info"] = {"name": "python"}
    return book


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs, with printed text that came in pieces as one."""
    result: list[Any] = []
    for output in outputs:
        if result and output.output_type == result[-1].output_type == "stream" and output.name == result[-1].name:
            result[-1].text += output.text
        else:
            result.append(output)
    return result


def sources(book: Any) -> list[tuple[str, str, str]]:
    """What a notebook says, without what came out when it ran."""
    return [(cell.id, cell.cell_type, cell.source) for cell in book.cells]


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
    for file in options.files or [FOLDER / f"{path.stem}.ipynb" for path in sorted(FOLDER.glob("D[0-9].py"))]:
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
