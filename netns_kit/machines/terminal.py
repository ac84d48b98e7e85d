"""Commands that a person talks to, on this process's own terminal."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping

from netns_kit.machines import signals
from netns_kit.machines.surroundings import exhausted, forking_is_meant


def interact(argv: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Run a command on this process's own terminal, for a person to talk to; its exit status."""
    with _ignored(signal.SIGINT, signal.SIGQUIT), signals.awaited():
        try:
            # What is inheritable is meant to be.
            with forking_is_meant():
                process = subprocess.Popen(argv, env=environment, close_fds=False, preexec_fn=signals.clean)
        except OSError as error:
            raise exhausted(error) or error from None
        return process.wait()


@contextlib.contextmanager
def _ignored(*numbers: int) -> Iterator[None]:
    """Leave the terminal's signals to the program that the person talks to."""

    def nothing(number: int, frame: object) -> None:
        """A handler, unlike SIG_IGN, is not passed on to the program."""

    if threading.current_thread() is not threading.main_thread():
        # Python allows handlers in the main thread alone, which gets the signals.
        yield
        return
    before = {number: signal.signal(number, nothing) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
