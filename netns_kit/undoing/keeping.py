"""What a scope keeps of each change."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from attrs import evolve

from netns_kit.commands.command import IPROUTE2, Command, Result
from netns_kit.commands.errors import NetnsKitError
from netns_kit.machines.private.sweeping import COOKIE
from netns_kit.machines.process import Process
from netns_kit.machines.records import Entry
from netns_kit.sites.site import Site
from netns_kit.undoing import firewall, identity, made
from netns_kit.undoing.back import State, back, read_state
from netns_kit.undoing.inverse import Inverse, inverse
from netns_kit.undoing.lines import READERS
from netns_kit.undoing.made import Changed, Place
from netns_kit.undoing.telling import record_for
from netns_kit.undoing.typed import Typed, read_typed, site_at


class Keeping:
    """Hears of the commands of a host, and keeps how each is taken back; `check` may end the scope before one runs."""

    def __init__(self, host: Site, check: Callable[[], None], around: tuple[str, ...] = ()) -> None:
        self.around = around
        """The records of the scopes that it is in."""
        self._host, self._pid, self._check = host, host.runner.pid, check
        self.record = record_for(host)
        self.changes: list[Entry] = []
        self.processes: list[Process] = []
        self.may_last = False
        """Whether something was run that may have left a process behind."""
        self._told: set[tuple[Place, str]] = set()
        self._untold: list[Entry] = []
        self._awaiting: dict[int, tuple[Command, list[Entry], list[tuple[Entry, Entry]]]] = {}
        self._links: dict[tuple[Place, str], Entry] = {}
        self._borrowed: dict[tuple[Place, str], Entry] = {}
        self._spaces: set[str] = set()
        self._lock = threading.RLock()

    def before(self, command: Command) -> Command:
        """Keep how a command is taken back, before it runs."""
        self._check()
        # What a batch may gather is over at once.
        if self.record.mark and command.change is None:
            argv = command.argv[command.leading :]
            self.may_last = self.may_last or "exec" in argv or argv[0] not in _SHORT_LIVED
            command = evolve(command, environment={**command.environment, COOKIE: self.record.mark})
        with self._lock:
            entries, moved = [], []
            for typed in read_typed(command):
                if typed.place in self._spaces and typed.tool in IPROUTE2 and not _LEADING_OUT & set(typed.words):
                    # It goes with its namespace.
                    continue
                changed = made.set_link(typed, self._pid)
                entries += self._entries(typed, changed)
                moved += self._follow(typed, changed)
            if any("before" in entry or "there" in entry for entry in entries):
                # What it is compared with must not be gathered.
                command = evolve(command, change=None)
            if entries or moved:
                self._awaiting[id(command)] = command, entries, moved
        return command

    def tell(self) -> None:
        """Put down all that was heard of, with what has the names by now that are to be given."""
        with self._lock:
            told = [*self._untold]
            identity.know(self._host, told)
            if told:
                self.record.write(told)
            # Now, since Ctrl-C may come in between.
            del self._untold[: len(told)]

    def _entries(self, typed: Typed, changed: Changed | None) -> list[Entry]:
        """How what a command is about is taken back, told."""
        entries = self._made(typed, changed)
        if not entries and not self._is_own(typed):
            found = inverse(typed)
            if found and (found.compared or found.parameters or found.seen):
                # What was gathered comes first.
                getattr(self._host.runner, "send", lambda: None)()
            entries = [*self._tables(typed), self._entry(typed, found, changed)] if found else []
        self._add(entries)
        return entries

    def started(self, process: Process) -> None:
        """Keep a process, so that it ends with the scope."""
        self.processes.append(process)

    def after(self, done: Iterable[tuple[Command, Result | None]]) -> None:
        """Keep what tells the things that were made from others, and what a change has changed."""
        with self._lock:
            changed = [entry for command, result in done for entry in self._outcome(command, result)]
            # What is in a namespace of its own goes with that.
            told = [entry for entry in changed if entry.get("ok") and entry.get("place") not in self._spaces]
            identity.identify(self._host, told)
            if changed:
                self.record.write([{key: value for key, value in one.items() if key not in _FIRST} for one in changed])

    def _outcome(self, command: Command, result: Result | None) -> list[Entry]:
        """What came of the changes of a command: the entries of these."""
        _, entries, moved = self._awaiting.pop(id(command), (command, [], []))
        refused = result is None or ((result.returncode or 0) > 0 and not result.timed_out)
        # Of a batch of the tool's own, some lines may have been carried out.
        refused = refused and (result is None or not {"-b", "-batch"} & set(command.argv))
        for entry, before in moved if refused else ():
            self._stays(entry, before)
        for entry in entries:
            if "before" in entry and result is not None:
                self._compare(entry)
            elif "there" in entry:
                entries = [*entries, *self._new(entry)]
            elif refused and "tables" not in entry:
                entry["ok"] = False
                self._forget(entry)
            elif result is not None and result.ok:
                entry["ok"] = True
        return [*(entry for entry, _ in moved), *entries]

    def _stays(self, entry: Entry, before: Entry) -> None:
        """A link has not gone elsewhere, and is called as it was: that was refused."""
        for known in (self._links, self._borrowed):
            for key in [key for key, one in known.items() if one is entry]:
                del known[key]
        entry |= before
        home = self._links if "link" in entry else self._borrowed
        key = (entry["place"], entry["link"]) if "link" in entry else (entry["went"][0], entry["went"][2])
        home[key] = entry

    def _new(self, entry: Entry) -> list[Entry]:
        """The links that came without a name of the caller's."""
        entry["ok"] = False
        names = identity.all_links(site_at(self._host, entry["place"])).keys() - set(entry["there"])
        found: list[Entry] = [{"link": name, "place": entry["place"], "known": None, "ok": True} for name in names]
        self._links |= {(one["place"], one["link"]): one for one in found}
        self._add(found)
        self.tell()
        return found

    def forget(self, entries: Iterable[Entry]) -> None:
        """Note that changes are undone."""
        undone = [{"n": entry["n"], "undone": True} for entry in entries if self._has(entry)]
        for told in undone:
            self.changes[told["n"]] |= told
        # What lies far away is told all at once.
        if self.record.mark and undone:
            self.record.write(undone)

    def _has(self, entry: Entry) -> bool:
        """Whether a change is its own: scopes that have ended leave theirs to others."""
        return any(entry is own for own in self.changes[entry["n"] : entry["n"] + 1])

    @property
    def claims(self) -> set[str]:
        """What it has set or added that others may rely on, too."""
        return {claim for entry in self.changes for claim in entry.get("claims", ())}

    def _add(self, entries: list[Entry]) -> None:
        for entry in entries:
            entry |= {"n": len(self.changes), "at": time.time()}
            self.changes.append(entry)
            self._untold.append(entry)

    def _made(self, typed: Typed, changed: Changed | None) -> list[Entry]:
        """The entries of what a command makes."""
        netns = made.made_netns(typed)
        if netns:
            self._spaces |= {netns} if typed.verb == ("netns", "add") else set()
            return [{"netns": netns}]
        entries = []
        found = list(made.made_links(typed, self._pid))
        if changed and changed.place in self._spaces and (changed.place, changed.name) not in self._borrowed:
            # It was born in a namespace that is the scope's own, and leaves that.
            found.append((changed.new_place, changed.new_name))
        for place, name in found:
            if place in self._spaces:
                continue
            site = site_at(self._host, place)
            if name is None or "%" in name:
                getattr(self._host.runner, "send", lambda: None)()
                entries.append({"place": place, "there": sorted(identity.all_links(site))})
                continue
            entry: Entry = {"link": name, "place": place}
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
        what, does = (*typed.words, "", "")[:2]
        if typed.tool == "ip" and (what in ("rule", "nexthop") or (what == "route" and does != "add")):
            # It may stand in the place of one that was there.
            return False
        if what == "route" and "nexthop" in typed.words:
            return False
        return name is not None and (typed.place, name) in self._links

    def _follow(self, typed: Typed, changed: Changed | None) -> list[tuple[Entry, Entry]]:
        """Know the links where they go, and by what they are called: the scope's own, and those that were brought.

        Whether they get there is not known yet: what is given is each with what was known of it before.
        """
        found = []
        if changed and (changed.place, changed.name) != (changed.new_place, changed.new_name):
            old, new = (changed.place, changed.name), (changed.new_place, changed.new_name)
            own, borrowed = self._links.pop(old, None), self._borrowed.pop(old, None)
            if own:
                found.append((own, {"link": own["link"], "place": own["place"]}))
                self._links[new] = own
                own["places"] = [*own.get("places", ()), own["place"]]
                own |= {"link": changed.new_name, "place": changed.new_place}
                self._untold.append(own)
            # Where it went on from a place of others, that is a change of its own.
            if borrowed and changed.new_place != borrowed["place"] and new not in self._borrowed:
                found.append((borrowed, {"went": borrowed["went"]}))
                self._borrowed[new] = borrowed
                borrowed["went"] = [changed.new_place, borrowed["went"][1], changed.new_name]
                self._untold.append({"n": borrowed["n"], "went": borrowed["went"]})
        gone = made.gone_netns(typed)
        if gone in self._spaces:
            self._spaces.discard(str(gone))
        return found

    def _forget(self, entry: Entry) -> None:
        self._links = {key: one for key, one in self._links.items() if one is not entry}
        self._spaces.discard(entry.get("netns", ""))

    def _tables(self, typed: Typed) -> list[Entry]:
        """Which tables a firewall has, before a tool makes more of them by being asked for a rule."""
        family = firewall.tool_of(typed.tool)
        if not family or (typed.place, family) in self._told:
            return []
        self._told.add((typed.place, family))
        had = firewall.tables(identity.quiet(typed.site(self._host)), family)
        return [{"place": typed.place, "firewall": family, "tables": had}]

    def _entry(self, typed: Typed, found: Inverse, changed: Changed | None) -> Entry:
        """How a change of what was there before is taken back."""
        entry: Entry = {"place": typed.place, "claims": list(found.claims), "typed": [typed.tool, *typed.words]}
        if typed.place is not None and not typed.place.startswith("/"):
            entry["in"] = identity.namespaces(self._host, [typed.place]).get(typed.place)
        if found.undo:
            seen = self._state(typed.place, found.seen, ())
            return {**entry, "undo": [list(argv) for argv in found.undo], "seen": seen, "adds": found.adds}
        state = self._state(typed.place, found.compared, found.parameters)
        entry |= {"before": state, "parameters": list(found.parameters), "adds": found.adds}
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
        try:
            after = self._state(entry["place"], compared, tuple(entry["parameters"]))
        except NetnsKitError:
            # What is there now is looked at again when it is taken back.
            return
        undo = back(before, after, entry.get("went", ()), entry["adds"])
        entry |= {"ok": True, "undo": [list(argv) for argv in undo]}
        if "nft" in after:
            entry["nft"] = after["nft"]


_SHORT_LIVED = {*IPROUTE2, *firewall.TOOLS, "sysctl", "brctl", "nft", "ethtool", "modprobe", "ping", "cat", "true"}

_LEADING_OUT = {"netns", "name"}
"""Without one of these words, nothing that is in a namespace leaves it."""

_FIRST = ("before", "seen", "adds", "in", "there", "tables", "parameters", "claims", "known", "typed", "at")
"""What is told before a change, once."""
