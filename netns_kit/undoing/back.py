"""From what was there to what is there now: the commands that lead back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netns_kit.sites.site import Site
from netns_kit.undoing import firewall, lines

Argv = tuple[str, ...]
State = dict[str, Any]
"""What was read, as plain data, by what it is of."""


def read_state(site: Site, compared: Sequence[str], parameters: Sequence[str]) -> State:
    """What a place has of these."""
    found: State = dict(lines.read(site, [name for name in compared if name in lines.READERS], parameters))
    for name in compared:
        if name in firewall.TOOLS:
            found[name] = firewall.read(site, name)
        elif name == "nft":
            found[name] = firewall.tables_of_nft(site)
    return found


def back(before: State, after: State, went: Sequence[Any] = ()) -> Iterator[Argv]:
    """The commands that lead from after to before.

    `went` has a link that is brought back first: where it went, its name before that, and its name there.
    """
    for name in before:
        if name in firewall.TOOLS:
            yield from firewall.back(name, before[name], after[name])
        elif name == "nft":
            yield from firewall.back_by_nft(before[name], after[name])
    told = [name for name in before if name in lines.READERS and name != "link"]
    for name in reversed(told):
        yield from (_less(argv) for key, argv in after[name].items() if key not in before[name])
    if "link" in before:
        yield from _links(before["link"], after["link"], went)
    for name in (*told, *(("sysctl",) if "sysctl" in before else ())):
        for key, argv in before[name].items():
            if list(after[name].get(key, ())) != list(argv):
                if key in after[name] and name != "sysctl":
                    yield _less(after[name][key])
                yield tuple(argv)


def _less(argv: Sequence[str]) -> Argv:
    """The command that takes away what another one adds."""
    place = next(number for number, word in enumerate(argv) if word in ("add", "append"))
    return (*argv[:place], "delete" if argv[0] == "ip" else "del", *argv[place + 1 :])


def _links(before: lines.Lines, after: lines.Lines, went: Sequence[Any]) -> Iterator[Argv]:
    for number in [key.partition(" ")[2] for key in before if key.startswith("name ")]:
        old = name = before[f"name {number}"][-1]
        now = after.get(f"name {number}")
        if now is not None:
            name = now[-1]
        elif not went or went[1] != old:
            yield tuple(before[f"made {number}"])
        if name != old:
            # Some kernels rename none that is up.
            yield ("ip", "link", "set", "dev", name, "down")
            yield ("ip", "link", "set", "dev", name, "name", old)
        for key, argv in before.items():
            what, _, of = key.rpartition(" ")
            if of == number and what not in ("name", "made"):
                last = None if name != old and what == "up" else after.get(key)
                if last is None or list(last[5:]) != list(argv[5:]):
                    yield tuple(argv)
