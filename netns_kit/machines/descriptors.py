"""File descriptors: those that come over a socket, and numbers that must not be taken. Stdlib only."""

from __future__ import annotations

import array
import contextlib
import os
import socket
from collections.abc import Iterator


def received(channel: socket.socket, size: int, most: int) -> tuple[bytes, list[int], bool]:
    """A message, the descriptors that came with it, which no child inherits, and whether they are all that were sent.

    CPython's own recv_fds forgets its flags.
    """
    given = array.array("i")
    space = socket.CMSG_LEN(most * given.itemsize)
    message, extra, flags, _ = channel.recvmsg(size, space, socket.MSG_CMSG_CLOEXEC)
    for _, _, data in extra:
        given.frombytes(data[: len(data) // given.itemsize * given.itemsize])
    return message, given.tolist(), not flags & socket.MSG_CTRUNC


@contextlib.contextmanager
def numbers_above_standard() -> Iterator[None]:
    """Have no descriptor that is made in this block be 0, 1 or 2, where the caller has closed those."""
    held = []
    try:
        while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
            held.append(fd)
        os.close(fd)
        yield
    finally:
        for fd in held:
            os.close(fd)


@contextlib.contextmanager
def room_for_descriptors(count: int) -> Iterator[None]:
    """See to it that so many more can be opened before any is, or have it fail at once."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.callback(os.close, os.open(os.devnull, os.O_RDONLY))
    yield
