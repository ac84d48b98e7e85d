"""Replays the documents: runs the cells of D0.py to D4.py, shows what they run, and counts what they check.

A cell begins with `# %% ID TITLE`; `| after ID` names the cell that it builds on. A
`# %% [markdown]` cell is prose, in comments, for the notebook that scripts/notebooks.py makes. What a cell runs is
recorded as the document's, except in `aside`, where it is ours: what the document takes as given, or a look at it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import shlex
import sys
import tempfile
import textwrap
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import engine
from attrs import define, field, frozen

from netns_kit import Host, Lab, LinkInfo, MissingModuleError, NetnsKitError, Result, Topology, Transcript

FOLDER = Path(__file__).parent
WIDTH = 110
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


@define
class Replay:
    """The replay under way: the step at hand, what ran so far, and how many checks held.

    `display` is what shows tables and pictures in a notebook; a terminal has none.
    """

    sudo: bool = False
    display: Callable[[Any], Any] | None = None
    step: str | None = None
    asides: int = 0
    steps: int = 0
    failed: list[str] = field(factory=list)
    left_out: list[str] = field(factory=list)
    held: int = 0
    over: bool = False
    ran: list[tuple[str, Transcript, Result]] = field(factory=list)
    open: contextlib.ExitStack = field(factory=contextlib.ExitStack)

    def watch(self, transcript: Transcript) -> None:
        """Show and keep what is typed."""

        def typed(result: Result) -> None:
            if self.over:
                return
            show(result, self.asides > 0)
            if self.step and not self.asides:
                self.ran.append((self.step, transcript, result))

        self.open.enter_context(transcript.watched(typed))


replay = Replay()


def machine(name: str = "host") -> Host:
    """A machine of one's own for a document to be typed on; it is the one in use from then on."""
    host = Host.local(sudo=True) if replay.sudo else replay.open.enter_context(contextlib.closing(Host.private(name)))
    replay.watch(host.transcript)
    return host.use()


class LeftOut(Exception):  # noqa: N818
    """A step cannot be replayed on this machine; the reason says why, and what would help."""


def docker(host: Host) -> bool:
    """Start a Docker engine on a host of the replay's own. False where it can't be: there is none, or no root."""
    if engine.missing() or replay.sudo:
        return False
    folder = replay.open.enter_context(tempfile.TemporaryDirectory(prefix="netns_kit-"))
    # What starts it is no matter here, and another each time.
    with contextlib.redirect_stdout(io.StringIO()):
        replay.open.enter_context(engine.engine(host, Path(folder)))
    return True


def laboratory() -> Lab:
    """Several machines on this one, for a document that needs them."""
    lab = replay.open.enter_context(Lab())
    replay.watch(lab.transcript)
    return lab


@contextlib.contextmanager
def aside(why: str) -> Iterator[None]:
    """What runs in this block is not the document's: it is taken as given there, or only looked at here."""
    print(f"  ({why})")
    replay.asides += 1
    try:
        yield
    finally:
        replay.asides -= 1


def check(what: str, holds: Any) -> None:
    """Say whether something holds; if it doesn't, the replay fails."""
    print(f"  {'✓' if holds else '✗ NOT SO:'} {what}")
    if holds:
        replay.held += 1
    else:
        replay.failed.append(f"{replay.step}: {what}")


def names(links: Iterable[LinkInfo]) -> list[str]:
    """The names of links, without those that a kernel with tunnels makes by itself."""
    return [link.name for link in links if not link.fallback]


