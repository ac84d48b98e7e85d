"""What the keeper and the hosts' agents share: they serve a socket, and end when nobody needs them. Stdlib only."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket

from netns_kit.machines.private.isolation import adopt_orphans
from netns_kit.machines.private.messages import DROPPED, receive, tell_failure

ENDINGS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Server:
    """Serves one socket, until it is closed, a signal asks for the end, or a watched process has ended.

    `watched` are descriptors that stand for processes.
    """

    def __init__(self, control: socket.socket, watched: tuple[int, ...]) -> None:
        self.control, self.watched = control, watched
        self.poll = select.poll()
        self.alarm, self.wakeup = os.pipe()
        for fd in (self.alarm, self.wakeup):
            os.set_blocking(fd, False)
        for fd in (control.fileno(), self.alarm, *watched):
            self.poll.register(fd, select.POLLIN)
        # Signals are read with all the rest: a handler would come at any time.
        signal.set_wakeup_fd(self.wakeup, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *ENDINGS):
            signal.signal(number, lambda *_: None)
        adopt_orphans()

    def serve(self) -> None:
        """Answer requests until it is time to end."""
        while True:
            for fd, _ in self.poll.poll():
                if fd in self.watched:
                    return
                if fd == self.control.fileno():
                    message, fds = receive(self.control)
                    if not message:
                        return
                    if fds:
                        self.answer(socket.socket(fileno=fds[0]), message, fds[1:])
                elif fd == self.alarm:
                    if self.signals() & set(ENDINGS):
                        return
                    self.reap()
                else:
                    self.heard(fd)

    def signals(self) -> set[int]:
        """The signals that came since they were asked for last."""
        with contextlib.suppress(BlockingIOError):
            return set(os.read(self.alarm, 4096))
        return set()

    def reap(self) -> None:
        """Look after each child that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.ended(pid, os.waitstatus_to_exitcode(status))

    def answer(self, channel: socket.socket, message: bytes, fds: list[int]) -> None:
        """Do what is asked for, or say on the channel that came with it why not."""
        try:
            if message == DROPPED:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self.request(channel, message, fds)
        except OSError as error:
            tell_failure(channel, error)
            channel.close()
        finally:
            for fd in fds:
                os.close(fd)

    def request(self, channel: socket.socket, message: bytes, fds: list[int]) -> None:
        """Do what is asked for. The channel, for the answer, is this one's to close, unless it fails."""
        raise NotImplementedError

    def ended(self, pid: int, status: int) -> None:
        """Take note of a child's end."""
        raise NotImplementedError

    def heard(self, fd: int) -> None:
        """Look after another descriptor that has something to say."""
        raise NotImplementedError
