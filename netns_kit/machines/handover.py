"""Makes sockets, and hands them over to whoever holds the other end of its input. Stdlib only.

Without a file of a namespace it makes one where it is run, else one in each of them. They go in messages of at most
`MOST`, each a byte for every socket: 1 for one that is handed over, 0 where there is no such namespace.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import socket
import sys
from collections.abc import Iterable, Iterator

MOST = 200
"""Sockets that a message carries; the kernel's limit is 253."""

CLONE_NEWNET = 0x40000000


def enter(file: int) -> None:
    """Have this process be in a namespace."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(file, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def made(files: Iterable[str], kind: tuple[int, int, int]) -> Iterator[socket.socket | None]:
    """A socket in each of these namespaces, None where there is no such one."""
    for name in files:
        try:
            with open(name, "rb") as file:
                enter(file.fileno())
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINVAL, errno.ENOTDIR):
                raise
            yield None
        else:
            yield socket.socket(*kind)


def hand_all_over(channel: socket.socket, files: Iterable[str], kind: tuple[int, int, int]) -> None:
    """Make a socket in each of these namespaces, and hand over as many at a time as a message carries."""
    _send_all(channel, made(files, kind))


def _send_all(channel: socket.socket, sockets: Iterator[socket.socket | None]) -> None:
    while together := list(itertools.islice(sockets, MOST)):
        hand_over(channel, together)


def hand_over(channel: socket.socket, sockets: list[socket.socket | None]) -> None:
    """Send what is in a message."""
    fds = [one.fileno() for one in sockets if one]
    socket.send_fds(channel, [bytes(one is not None for one in sockets)], fds)
    for one in sockets:
        if one:
            one.close()


def main(words: list[str]) -> None:
    """Make and hand over the sockets: family, type, protocol, and the namespaces' files."""
    family, type, protocol = (int(word) for word in words[:3])
    kind, files = (family, type, protocol), words[3:]
    with socket.socket(fileno=0) as channel, contextlib.ExitStack() as own:
        # Once another namespace is entered, this process's own file is that one's.
        here = own.enter_context(open("/proc/self/ns/net", "rb"))
        files = [f"/proc/self/fd/{here.fileno()}" if name == "." else name for name in files]
        _send_all(channel, made(files, kind) if files else iter([socket.socket(*kind)]))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"socket: {error.strerror}")