def eventually(holds: Callable[[], bool], seconds: float = 3.0) -> bool:
    """Whether something comes to hold within some seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def table(rows: Any) -> None:
    """In a notebook, show an answer of many entries as a table."""
    if replay.display:
        replay.display(rows)


def picture(what: Host | Lab) -> None:
    """In a notebook, show the network as it is now."""
    if replay.display:
        replay.display(Topology.of(what))


def show(result: Result, ours: bool) -> None:
    """Show a command that ran, with its output shortened; in a notebook, tables and pictures tell what JSON does."""
    where = "" if result.host == "host" else f"{result.host} "
    print(f"  {where}{'·' if ours else '#'} {shlex.join(result.argv)}")
    lines = [] if replay.display and "-j" in result.argv else str(result).strip().splitlines()
    for line in lines[:4]:
        print(f"    {line}" if len(line) <= WIDTH else f"    {line[:WIDTH]}…")
    if len(lines) > 4:
        print(f"    … {len(lines) - 4} more lines")
    if result.returncode:
        print(f"    (exit status {result.returncode})")


@contextlib.contextmanager
def progress(what: str) -> Iterator[None]:
    """Say every few seconds that something still goes on."""
    done = threading.Event()

    def tell() -> None:
        started = time.monotonic()
        while not done.wait(5):
            print(f"  … {what}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


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


def run(cells: list[Cell], names: dict[str, Any]) -> None:
    """Run a document's cells. A cell that fails ends its document, and the replay goes on with the next."""
    missing: set[str | None] = set()
    for cell in cells:
        if cell.after in missing:
            missing.add(cell.id)
            continue
        print(f"\n{cell.id}  {cell.title}", flush=True)
        replay.step, replay.steps = cell.id, replay.steps + 1
        try:
            with progress(cell.id):
                exec(compile("\n" * cell.line + cell.code, str(cell.path), "exec"), names)
        except (LeftOut, MissingModuleError) as error:
            print(f"  left out: {reason(error, cell.id)}")
            replay.left_out.append(f"{cell.id}: {reason(error, cell.id)}")
            missing.add(cell.id)
        except Exception as error:
            if not isinstance(error, NetnsKitError):
                traceback.print_exc(file=sys.stdout)
            print(textwrap.indent(str(error), "  ✗ "))
            replay.failed.append(f"{cell.id}: {type(error).__name__}: {str(error).splitlines()[0]}")
            return
        finally:
            replay.step = None


def reason(error: Exception, step: str | None) -> str:
    """Why a step cannot be replayed here, and what would help."""
    said = str(error).splitlines()[-1].strip("→ ")
    if isinstance(error, MissingModuleError):
        said += f" Or in a virtual machine: ./scripts/vm ./scripts/replay {step}"
    return said


def save(path: str, steps: set[str]) -> None:
    """Write what the documents ran as JSON lines, one a command."""
    with open(path, "w", encoding="ascii") as file:
        for step, transcript, result in replay.ran:
            # A shell's exit status is known only after the commands that were typed in it.
            final = next((one for one in transcript if one.command is result.command), result)
            if step in steps:
                entry = {"step": step, "host": result.host, "argv": list(result.argv), "returncode": final.returncode}
                file.write(json.dumps(entry) + "\n")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/replay", description="Replay the documents, each command for real.")
    parser.add_argument("steps", nargs="*", metavar="STEP", help="such as D0, D4.2 or D0.3.1; all without arguments")
    parser.add_argument("--list", action="store_true", help="list the steps and leave")
    parser.add_argument("--transcript", metavar="FILE", help="write the commands as JSON lines")
    parser.add_argument("--sudo", action="store_true", help="on this machine itself, each command under sudo")
    options = parser.parse_args()
    known = documents()
    if options.list:
        for cells in known.values():
            for cell in cells:
                print(f"{cell.id:8} {cell.title}")
        return 0
    return play(options, known)


def play(options: argparse.Namespace, known: dict[str, list[Cell]]) -> int:
    """Replay what the command line asks for."""
    replay.sudo = options.sudo
    asked = options.steps or list(known)
    unknown = [word for word in asked if not any(choose([word], cells) for cells in known.values())]
    if unknown:
        print(f"No such step: {', '.join(unknown)}. `./scripts/replay --list` shows those there are.", file=sys.stderr)
        return 2
    started = time.monotonic()
    with replay.open:
        for name, cells in known.items():
            chosen = choose(asked, cells)
            if chosen:
                names: dict[str, Any] = {"__name__": name}
                exec(compile(preamble(chosen[0].path), str(chosen[0].path), "exec"), names)
                print(f"\n{(names.get('__doc__') or name).strip()}")
                run(chosen, names)
        if options.transcript:
            asked_for = {cell.id for cells in known.values() for cell in cells if is_asked(cell, asked)}
            save(options.transcript, asked_for)
        # What takes the machines down again is nobody's business.
        replay.over = True
    for failure in replay.failed:
        print(f"✗ {failure}")
    for line in replay.left_out:
        print(f"left out: {line}")
    total = replay.held + len(replay.failed)
    left = f", {len(replay.left_out)} left out" if replay.left_out else ""
    print(f"\n{replay.steps} steps{left}, {replay.held} of {total} checks held, {time.monotonic() - started:.1f} s")
    # What was asked for by name and could not be replayed has not held.
    return 1 if replay.failed or (replay.left_out and options.steps) else 0


def is_asked(cell: Cell, asked: list[str]) -> bool:
    """Whether a cell was asked for itself, not only as something that another builds on."""
    return any(cell.id == word or cell.id.startswith(f"{word}.") or is_part(cell.id, word) for word in asked)


if __name__ == "__main__":
    # The documents' scripts import this file by its name, and must find the replay that is under way.
    sys.modules["replaying"] = sys.modules[__name__]
    sys.exit(main())
