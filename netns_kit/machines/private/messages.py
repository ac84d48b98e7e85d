"""What the library and its agents say to each other, over sockets that nobody else holds. Stdlib only."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any

from netns_kit.machines.descriptors import received

LONGEST = 1 << 15
"""Bytes of a message to an agent at the most; what is longer goes into a memory file beside it."""

MOST = 8
"""Descriptors that come with a message at the most."""

DROPPED = b"dropped"
"""What stands for a message whose descriptors were too many, and are closed, but for the first."""

GONE = b"gone"
"""The last that is heard of a host: it has ended, and nothing of it is left."""


def tell(channel: socket.socket, answer: dict[str, int | str | None], *fds: int) -> None:
    """Send an answer, and descriptors with it, to whoever waits for it, if anybody still does."""
    with contextlib.suppress(OSError):
        socket.send_fds(channel, [json.dumps(answer).encode()], fds)


def tell_failure(channel: socket.socket, error: OSError) -> None:
    """Send what failed, and with which error number."""
    tell(channel, {"errno": error.errno, "message": error.strerror, "what": str(error.filename or "agent")})


def receive(channel: socket.socket, size: int = LONGEST) -> tuple[bytes, list[int]]:
    """A message and the descriptors that came with it, which no command inherits; empty if there will be none."""
    message, fds, whole = received(channel, size, MOST)
    if whole:
        return message, fds
    for fd in fds[1:]:
        os.close(fd)
    return DROPPED, fds[:1]


def answered(message: bytes) -> dict[str, Any]:
    """What an answer says."""
    answer: dict[str, Any] = json.loads(message)
    return answer
