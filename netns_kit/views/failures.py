"""Failures as a user sees them: their own lines, and the sentence that says what to do; nothing of ours between."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from netns_kit.commands.errors import NetnsKitError

_OTHERS = {"netns_kit", "attr", "attrs", "_pytest", "pluggy", *sys.stdlib_module_names} - {"__main__"}
"""Whose code stands between a user's line and what went wrong."""


def users_lines(trace: TracebackType | None) -> TracebackType | None:
    """A traceback up to the last line of the user's own, if what comes after it goes through the library."""
    entries = list(_entries(trace))
    modules = [str(one.tb_frame.f_globals.get("__name__", "")).partition(".")[0] for one in entries]
    last = max((number for number, module in enumerate(modules) if module not in _OTHERS), default=len(entries))
    if "netns_kit" not in modules[last + 1 :]:
        return trace
    kept: TracebackType | None = None
    for one in reversed(entries[: last + 1]):
        kept = TracebackType(kept, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return kept


def _entries(trace: TracebackType | None) -> Iterable[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def load(shell: Any) -> None:
    """Have a notebook's shell show the library's errors, and Ctrl-C in it, so."""

    def show(
        shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: int | None = None
    ) -> None:
        shell.showtraceback((kind, error, users_lines(trace)), tb_offset=tb_offset)

    shell.set_custom_exc((NetnsKitError, KeyboardInterrupt), show)


def unload(shell: Any) -> None:
    """Have it show them as before."""
    shell.set_custom_exc((), None)
