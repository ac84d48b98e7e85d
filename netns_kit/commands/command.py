"""What is run, and what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Hashable, Mapping
from typing import Any

from attrs import field, frozen

from netns_kit.commands.rows import readable

DEFAULT_TIMEOUT = 60.0
"""Seconds after which a command is ended, unless the caller says otherwise."""

IPROUTE2 = ("ip", "bridge", "tc")
"""The tools that take `-n NAME`."""

LOCALE_C: Mapping[str, str] = {"LC_ALL": "C", "LANGUAGE": ""}
"""The environment of every command whose output is read by the library."""


def words(values: tuple[object, ...]) -> tuple[str, ...]:
    """The argv that these values stand for."""
    return tuple(str(value) for value in values)


@frozen
class Change:
    """Marks a command that changes something and whose output nobody needs, so that a batch may carry it.

    `also` are the namespaces that it touches beside its own; after one that `ends` a batch, names may stand for other
    links.
    """

    also: tuple[Hashable, ...] = ()
    ends: bool = False


@frozen
class Command:
    """One command: argv and how to run it.

    `netns` only labels where it runs; that it runs there is up to `argv`.
    `timeout` is in seconds, None waits for ever. `stdin` is a file descriptor, `input` its text instead. The first
    `leading` words only lead to where the rest of them runs. `change` says what a batch must know; `within` is the
    command of the shell that this one is typed into, if it is.
    """

    argv: tuple[str, ...] = field(converter=words)
    netns: str | None = None
    input: str | None = None
    stdin: int | None = None
    timeout: float | None = DEFAULT_TIMEOUT
    environment: Mapping[str, str] = LOCALE_C
    change: Change | None = None
    leading: int = 0
    within: Command | None = None

    def __str__(self) -> str:
        return shlex.join(self.argv)


@frozen
class Result:
    """What came of a command.

    `returncode` is negative for a signal, as in `subprocess`, and None while a background process runs.
    `started` is in seconds since the epoch, `duration` in seconds. `batch` numbers the process that carried it;
    `stopped` tells that a background process was sent a signal, `private` that it was in a private host, `debris` that
    what was in its way is what a scope of a process that is gone has left.
    """

    command: Command
    host: str
    returncode: int | None
    stdout: str = ""
    stderr: str = ""
    started: float = 0.0
    duration: float = 0.0
    timed_out: bool = False
    background: bool = False
    batch: int | None = None
    stopped: bool = False
    private: bool = field(default=False, eq=False, repr=False)
    debris: bool = field(default=False, eq=False, repr=False)

    @property
    def argv(self) -> tuple[str, ...]:
        """The command as it was executed."""
        return self.command.argv

    @property
    def netns(self) -> str | None:
        """The network namespace it ran in, None for the host's own."""
        return self.command.netns

    @property
    def ok(self) -> bool:
        """Whether it did what was asked for: the exit status was 0, or it is the usage text that was asked for."""
        tool = self.argv[self.command.leading] if self.argv else ""
        asked = tool in IPROUTE2 and self.argv[-1] == "help"
        return self.returncode == 0 or (asked and self.returncode == 255)

    def __str__(self) -> str:
        return self.stdout + self.stderr

    def __repr__(self) -> str:
        return f"Result({str(self.command)!r}, exit status {self.returncode})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        said = readable(str(self).rstrip("\n"))
        status = "" if self.returncode in (0, None) else f"(exit status {self.returncode})"
        printer.text("\n".join(filter(None, (said, status))))
