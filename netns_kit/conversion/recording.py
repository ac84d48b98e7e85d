"""Scripts of all kinds, by running them: every command of the tools of networking, as it was really executed."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.transcript import Transcript
from netns_kit.conversion import guards, tool
from netns_kit.places.host import Host
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site

TOOLS = (
    *("ip", "bridge", "tc", "brctl", "ethtool", "sysctl", "ifconfig", "route", "arp", "vconfig", "ipmaddr", "tunctl"),
    *("iptables", "ip6tables", "iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore", "ebtables"),
    *(
        "unshare",
        "nsenter",
        "nft",
        "ipset",
        "conntrack",
        "ping",
        "ping6",
        "traceroute",
        "wg",
        "ss",
        "netstat",
        "modprobe",
        "ovs-vsctl",
    ),
)
"""The tools that are recorded, where they are installed."""

_WATCH = """\
set -ET
trap 'NETNS_KIT_LINE="${{BASH_SOURCE[0]}}:$LINENO"; export NETNS_KIT_LINE
case $BASH_COMMAND in exit*) echo "$BASH_SUBSHELL e $NETNS_KIT_LINE" >>{folder}/lines;; esac' DEBUG
trap 'echo "$BASH_SUBSHELL $- ${{BASH_SOURCE[0]}}:$LINENO" >>{folder}/lines' ERR
"""
"""What bash reads first: it says which line is run, and at which one fails. A script's own traps go before."""


