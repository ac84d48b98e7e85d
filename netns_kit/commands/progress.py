"""How far long work is, in a terminal and in a notebook."""

from __future__ import annotations

import builtins
import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO, TypeVar

ItemT = TypeVar("ItemT")


def progress(items: Sequence[ItemT], what: str) -> Iterator[ItemT]:
    """Go through items, and show how far it is: `for number in progress(range(100), "namespaces"): …`

    It is a bar where tqdm is installed, which the extra `notebook` brings, and else one line that is written over, ten
    times a second at most. Where nobody watches, nothing is written.
    """
    show = meter(len(items), what)
    for number, item in enumerate(items, 1):
        yield item
        show(number)


def meter(total: int, what: str, patience: float = 0.0) -> Callable[[int], None]:
    """What shows how many of `total` are done, the first time after `patience` seconds."""
    stream, due = _watched(), time.monotonic() + patience
    shower: Callable[[int], None] | None = None

    def show(number: int) -> None:
        nonlocal shower
        if stream and shower is None and time.monotonic() >= due:
            shower = _bar(total, what, stream) or _counter(total, what, stream)
        if shower:
            shower(number)

    return show


def _bar(total: int, what: str, stream: TextIO) -> Callable[[int], None] | None:
    """A bar, if tqdm is there."""
    # Few long things are done in a process, and it takes a while to import.
    try:
        with warnings.catch_warnings():
            # Without ipywidgets a notebook has a bar of text, which will do.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError:
        return None
    bar = tqdm(total=total, desc=what, file=stream)

    def show(number: int) -> None:
        bar.update(number - bar.n)
        if number == total:
            bar.close()

    return show


def _counter(total: int, what: str, stream: TextIO) -> Callable[[int], None]:
    """One line that is written over."""
    due = 0.0

    def show(number: int) -> None:
        nonlocal due
        if time.monotonic() >= due or number == total:
            due = time.monotonic() + 0.1
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
