"""A runner that runs nothing: it only records what would be typed."""

from __future__ import annotations

import json

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import NetnsKitError
from netns_kit.commands.process import Process


class DryRunner:
    """Answers every command with success. Queries about one link are answered with its name, others with nothing.

    The only thing it keeps in mind is which vethN are taken, since the kernel picks those names.
    """

    pid = 1
    machine = "dry run"

    def __init__(self, host: str = "host") -> None:
        self.host = host
        self._taken: set[tuple[str | None, str]] = set()

    def run(self, command: Command) -> Result:
        """Record the command as one that succeeded."""
        argv = command.argv
        if argv == ("ip", "-V"):
            return Result(command, self.host, 0, "ip utility, iproute2-6.1.0\n")
        return Result(command, self.host, 0, self._answer(argv, command.netns))

    def start(self, command: Command, *, terminal: bool = False) -> Process:
        """Refused: what lasts has nothing to last on."""
        raise NetnsKitError(f"A dry run starts nothing that lasts: {command}")

    def interact(self, command: Command) -> Result:
        """Record the command as one that succeeded."""
        return self.run(command)

    def _answer(self, argv: tuple[str, ...], netns: str | None) -> str:
        self._follow(argv, netns)
        if argv[-4:] == ("link", "add", "type", "veth") and "-echo" in argv:
            free = (f"veth{number}" for number in range(1 << 16))
            outer, inner = (next(name for name in free if (netns, name) not in self._taken) for _ in range(2))
            self._taken |= {(netns, outer), (netns, inner)}
            return json.dumps([{"ifname": inner, "link": outer}])
        if "-j" in argv and "dev" in argv[:-1]:
            return json.dumps([{"ifname": argv[argv.index("dev") + 1]}])
        return "[]" if "-j" in argv else ""

    def _follow(self, argv: tuple[str, ...], netns: str | None) -> None:
        if "link" not in argv or "dev" not in argv[:-1]:
            return
        key = (netns, argv[argv.index("dev") + 1])
        if "netns" in argv or "name" in argv or "delete" in argv:
            self._taken.discard(key)
