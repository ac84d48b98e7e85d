"""Waiting for what is to come, so that nobody has to write a loop for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from netns_kit.commands.causes import error_for
from netns_kit.commands.errors import NotYetError
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site

Found = TypeVar("Found")

PAUSE = 0.02
"""Seconds from one look to the next."""


def until(condition: Callable[[], Found], timeout: float, what: str) -> Found:
    """What a condition gives as soon as that is true; NotYetError, which says `what`, after so many seconds."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() >= deadline:
            raise NotYetError(f"{what} did not come in {timeout:g} s.")
        time.sleep(PAUSE)
    return found


def listens(site: Site, protocol: str, port: int) -> bool:
    """Whether anybody at a site listens there. It is asked over and over, and nobody typed it: it is not recorded."""
    runner = site.runner
    if isinstance(runner, Recorder):
        runner.send()
        runner = runner.runner
    result = runner.run(site.command("ss", "-H", "-l", "-n", f"--{protocol}", "sport", "=", f":{port}"))
    if not result.ok:
        raise error_for(result)
    return bool(result.stdout.strip()) or runner.machine == "dry run"
