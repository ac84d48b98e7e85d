"""The documents as scripts, D0.py to D4.py, and their cells.

A cell begins with a comment such as `# %% D0.3.2 move the ends`: the step it belongs to, and its title. Cells of one
step may follow each other. A `# %% [markdown]` cell is prose, in comments, for the notebook that notebooks.py makes.
"""

from __future__ import annotations

import ast
import re
from itertools import accumulate
from pathlib import Path

from attrs import frozen

FOLDER = Path(__file__).parents[1] / "documents"
HEADER = re.compile(r"# %% (?P<step>[DW]\S+) (?P<title>.+)\n")

TOOLS = "brctl|docker|echo|ifconfig|ip|iptables|ln|ls|lsmod|mkdir|modprobe|mount|nsenter|ping|sudo|sysctl|touch|unshare"
SHELL_LINE = re.compile(rf"# (?:{TOOLS})(?= |$).*$")
"""A comment that is a line of the document."""


@frozen
class Cell:
    """A cell of a document's script; `line` counts the lines before its code."""

    step: str
    title: str
    code: str
    line: int
    path: Path

    @property
    def tree(self) -> ast.Module:
        """The code, parsed; its lines are numbered as in the script."""
        return ast.parse("\n" * self.line + self.code, str(self.path))

    @property
    def typed(self) -> frozenset[int]:
        """The numbers of the lines whose commands are the document's: a line of the shell stands beside or above."""
        lines = ["", *"\n" * self.line, *self.code.split("\n")]
        told = {number for number, line in enumerate(lines) if SHELL_LINE.search(line)}
        above = {number for number in told if lines[number].lstrip().startswith("#")}
        found: set[int] = set()
        for statement in ast.walk(self.tree):
            if isinstance(statement, ast.stmt):
                body = getattr(statement, "body", None)
                end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
                own = set(range(statement.lineno, end))
                found |= own if own & (told - above) or statement.lineno - 1 in above else set()
        return frozenset(found)

    @property
    def needs(self) -> frozenset[str]:
        """The names that it reads before it gives them a value."""
        known: set[str] = set()
        needed: set[str] = set()
        for statement in self.tree.body:
            bound = _bound(statement)
            # A statement assigns what it has read; a loop, a block or a function binds first.
            needed |= _read(statement) - known - (set() if isinstance(statement, ast.Assign) else bound)
            known |= bound
        return frozenset(needed)

    @property
    def gives(self) -> frozenset[str]:
        """The names that it gives a value."""
        return frozenset(name for statement in self.tree.body for name in _bound(statement))


def _bound(statement: ast.stmt) -> set[str]:
    own = {statement.name} if isinstance(statement, ast.FunctionDef) else set()
    return own | {one.id for one in ast.walk(statement) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def _read(statement: ast.stmt) -> set[str]:
    """The names that a statement reads, but for those that its comprehensions and functions bind for themselves."""
    nodes = list(ast.walk(statement))
    targets = [one for node in nodes if isinstance(node, ast.comprehension) for one in ast.walk(node.target)]
    own = {one.id for one in targets if isinstance(one, ast.Name)} | {
        one.arg for one in nodes if isinstance(one, ast.arg)
    }
    return {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)} - own


def read_cells(path: Path) -> list[Cell]:
    """The cells of a document's script. What stands before the first belongs to it."""
    chunks = re.split(r"^(?=# %%)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = accumulate((chunk.count("\n") for chunk in chunks), initial=0)
    return [
        Cell(header["step"], header["title"], chunk, line, path)
        for chunk, line in zip(chunks, lines, strict=False)
        if (header := HEADER.match(chunk))
    ]


def preamble(path: Path) -> str:
    """What stands before a script's first cell."""
    return path.read_text(encoding="utf-8").partition("\n# %%")[0]


def documents() -> dict[str, list[Cell]]:
    """The cells of each document."""
    return {path.stem: read_cells(path) for path in sorted(FOLDER.glob("D[0-9].py"))}


def givers(cell: Cell, cells: list[Cell]) -> list[Cell]:
    """The cells that gave the names which a cell reads their value."""
    earlier = cells[: cells.index(cell)]
    found = {next((one.line for one in reversed(earlier) if name in one.gives), None) for name in cell.needs}
    return [one for one in earlier if one.line in found]


def choose(wanted: list[str], cells: list[Cell]) -> list[Cell]:
    """The cells of the steps that are wanted, by id or by the beginning of one up to a dot, and those they build on.

    A cell builds on those that gave its names a value, and on what was done with that before it.
    """
    built_on = {cell.line: {one.line for one in givers(cell, cells)} for cell in cells}
    chosen: set[int] = set()
    for cell in reversed(cells):
        if is_asked(cell.step, wanted) or cell.line in chosen:
            given = built_on[cell.line]
            done = {one.line for one in cells if one.line < cell.line and built_on[one.line] & given}
            chosen |= {cell.line} | given | done
    return [cell for cell in cells if cell.line in chosen]


def is_asked(step: str, asked: list[str]) -> bool:
    """Whether a step was asked for itself, by its id or a part of it such as D1.2, which stands for D1.2a as well."""
    return any(re.fullmatch(rf"{re.escape(word)}([a-z]|\..*)?", step) for word in asked)