@frozen
class Recording:
    """A script that was run: its commands, what it printed, and the host as it left it, which `close()` ends.

    `transcript` has each command of a tool of networking as it was executed, with the namespace it ran in; `result` is
    what came of the script as a whole. If it failed, `failed_at` says in which line, such as "setup.sh:12": of bash's
    scripts, as far as these set no traps of their own for it. `host` is the current place within a block.
    """

    host: Host
    transcript: Transcript
    result: Result
    lines: tuple[str | None, ...] = field(repr=False, default=())
    failed_at: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the script ended well."""
        return self.result.ok

    def close(self) -> None:
        """End the host, if it is a private one."""
        self.host.close()

    def __enter__(self) -> Recording:
        self.host.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.host.__exit__(kind, error, trace)

    def __str__(self) -> str:
        status = "timed out" if self.result.timed_out else f"exit status {self.result.returncode}"
        where = f" at {self.failed_at}" if self.failed_at else ""
        return f"{self.transcript.as_table()}{len(self.transcript)} commands, {status}{where}\n"


def record(
    script: str | Path | Sequence[str | Path],
    *,
    at: Host | None = None,
    timeout: float | None = 60.0,
    environment: Mapping[str, str] | None = None,
) -> Recording:
    """Run a script on a private host, and record what its tools are told: `record("./setup.sh")`.

    `script` is a file, or a command such as ["bash", "setup.sh", "--fast"]. It reads nothing, has no terminal, and is
    ended after `timeout` seconds. On the private host nothing of the machine changes: what the script writes to /etc
    and other folders of root's is gone with the host. `at` is another host, where things happen for real; there only
    tools that are called by their names are recorded, not those by their paths.

    A script that fails is a recording, too, up to where it failed. Raises InvalidArgumentError for a script that is not
    there, PrivateHostError, ToolMissingError (no python3, of 3.9 or newer, on a host behind SSH).
    """
    command = _command(script)
    if timeout is not None:
        values.seconds("timeout", timeout, 0.001)
    host = Host.private() if at is None else at
    try:
        return _run(host, command, at is None, timeout, environment or {})
    except BaseException:
        if at is None:
            host.close()
        raise


def _command(script: str | Path | Sequence[str | Path]) -> tuple[str, ...]:
    words = (script,) if isinstance(script, str | Path) else tuple(script)
    argv = values.argv(words)
    path = Path(argv[0])
    if len(argv) > 1 and "/" not in argv[0]:
        return argv
    if not path.is_file():
        raise InvalidArgumentError("script", script, "there is no such file")
    return (str(path.absolute()), *argv[1:]) if os.access(path, os.X_OK) else ("bash", *argv)


def _run(
    host: Host, command: tuple[str, ...], private: bool, timeout: float | None, environment: Mapping[str, str]
) -> Recording:
    recorder = host.site.runner
    # What it takes to record is typed by nobody.
    site = Site(recorder.runner if isinstance(recorder, Recorder) else recorder)
    python = sys.executable
    if site.runner.machine != "this machine":
        python = site.run("python3", "-c", "import sys; print(sys.executable)").stdout.strip()
    folder = site.run("mktemp", "-d", f"{'/run' if private else '/tmp'}/netns_kit.XXXXXX").stdout.strip()
    with contextlib.ExitStack() as block:
        if not private:
            block.callback(site.run, "rm", "-rf", folder, check=False)
        _prepare(site, folder, python)
        if private:
            block.enter_context(guards.kept_out(site))
            block.enter_context(guards.bound(site, folder, TOOLS))
        else:
            guards.linked(site, folder, TOOLS)
        here = (f"--chdir={os.getcwd()}",) if site.runner.machine == "this machine" else ()
        path = guards.PATH if private else f"{folder}/bin:{guards.PATH}"
        given = (f"{key}={value}" for key, value in environment.items())
        words = ("env", *here, f"PATH={path}", f"BASH_ENV={folder}/watch", *given, *command)
        result = site.runner.run(Command(words, timeout=timeout, environment={}, input=""))
        notes = site.run("cat", f"{folder}/notes").stdout
        lines = site.run("cat", f"{folder}/lines").stdout
    told = tuple(_told(notes))
    transcript = Transcript()
    for one in told:
        transcript.append(_result(one, site))
    typed_at = tuple(one["line"] for one in told)
    return Recording(host, transcript, result, typed_at, None if result.ok else _failed_at(lines, result))


def _failed_at(lines: str, result: Result) -> str | None:
    """Where a script failed: at the first failure that ended it, else where its shell says, else at the last one."""
    failures = [line.split(" ", 2) for line in lines.split("\n") if line]
    fatal = (where for depth, flags, where in failures if depth == "0" and "e" in flags)
    said = re.search(r"^(\S+): (?:line )?(\d+): ", result.stderr, re.MULTILINE)
    told = f"{said[1]}:{said[2]}" if said else failures[-1][2] if failures else None
    found = None if result.timed_out else next(fatal, told)
    return found and found.rpartition("/")[2]


def _prepare(site: Site, folder: str, python: str) -> None:
    """Put what records into a folder of the host."""
    starter = (
        f"#!{python} -IS\nimport sys\nsys.path.insert(0, {folder!r})\nimport tool\nsys.exit(tool.main({folder!r}))\n"
    )
    network = site.run("stat", "-L", "-c", "%d:%i", "/proc/self/ns/net").stdout
    watch = _WATCH.format(folder=folder)
    files = {"tool.py": inspect.getsource(tool), "starter": starter, "netns": network, "watch": watch}
    for name, text in {**files, "notes": "", "lines": ""}.items():
        site.run("tee", f"{folder}/{name}", input=text)
    site.run("mkdir", f"{folder}/bin", f"{folder}/real")
    site.run("chmod", "-R", "a+rwX", folder)
    site.run("chmod", "a+x", f"{folder}/starter")


def _told(notes: str) -> Iterator[dict[str, Any]]:
    """The commands, each with its end, in the order in which they began.

    What leads to where others run is left out for these; or these for it, where the namespace has no name to go by.
    """
    commands: dict[str, dict[str, Any]] = {}
    for line in notes.split("\n"):
        if line:
            told = json.loads(line)
            commands.setdefault(told["id"], {}).update(told)
    nameless = {one["within"] for one in commands.values() if _is_nameless(one["netns"])}
    leading = {one["within"] for one in commands.values()}
    for number, one in commands.items():
        outer = one["within"]
        if outer in nameless and not _is_nameless(commands[outer]["netns"]):
            continue
        if not (one["leads"] and number in leading - nameless):
            yield one


def _is_nameless(netns: str | None) -> bool:
    return netns is not None and netns.startswith("net:[")


def _result(told: Mapping[str, Any], site: Site) -> Result:
    """A command as the transcript has it."""
    netns, argv = told["netns"], told["argv"]
    typed = tuple(argv) if netns is None or _is_nameless(netns) else site.namespace(netns).argv(*argv)
    command = Command(typed, netns, told["input"], environment={})
    status = told.get("returncode")
    return Result(
        command,
        site.runner.host,
        status,
        told.get("stdout", ""),
        told.get("stderr", ""),
        told["started"],
        told.get("duration", 0.0),
        background=status is None,
        stopped=status is None,
    )
