"""A runner that runs nothing: it only records what would be typed."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Iterator

from netns_kit.commands.command import Command, Result
from netns_kit.machines.process import Process

Key = tuple[str | None, str]
"""A link, by its namespace and its name."""


class DryProcess(Process):
    """A process that never was: it prints nothing, and ends well when it is asked to.

    What a session types into it is answered as by a dry run of its own.
    """

    def __init__(self, command: Command, host: str) -> None:
        self.command, self.host, self.started = command, host, 0.0
        self._ended, self._tokens, self._stopped = None, [""], False
        self._typist, self._said = DryRunner(host), ""

    @property
    def pid(self) -> int:
        """Nobody's."""
        return 1

    @property
    def running(self) -> bool:
        """Until it is stopped."""
        return not self._stopped

    @property
    def error_text(self) -> str:
        """Nothing but the ends that a session has typed for itself."""
        return "".join(f"\n{token}\n" for token in self._tokens[1:])

    def lines(self, timeout: float | None = None) -> Iterator[str]:
        """Nothing but what a session's command is answered, and the session's own end of it, with success."""
        return iter([*self._said.splitlines(), f"{self._tokens[-1]} 0"] if self._tokens[-1] else [])

    def wait_for(self, text: str, timeout: float = 10.0) -> None:
        """It is taken to have said it."""

    def write(self, text: str) -> None:
        """Keep by what a session will know the end of what it types, and what that is answered."""
        self._tokens += text.split()[-2:-1]
        line, is_read, _ = text.partition(" </dev/null; ")
        self._said = self._typist.run(Command(tuple(shlex.split(line)))).stdout if is_read else ""

    def close_input(self) -> None:
        """Nothing reads it."""

    def signal(self, number: int) -> None:
        """End it."""
        self._stopped = True

    def wait(self, timeout: float | None = None) -> Result:
        """Its success."""
        self._stopped = True
        result = Result(self.command, self.host, 0, background=True)
        if self._ended:
            self._ended(result)
            self._ended = None
        return result


class DryRunner:
    """Answers every command with success. Queries about one link are answered with its name, others with nothing.

    The only thing it keeps in mind is which links there are, each with its other end, since for an unnamed pair the
    kernel picks names that are free.
    """

    pid = 1
    machine = "dry run"
    batches = True

    def __init__(self, host: str = "host") -> None:
        self.host = host
        self._links: dict[Key, Key] = {}

    def run(self, command: Command) -> Result:
        """Record the command as one that succeeded."""
        argv = command.argv
        if argv == ("ip", "-V"):
            return Result(command, self.host, 0, "ip utility, iproute2-6.1.0\n")
        # Queries that are asked together are answered line by line.
        queries = (command.input or "").count("\n") if "-batch" in argv and "-j" in argv else 1
        return Result(command, self.host, 0, "\n".join([self._answer(argv, command.netns)] * queries))

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Record the command as one that runs until it is stopped."""
        return DryProcess(command, self.host)

    def interact(self, command: Command) -> Result:
        """Record the command as one that succeeded."""
        return self.run(command)

    def _answer(self, argv: tuple[str, ...], netns: str | None) -> str:
        self._follow(argv, netns)
        if argv[-4:] == ("link", "add", "type", "veth") and "-echo" in argv:
            free = (f"veth{number}" for number in itertools.count() if (netns, f"veth{number}") not in self._links)
            outer, inner = next(free), next(free)
            self._links |= {(netns, outer): (netns, inner), (netns, inner): (netns, outer)}
            return json.dumps([{"ifname": inner, "link": outer}])
        if argv[-4:-1] == ("link", "show", "dev"):
            return json.dumps([{"ifname": argv[-1]}])
        return "[]" if "-j" in argv else ""

    def _follow(self, argv: tuple[str, ...], netns: str | None) -> None:
        if argv[-3:-1] == ("netns", "delete"):
            self._drop(*(key for key in self._links if key[0] == argv[-1]))
        if "link" not in argv[:-1]:
            return
        verb, *words = argv[argv.index("link") + 1 :]
        pairs = list(itertools.pairwise(words))
        names = [name for word, name in pairs if word == "name"]
        targets = [None if place == str(self.pid) else place for word, place in pairs if word == "netns"] or [netns]
        if verb == "add" and names:
            ends = [(netns, names[0]), *((targets[0], name) for name in names[1:])]
            self._links |= zip(ends, reversed(ends), strict=True)
        elif verb == "set" and words[0] == "dev":
            self._move((netns, words[1]), (targets[0], names[0] if names else words[1]))
        elif verb == "delete":
            self._drop((netns, words[-1]))

    def _move(self, old: Key, new: Key) -> None:
        other = self._links.pop(old, old)
        self._links[new] = new if other == old else other
        if other != old:
            self._links[other] = new

    def _drop(self, *keys: Key) -> None:
        for key in keys:
            self._links.pop(self._links.pop(key, key), None)
