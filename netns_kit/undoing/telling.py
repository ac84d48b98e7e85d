"""Where a scope's changes are told: outside the process, so that they are known when that is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from netns_kit.machines.dry_run import DryRunner
from netns_kit.machines.fake import FakeRunner
from netns_kit.machines.process import Process
from netns_kit.machines.records import FOLDER, OwnRecord
from netns_kit.machines.runner import DirectRunner
from netns_kit.sites.site import Site
from netns_kit.undoing import identity

_KEEPER = """umask 022; mkdir -p "$1" && cd "$1" || exit; umask 077; file=$1/far-$$.jsonl
printf '{"pid": %s, "started": "%s", "net": %s, "pids": %s}\\n' $$ "$(cut -d ' ' -f 22 /proc/$$/stat)" \
"$(stat -L -c %i /proc/self/ns/net)" "$(stat -L -c %i /proc/self/ns/pid)" >"$file" && echo "$file" && exec cat"""


class Record(Protocol):
    """Where a scope's changes are told, line by line."""

    mark: str
    path: str

    def write(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Tell something."""

    def close(self, *, keep: bool) -> None:
        """End it."""


class NoRecord:
    """Of what nothing runs, nothing is left."""

    mark = path = ""

    def write(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Nothing to tell."""

    def close(self, *, keep: bool) -> None:
        """Nothing to end."""


class FarRecord:
    """A record on another machine, or where only sudo may write: its process there lives as long as this one."""

    mark = ""

    def __init__(self, host: Site) -> None:
        self._site = identity.quiet(host)
        self._keeper: Process = self._site.start("sh", "-c", _KEEPER, "sh", FOLDER)
        self.path = next(self._keeper.lines(30), "")
        if not self.path:
            self._keeper.check = True
            with self._keeper:
                self._keeper.wait(5)

    def write(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Tell something, before anything else runs there."""
        self._site.run("tee", "-a", self.path, input="".join(f"{json.dumps(one)}\n" for one in told))

    def close(self, *, keep: bool) -> None:
        """End it."""
        if not keep:
            self._site.run("rm", "-f", self.path)
        self._keeper.stop()


def record_for(host: Site) -> Record:
    """The record of a scope on a host."""
    runner = identity.quiet(host).runner
    if isinstance(runner, DryRunner | FakeRunner):
        return NoRecord()
    if isinstance(runner, DirectRunner) and not runner.sudo:
        return OwnRecord()
    return FarRecord(host)
