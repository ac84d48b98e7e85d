"""The documents as scripts, D0.py to D4.py, and their cells.

A cell begins with `# %% ID TITLE`; `| after ID` names the cell that it builds on. A
`# %% [markdown]` cell is prose, in comments, for the notebook that scripts/replaying/notebooks.py makes.
"""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

FOLDER = Path(__file__).parents[1] / "documents"
HEADER = re.compile(r"^# %% (?P<id>D\S+) (?P<title>[^|\n]+?)(?: \| after (?P<after>\S+))?$", re.MULTILINE)


@frozen
class Cell:
    """A cell of a document's script; `line` is where its code begins."""

    id: str
    title: str
    after: str | None
    code: str
    line: int
    path: Path


def read_cells(path: Path) -> list[Cell]:
    """The cells of a document's script. What stands before the first belongs to it."""
    text = path.read_text(encoding="utf-8")
    found = list(HEADER.finditer(text))
    cells = []
    for header, following in zip(found, [*found[1:], None], strict=True):
        end = following.start() if following else len(text)
        line = text.count("\n", 0, header.start())
        cells.append(Cell(header["id"], header["title"], header["after"], text[header.start() : end], line, path))
    return cells


def preamble(path: Path) -> str:
    """What stands before a script's first cell."""
    text = path.read_text(encoding="utf-8")
    first = HEADER.search(text)
    return text[: first.start()] if first else text


def documents() -> dict[str, list[Cell]]:
    """The cells of each document."""
    return {path.stem: read_cells(path) for path in sorted(FOLDER.glob("D[0-9].py"))}


def choose(wanted: list[str], cells: list[Cell]) -> list[Cell]:
    """The cells that are wanted, by id or by the beginning of one up to a dot, and those they build on."""
    by_id = {cell.id: cell for cell in cells}
    chosen: set[str] = set()
    for cell in cells:
        if is_asked(cell, wanted):
            step: str | None = cell.id
            while step and step not in chosen:
                chosen.add(step)
                step = by_id[step].after
    return [cell for cell in cells if cell.id in chosen]


def is_part(step: str, word: str) -> bool:
    """Whether a word such as D1.2 stands for a step such as D1.2a."""
    return re.fullmatch(re.escape(word) + "[a-z]", step) is not None


def is_asked(cell: Cell, asked: list[str]) -> bool:
    """Whether a cell was asked for itself, not only as something that another builds on."""
    return any(cell.id == word or cell.id.startswith(f"{word}.") or is_part(cell.id, word) for word in asked)
