"""What a notebook's cells begin with: it says which step a cell is, and what is missing where one runs too early."""

from __future__ import annotations

import atexit
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython import get_ipython
from IPython.display import display

# The notebooks' own folder is where their kernel looks for modules.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from netns_kit import MissingModuleError
from scripts.replaying.cells import documents
from scripts.replaying.replay import reason
from scripts.replaying.words import LeftOut, replay

CELLS = {cell.id: cell for cells in documents().values() for cell in cells}
LEFT_OUT = (LeftOut, MissingModuleError)

started = False
done: set[str] = set()
left_out: set[str] = set()


class TooEarlyError(Exception):
    """A cell builds on others that have not run."""

    def _render_traceback_(self) -> list[str]:
        """Where it was raised is no matter; what to do is."""
        return [str(self)]


def start() -> None:
    """What the first cell does: the machines of a former run go, so that a document begins on fresh ones."""
    global started
    # What takes the machines down is nobody's business.
    replay.over = True
    replay.open.close()
    replay.over = False
    done.clear()
    left_out.clear()
    started = True


def step(id: str) -> None:
    """What each other cell does first. Raises TooEarlyError where those that it builds on have not run."""
    replay.step = id
    needed = before(id)
    out = [one for one in needed if one in left_out]
    if out:
        raise LeftOut(f"it builds on {out[0]}, which is left out here")
    missing = ([] if started else ["the notebook's first cell"]) + [one for one in needed if one not in done]
    if missing:
        raise TooEarlyError(f"{id} is too early: first run {', then '.join(missing)}.")
    if id in done:
        print(f"  ({id} has run on this machine before; the notebook's first cell makes a fresh one)")


def before(id: str) -> list[str]:
    """The steps that a step builds on, the first one first."""
    after = CELLS[id].after
    return [*before(after), after] if after else []


def leave_out(shell: Any, kind: type, error: Exception, trace: TracebackType, tb_offset: int | None = None) -> None:
    """Say why a step is left out, as no error: the notebook goes on."""
    print(f"  left out: {reason(error, replay.step)}")


def note(result: Any) -> None:
    """Keep what became of a cell."""
    if replay.step and isinstance(result.error_in_exec, LEFT_OUT):
        left_out.add(replay.step)
        result.error_in_exec = None
    elif replay.step and result.success:
        done.add(replay.step)
    replay.step = None


replay.display = display
shell = get_ipython()
shell.set_custom_exc(LEFT_OUT, leave_out)
shell.events.register("post_run_cell", note)
atexit.register(replay.open.close)
