"""How far long work is, in a terminal and in a notebook."""

from __future__ import annotations

import builtins
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO, TypeVar

ItemT = TypeVar("ItemT")


def progress(items: Sequence[ItemT], what: str) -> Iterator[ItemT]:
    """Go through items, and show how far it is: `for number in progress(range(100), "namespaces"): …`

    It is one line that is written over, ten times a second at most; where nobody watches, nothing is written.
    """
    show = meter(len(items), what)
    for number, item in enumerate(items, 1):
        yield item
        show(number)


def meter(total: int, what: str, patience: float = 0.0) -> Callable[[int], None]:
    """What shows how many of `total` are done, the first time after `patience` seconds."""
    stream, due, shown = _watched(), time.monotonic() + patience, False

    def show(number: int) -> None:
        nonlocal due, shown
        late = time.monotonic() >= due
        if stream and (late or (shown and number == total)):
            due, shown = time.monotonic() + 0.1, True
            stream.write(f"\r{what} {number}/{total}" + ("\n" if number == total else ""))
            stream.flush()

    return show


def _watched() -> TextIO | None:
    """Where somebody sees it: a terminal, or a notebook's cell."""
    # It may be None or closed: not every caller has one.
    with contextlib.suppress(AttributeError, ValueError):
        if sys.stderr.isatty():
            return sys.stderr
    return sys.stdout if hasattr(builtins, "__IPYTHON__") else None
