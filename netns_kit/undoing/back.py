"""From what was there to what is there now: the commands that lead back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netns_kit.sites.site import Site
from netns_kit.undoing import firewall, lines

Argv = tuple[str, ...]
State = dict[str, Any]
"""What was read, as plain data, by what it is of."""


_REPLACED = ("route", "nexthop", "qdisc")


def read_state(site: Site, compared: Sequence[str], parameters: Sequence[str]) -> State:
    """What a place has of these."""
    found: State = dict(lines.read(site, [name for name in compared if name in lines.READERS], parameters))
    for name in compared:
        if name in firewall.TOOLS:
            found[name] = firewall.read(site, name)
        elif name == "nft":
            found[name] = firewall.tables_of_nft(site)
    return found


def back(before: State, after: State, went: Sequence[Any] = (), adds: str | None = None) -> Iterator[Argv]:
    """The commands that lead from after to before.

    `went` has a link that is brought back first: where it went, its name before that, and its name there. Of what is
    new, only what has the word that the command `adds` is taken away: all else is somebody else's.
    """
    for name in before:
        if name in firewall.TOOLS:
            yield from firewall.back(name, before[name], after[name], takes=adds is not None)
    told = [name for name in before if name in lines.READERS and name != "link"]
    for name in reversed(told):
        new = (argv for key, argv in after[name].items() if key not in before[name] and adds is not None)
        yield from (_less(argv) for argv in new if not adds or adds in argv)
    if "link" in before:
        yield from _links(before["link"], after["link"], went)
    parameters = before.get("sysctl", {})
    if any(list(after["sysctl"].get(key, ())) != list(argv) for key, argv in parameters.items()):
        # A general one, written back, sets the others again.
        yield from map(tuple, parameters.values())
    for name in told:
        for key, argv in before[name].items():
            if list(after[name].get(key, ())) != list(argv):
                if key in after[name] and name != "qdisc":
                    yield _less(after[name][key])
                # What stands in its place now may be the scope's own, which is not looked at.
                yield tuple("replace" if word == "add" and name in _REPLACED else word for word in argv)


def _less(argv: Sequence[str]) -> Argv:
    """The command that takes away what another one adds."""
    place = next(number for number, word in enumerate(argv) if word in ("add", "append"))
    return (*argv[:place], "delete" if argv[0] == "ip" else "del", *argv[place + 1 :])


def _links(before: lines.Lines, after: lines.Lines, went: Sequence[Any]) -> Iterator[Argv]:
    numbers = [key.partition(" ")[2] for key in before if key.startswith("name ")]
    for number in numbers:
        if f"name {number}" not in after and not (went and went[1] == before[f"name {number}"][-1]):
            yield tuple(before[f"made {number}"])
    for number in numbers:
        old = name = before[f"name {number}"][-1]
        now = after.get(f"name {number}")
        if now is not None:
            name = now[-1]
        if name != old:
            # Some kernels rename none that is up.
            yield ("ip", "link", "set", "dev", name, "down")
            yield ("ip", "link", "set", "dev", name, "name", old)
        for key, argv in before.items():
            what, _, of = key.rpartition(" ")
            # What a kind is set to is said where one is made again.
            remade = now is None and not went and what.startswith(("type ", "port "))
            if of == number and what not in ("name", "made") and not remade:
                last = None if name != old and what == "up" else after.get(key)
                if last is None or list(last[5:]) != list(argv[5:]):
                    yield tuple(argv)
