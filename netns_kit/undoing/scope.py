"""A scope: what is done in it on a real host is undone when it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

from netns_kit.commands.errors import NetnsKitError, UndoError
from netns_kit.machines.private.sweeping import sweep as end_marked
from netns_kit.machines.records import Entry
from netns_kit.machines.signals import held
from netns_kit.sites.batch import send_gathered, ungathered
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.undoing.ending import ending
from netns_kit.undoing.keeping import Keeping
from netns_kit.undoing.sweep import in_use, leavings, noting
from netns_kit.undoing.undo import Undo


@contextlib.contextmanager
def scope(host: Site) -> Iterator[None]:
    """Undo at the block's end what was changed on a host in it, however that ends."""
    recorder = host.runner
    if not isinstance(recorder, Recorder):
        raise NetnsKitError(f"{recorder.host} is no host of a script's own.")
    with ending() as check:
        outer, process, keeping = recorder.undoing, os.getpid(), None
        try:
            with held():
                keeping = recorder.undoing = Keeping(host, check, _around(outer))
            yield
        except OSError as error:
            if keeping is not None:
                raise
            raise NetnsKitError(f"A scope is recorded in {error.filename}: {error.strerror}. Root may do it.") from None
        finally:
            # A process that was forked off ends for itself alone.
            if keeping is not None and os.getpid() == process:
                with held():
                    try:
                        send_gathered()
                    finally:
                        # For a scope around it, nothing has happened.
                        recorder.undoing = None
                        try:
                            with ungathered():
                                _end(host, keeping, _around(outer))
                        finally:
                            recorder.undoing = outer


def _around(outer: object) -> tuple[str, ...]:
    """The records of the scopes that one is in."""
    return (outer.record.path, *outer.around) if isinstance(outer, Keeping) else ()


def _end(host: Site, keeping: Keeping, around: tuple[str, ...]) -> None:
    """Take all back, but for what others have set as well: the last of those does that."""
    for process in reversed(keeping.processes):
        process.stop()
    if keeping.may_last:
        end_marked(keeping.record.mark, ())
    own = [entry for entry in keeping.changes if entry.get("ok") is not False]
    claims = keeping.claims
    used = in_use(host, claims, but=(keeping.record.path, *around)) if claims else set()
    with leavings(host, claims - used) as others:
        collected = noting(host, others)

        def undone(entries: Sequence[Entry]) -> None:
            keeping.forget(entries)
            collected(entries)

        undo = Undo(host, undone)
        mine = [entry for entry in own if not used & set(entry.get("claims", ()))]
        undo.run(sorted((*mine, *(entry for _, entry in others)), key=lambda entry: float(entry["at"])))
    keep = any("undone" not in entry for entry in own)
    if keep:
        keeping.record.write([{"n": entry["n"], "undone": True} for entry in own if "undone" in entry])
        keeping.record.write([{"ended": True}])
    keeping.record.close(keep=keep)
    if undo.problems:
        raise UndoError("The scope has ended, and not all could be taken back:\n" + "\n".join(undo.problems))
