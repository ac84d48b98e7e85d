"""What a caller's own state may be, and must not matter: limits that are low, threads, no standard error."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import sys
import warnings
from collections.abc import Iterator

from netns_kit.commands.errors import LimitError


@contextlib.contextmanager
def forking_is_meant() -> Iterator[None]:
    """Have nothing said about a fork beside other threads, as Python does from 3.12 on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def has_standard_error() -> bool:
    """Whether descriptor 2 is what it should be."""
    try:
        os.fstat(2)
    except OSError:
        return False
    return sys.__stderr__ is not None


def exhausted(error: OSError) -> LimitError | None:
    """The error that says which limit was reached, if one was."""
    files, processes = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    reasons = {
        errno.EMFILE: f"This process has too many open files: `ulimit -n` allows {files}",
        errno.ENFILE: "This machine has too many open files: `sysctl fs.file-max` says how many it allows",
        errno.EAGAIN: f"This user has too many processes and threads: `ulimit -u` allows {processes}, "
        "and so may its control group or `sysctl kernel.threads-max`",
        errno.ENOMEM: "There is not enough memory",
    }
    reason = reasons.get(error.errno or 0)
    return LimitError(f"{reason}.") if reason else None


def too_many_threads() -> LimitError:
    """The error for a thread that could not be started."""
    error = exhausted(BlockingIOError(errno.EAGAIN, "thread"))
    assert error
    return error
