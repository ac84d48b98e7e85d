"""Changes are taken back, the last first."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import CommandError, ExistsError, NotFoundError
from netns_kit.machines.records import Entry
from netns_kit.sites.batch import Batch, gathered
from netns_kit.sites.site import Site
from netns_kit.undoing import firewall, identity
from netns_kit.undoing.back import State, back, read_state
from netns_kit.undoing.typed import site_at

LARGEST_GROUP = 2**31


class Undo:
    """Takes changes back on a host. `undone` hears of each, `problems` has what could not be done."""

    def __init__(self, host: Site, undone: Callable[[Entry], None]) -> None:
        self._host, self._undone = host, undone
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
            self._take_back(entry)
            self._undone(entry)
        self._delete(made, spaces)

    def _take_back(self, entry: Entry) -> None:
        site = site_at(self._host, entry["place"])
        if "tables" in entry:
            quiet = identity.quiet(site)
            for words in firewall.empty_tables(quiet, entry["firewall"], entry["tables"]):
                # The older kind of these tables cannot be taken away, and nobody need have nft.
                quiet.run(*words, check=False)
            return
        if entry.get("went"):
            self._bring_home(entry)
        undo: Iterable[Sequence[str]] = entry.get("undo") or ()
        if "undo" not in entry:
            # Whoever wanted to change it ended then, and how far that came nobody knows.
            quiet, before = identity.quiet(site), entry["before"]
            compared = [name for name in before if name != "sysctl"]
            try:
                undo = list(back(before, _known(before, read_state(quiet, compared, entry["parameters"]))))
            except NotFoundError:
                return
        for argv in undo:
            self._do(site, argv)

    def _bring_home(self, entry: Entry) -> None:
        there, name, new_name = entry["went"]
        home = str(self._host.runner.pid) if entry["place"] is None else entry["place"]
        site, start = site_at(self._host, there), ("ip", "link", "set", "dev")
        if new_name != name:
            # Some kernels rename none that is up.
            self._do(site, (*start, new_name, "down"))
            self._do(site, (*start, new_name, "name", name))
        self._do(site, (*start, name, "netns", home))

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
        """Delete links and namespaces, each if it is what was made."""
        links = [entry for entry in made if "link" in entry]
        places = {place for entry in links for place in (entry["place"], *entry.get("places", ()))} - spaces
        for place in sorted(places, key=str):
            site = site_at(self._host, place)
            there = identity.all_links(site)
            found = [name for entry in links for name in there if _is_it(name, entry, there, place)]
            self._delete_links(site, list(dict.fromkeys(found)))
        names = [entry for entry in made if "netns" in entry]
        inodes = identity.namespaces(self._host, [entry["netns"] for entry in names])
        self._together(
            self._host,
            [("ip", "netns", "delete", entry["netns"]) for entry in names if _is_it_still(entry, inodes)],
        )
        for entry in made:
            self._undone(entry)

    def _delete_links(self, site: Site, names: list[str]) -> None:
        if len(names) < 3:
            self._together(site, [("ip", "link", "delete", "dev", name) for name in names])
            return
        # The kernel waits once for all links of a group, and once for each that is deleted by itself.
        group = str(random.randrange(LARGEST_GROUP // 2, LARGEST_GROUP))
        self._together(site, [("ip", "link", "set", "dev", name, "group", group) for name in names])
        self._do(site, ("ip", "link", "delete", "group", group))

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


def _is_it(name: str, entry: Entry, there: dict[str, identity.Identity], place: str | None) -> bool:
    if "index" in entry:
        return identity.same(name, entry, there)
    # Whoever made it ended just then: it is what has come since by that name.
    return bool(name == entry["link"] and place == entry["place"] and there[name][0] != entry["known"])


def _is_it_still(entry: Entry, inodes: dict[str, int]) -> bool:
    inode = inodes.get(entry["netns"])
    # Where nobody came to look at it, it is what was not there before.
    return inode is not None and ((inode == entry["inode"]) if "inode" in entry else bool(inode != entry["known"]))


def _known(before: State, after: State) -> State:
    """Of what is there now, only what was there before, in this or another way: the rest may be anybody's."""
    return {
        name: {key: value for key, value in found.items() if key in before[name]}
        if isinstance(found, dict)
        else firewall.known(before[name], found)
        for name, found in after.items()
    }
