"""A connection over SSH that commands share; what was started over it ends with it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Iterator

from netns_kit.machines.process import Process
from netns_kit.machines.runner import decode, environment
from netns_kit.machines.ssh.shells import LOOP, MARK, Request, Shell, ShellEndedError, line

_Idle = dict[tuple[str, ...], list[Shell]]
"""Shells that have nothing to do, by what leads to their places."""


class Connection:
    """A connection to a machine, for others to share. It is that of a process of ours, and ends with it or with us."""

    def __init__(self, words: tuple[str, ...], target: str) -> None:
        # Not at the top: most users never need it, and it is slow to import.
        import shutil
        import tempfile

        # A socket's path must be short, which $TMPDIR need not be.
        self._folder = tempfile.mkdtemp(prefix="netns_kit-", dir="/tmp")
        self._words, self._target = ("ssh", "-S", f"{self._folder}/socket", *words), target
        self.mark, self._lock = os.urandom(8).hex(), threading.Lock()
        self.processes: list[Process] = []
        self._shells: _Idle = {}
        self._said: bytes | None = None
        self._choosing = threading.Lock()
        # `cat` ends when we do, however that happens, and with it what lasts there, even what is only about to start.
        sweep = kill_line(self.mark, signal.SIGKILL)
        hold = f"cat; {sweep}; {{ sleep 1; {sweep}; }} </dev/null >/dev/null 2>&1 &"
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(shutil.rmtree, self._folder)
            with open(f"{self._folder}/errors", "wb") as errors:
                self._process = subprocess.Popen(
                    ("ssh", "-M", *self._words[1:], "-T", "--", target, line(hold)),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment({}),
                    bufsize=0,
                    start_new_session=True,
                )
            on_failure.pop_all()
        self._owner = os.getpid()
        self.close = weakref.finalize(
            self, _end, self._process, self._folder, self._owner, self.processes, self._shells
        )

    @property
    def alive(self) -> bool:
        """Whether it is ours, not that of the process we were forked from, and has not ended as far as we know."""
        return os.getpid() == self._owner and self.close.alive and self._process.poll() is None

    def answers(self, patience: float) -> bool:
        """Whether the machine sends back what it is sent, within so many seconds."""
        token, heard, deadline = os.urandom(8).hex().encode(), b"", time.monotonic() + patience
        with self._lock, contextlib.suppress(OSError, ValueError):
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None
            assert stdout is not None
            stdin.write(token + b"\n")
            poll = select.poll()
            poll.register(stdout, select.POLLIN)
            while token not in heard and poll.poll(max(0, deadline - time.monotonic()) * 1000):
                more = os.read(stdout.fileno(), 4096)
                if not more:
                    self._said = heard
                    return False
                heard += more
        return token in heard

    def errors(self) -> str:
        """What ssh said about it, or what was said there in place of an answer."""
        with open(f"{self._folder}/errors", "rb") as file:
            said = decode(file.read())
        if not said and self._said is not None:
            said = f"{self._target} ended the session and ran no command: {decode(self._said).strip()}\n"
        return said

    def argv(self, line: str, *options: str) -> tuple[str, ...]:
        """What runs a line of shell on the machine, over this connection."""
        return (*self._words, *options, "--", self._target, line)

    def open(self, script: str) -> Shell:
        """A new shell there that does something else, for whoever asks; it is closed with the connection."""
        shell = Shell(lambda line: self.argv(line, "-T"), script)
        with self._choosing:
            self._shells.setdefault((script,), []).append(shell)
        return shell

    @contextlib.contextmanager
    def shell(self, *entering: str) -> Iterator[Shell]:
        """A shell there for this block alone: one that is open and has nothing to do, or else a new one."""
        with self._choosing:
            idle = self._shells.setdefault(entering, [])
            while idle and not idle[-1].usable:
                idle.pop().close()
            chosen = idle.pop() if idle else None
        shell = chosen or Shell(lambda line: self.argv(line, "-T"), LOOP, *entering)
        try:
            yield shell
        finally:
            with self._choosing:
                fit = shell.usable and self.close.alive
                if fit:
                    idle.append(shell)
            if not fit:
                shell.close()

    def signal(self, mark: str, number: int, patience: float, *entering: str) -> bool:
        """Send a signal to the processes with a mark, and say whether the machine was reached in time."""
        with contextlib.suppress(ShellEndedError), self.shell(*entering) as shell:
            shell.ask(Request.of(kill_line(mark, number)))
            return shell.answer(patience) is not None
        return False


def _end(
    process: subprocess.Popen[bytes],
    folder: str,
    owner: int,
    clients: list[Process],
    shells: dict[tuple[str, ...], list[Shell]],
) -> None:
    import shutil

    if os.getpid() != owner:
        return
    # Those that have not reached this connection yet would else make one of their own.
    for client in clients:
        with contextlib.suppress(ProcessLookupError):
            if client.running:
                os.killpg(client.pid, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while any(client.running for client in clients) and time.monotonic() < deadline:
        time.sleep(0.001)
    for idle in shells.values():
        while idle:
            idle.pop().close()
    # It ends with its input; one that does not, or its ProxyCommand, has to be made to.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=2)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    shutil.rmtree(folder, ignore_errors=True)


def kill_line(mark: str, number: int) -> str:
    """The line of shell that sends a signal to the processes with a mark."""
    return f"grep -lszF {MARK}={mark} /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill -{number}"
