"""A runner that runs nothing: it only records what would be typed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from netns_kit.commands.command import Command, Result
from netns_kit.commands.process import Process


class DryProcess(Process):
    """A process that never was: it prints nothing, and ends well when it is asked to."""

    def __init__(self, command: Command, host: str) -> None:
        self.command, self.host, self.started = command, host, 0.0
        self._ended, self._typed_last, self._stopped = None, "", False

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
        """Nothing but the end that a session has typed for itself."""
        return " ".join(self._typed_last.split()[-2:-1])

    def lines(self, timeout: float | None = None) -> Iterator[str]:
        """Nothing but a session's own end of a command, with success."""
        return iter([f"{self.error_text} 0"] if self._typed_last else [])

    def write(self, text: str) -> None:
        """Keep what is typed last."""
        self._typed_last = text

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

    The only thing it keeps in mind is which vethN are taken, since the kernel picks those names.
    """

    pid = 1
    machine = "dry run"
    batches = True

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
        """Record the command as one that runs until it is stopped."""
        return DryProcess(command, self.host)

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
