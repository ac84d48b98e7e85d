"""What all places share: a host or a namespace, where a command is typed."""

from __future__ import annotations

import os
import re
import socket as sockets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from netns_kit.commands import values
from netns_kit.commands.command import DEFAULT_TIMEOUT, LOCALE_C, Result
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.transcript import Transcript
from netns_kit.machines.process import Process
from netns_kit.machines.session import SessionRunner
from netns_kit.places import waiting
from netns_kit.places.tables import Tables
from netns_kit.sites import site as sites
from netns_kit.sites.batch import Batch, gathered
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.sites.sockets import sockets_of

if TYPE_CHECKING:
    from netns_kit.links.link import Link
    from netns_kit.links.snapshot import Snapshot
    from netns_kit.watching.capture import Capture

Self = TypeVar("Self", bound="Place")
Found = TypeVar("Found")


class Place(Tables):
    """Where a command is typed. `with place.enter():` makes it the current one; every class takes `at=place`."""

    @property
    def site(self) -> Site:
        """Where its commands run."""
        return self._site

    def snapshot(self) -> Snapshot:
        """All links, addresses, routes and neighbours of this place, read by one process.

        Equivalent to: `ip addr`, `ip route show table all` and `ip neigh`
        """
        from netns_kit.links.snapshot import Snapshot

        return Snapshot.read(self._site)

    def exec(
        self,
        *argv: Any,
        check: bool = True,
        timeout: float | None = DEFAULT_TIMEOUT,
        input: str | None = None,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run any command here, to its end.

        Equivalent to: `ip netns exec NAME CMD …`, or on a host just `CMD …`; with `cwd` or `env`,
        `env -C CWD NAME=VALUE … CMD …`

        `timeout` is in seconds; `input` is what it reads. With `check=False` a failing command is a result.
        `cwd` is the folder that it runs in, `env` has variables beside those that it has anyway.
        Raises the error that names the cause, ToolMissingError, TimedOutError, InvalidArgumentError.
        """
        if timeout is not None:
            values.seconds("timeout", timeout, 0.001)
        if input is not None and not isinstance(input, str):
            raise InvalidArgumentError("input", input, "it must be text")
        words = (*_env(cwd, env), *values.argv(argv))
        return self._site.run(*words, check=check, timeout=timeout, input=input, environment={})

    def start(
        self,
        *argv: Any,
        check: bool = True,
        terminal: bool = False,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """Start any command here in the background: `with place.start("iperf3", "-s") as server: …`

        Equivalent to: `ip netns exec NAME CMD … &`; with `cwd` or `env`, `env -C CWD NAME=VALUE … CMD … &`

        It ends with its block, or with the host. With `terminal`, its output is a terminal. If it has ended by itself
        and failed, its block raises that at the end, unless `check` is False.
        Raises ToolMissingError, NotFoundError for a namespace that is not there, InvalidArgumentError.
        """
        words = (*_env(cwd, env), *values.argv(argv))
        process = self._site.start(*words, terminal=terminal, environment={})
        process.check = check
        return process

    def wait_until(self, condition: Callable[[], Found], timeout: float = 10.0) -> Found:
        """Wait until `condition()` is true, and give what it gave. Raises NotYetError after `timeout` seconds."""
        with self.enter():
            return waiting.until(condition, values.seconds("timeout", timeout), "What was waited for")

    def wait_for_port(self, port: int, *, protocol: Literal["tcp", "udp"] = "tcp", timeout: float = 10.0) -> None:
        """Wait until somebody listens on a port here. Raises NotYetError after `timeout` seconds.

        Equivalent to: `ss -l -n --tcp sport = :PORT`, until it answers
        """
        values.choice("protocol", protocol, ("tcp", "udp"))
        values.port("port", port)
        waiting.until(
            lambda: waiting.listens(self._site, protocol, port),
            values.seconds("timeout", timeout),
            f"Who listens on {protocol} port {port} of {self._site.where}",
        )

    def shell(self, *argv: Any, prompt: str | None = None) -> int:
        """A shell here for a person at the terminal, until `exit`; its exit status.

        Equivalent to: `ip netns exec NAME /bin/bash --rcfile <(echo 'PS1="namespace NAME> "')`

        Other programs may be given: `shell("python3")`.
        """
        if argv:
            return self._site.interact(*values.argv(argv)).returncode or 0
        with os.fdopen(os.memfd_create("rcfile", 0), "w") as file:
            os.set_inheritable(file.fileno(), True)
            # What is typed in the shell is not to have the file, too.
            close = f"exec {file.fileno()}<&-"
            file.write(f"[ -f ~/.bashrc ] && . ~/.bashrc\nPS1={_quoted(prompt or self._prompt())}\n{close}\n")
            file.flush()
            # bash inherits it; sudo closes what is inherited, yet may look at ours.
            sudo = getattr(getattr(self._site.runner, "runner", None), "sudo", False)
            rcfile = f"/proc/{os.getpid() if sudo else 'self'}/fd/{file.fileno()}"
            return self._site.interact("/bin/bash", "--rcfile", rcfile).returncode or 0

    @contextmanager
    def session(self, *argv: Any) -> Iterator[Place]:
        """A shell that this block's commands are typed into: `with host.session("unshare", "--net", "bash"): …`

        Equivalent to: `CMD`, then each command of the block, then `exit`

        Without argv it is `bash`. Gives the place that is typed at, which is the current one within the block.
        """
        recorder = self._site.runner
        # Where no command is given, unshare and nsenter start $SHELL, and not every one reads what is typed here.
        variables = {**LOCALE_C, "SHELL": "/bin/sh"}
        process = self._site.start(*(values.argv(argv) if argv else ("bash",)), environment=variables)
        typist = SessionRunner(recorder, process)
        transcript = recorder.transcript if isinstance(recorder, Recorder) else Transcript()
        with process:
            inside = Place()
            inside._site = Site(Recorder(typist, transcript))
            typist.settle()
            with inside.enter():
                yield inside
            last, shell = typist.exit()
            transcript.append(last)
            transcript.ended(shell)

    def socket(
        self,
        family: int = sockets.AF_INET,
        type: int = sockets.SOCK_STREAM,
        proto: int = 0,
    ) -> sockets.socket:
        """An ordinary `socket.socket` that was made here, so that it talks through this place's network.

        The calling thread goes nowhere: a helper makes the socket here and hands it over.
        Raises PermissionDeniedError (raw sockets), NetnsKitError for a host that is not on this machine.
        """
        (made,) = sockets_of(self._site, (family, type, proto))
        assert made is not None
        return made

    def capture(
        self,
        link: Link | str | None = None,
        filter: str | None = None,
        *,
        count: int = 10_000,
        seconds: float = 600.0,
        size: int = 1 << 24,
    ) -> Capture:
        """Capture packets while a block lasts: `with net1.capture("eth0", "arp or icmp") as packets: …`

        Equivalent to: `tcpdump -i LINK FILTER`

        Needs no root in a private host. Without a `link` it is all links of this place; `filter` is as tcpdump takes
        it. It ends by itself after `count` packets, `seconds`, or `size` bytes together. What it gives is a sequence of
        PacketInfo that prints as a table; `packets.save("file.pcap")` writes a file for Wireshark. Where tcpdump is
        installed, it says what the packets are, else the library does.

        Raises InvalidArgumentError for a filter that tcpdump refuses, ToolMissingError for any where there is no
        tcpdump; on entry NotFoundError, PermissionDeniedError.
        """
        # Few need it, so not at the top.
        from netns_kit.watching.capture import Capture

        return Capture(self._site, link, filter, count, seconds, size)

    def batch(self) -> AbstractContextManager[None]:
        """Gather this block's changes, here and in all namespaces of the host, and hand them over together.

        Equivalent to: the same commands, carried by as few `ip -batch -` (`bridge`, `tc`) as keep order and meaning

        What needs an answer (show, list, exec, another tool) sends what is gathered first. A command that fails raises
        what it raises outside a batch, at the latest at the block's end, with `not_run`; nothing runs after it. Nouns
        have by then what was asked for, such as a new name, whether it came to that or not.
        """
        runner = self._site.runner
        return gathered(Batch(lambda other: other is runner))

    def enter(self: Self) -> AbstractContextManager[Self]:
        """Make this the current place until the block ends, as `ip netns exec NAME bash` … `exit` does."""

        @contextmanager
        def block() -> Iterator[Self]:
            with sites.entered(self):
                yield self

        return block()

    def use(self: Self) -> Self:
        """Make this the place where commands are typed wherever none is entered, as a notebook's cells need it."""
        sites.use(self)
        return self

    def _prompt(self) -> str:
        return f"host {self._site.runner.host}> "


def _env(cwd: str | os.PathLike[str] | None, env: Mapping[str, str] | None) -> tuple[str, ...]:
    """What has a command run in another folder, or with more variables."""
    if cwd is None and not env:
        return ()
    if env is not None and not isinstance(env, Mapping):
        raise InvalidArgumentError("env", env, "it must map names of variables to text")
    if cwd is not None and not isinstance(cwd, str | os.PathLike):
        raise InvalidArgumentError("cwd", cwd, "it must be a path")
    for name, value in (env or {}).items():
        if not isinstance(name, str) or not re.fullmatch(r"\w+", name) or not isinstance(value, str):
            raise InvalidArgumentError("env", {name: value}, "it must map names of variables to text")
    folder = () if cwd is None else ("-C", values.plain("cwd", os.fspath(cwd)))
    return ("env", *folder, *(f"{name}={value}" for name, value in (env or {}).items()))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
