"""Running a document's cells: what they type is shown and kept, what they assert is counted.

A document knows nothing of this: its machines are found among its names, and what is the document's own command by the
line that it was typed on.
"""

from __future__ import annotations

import ast
import contextlib
import os
import shlex
import sys
import tempfile
import textwrap
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from attrs import define, evolve, field

from netns_kit import CommandError, Host, Lab, MissingModuleError, NetnsKitError, Result, Transcript
from scripts.replaying import engine
from scripts.replaying.cells import Cell, givers, preamble

WIDTH = 110
PRIVATE, SUDO = "Host.private()", "Host.local(sudo=True)"


class LeftOut(Exception):  # noqa: N818
    """A cell cannot be replayed on this machine; the reason says why, and what would help."""


@define
class Replay:
    """What was replayed so far. With `sudo` a document's machine is this one itself, each command under sudo.

    `machines` are the documents', the one in use last; `ran` is what they typed of the documents' own lines.
    """

    sudo: bool = False
    machines: list[Host | Lab] = field(factory=list)
    steps: set[str] = field(factory=set)
    held: int = 0
    failed: list[str] = field(factory=list)
    left_out: list[str] = field(factory=list)
    ran: list[tuple[str, Transcript, Result]] = field(factory=list)
    open: contextlib.ExitStack = field(factory=contextlib.ExitStack)
    _step: str | None = field(default=None, init=False)
    _lines: set[tuple[Path | None, int]] = field(factory=set, init=False)
    _engines: list[Host] = field(factory=list, init=False)

    def begin(self, path: Path) -> dict[str, Any]:
        """The names of a document, after what stands before its first cell."""
        if not self.sudo:
            # Whatever engine the one who replays has elsewhere, a document's machine knows none but its own.
            self.open.enter_context(mock.patch.dict(os.environ, {"DOCKER_HOST": engine.SOCKET}))
        names: dict[str, Any] = {"__name__": path.stem}
        self._run(ast.parse(self._said(preamble(path))), path, names)
        return names

    def play(self, cells: list[Cell], names: dict[str, Any]) -> None:
        """Run cells of a document. One that fails is the last; one that is left out takes along what builds on it."""
        self._lines |= {(cell.path, line) for cell in cells for line in cell.typed}
        missing: set[str] = set()
        for cell in cells:
            if missing & {cell.step, *(one.step for one in givers(cell, cells))}:
                missing.add(cell.step)
                continue
            print(f"\n{cell.step}  {cell.title}", flush=True)
            self.steps.add(cell.step)
            try:
                with progress(cell.step):
                    self._perform(cell, names)
            except LeftOut as error:
                print(f"  left out: {error}")
                self.left_out.append(f"{cell.step}: {error}")
                missing.add(cell.step)
            except Exception as error:
                self._fail(cell, error)
                return

    def _perform(self, cell: Cell, names: dict[str, Any]) -> None:
        with_docker = "docker" in cell.code
        if with_docker and self.sudo:
            raise LeftOut("no containers are started on this machine itself")
        without_engine = self._engine(names["host"]) if with_docker else None
        self._step = cell.step
        try:
            self._run(evolve(cell, code=self._said(cell.code)).tree, cell.path, names)
        except MissingModuleError as error:
            hint = str(error).splitlines()[-1].strip("→ ")
            raise LeftOut(f"{hint} Or in a virtual machine: ./scripts/vm ./scripts/replay {cell.step}") from error
        except CommandError as error:
            if without_engine and "docker" in error.result.argv:
                raise LeftOut(f"a Docker engine of one's own: {without_engine}") from error
            raise
        finally:
            self._step = None

    def _said(self, code: str) -> str:
        return code.replace(PRIVATE, SUDO) if self.sudo else code

    def _run(self, tree: ast.Module, path: Path, names: dict[str, Any]) -> None:
        """Run statement by statement, and look after each for machines that are new."""
        for statement in tree.body:
            exec(compile(ast.Module([statement], []), str(path), "exec"), names)
            for node in ast.walk(statement):
                if isinstance(node, ast.Assert):
                    print(f"  ✓ {ast.unparse(node.test)}")
                    self.held += 1
            self._watch(names)

    def _watch(self, names: dict[str, Any]) -> None:
        labs = [one for one in (*names.values(), *self.machines) if isinstance(one, Lab)]
        known = [*self.machines, *(host for lab in labs for host in lab.hosts.values())]
        for machine in names.values():
            if isinstance(machine, Host | Lab) and not any(machine is one for one in known):
                self.machines.append(machine)
                self.open.callback(machine.close)
                transcript = machine.transcript
                self.open.enter_context(transcript.watched(lambda result, own=transcript: self._typed(own, result)))

    def _typed(self, transcript: Transcript, result: Result) -> None:
        """Show and keep what is typed."""
        own = self._step is not None and self._is_own()
        show(result, own)
        if own:
            self.ran.append((str(self._step), transcript, result))

    def _is_own(self) -> bool:
        """Whether a document's line is being run that has a line of the shell beside it."""
        paths = {str(path): path for path, _ in self._lines}
        frame = sys._getframe()
        while frame.f_back and frame.f_code.co_filename not in paths:
            frame = frame.f_back
        return (paths.get(frame.f_code.co_filename), frame.f_lineno) in self._lines

    def _engine(self, host: Host) -> str | None:
        """Give a document's machine a Docker engine; where it can have none, the reason."""
        if (reason := engine.missing()) is None and not any(host is one for one in self._engines):
            folder = self.open.enter_context(tempfile.TemporaryDirectory(prefix="netns_kit-"))
            # What starts it is no document's, and not shown.
            self.open.enter_context(engine.engine(Host(host.site.runner.runner), Path(folder)))
            self._engines.append(host)
        return reason

    def _fail(self, cell: Cell, error: Exception) -> None:
        if isinstance(error, AssertionError):
            line = next(
                one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == str(cell.path)
            )
            asserts = [one for one in ast.walk(cell.tree) if isinstance(one, ast.Assert) and one.lineno == line]
            said = whole = ast.unparse(asserts[0].test) if asserts else "an assertion"
        else:
            said, whole = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", str(error)
        if not isinstance(error, AssertionError | NetnsKitError):
            traceback.print_exc(file=sys.stdout)
        print(textwrap.indent(whole, "  ✗ "))
        self.failed.append(f"{cell.step}: {said}")


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


def show(result: Result, own: bool) -> None:
    """Show a command that ran, with its output shortened; one that is not the document's own has another prompt."""
    where = "" if result.host == "host" else f"{result.host} "
    print(f"  {where}{'#' if own else '·'} {shlex.join(result.argv)}")
    lines = str(result).strip().splitlines()
    for line in lines[:4]:
        print(f"    {line}" if len(line) <= WIDTH else f"    {line[:WIDTH]}…")
    if len(lines) > 4:
        print(f"    … {len(lines) - 4} more lines")
    if result.returncode:
        print(f"    (exit status {result.returncode})")
