"""Commands as calls: for each tool, the calls that may stand for what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netns_kit.commands.abbreviations import FAMILY_NAMES, whole
from netns_kit.commands.words import spec
from netns_kit.conversion.calls import Call
from netns_kit.conversion.shell.hearing import FAMILIES, hear
from netns_kit.conversion.shell.making import MAKING, counted, of_all
from netns_kit.conversion.shell.objects import Found, verbs
from netns_kit.conversion.shell.same import QUIET, plain
from netns_kit.conversion.shell.tools import TOOLS
from netns_kit.conversion.shell.world import Spot, World

STATISTICS = {"-s", "-stats", "-statistics"}


def candidates(words: Sequence[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """Calls that may stand for a command which is typed at a spot, the best first; each is a list, in order."""
    tool, *rest = words
    reader = READERS.get(tool.rsplit("/", 1)[-1])
    if reader:
        yield from reader(rest, world, spot)


def _ip(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    options = []
    while words and words[0].startswith("-"):
        option = words.pop(0)
        options.append(FAMILY_NAMES.get(words.pop(0), "") if option in ("-f", "-family") and words else option)
    typed = tuple(plain("ip", whole("ip", words)))
    if "-all" in options:
        yield from of_all(list(typed), world, spot)
        return
    if STATISTICS & {*options}:
        yield from counted(list(typed), world, spot)
        yield from _verbs("ip", (*typed, *(("show",) if len(typed) == 1 else ()), "-s"), world, spot)
    for count in (2, 1):
        if typed[:count] in MAKING:
            yield from MAKING[typed[:count]](list(typed[count:]), world, spot)
            break
    family = [option for option in options if option in FAMILIES]
    if family and len(typed) == 1:
        yield from _verbs("ip", (*typed, "show", *family), world, spot)
    yield from _verbs("ip", (*typed, *family), world, spot)
    if family:
        # Where an address says it, the verb need not.
        yield from _verbs("ip", typed, world, spot)


def _bridge(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    typed = whole("bridge", plain("bridge", [word for word in words if not word.startswith("-")]))
    if STATISTICS & {*words}:
        yield from _verbs("bridge", (*typed, "-s"), world, spot)
    yield from _verbs("bridge", typed, world, spot)


def _tc(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    counting = ["-s"] if STATISTICS & {*words} else []
    typed = whole("tc", [one for one in words if one not in (*STATISTICS, *QUIET)])
    yield from _verbs("tc", (*typed, *(("show",) if len(typed) == 1 else ()), *counting), world, spot)


def _verbs(tool: str, typed: tuple[str, ...], world: World, spot: Spot) -> Iterator[list[Call]]:
    """By the verbs that say their own command; a link's own table is shorter than a place's."""
    for found in sorted(verbs(), key=lambda one: not one.of_link):
        constant = tuple(word for word in found.constant if not word.startswith("-"))
        head = constant[: 1 + len(typed)]
        shows = len(typed) < 3 and constant in ((tool, *typed, "show"), (tool, *typed, "list"))
        if head != (tool, *typed)[: len(head)] and not shows:
            continue
        rest = list((tool, *typed)[len(constant) :])
        if len(constant) == 2 and rest[:1] in (["show"], ["list"]):
            rest = rest[1:]
        if constant[-1:] == ("dev",):
            rest = rest if not found.of_link else ["dev", *rest]
        yield from _verb(found, rest, world, spot)


def _verb(found: Found, rest: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    before: list[Call] = []
    bound = {}
    if found.of_link:
        if "dev" not in rest[:-1]:
            return
        place = rest.index("dev")
        link, before = world.link(spot, rest[place + 1])
        bound = {"dev": rest[place + 1]}
        rest = rest[:place] + rest[place + 2 :]
        owner = link
    else:
        owner = spot.variable
    known = spec(found.source)
    given = hear(known, rest, world.at, bound)
    if given is None:
        return
    positional = [given.pop(name) for name in known.positional if name in given]
    keywords = {name: world.meant(name, value, spot) for name, value in given.items()}
    yield [*before, Call(f"{owner}.{found.home}.{found.name}", tuple(positional), keywords)]


READERS = {"ip": _ip, "bridge": _bridge, "tc": _tc, **TOOLS}
"""What reads the words of each tool."""
