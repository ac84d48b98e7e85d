"""The two outputs of a command that an agent starts: pipes, as a shell has them, read while the command runs."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time

from netns_kit.machines.runner import decode

PATIENCE = 0.005
"""Seconds for which only a command's end is awaited: most have little to say, and each look at that costs time."""

CAPACITY = 1 << 16
"""Bytes that a pipe holds."""

LONGEST_POLL = 2_000_000.0
"""Seconds that the kernel can be asked to wait for at once."""


class Outputs:
    """The standard output and the standard error of a command; `theirs` are the ends that it writes to."""

    def __init__(self) -> None:
        pipes = os.pipe(), os.pipe()
        self._chunks: dict[int, list[bytes]] = {ours: [] for ours, _ in pipes}
        self.theirs = [theirs for _, theirs in pipes]

    def until(self, status: socket.socket, control: int, timeout: float | None) -> bool:
        """Read until there is a message on the status socket, or its sender has hung up the other one.

        False if that takes longer than `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        poll = select.poll()
        poll.register(status, select.POLLIN)
        poll.register(control, 0)
        if poll.poll(1000 * (PATIENCE if timeout is None else min(PATIENCE, timeout))):
            return True
        for fd in self._chunks:
            poll.register(fd, select.POLLIN)
        while True:
            left = None if deadline is None else 1000 * min(max(0.0, deadline - time.monotonic()), LONGEST_POLL)
            ready = [fd for fd, _ in poll.poll(left)]
            if not all(fd in self._chunks for fd in ready):
                return True
            if deadline is not None and not ready and time.monotonic() >= deadline:
                return False
            for fd in ready:
                if not self._read(fd):
                    poll.unregister(fd)

    def _read(self, fd: int) -> bytes:
        self._chunks[fd].append(os.read(fd, CAPACITY))
        return self._chunks[fd][-1]

    def texts(self) -> tuple[str, str]:
        """All that was written up to now. What the command left running may write on, but nobody reads that."""
        for fd in self._chunks:
            os.set_blocking(fd, False)
            with contextlib.suppress(BlockingIOError):
                self._read(fd)
        out, err = (decode(b"".join(chunks)) for chunks in self._chunks.values())
        return out, err

    def hand_over(self) -> None:
        """Close the ends that the command has by now."""
        while self.theirs:
            os.close(self.theirs.pop())

    def close(self) -> None:
        """Close all."""
        self.hand_over()
        for fd in self._chunks:
            os.close(fd)
