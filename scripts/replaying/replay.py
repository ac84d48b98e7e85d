"""Replays the documents: runs the cells of D0.py to D4.py, shows what they run, and counts what they check."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from scripts.replaying.cells import Cell, choose, documents, is_asked
from scripts.replaying.running import Replay


def save(path: str, replay: Replay, asked: list[str]) -> None:
    """Write what the steps that were asked for ran as JSON lines, one a command."""
    with open(path, "w", encoding="ascii") as file:
        for step, transcript, result in replay.ran:
            # A shell's exit status is known only after the commands that were typed in it.
            final = next((one for one in transcript if one.command is result.command), result)
            if is_asked(step, asked):
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
            titles = {cell.step: cell.title for cell in reversed(cells)}
            for step in reversed(titles):
                print(f"{step:8} {titles[step]}")
        return 0
    return play(options, known)


def play(options: argparse.Namespace, known: dict[str, list[Cell]]) -> int:
    """Replay what the command line asks for."""
    replay = Replay(options.sudo)
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
        for cells in known.values():
            if chosen := choose(asked, cells):
                names = replay.begin(chosen[0].path)
                print(f"\n{names['__doc__'].strip()}")
                replay.play(chosen, names)
        if options.transcript:
            save(options.transcript, replay, asked)
    for failure in replay.failed:
        print(f"✗ {failure}")
    for line in replay.left_out:
        print(f"left out: {line}")
    total = replay.held + len(replay.failed)
    left = f", {len(replay.left_out)} left out" if replay.left_out else ""
    print(
        f"\n{len(replay.steps)} steps{left}, {replay.held} of {total} checks held, {time.monotonic() - started:.1f} s"
    )
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
