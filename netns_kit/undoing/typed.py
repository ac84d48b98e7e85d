"""What a command of the network's tools is about, read from its words."""

from __future__ import annotations

import shlex

from attrs import frozen

from netns_kit.commands.abbreviations import FAMILY_NAMES, whole
from netns_kit.commands.command import IPROUTE2, Command
from netns_kit.sites.site import Site

_WITH_VALUE = ("-f", "-family", "-l", "-loops", "-rc", "-rcvbuf")
_NETNS = ("-n", "-net", "-netns")


@frozen
class Typed:
    """A command: its tool, the namespace that it is for, its options, and its words from the object on.

    The object and the verb of iproute2's tools are written in full.
    """

    tool: str
    place: str | None
    options: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def verb(self) -> tuple[str, ...]:
        """The object and the verb."""
        return self.words[:2]

    @property
    def family(self) -> tuple[str, ...]:
        """The options that say which family is meant."""
        return tuple(option for option in self.options if option in FAMILY_NAMES.values())

    def behind(self, *names: str) -> str | None:
        """The word behind the first of these names."""
        for name, value in zip(self.words, self.words[1:], strict=False):
            if name in names:
                return value
        return None

    def site(self, host: Site) -> Site:
        """Where it is carried out."""
        return site_at(host, self.place)


def site_at(host: Site, place: str | None) -> Site:
    """A place of a host, by its name or by the path of its file."""
    if place is None:
        return host
    return Site(host.runner, path=place) if place.startswith("/") else host.namespace(place)


def read_typed(command: Command) -> list[Typed]:
    """What a command is about: one thing, or each line of what `ip -batch -` reads."""
    place = command.netns if command.leading else None
    argv = command.argv[command.leading :]
    found = _read(argv, place)
    if found is None or not {"-b", "-batch"} & set(found.options):
        return [found] if found else []
    lines = (_words(line) for line in (command.input or "").splitlines())
    read = (_read((argv[0], *line), found.place) for line in lines if line)
    return [one for one in read if one]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return []


def _unwrapped(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The words behind programs that only become another one."""
    rest = list(argv)
    while rest and rest[0] in _BECOMING:
        valued = _BECOMING[rest.pop(0)]
        while rest and (rest[0].startswith("-") or ("=" in rest[0] and "=" in valued) or rest[0].isdigit()):
            del rest[: 2 if rest[0] in valued else 1]
    return tuple(rest)


_BECOMING: dict[str, tuple[str, ...]] = {
    "env": ("=", "-C", "-u"), "nice": ("-n",), "sudo": ("-u", "-g"), "timeout": ("-s", "-k"), "setsid": (), "nohup": (),
    "stdbuf": ("-i", "-o", "-e"), "ionice": ("-c", "-n"),
}  # fmt: skip
"""Such programs, and their options with a value."""


def _read(argv: tuple[str, ...], place: str | None) -> Typed | None:
    argv = _unwrapped(argv)
    if not argv:
        return None
    tool, words = argv[0].rpartition("/")[2], argv[1:]
    options: list[str] = []
    while tool in IPROUTE2 and words[:1] and words[0].startswith("-"):
        option, count = words[0].replace("--", "-", 1), 1
        if option in _NETNS and len(words) > 1:
            place, count = words[1], 2
        elif option in _WITH_VALUE:
            option, count = FAMILY_NAMES.get("".join(words[1:2]), option), 2
        options.append(option)
        words = words[count:]
    if tool in IPROUTE2:
        words = whole(tool, words)
    if tool == "ip" and words[:2] == ("netns", "exec"):
        return _read(words[3:], words[2] if len(words) > 2 else None)
    return Typed(tool, place, tuple(options), words)
