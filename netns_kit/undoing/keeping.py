"""What a scope keeps of each change, and where: in memory, and outside the process."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import evolve

from netns_kit.commands.command import IPROUTE2, Command, Result
from netns_kit.machines.dry_run import DryRunner
from netns_kit.machines.fake import FakeRunner
from netns_kit.machines.private.sweeping import COOKIE
from netns_kit.machines.process import Process
from netns_kit.machines.records import FOLDER, Entry, OwnRecord
from netns_kit.machines.runner import DirectRunner
from netns_kit.sites.site import Site
from netns_kit.undoing import firewall, identity, made
from netns_kit.undoing.back import State, back, read_state
from netns_kit.undoing.inverse import Inverse, inverse
from netns_kit.undoing.lines import READERS
from netns_kit.undoing.made import Place
from netns_kit.undoing.typed import Typed, read_typed, site_at

_KEEPER = """umask 022; mkdir -p "$1" && cd "$1" || exit; file=$1/far-$$.jsonl
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


class Keeping:
    """Hears of the commands of a host, and keeps how each is taken back; `check` may end the scope before one runs."""

    def __init__(self, host: Site, check: Callable[[], None]) -> None:
        self._host, self._pid, self._check = host, host.runner.pid, check
        self.record = record_for(host)
        self.changes: list[Entry] = []
        self.processes: list[Process] = []
        self.may_last = False
        """Whether something was run that may have left a process behind."""
        self._told: set[tuple[Place, str]] = set()
        self._awaiting: dict[int, tuple[Command, list[Entry]]] = {}
        self._links: dict[tuple[Place, str], Entry] = {}
        self._borrowed: dict[tuple[Place, str], Entry] = {}
        self._spaces: set[str] = set()
        self._lock = threading.RLock()

    def before(self, command: Command) -> Command:
        """Keep how a command is taken back, before it runs."""
        self._check()
        if self.record.mark:
            self.may_last = self.may_last or command.argv[command.leading] not in _SHORT_LIVED
            command = evolve(command, environment={**command.environment, COOKIE: self.record.mark})
        with self._lock:
            entries = [entry for typed in read_typed(command) for entry in self._entries(typed, command)]
            if any("before" in entry for entry in entries):
                # What it is compared with must not be gathered.
                command = evolve(command, change=None)
            if entries:
                self._awaiting[id(command)] = command, entries
        return command

    def _entries(self, typed: Typed, command: Command) -> list[Entry]:
        """How what a command is about is taken back, told."""
        entries = self._made(typed)
        if not entries and not self._is_own(typed):
            found = inverse(typed, command)
            if found and (found.compared or found.parameters):
                # What was gathered comes first.
                getattr(self._host.runner, "send", lambda: None)()
            entries = [*self._tables(typed), self._entry(typed, found)] if found else []
        self._follow(typed)
        if entries:
            self._tell(entries)
        return entries

    def started(self, process: Process) -> None:
        """Keep a process, so that it ends with the scope."""
        self.processes.append(process)

    def after(self, command: Command, result: Result | None) -> None:
        """Keep what tells the things that were made from others, and what a change has changed."""
        with self._lock:
            _, entries = self._awaiting.pop(id(command), (command, []))
            refused = result is None or ((result.returncode or 0) > 0 and not result.timed_out)
            for entry in entries:
                if "before" in entry and result is not None:
                    self._compare(entry)
                elif refused and "tables" not in entry:
                    entry["ok"] = False
                    self._forget(entry)
                else:
                    entry["ok"] = True
                    entry |= self._identity(entry)
            if entries:
                self.record.write([{key: value for key, value in one.items() if key not in _FIRST} for one in entries])

    def forget(self, entry: Entry) -> None:
        """Note that a change is undone."""
        entry["undone"] = True
        # Others' are noted by who has collected them, and what lies far away is told all at once.
        if self.record.mark and any(entry is own for own in self.changes[entry["n"] : entry["n"] + 1]):
            self.record.write([{"n": entry["n"], "undone": True}])

    @property
    def claims(self) -> set[str]:
        """What was set."""
        return {claim for entry in self.changes for claim in entry.get("claims", ())}

    def _tell(self, entries: list[Entry]) -> None:
        for entry in entries:
            entry |= {"n": len(self.changes), "at": time.time()}
            self.changes.append(entry)
        self.record.write(entries)

    def _made(self, typed: Typed) -> list[Entry]:
        """The entries of what a command makes."""
        netns = made.made_netns(typed)
        if netns:
            self._spaces |= {netns} if typed.verb == ("netns", "add") else set()
            return [{"netns": netns, "known": identity.namespaces(self._host, [netns]).get(netns)}]
        entries = []
        changed = made.set_link(typed, self._pid)
        found = list(made.made_links(typed, self._pid))
        if changed and changed.place in self._spaces and (changed.place, changed.name) not in self._borrowed:
            # It was born in a namespace that is the scope's own, and leaves that.
            found.append((changed.new_place, changed.new_name))
        for place, name in found:
            if place not in self._spaces:
                known = identity.links(self._host, [name]) if place is None else {}
                entry: Entry = {"link": name, "place": place, "known": known.get(name, (None,))[0]}
                self._links[place, name] = entry
                entries.append(entry)
        return entries

    def _is_own(self, typed: Typed) -> bool:
        """Whether a command changes nothing but what the scope made itself, and is gone with that."""
        name = made.subject(typed)
        gone = made.gone_netns(typed)
        if gone:
            return gone in self._spaces
        if typed.place in self._spaces:
            # What is no parameter of a network is the whole machine's.
            return typed.tool != "sysctl" or all(re.match(r"-|net[./]", word) for word in typed.words)
        return name is not None and (typed.place, name) in self._links

    def _follow(self, typed: Typed) -> None:
        """Know the links where they go, and by what they are called: the scope's own, and those that were brought."""
        changed = made.set_link(typed, self._pid)
        if changed and (changed.place, changed.name) != (changed.new_place, changed.new_name):
            old, new = (changed.place, changed.name), (changed.new_place, changed.new_name)
            own, borrowed = self._links.pop(old, None), self._borrowed.pop(old, None)
            if own:
                self._links[new] = own
                # Whether it gets there is not known yet.
                own["places"] = [*own.get("places", ()), own["place"]]
                own |= {"link": changed.new_name, "place": changed.new_place}
                self.record.write([own])
            if borrowed and changed.new_place in self._spaces:
                self._borrowed[new] = borrowed
                borrowed["went"] = [changed.new_place, borrowed["went"][1], changed.new_name]
                self.record.write([{"n": borrowed["n"], "went": borrowed["went"]}])
        gone = made.gone_netns(typed)
        if gone in self._spaces:
            self._spaces.discard(str(gone))

    def _forget(self, entry: Entry) -> None:
        self._links = {key: one for key, one in self._links.items() if one is not entry}
        self._spaces.discard(entry.get("netns", ""))

    def _identity(self, entry: Entry) -> Entry:
        """What tells what was made from what may get its name later."""
        if "netns" in entry:
            return {"inode": identity.namespaces(self._host, [entry["netns"]]).get(entry["netns"])}
        if "link" in entry:
            found = identity.links(site_at(self._host, entry["place"]), [entry["link"]]).get(entry["link"])
            return {"index": found[0], "address": found[1]} if found else {}
        return {}

    def _tables(self, typed: Typed) -> list[Entry]:
        """Which tables a firewall has, before a tool makes more of them by being asked for a rule."""
        family = firewall.tool_of(typed.tool)
        if not family or (typed.place, family) in self._told:
            return []
        self._told.add((typed.place, family))
        had = firewall.tables(identity.quiet(typed.site(self._host)), family)
        return [{"place": typed.place, "firewall": family, "tables": had}]

    def _entry(self, typed: Typed, found: Inverse) -> Entry:
        """How a change of what was there before is taken back."""
        entry: Entry = {"place": typed.place, "claims": list(found.claims), "typed": [typed.tool, *typed.words]}
        if found.undo:
            return {**entry, "undo": [list(argv) for argv in found.undo]}
        state = self._state(typed.place, found.compared, found.parameters)
        entry |= {"before": state, "parameters": list(found.parameters)}
        changed = made.set_link(typed, self._pid)
        if changed and changed.new_place != changed.place:
            entry["went"] = [changed.new_place, changed.name, changed.new_name]
            self._borrowed[changed.new_place, changed.new_name] = entry
        return entry

    def _state(self, place: Place, compared: Sequence[str], parameters: Sequence[str]) -> State:
        """What a place has, but for what is about the scope's own links: that goes with them."""
        own = {name for at, name in self._links if at == place}
        found = read_state(identity.quiet(site_at(self._host, place)), compared, parameters)
        return {
            name: {key: words for key, words in told.items() if not own & set(words)} if name in READERS else told
            for name, told in found.items()
        }

    def _compare(self, entry: Entry) -> None:
        """From what was there before and what is there now, how that is taken back."""
        before: State = entry["before"]
        compared = tuple(name for name in before if name != "sysctl")
        after = self._state(entry["place"], compared, tuple(entry["parameters"]))
        entry |= {"ok": True, "undo": [list(argv) for argv in back(before, after, entry.get("went", ()))]}


_SHORT_LIVED = {*IPROUTE2, *firewall.TOOLS, "sysctl", "brctl", "nft", "ethtool", "modprobe", "ping", "cat", "true"}

_FIRST = ("before", "tables", "parameters", "claims", "known", "typed", "at")
"""What is told before a change, once."""
