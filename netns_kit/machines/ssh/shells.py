"""Shells on another machine that stay open: what is said to them, and how their answers are told apart."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping

from attrs import frozen

from netns_kit.commands.command import IPROUTE2, Command
from netns_kit.machines.private.outputs import LONGEST_POLL, PATIENCE
from netns_kit.machines.runner import environment

MARK = "NETNS_KIT_COMMAND"
"""The variable by which the processes of one command are found on the other machine."""

NAME = "netns_kit"
"""What the shells there call themselves, in front of what they say of a program that is missing."""

# Many a login there lacks the folders that hold ip and iptables.
PATH = 'PATH="$PATH:/usr/sbin:/sbin"; export PATH'

# It reads a line at a time, and no byte more. Its own words go nowhere; descriptors 3 and 4 are the two outputs.
# The token tells that it begins: what a login's start files print comes before.
LOOP = f"""{PATH}
exec 3>&1 4>&2 >/dev/null 2>&1
netns_kit_newline='
'
netns_kit_end() {{ printf %s "$1" >&4; printf '%s%3s' "$1" "$netns_kit_status" >&3; }}
netns_kit_status=go
netns_kit_end TOKEN
while IFS= read -r netns_kit_line; do eval "$netns_kit_line"; done"""


def line(script: str, *entering: str) -> str:
    """What has a script of `sh` run, whatever shell the login is given; `entering` are words that lead to its place."""
    # Letters, digits and backslashes in single quotes are the same to all shells.
    plain = re.sub(
        rb"[^A-Za-z0-9 _./:=,-]", lambda one: b"\\0%03o" % one[0][0], script.encode(errors="surrogateescape")
    )
    decode = """'eval "$(printf %b "$1")"'"""
    return f"exec {shlex.join((*entering, 'sh'))} -c {decode} {NAME} '{plain.decode()}'"


def _assigned(variables: Mapping[str, str], mark: str) -> str:
    return shlex.join((f"{MARK}={mark}", *(f"{name}={value}" for name, value in variables.items())))


def lasting_line(command: Command, mark: str, *entering: str) -> str:
    """What runs a command by itself; its processes carry the mark."""
    # The shell stays, to pass on how the command ended, and says nothing about it itself.
    run = f"env {_assigned(command.environment, mark)} {shlex.join(command.argv)}"
    return line(f"{PATH}; exec 3>&2 2>/dev/null; {run} 2>&3 3>&-; exit $?", *entering)


@frozen
class Request:
    """What is asked of a shell: a line for it, and the token that its answer ends with."""

    text: str
    token: str

    @classmethod
    def of(cls, body: str, *, first: bool = True) -> Request:
        """Have a line of shell run that sets the status; one that is not the first only if those before succeeded."""
        token = os.urandom(8).hex()
        start = "netns_kit_status=0; " if first else ""
        # What follows a command that was not run is not run, either.
        run = f'if [ "$netns_kit_status" = 0 ]; then {body}; else netns_kit_status=-; fi'
        # A newline ends a request, so those in words, which stand in single quotes, are written otherwise.
        text = f"{start}{run}; netns_kit_end {token}".replace("\n", "'\"$netns_kit_newline\"'")
        return cls(f"{text}\n", token)

    @classmethod
    def to_run(
        cls, command: Command, mark: str, given: bytes | None, leading: tuple[str, ...] = (), *, first: bool = True
    ) -> Request:
        """Have a command run to its end; its processes carry the mark. It reads `given`, and `leading` leads to it."""
        words, variables = shlex.join((*leading, *command.argv)), _assigned(command.environment, mark)
        if given is None:
            source, stdin = "", " </dev/null"
        else:
            text = given.replace(b"\\", rb"\0134").replace(b"\0", rb"\0000").decode(errors="surrogateescape")
            source, stdin = f"printf %b {shlex.quote(text)} | ", ""
        if command.argv[0] in IPROUTE2 and "exec" not in command.argv:
            run = f"{source}(export {variables}; exec {words}){stdin}"
            return cls.of(f"{run} >&3 2>&4 3>&- 4>&-; netns_kit_status=$?", first=first)
        # What others start may go on writing, and must not do so into the outputs of what comes after. So they have
        # pipes of their own, and have ended when nobody writes to these any more; and a session, to signal as a whole.
        lead = 'command -v "$1" >/dev/null && exec setsid "$@"; exec "$@"'
        run = f"{source}(export {variables}; set -- {words}; {lead}){stdin} 2>&7 3>&- 4>&- 5>&- 6>&- 7>&-"
        piped = f"{{ {{ {{ {run}; echo $? >&6; }} 7>&1 >&5 2>/dev/null | cat >&4; }} 5>&1 | cat >&3; }} 6>&1"
        return cls.of(f"netns_kit_status=$({piped}); netns_kit_status=${{netns_kit_status:-137}}", first=first)


@frozen
class Answer:
    """What came of a request: the exit status, None if it was not run, and both outputs."""

    status: int | None
    out: bytes
    err: bytes


class ShellEndedError(Exception):
    """A shell ended before it had answered."""


class _Stream:
    """What comes from one output of a shell, in pieces."""

    def __init__(self, fd: int) -> None:
        self.fd, self.ended = fd, False
        self._heard, self._sought = bytearray(), 0

    def read(self) -> None:
        """Take what there is."""
        more = os.read(self.fd, 1 << 18)
        self._heard += more
        self.ended = not more

    def has(self, token: bytes, behind: int) -> bool:
        """Whether a token has come, and so many bytes behind it."""
        found = self._heard.find(token, self._sought)
        self._sought = max(0, len(self._heard) - len(token)) if found < 0 else found
        return found >= 0 and len(self._heard) >= found + len(token) + behind

    def take(self, token: bytes, behind: int) -> tuple[bytes, bytes]:
        """What came before a token, and the bytes behind it; all of that is forgotten then."""
        end = self._sought + len(token) + behind
        taken = bytes(self._heard[: self._sought]), bytes(self._heard[end - behind : end])
        del self._heard[:end]
        self._sought = 0
        return taken

    def rest(self) -> bytes:
        """All that came and was not taken."""
        return bytes(self._heard)


class Shell:
    """A shell that stays open on the other machine, and does one thing after the other."""

    def __init__(self, connect: Callable[[str], tuple[str, ...]], script: str = LOOP, *entering: str) -> None:
        """`connect` gives the words that have a line run on the machine; `entering` lead to the shell's place there."""
        self._awaited = [os.urandom(8).hex()]
        self._process = subprocess.Popen(
            connect(line(script.replace("TOKEN", self._awaited[0]), *entering)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment({}),
            bufsize=0,
            start_new_session=True,
        )
        pipes = self._process.stdin, self._process.stdout, self._process.stderr
        self._stdin, *outputs = (pipe.fileno() for pipe in pipes if pipe)
        os.set_blocking(self._stdin, False)
        self._out, self._err = map(_Stream, outputs)
        self._unsent = memoryview(b"")

    @property
    def running(self) -> bool:
        """Whether it has not ended as far as we know."""
        return self._process.poll() is None

    @property
    def usable(self) -> bool:
        """Whether it runs, and has answered all that it was asked."""
        return self._awaited == [] and self.running

    def ask(self, *requests: Request) -> None:
        """Ask for some things, one after the other; the answers come in that order."""
        self._awaited += [request.token for request in requests]
        text = "".join(request.text for request in requests).encode(errors="surrogateescape")
        self._unsent = memoryview(bytes(self._unsent) + text)
        self._send()

    def answer(self, timeout: float | None) -> Answer | None:
        """The next answer, or None if it takes longer than `timeout` seconds.

        Raises ShellEndedError.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._hear(self._awaited[0].encode(), deadline):
            token = self._awaited.pop(0).encode()
            out, status = self._out.take(token, 3)
            err, _ = self._err.take(token, 0)
            if status != b" go":
                return Answer(None if status == b"  -" else int(status), out, err)
        return None

    def _hear(self, token: bytes, deadline: float | None) -> bool:
        """Read until a token has come on both outputs; False if that takes too long."""
        poll = select.poll()
        poll.register(self._out.fd, select.POLLIN)
        if self._unsent:
            poll.register(self._stdin, select.POLLOUT)
        elif not self._out.has(token, 3):
            # Errors end first: whoever has little to say wakes this up but once.
            poll.poll(1000 * (PATIENCE if deadline is None else min(PATIENCE, max(0.0, deadline - time.monotonic()))))
        poll.register(self._err.fd, select.POLLIN)
        streams = {stream.fd: stream for stream in (self._out, self._err)}
        while not (self._out.has(token, 3) and self._err.has(token, 0)):
            left = None if deadline is None else 1000 * min(max(0.0, deadline - time.monotonic()), LONGEST_POLL)
            ready = [fd for fd, _ in poll.poll(left)]
            if not ready and deadline is not None and time.monotonic() >= deadline:
                return False
            if self._stdin in ready and not self._send():
                poll.unregister(self._stdin)
            for fd in streams.keys() & ready:
                streams[fd].read()
                if streams[fd].ended:
                    poll.unregister(fd)
            if self._out.ended and self._err.ended:
                raise ShellEndedError
        return True

    def _send(self) -> bool:
        """Send what can be sent, and say whether there is more. Whether anybody listens, the answer shows."""
        try:
            self._unsent = self._unsent[os.write(self._stdin, self._unsent[: 1 << 16]) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._unsent = memoryview(b"")
        return len(self._unsent) > 0

    def said(self) -> tuple[bytes, bytes]:
        """What came on both outputs of an answer that is not complete."""
        return self._out.rest(), self._err.rest()

    def close(self) -> None:
        """End it; what it is just doing may go on there."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
