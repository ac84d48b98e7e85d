"""What scopes of processes that are gone have left: found, told and taken back, and never anything else."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator

from attrs import frozen

from netns_kit.commands.causes import error_for
from netns_kit.commands.errors import NetnsKitError, PermissionDeniedError
from netns_kit.commands.rows import legible
from netns_kit.machines.private.sweeping import sweep as end_marked
from netns_kit.machines.records import FOLDER, Entry, Record, read_record, start_of
from netns_kit.machines.runner import DirectRunner
from netns_kit.sites.site import Site
from netns_kit.undoing.identity import quiet
from netns_kit.undoing.undo import Undo

LOCK = f"{FOLDER}/lock"


Left = tuple[Record, Entry]
"""A change that nobody takes back any more, and whose record it is in."""


@frozen
class Swept:
    """What was found, a line each, and what could not be taken back."""

    found: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.found) or "Nothing is left of scopes whose processes are gone.\n"


def sweep(host: Site, *, dry_run: bool = False) -> Swept:
    """Take back what scopes of processes that are gone have left; with `dry_run`, only say what that is.

    What a scope that still lives has set as well is left until that ends. Two sweeps wait for each other.
    """
    if dry_run:
        return Swept(_told(_left(_known(host), None)))
    with leavings(host) as left:
        undo = Undo(host, noting(host, left), _living(_known(host)))
        undo.run([entry for _, entry in left])
    return Swept(_told(left), tuple(undo.problems))


@contextlib.contextmanager
def leavings(host: Site, claims: Collection[str] | None = None) -> Iterator[list[Left]]:
    """What scopes of processes that are gone have left, in order, for a block that takes it back with nobody beside it.

    With `claims`, only what has set one of these. What the block has noted as undone is kept no longer.
    """
    if claims == set() or not _ending(_known(host), claims):
        yield []
        return
    with _alone(host):
        known = _known(host)
        left, records = _left(known, claims), _ending(known, claims)
        for record in records:
            mark = record.head.get("mark")
            if mark and not record.ended and isinstance(quiet(host).runner, DirectRunner):
                end_marked(mark, ())
        yield left
        for record in records:
            if not record.left:
                quiet(host).run("rm", "-f", record.path)


def noting(host: Site, left: list[Left]) -> Callable[[Iterable[Entry]], None]:
    """What notes in their records that changes are undone, so that nobody undoes them again."""

    def note(entries: Iterable[Entry]) -> None:
        undone = {id(entry) for entry in entries}
        told: dict[str, str] = {}
        for record, entry in left:
            if id(entry) in undone:
                entry["undone"] = True
                told[record.path] = f'{told.get(record.path, "")}{{"n": {entry["n"]}, "undone": true}}\n'
        for path, lines in told.items():
            quiet(host).run("tee", "-a", path, input=lines)

    return note


def _living(known: list[tuple[bool, Record]]) -> set[str]:
    """What scopes that live have made, by name."""
    mine = [entry for gone, record in known if not gone for entry in record.left]
    return {str(entry.get("link") or entry.get("netns")) for entry in mine}


def _ending(known: list[tuple[bool, Record]], claims: Collection[str] | None) -> list[Record]:
    """The records that are looked at: all whose processes are gone, also with nothing in them, or those that matter."""
    if claims is None:
        return [record for gone, record in known if gone]
    return list({record.path: record for record, _ in _left(known, claims)}.values())


def in_use(host: Site, claims: Collection[str], *, but: Collection[str]) -> set[str]:
    """Those of these that scopes which live have set, too."""
    return _used([(gone, record) for gone, record in _known(host) if record.path not in but]) & set(claims)


def _used(known: list[tuple[bool, Record]]) -> set[str]:
    return {claim for gone, record in known if not gone for entry in record.left for claim in entry.get("claims", ())}


def _left(known: list[tuple[bool, Record]], claims: Collection[str] | None) -> list[Left]:
    used = _used(known) - set(claims or ())
    found = [
        (record, entry)
        for gone, record in known
        if gone
        for entry in record.left
        if not used & set(entry.get("claims", ())) and (claims is None or set(claims) & set(entry.get("claims", ())))
    ]
    return sorted(found, key=lambda one: float(one[1].get("at", 0)))


def _told(left: list[Left]) -> tuple[str, ...]:
    """What they are, a line each, but for what the kernel or a tool made for them."""
    return tuple(
        f"{record.path.rpartition('/')[2].removesuffix('.jsonl')}: {_one(entry)}"
        for record, entry in left
        if "tables" not in entry
    )


def _one(entry: Entry) -> str:
    where = f" in {entry['place']}" if entry.get("place") else ""
    if "netns" in entry:
        return legible(f"namespace {entry['netns']}")
    if "link" in entry:
        return legible(f"link {entry['link']}{where}")
    return legible(shlex.join(entry.get("typed", ("a change",))) + where)


def _known(host: Site) -> list[tuple[bool, Record]]:
    """The records of this very host, each with whether its process is gone. Those that root did not write are none."""
    site = quiet(host)
    about = site.run("stat", "-c", "%u %a %F", FOLDER, check=False)
    owner, mode, *kind = about.stdout.split() or ("", "0")
    if owner != "0" or int(mode, 8) & 0o022 or kind != ["directory"]:
        return []
    # Another container may share the folder, and neither the networks nor the processes.
    here = site.run("stat", "-L", "-c", "%i", "/proc/self/ns/net", "/proc/self/ns/pid").stdout.split()
    own = [one for one in _read(site) if [str(one.head.get(key)) for key in ("net", "pids")] == here]
    stats = site.run("cat", *(f"/proc/{record.pid}/stat" for record in own), check=False).stdout if own else ""
    living = {(line.partition(" ")[0], start_of(line)) for line in stats.splitlines() if ")" in line}
    gone = {record.path for record in own if (str(record.pid), record.head.get("started")) not in living}
    # What is told now is all that those have told which were gone by then.
    paths = {record.path for record in own}
    return [(one.ended or one.path in gone, one) for one in (_read(site) if own else ()) if one.path in paths]


def _read(site: Site) -> list[Record]:
    said = site.run("grep", "-a", "-r", "-s", "-H", "--include=*.jsonl", "", FOLDER, check=False).stdout
    files: dict[str, list[str]] = {}
    for line in said.split("\n"):
        path, _, text = line.partition(":")
        files.setdefault(path, []).append(text)
    return [record for path, lines in files.items() if (record := read_record(path, lines))]


@contextlib.contextmanager
def _alone(host: Site) -> Iterator[None]:
    """Let nobody else sweep for the time of a block."""
    with quiet(host).start("flock", LOCK, "sh", "-c", "echo alone; exec cat") as process:
        if next(process.lines(60), "") != "alone":
            if process.running:
                raise NetnsKitError("Somebody else has been sweeping here for a minute.")
            result = process.wait()
            error = error_for(result)
            if "Permission denied" in result.stderr:
                raise PermissionDeniedError(result, "Only root may sweep: `--sudo`, or run it under sudo.")
            raise error
        yield
