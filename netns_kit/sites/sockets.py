"""Sockets that were made where they belong, by a helper that hands them over."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from netns_kit.commands.causes import error_for
from netns_kit.commands.errors import NetnsKitError
from netns_kit.machines import handover
from netns_kit.machines.descriptors import received
from netns_kit.machines.runner import Runner
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
    runner = site.runner
    if isinstance(runner, Recorder):
        # Nobody would type this, so it is not recorded.
        runner.send()
        runner = runner.runner
    try:
        by_agent = _by_agent(runner, kind, files or [site.file_there])
        if by_agent is not None:
            return by_agent
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    except OSError as error:
        raise exhausted(error) or error from None
    with ours, theirs:
        words = (str(Path(handover.__file__)), *map(int, kind), *files)
        command = site.command(sys.executable, "-IS", *words, stdin=theirs.fileno())
        result = runner.run(command)
        theirs.close()
        found = list(_received(ours))
        if not result.ok:
            _close(found)
            raise error_for(result)
        return found


def _by_agent(runner: Runner, kind: Kind, files: Sequence[str]) -> list[socket.socket | None] | None:
    """The sockets as a private host's agent makes them; None where there is no agent, or not all were made."""
    # Not every host is private.
    from netns_kit.machines.private.runner import PATIENCE, PrivateRunner

    if not isinstance(runner, PrivateRunner):
        return None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    found: list[socket.socket | None] = []
    with ours, theirs:
        ours.settimeout(PATIENCE)
        runner.have_sockets_made(theirs.fileno(), kind, files)
        theirs.close()
        try:
            for one in _received(ours):
                found.append(one)
        except TimeoutError:
            _close(found)
            raise runner.silent() from None
    if len(found) == len(files) and found != [None]:
        return found
    _close(found)
    return None


def _close(sockets: Iterable[socket.socket | None]) -> None:
    for one in sockets:
        if one:
            one.close()


def _received(channel: socket.socket) -> Iterator[socket.socket | None]:
    while True:
        told, fds, whole = received(channel, handover.MOST, handover.MOST)
        if not told or told.startswith(b"{"):
            # All have come, or an agent says why no more will.
            return
        if not whole:
            for fd in fds:
                os.close(fd)
            raise NetnsKitError("This process may have no more files open: `ulimit -n` tells how many.")
        each = iter(fds)
        yield from (socket.socket(fileno=next(each)) if there else None for there in told)
