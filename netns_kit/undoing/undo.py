"""Changes are taken back, the last first."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Container, Iterable, Sequence

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import CommandError, ExistsError, NetnsKitError, NotFoundError
from netns_kit.machines.records import Entry
from netns_kit.sites.batch import Batch, gathered
from netns_kit.sites.site import Site
from netns_kit.undoing import firewall, identity
from netns_kit.undoing.back import State, back, read_state
from netns_kit.undoing.typed import site_at

LARGEST_GROUP = 2**31


class Undo:
    """Takes changes back on a host. `undone` hears of them, `problems` has what could not be done.

    `theirs` are the names of what others have made that live: what nobody came to look at is none of these.
    """

    def __init__(self, host: Site, undone: Callable[[Sequence[Entry]], object], theirs: Container[str] = ()) -> None:
        self._host, self._undone, self._theirs = host, undone, theirs
        self.problems: list[str] = []

    def run(self, entries: Sequence[Entry]) -> None:
        """Take these back. What was made goes in few steps, but nothing is brought back before what came after went."""
        spaces = {entry["netns"] for entry in entries if "netns" in entry}
        made: list[Entry] = []
        for entry in reversed(entries):
            if "link" in entry or "netns" in entry:
                made.append(entry)
                continue
            if "before" in entry:
                self._delete(made, spaces)
                made = []
            self._guarded([entry], functools.partial(self._take_back, entry))
        self._delete(made, spaces)

    def _guarded(self, entries: Sequence[Entry], work: Callable[[], None]) -> None:
        """Do something for entries. What fails is told, kept, and keeps nothing else from being undone."""
        before = len(self.problems)
        try:
            work()
        except (NetnsKitError, OSError) as error:
            if not isinstance(error, NotFoundError):
                self.problems.append(str(error))
        if len(self.problems) == before:
            self._undone(entries)

    def _take_back(self, entry: Entry) -> None:
        place = entry["place"]
        if entry.get("in") and identity.namespaces(self._host, [place]).get(place) != entry["in"]:
            # It was done in another namespace of that name, which is gone.
            return
        site = site_at(self._host, place)
        quiet = identity.quiet(site)
        if "tables" in entry:
            for words in firewall.empty_tables(quiet, entry["firewall"], entry["tables"]):
                # Nobody need have nft.
                quiet.run(*words, check=False)
            return
        if entry.get("went"):
            self._bring_home(entry)
        if "nft" in entry.get("before", ()):
            self._tables_of_nft(site, entry)
        tool = entry["typed"][0] if firewall.appends(entry["typed"]) else None
        before = firewall.read(quiet, tool) if tool else []
        for argv in self._commands(quiet, entry):
            self._do(site, argv)
        if tool:
            for argv in firewall.first_again(tool, before, firewall.read(quiet, tool)):
                self._do(site, argv)

    def _commands(self, quiet: Site, entry: Entry) -> Iterable[Sequence[str]]:
        """The commands that take it back."""
        if "seen" in entry:
            done = entry.get("ok") or (entry["seen"] and _is_new(quiet, entry))
            return entry["undo"] if done else ()
        if "undo" in entry:
            found: Iterable[Sequence[str]] = entry["undo"]
            return found
        # Whoever wanted to change it ended then, and how far that came nobody knows.
        before = {name: told for name, told in entry["before"].items() if name != "nft"}
        compared = [name for name in before if name != "sysctl"]
        return list(back(before, _known(before, read_state(quiet, compared, entry["parameters"]))))

    def _tables_of_nft(self, site: Site, entry: Entry) -> None:
        """Tables of nft are put back whole, unless somebody else has changed them since."""
        before, now = entry["before"]["nft"], firewall.tables_of_nft(identity.quiet(site))
        for name in {**before, **entry.get("nft", {})}:
            then = entry.get("nft", now).get(name)
            if then == before.get(name):
                continue
            if now.get(name) != then:
                self.problems.append(f"The table {name} of nft was changed by others as well, and stays as it is.")
                continue
            gone = f"delete {name}\n" if name in now else ""
            result = site.run("nft", "-f", "-", input=gone + before.get(name, ""), check=False)
            if not result.ok:
                self._failed(result)

    def _bring_home(self, entry: Entry) -> None:
        there, name, new_name = entry["went"]
        home = str(self._host.runner.pid) if entry["place"] is None else entry["place"]
        site, start = site_at(self._host, there), ("ip", "link", "set", "dev")
        if new_name != name:
            # Some kernels rename none that is up.
            self._do(site, (*start, new_name, "down"))
            self._do(site, (*start, new_name, "name", name))
        self._do(site, (*start, name, "netns", home))
        # It may have been brought back by hand.
        at_home = site_at(self._host, entry["place"])
        if new_name != name and new_name in (known := identity.all_links(at_home)) and name not in known:
            self._do(at_home, (*start, new_name, "down"))
            self._do(at_home, (*start, new_name, "name", name))

    def _do(self, site: Site, argv: Sequence[str]) -> None:
        result = site.run(*argv, check=False)
        if not result.ok:
            self._failed(result)

    def _failed(self, result: Result) -> None:
        error = error_for(result)
        # Somebody else has done it already, or what it belonged to is gone.
        if not isinstance(error, NotFoundError | ExistsError):
            self.problems.append(str(error))

    def _delete(self, made: list[Entry], spaces: set[str]) -> None:
        if made:
            self._guarded(made, lambda: self._delete_all(made, spaces))

    def _delete_all(self, made: list[Entry], spaces: set[str]) -> None:
        """Delete links and namespaces, each if it is what was made."""
        links = [entry for entry in made if "link" in entry]
        places = {place for entry in links for place in (entry["place"], *entry.get("places", ()))} - spaces
        for place in sorted(places, key=str):
            site = site_at(self._host, place)
            there = identity.found(site, links)
            numbered = {index: name for name, (index, _) in there.items()}
            called = ((entry, {entry["link"], numbered.get(entry.get("index", 0), "")}) for entry in links)
            found = [
                name
                for entry, names in called
                for name in names & there.keys()
                if self._is_it(name, entry, there, place)
            ]
            self._delete_links(site, list(dict.fromkeys(found)))
        names = [entry for entry in made if "netns" in entry]
        inodes = identity.namespaces(self._host, [entry["netns"] for entry in names])
        self._together(
            self._host,
            [("ip", "netns", "delete", entry["netns"]) for entry in names if self._is_it_still(entry, inodes)],
        )

    def _delete_links(self, site: Site, names: list[str]) -> None:
        if len(names) < 3:
            self._together(site, [("ip", "link", "delete", "dev", name) for name in names])
            return
        # The kernel waits once for all links of a group, and once for each that is deleted by itself.
        group = str(random.randrange(LARGEST_GROUP // 2, LARGEST_GROUP))
        self._together(site, [("ip", "link", "set", "dev", name, "group", group) for name in names])
        self._do(site, ("ip", "link", "delete", "group", group))

    def _is_it(self, name: str, entry: Entry, there: dict[str, identity.Identity], place: str | None) -> bool:
        if "index" in entry:
            return identity.same(name, entry, there)
        # Whoever made it ended just then: it is what has come since by that name, if nobody else says so. Of what was
        # not told, nothing was run.
        came = (
            name == entry["link"] and place == entry["place"] and there[name][0] != entry.get("known", there[name][0])
        )
        return bool(came and name not in self._theirs)

    def _is_it_still(self, entry: Entry, inodes: dict[str, str]) -> bool:
        inode = inodes.get(entry["netns"])
        if "inode" in entry:
            return inode is not None and inode == entry["inode"]
        return inode is not None and inode != entry.get("known", inode) and entry["netns"] not in self._theirs

    def _together(self, site: Site, commands: list[tuple[str, ...]]) -> None:
        """Run commands as a batch; each by itself where one of them fails."""
        try:
            with gathered(Batch(lambda runner: runner is site.runner)):
                for argv in commands:
                    site.change(*argv)
        except CommandError as error:
            self._failed(error.result)
            for command in error.not_run:
                result = site.host.runner.run(command)
                if not result.ok:
                    self._failed(result)


def _known(before: State, after: State) -> State:
    """Of what is there now, only what was there before, in this or another way: the rest may be anybody's."""
    return {
        name: {key: value for key, value in found.items() if key in before[name]}
        if isinstance(found, dict)
        else firewall.known(before[name], found)
        for name, found in after.items()
    }


def _is_new(quiet: Site, entry: Entry) -> bool:
    """Whether there is something now that was not there before, which may be what was added."""
    now = read_state(quiet, list(entry["seen"]), ())
    for name, found in now.items():
        seen = entry["seen"][name]
        if isinstance(found, dict):
            if any(key not in seen and entry["adds"] in " ".join(argv) for key, argv in found.items()):
                return True
        # Chains of somebody's own have no policy.
        elif any(found.count(line) > seen.count(line) for line in found if re.search(r"^-A|^:.* -$", line)):
            return True
    return False
