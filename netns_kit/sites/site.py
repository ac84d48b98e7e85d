"""The little that a noun or a table needs in order to run a command: a runner, and the namespace it is for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from attrs import field, frozen

from netns_kit.commands import reading
from netns_kit.commands.causes import error_for
from netns_kit.commands.command import DEFAULT_TIMEOUT, IPROUTE2, LOCALE_C, Change, Command, Result
from netns_kit.commands.errors import InvalidArgumentError, NoPlaceError, OutputError
from netns_kit.commands.reading import Entries
from netns_kit.machines.process import Process
from netns_kit.machines.runner import Runner

_versions: dict[str, tuple[int, ...]] = {}


class At(Protocol):
    """Whatever has a site: a host, a namespace, a noun, or a site itself."""

    @property
    def site(self) -> Site: ...


@frozen
class Site:
    """Where commands run: on a runner's host, or in a namespace of it, by `name` or by the `path` of its file."""

    runner: Runner = field(repr=lambda runner: runner.host)
    name: str | None = None
    path: str | None = None

    @property
    def site(self) -> Site:
        """Itself: wherever a place will do, a site does."""
        return self

    @property
    def host(self) -> Site:
        """The host that the namespace belongs to."""
        return Site(self.runner)

    @property
    def where(self) -> str:
        """What to call it in a few words: the namespace's name or path, or the host's name."""
        return self.name or self.path or self.runner.host

    @property
    def file(self) -> str:
        """The file of its namespace, as processes of this machine see it; of no use where the host is another one."""
        folder = f"/proc/{self.runner.pid}"
        if self.path is not None:
            return f"{folder}/root{self.path}"
        return f"{folder}/ns/net" if self.name is None else f"{folder}/root/run/netns/{self.name}"

    @property
    def file_there(self) -> str:
        """The file of its namespace, as its host sees it; "." for the host's own."""
        return self.path or (f"/run/netns/{self.name}" if self.name else ".")

    def namespace(self, name: str) -> Site:
        """The namespace of that name on the same host."""
        return Site(self.runner, name)

    def process(self, pid: int) -> Site:
        """The namespace of that process of the same host."""
        return Site(self.runner, path=f"/proc/{pid}/ns/net")

    def seen_from(self, other: Site) -> str:
        """What `ip link set … netns` calls this one on `other`: a name, a path, or a process id.

        Raises InvalidArgumentError if they are on different machines, for no link goes from one to another.
        """
        if self.runner.machine != other.runner.machine:
            raise InvalidArgumentError("netns", self, f"it is on another machine than {other.runner.host}")
        if self.name is not None:
            if self.runner is not other.runner:
                return f"/proc/{self.runner.pid}/root/run/netns/{self.name}"
            # A number without a file of that name would be taken for a process.
            return f"/run/netns/{self.name}" if self.name.isdigit() else self.name
        return self.path or str(self.runner.pid)

    def argv(self, *argv: object) -> tuple[str, ...]:
        """What a person would type on the host to have the command run here."""
        command = tuple(str(word) for word in argv)
        if self.path is not None:
            return ("nsenter", f"--net={self.path}", *command)
        if self.name is None:
            return command
        if command[0] in IPROUTE2:
            return (command[0], "-n", self.name, *command[1:])
        return ("ip", "netns", "exec", self.name, *command)

    def command(
        self,
        *argv: object,
        timeout: float | None = DEFAULT_TIMEOUT,
        input: str | None = None,
        stdin: int | None = None,
        environment: Mapping[str, str] = LOCALE_C,
        change: Change | None = None,
    ) -> Command:
        """The command that runs `argv` here."""
        typed = self.argv(*argv)
        try:
            whole = "\n".join(typed).encode(errors="surrogateescape")
        except UnicodeEncodeError:
            whole = b"\0"
        if b"\0" in whole:
            raise InvalidArgumentError("argv", typed, "a word holds NUL, or what no bytes stand for")
        leading = 0 if argv[0] in IPROUTE2 and self.path is None else len(typed) - len(argv)
        return Command(typed, self.name or self.path, input, stdin, timeout, environment, change, leading)

    def run(
        self,
        *argv: object,
        check: bool = True,
        timeout: float | None = DEFAULT_TIMEOUT,
        input: str | None = None,
        environment: Mapping[str, str] = LOCALE_C,
    ) -> Result:
        """Run a command here; with `check`, one that fails raises the error that names its cause."""
        result = self.runner.run(self.command(*argv, timeout=timeout, input=input, environment=environment))
        if check and not result.ok:
            raise error_for(result)
        return result

    @property
    def key(self) -> Hashable:
        """What tells this namespace from all others."""
        return id(self.runner), self.name or self.path

    def change(self, *argv: object, also: Site | None = None, ends: bool = False) -> Result:
        """Run a command that changes something and whose output nobody needs; a batch may gather it.

        `also` is another site that it touches, `ends` says that names may stand for other links afterwards.
        """
        change = Change(() if also is None else (also.key,), ends)
        result = self.runner.run(self.command(*argv, change=change))
        if not result.ok:
            raise error_for(result)
        return result

    def read(self, tool: str, *words: object) -> Entries:
        """Run `ip -j …` or `bridge -j …` here and read its answer, again where the kernel says it is patchy."""
        return reading.entries(self._dump(tool, "-j", *words))

    def read_together(self, *queries: str) -> list[Entries]:
        """Run several queries of `ip`, none of which asks for one link, in one process; the answer to each.

        Equivalent to: `ip -j -d -batch -` with a query a line
        """
        result = self._dump("ip", "-j", "-d", "-batch", "-", input="".join(f"{query}\n" for query in queries))
        return reading.documents(result, len(queries))

    def _dump(self, *argv: object, input: str | None = None) -> Result:
        """Run a query, again where the kernel says that its answer is patchy."""
        reading.check_version(self.version())
        for _ in range(10):
            result = self.run(*argv, check=False, input=input)
            if reading.INTERRUPTED not in result.stderr:
                return result
        raise OutputError(f"{result.command} was interrupted ten times: too much changes here to be read at once")

    def start(self, *argv: object, terminal: bool = False, environment: Mapping[str, str] = LOCALE_C) -> Process:
        """Start a command here that lasts."""
        return self.runner.start(self.command(*argv, environment=environment), terminal=terminal)

    def interact(self, *argv: object) -> Result:
        """Run a command here on this process's own terminal, for a person to talk to."""
        return self.runner.interact(self.command(*argv, timeout=None, environment={}))

    def version(self) -> tuple[int, ...]:
        """The version of the host's iproute2, asked for once."""
        machine = self.runner.machine
        if machine not in _versions:
            # Not recorded: nobody typed it.
            quiet = getattr(self.runner, "runner", self.runner)
            result = quiet.run(Command(("ip", "-V")))
            if not result.ok:
                raise error_for(result)
            _versions[machine] = reading.version(result.stdout)
        return _versions[machine]


_entered: ContextVar[At | None] = ContextVar("entered", default=None)
_used: At | None = None


def current() -> At:
    """The place that is entered, or else the one in use; NoPlaceError if there is none."""
    place = _entered.get() or _used
    if place is None:
        raise NoPlaceError
    return place


def use(place: At | None) -> None:
    """Make a place the one where commands are typed while none is entered, in all threads."""
    global _used
    _used = place


@contextmanager
def entered(place: At) -> Iterator[None]:
    """Make a place the current one for a block."""
    token = _entered.set(place)
    try:
        yield
    finally:
        _entered.reset(token)


def site_of(at: At | None) -> Site:
    """The site of `at`, or of the current place."""
    site = getattr(current() if at is None else at, "site", None)
    if not isinstance(site, Site):
        raise InvalidArgumentError("at", at, 'it must be a place, such as Namespace("net1")')
    return site
