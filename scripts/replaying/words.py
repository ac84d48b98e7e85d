"""The words that the documents' scripts D0.py to D4.py use besides the library's, and the replay under way.

What a cell runs is recorded as the document's, except in `aside`, where it is ours: what the document takes as given,
or a look at it.
"""

from __future__ import annotations

import contextlib
import io
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, field

from netns_kit import Host, Lab, LinkInfo, Result, Topology, Transcript
from scripts.replaying import engine

WIDTH = 110


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
