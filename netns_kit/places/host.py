"""Hosts: machines on which commands run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from types import MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from netns_kit.commands import values
from netns_kit.commands.errors import NetnsKitError, NotFoundError
from netns_kit.commands.transcript import Transcript
from netns_kit.machines.fake import Answer, FakeRunner
from netns_kit.machines.private.opening import open_host
from netns_kit.machines.runner import ClosableRunner, DirectRunner, Machine, Runner
from netns_kit.places.place import Place
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.tables.netns import RUN_DIR

if TYPE_CHECKING:
    from netns_kit.links.snapshot import Snapshot

Words = ParamSpec("Words")
Made = TypeVar("Made")


class _OfMachine(Generic[Words, Made]):
    """A way to make something on this machine if the class is asked, on a host's machine if that host is."""

    def __init__(self, function: Callable[Concatenate[Any, Words], Made]) -> None:
        self.__wrapped__, self.__doc__ = function, function.__doc__

    def __get__(self, host: Host | None, kind: type[Host]) -> Callable[Words, Made]:
        return MethodType(self.__wrapped__, kind if host is None else host)


class Host(Place):
    """A machine on which commands run: this one, a private one, one behind SSH, a dry run.

    As a context manager it is the current place within the block, and is closed at its end.
    """

    def __init__(
        self, runner: Runner, *, transcript: Transcript | int | None = None, close: Callable[[], None] | None = None
    ) -> None:
        self.name = runner.host
        self.transcript = _transcript(transcript)
        self._site = Site(Recorder(runner, self.transcript))
        self._close = close
        self._blocks = contextlib.ExitStack()

    def __repr__(self) -> str:
        return f"Host({self.name!r})"

    @_OfMachine
    def private(machine: Host | type[Host], name: str = "host", *, transcript: Transcript | int | None = None) -> Host:  # noqa: N805
        """A machine of one's own: links, namespaces, routes, firewall and sysctls of nobody else's. No root needed.

        Of the files, /run, /sys and /etc are its own: what is written to /etc is gone with the host. Where the kernel
        has no overlays, nothing there but /etc/hosts can be written. All other folders are the machine's.
        It starts empty, with only lo, which is up. It vanishes with `close()`, at the end of its block, or with this
        process, however that ends. `Host.ssh("node1").private("pc1")` is one on that machine, which takes OpenSSH,
        iproute2 and util-linux there; it vanishes with the connection as well. Hosts may share a `transcript`;
        a number is how many commands it keeps. Raises PrivateHostError where the kernel's settings forbid it, SshError.
        """
        values.netns_name("name", name)
        kept = _transcript(transcript)
        runner = open_host(name) if isinstance(machine, type) else machine._open_host(name)
        kind = machine if isinstance(machine, type) else Host
        return kind(runner, transcript=kept, close=runner.close)

    def _open_host(self, name: str) -> ClosableRunner:
        """A private host on this one's machine."""
        recorder = self._site.runner
        runner = recorder.runner if isinstance(recorder, Recorder) else recorder
        if isinstance(runner, Machine):
            return runner.open_host(name)
        if runner.machine == "this machine":
            return open_host(name)
        raise NetnsKitError(f"{self.name} is no machine that has private hosts: ask the machine that it is on.")

    @classmethod
    def local(cls, *, sudo: bool = False, name: str = "host") -> Host:
        """This machine itself; with `sudo`, each command runs under `sudo -n`, which never asks for a password.

        What is made on it stays, as with `ip` itself, but for what is made in a `scope()`; what was started ends with
        `close()`, at the end of its block, or with this process.
        """
        runner = DirectRunner(values.netns_name("name", name), sudo)
        return cls(runner, close=runner.close)

    @classmethod
    def ssh(
        cls,
        target: str,
        *,
        name: str | None = None,
        config: str | None = None,
        options: Mapping[str, object] | None = None,
        connect_timeout: float = 15.0,
        transcript: Transcript | int | None = None,
    ) -> Host:
        """A machine behind SSH: `Host.ssh("root@node1")`, with OpenSSH's own client and the user's settings for it.

        It connects with its first command, and anew after the connection was lost; all commands share the connection,
        and shells that stay open there, so that a command takes little more than the way there and back.
        Nobody is ever asked for a password. `config` is a file instead of `~/.ssh/config`, `options` are those of
        ssh_config(5), such as `{"Port": 2222}`; `connect_timeout` is in seconds. Hosts may share a `transcript`;
        a number is how many commands it keeps.

        Its commands raise ToolMissingError (no ssh here) and the SshErrors: HostUnreachableError, HostKeyUnknownError,
        HostKeyChangedError, LoginRefusedError, ConnectionLostError.
        """
        # Few need it, so not at the top.
        from netns_kit.machines.ssh.runner import SshRunner

        runner = SshRunner(target, name, config=config, options=options, connect_timeout=connect_timeout)
        return cls(runner, transcript=transcript, close=runner.close)

    @classmethod
    def dry_run(cls, name: str = "host") -> Host:
        """No machine: nothing runs, and `transcript` has what would."""
        # Few need it, so not at the top.
        from netns_kit.machines.dry_run import DryRunner

        return cls(DryRunner(values.netns_name("name", name)))

    @classmethod
    def fake(cls, answers: Mapping[str | tuple[str, ...], Answer], name: str = "host") -> Host:
        """For tests: `answers` maps commands to what they print; all others are refused with UnknownCommandError."""
        return cls(FakeRunner(answers, values.netns_name("name", name)))

    @property
    def pid(self) -> int:
        """A process whose namespaces are the host's own."""
        return self._site.runner.pid

    def snapshots(self) -> dict[str | None, Snapshot]:
        """Snapshots of the host and of all its named namespaces, by name; the host's own is under None.

        A namespace of several names is there once, under the first of the alphabet; one that goes meanwhile is not.

        Equivalent to: `ip netns list`, then `place.snapshot()` of each, as many side by side as there are cores
        """
        # Slow to import, so not at the top.
        from concurrent.futures import ThreadPoolExecutor

        names = list(self._distinct())
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            others = zip(names, pool.map(_snapshot, map(self._site.namespace, names)), strict=True)
            return {None: self.snapshot(), **{name: found for name, found in others if found}}

    def _distinct(self) -> Iterator[str]:
        """The names of namespaces, but for those of the host's own, and of one that has an earlier name."""
        names = sorted(known.name for known in self.netns.list())
        own = "/proc/self/ns/net"
        tell = ("-exec", "stat", "-L", "-c", "%d:%i %n", own, "{}", "+")
        said = self._site.run("find", "-L", RUN_DIR, *tell, check=False).stdout if names else ""
        networks = {path: network for network, _, path in (line.partition(" ") for line in said.split("\n"))}
        seen = {networks.get(own)}
        for name in names:
            # What is not told, for who asks may not follow it, is left to `ip` to judge.
            network = networks.get(f"{RUN_DIR}/{name}", name)
            if network not in seen:
                seen.add(network)
                yield name

    @contextlib.contextmanager
    def scope(self) -> Iterator[Host]:
        """Undo at the end of a block what was done on this host in it: `with Host.local().scope() as host: …`

        Links, namespaces, addresses, routes, rules and the firewall's are taken back, the last first; parameters,
        policies and what else was set get the value that they had (what other scopes have set, too, once the last of
        them ends); what was started is ended. That is so however the block ends, by an error, Ctrl-C, SIGTERM or SIGHUP
        too; for SIGKILL, or a machine that fails, `python -m netns_kit sweep` does it later, by what is written to
        /run/netns_kit before each change. Within the block the host is the current place.

        What no tool of the network's does is not undone: files, containers, modules that were loaded, and what is typed
        into a shell; nor are classes and filters that a queueing discipline of others has lost. Of signals, Python lets
        its main thread alone hear. Raises UndoError for what could not be undone, NetnsKitError where the record cannot
        be written.
        """
        # Few need it, so not at the top.
        from netns_kit.undoing.scope import scope

        with self.enter(), scope(self._site):
            yield self

    def close(self) -> None:
        """End it, and what was started on it. A private host is gone then, and all that was on it."""
        if self._close:
            self._close()

    def __enter__(self) -> Host:
        self._blocks.enter_context(self.enter())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks.close()
        self.close()


def _snapshot(site: Site) -> Snapshot | None:
    """A snapshot; None if there is no such namespace: it is gone by now, or a file that is none."""
    from netns_kit.links.snapshot import Snapshot

    try:
        return Snapshot.read(site)
    except NotFoundError:
        return None


def _transcript(given: Transcript | int | None) -> Transcript:
    """The transcript that a host is given, or one of its own that keeps so many commands."""
    if given is None or isinstance(given, Transcript):
        return Transcript() if given is None else given
    return Transcript(commands=values.integer("transcript", given, 1, 2**63 - 1))
