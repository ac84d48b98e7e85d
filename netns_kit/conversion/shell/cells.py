"""Lines of Python in blocks, and as the cells of a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from netns_kit.conversion.shell import framing


def notebook(
    opening: Iterable[str], hosts: Mapping[str, str], given: Iterable[str], blocks: Iterable[tuple[str, list[str]]]
) -> dict[str, Any]:
    """A notebook that has not run: what stands before, the machines by their names, what they have, prose and code."""
    several = len(hosts) > 1
    first = next(iter(hosts.values()))
    begin = ["lab = Lab()", *framing.machines(hosts)] if several else [f"{first} = Host.private().use()"]
    shown = f"Topology.of({'lab' if several else first})"
    cells = [_cell("code", "start", [*opening, *begin, *given])]
    for number, (prose, lines) in enumerate(blocks, 1):
        if prose:
            cells.append(_cell("markdown", f"text-{number}", prose.split("\n")))
        elif lines:
            cells.append(_cell("code", f"code-{number}", [*(line[4:] for line in filled(lines)), shown]))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, name: str, lines: Sequence[str]) -> dict[str, Any]:
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, **code, "source": "\n".join(lines).strip("\n")}


def has_code(lines: Sequence[str]) -> bool:
    """Whether there is more than remarks."""
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def filled(lines: Sequence[str]) -> Iterator[str]:
    """Lines in which no block is empty."""
    indent = None
    for number, line in enumerate(lines):
        yield line
        if line.lstrip().startswith("with "):
            indent = " " * (len(line) - len(line.lstrip()) + 4)
        if indent is not None and line.endswith(":"):
            after = lines[number + 1 :]
            end = next((at for at, one in enumerate(after) if one and not one.startswith(indent)), None)
            if not has_code(after[:end]):
                yield f"{indent}pass"
            indent = None
