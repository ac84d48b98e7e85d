"""Replays the documents: runs the cells of D0.py to D4.py, shows what they run, and counts what they check."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netns_kit import MissingModuleError, NetnsKitError
from scripts.replaying import words
from scripts.replaying.cells import Cell, choose, documents, is_asked, preamble
from scripts.replaying.words import LeftOut


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


def run(cells: list[Cell], names: dict[str, Any]) -> None:
    """Run a document's cells. A cell that fails ends its document, and the replay goes on with the next."""
    replay = words.replay
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
        for step, transcript, result in words.replay.ran:
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
    replay = words.replay
    replay.sudo = options.sudo
    asked = options.steps or list(known)
    unknown = [word for word in asked if not any(choose([word], cells) for cells in known.values())]
    if unknown:
        print(f"No such step: {', '.join(unknown)}. `./scripts/replay --list` shows those there are.", file=sys.stderr)
        return 2
    if options.transcript and (trouble := not_writable(Path(options.transcript))):
        print(trouble, file=sys.stderr)
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


def not_writable(path: Path) -> str:
    """Why a file cannot be written, before anything runs for it; empty if it can."""
    try:
        path.open("a").close()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read has seen enough; what is left to be said goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
