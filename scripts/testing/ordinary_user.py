"""Lets root run a command as an ordinary user, who reaches what it needs although it lies in somebody's home."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

NOBODY = 65534

# Lets an ordinary user reach an interpreter and a clone that lie in somebody's home, in mounts that only this leg sees:
# the home becomes an empty folder that holds nothing but them.
AS_USER = """set -e
kept=$1; shift
number=0
for pair in "$@"; do
    [ "$pair" = -- ] && break
    number=$((number + 1))
    mkdir -p "$kept/$number"
    mount --bind "${pair#*=}" "$kept/$number"
done
number=0
for pair in "$@"; do
    [ "$pair" = -- ] && break
    number=$((number + 1))
    mountpoint -q -- "${pair%%=*}" && [ -e "${pair%%=*}/.ours" ] || mount -t tmpfs -o mode=755 tmpfs "${pair%%=*}"
    touch "${pair%%=*}/.ours"
    mkdir -p "${pair#*=}"
    mount --bind "$kept/$number" "${pair#*=}"
done
while [ "$1" != -- ]; do shift; done
shift
cd "$1"; shift
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
"""


def barrier(path: Path) -> Path | None:
    """The first folder on the way to a path that an ordinary user may not enter."""
    return next((folder for folder in [*reversed(path.parents), path] if not folder.stat().st_mode & 0o001), None)


def as_nobody(needed: Iterable[Path], kept: Path, folder: Path, *argv: object) -> tuple[str, ...]:
    """The command that runs `argv` in a folder as nobody, to whom the folders that are needed are open.

    `kept` is a folder for the mounts, which nobody else sees.
    """
    mounts = (f"{shut}={path}" for path in needed if (shut := barrier(path)))
    enter = ("unshare", "--mount", "--propagation", "private", "sh", "-c", AS_USER, "sh")
    return (*enter, str(kept), *mounts, "--", str(folder), *map(str, argv))
