"""Sockets that were made where they belong, by a helper that hands them over."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from netns_kit.commands.causes import error_for
from netns_kit.commands.errors import NetnsKitError
from netns_kit.machines import handover
from netns_kit.machines.descriptors import received
from netns_kit.machines.surroundings import exhausted
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site

Kind = tuple[int, int, int]
"""What kind of socket: family, type, protocol."""


def sockets_of(site: Site, kind: Kind, files: Sequence[str] = ()) -> list[socket.socket | None]:
    """A socket that was made at a site, or rather one in each of the namespaces that its `files` stand for.

    "." stands for the site's own. None is in the place of one that is no namespace, or none any more.
    Raises PermissionDeniedError, NotFoundError, and NetnsKitError for a host that is not on this machine.
    """
    if site.runner.machine != "this machine":
        raise NetnsKitError(f"A socket can be handed over on one machine only, not from {site.runner.host}.")
    try:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    except OSError as error:
        raise exhausted(error) or error from None
    with ours, theirs:
        words = (str(Path(handover.__file__)), *map(int, kind), *files)
        command = site.command(sys.executable, "-IS", *words, stdin=theirs.fileno())
        runner = site.runner
        if isinstance(runner, Recorder):
            # Nobody would type this, so it is not recorded.
            runner.send()
            runner = runner.runner
        result = runner.run(command)
        theirs.close()
        found = list(_received(ours))
        if not result.ok:
            for one in found:
                if one:
                    one.close()
            raise error_for(result)
        return found


def _received(channel: socket.socket) -> Iterator[socket.socket | None]:
    while True:
        told, fds, whole = received(channel, handover.MOST, handover.MOST)
        if not told:
            return
        if not whole:
            for fd in fds:
                os.close(fd)
            raise NetnsKitError("This process may have no more files open: `ulimit -n` tells how many.")
        each = iter(fds)
        yield from (socket.socket(fileno=next(each)) if there else None for there in told)
