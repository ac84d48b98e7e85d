"""How far long work is, in a terminal and in a notebook."""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

ItemT = TypeVar("ItemT")


def progress(items: Sequence[ItemT], what: str) -> Iterator[ItemT]:
    """Go through items, and show how far it is: `for number in progress(range(100), "namespaces"): …`

    It is one line that is written over, ten times a second at most; where nobody watches, nothing is written.
    """
    stream, shown = _watched(), 0.0
    for number, item in enumerate(items, 1):
        yield item
        last = number == len(items)
        if stream and (last or time.monotonic() - shown > 0.1):
            shown = time.monotonic()
            stream.write(f"\r{what} {number}/{len(items)}" + ("\n" if last else ""))
            stream.flush()


def _watched() -> TextIO | None:
    """Where somebody sees it: a terminal, or a notebook's cell."""
    if sys.stderr.isatty():
        return sys.stderr
    return sys.stdout if hasattr(builtins, "__IPYTHON__") else None
