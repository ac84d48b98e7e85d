"""The project's READMEs, each beside what it is about, and the blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READMES = sorted(path for path in ROOT.rglob("README.md") if not {".venv", "node_modules"} & set(path.parts))


def blocks(path: Path, language: str) -> list[str]:
    """The blocks of a language in a README, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def of(folder: str) -> Path:
    """The README of a folder."""
    return ROOT / folder / "README.md"
