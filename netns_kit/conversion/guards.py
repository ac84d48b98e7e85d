"""What keeps a recorded script from the machine, and what is put in the place of its tools."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator

from netns_kit.sites.site import Site

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where tools are looked for."""

_OTHERS = {"proc", "sys", "dev", "run", "tmp", "etc"}
"""Folders that are no part of the machine's disk, or for everybody to write to, or a private host's own anyway."""

_CHANGES = "/run/changes"
"""Where a private host, whose own this folder is, keeps what is written to the others."""

_MANY = {"busybox", "toybox", "coreutils"}
"""Programs that are a shell, too, and cannot be kept apart."""


@contextlib.contextmanager
def kept_out(site: Site) -> Iterator[None]:
    """Have what the block writes on a private host to the machine's folders be gone afterwards; settings are its own.

    An ordinary user cannot write there in the first place.
    """
    if site.run("id", "-u").stdout.strip() != "0" or site.run("test", "-w", "/etc/passwd", check=False).returncode:
        yield
        return
    for path in site.run("find", "/", "-mindepth", "1", "-maxdepth", "1", "-type", "d").stdout.split("\n"):
        name = path.removeprefix("/")
        if not name or name in _OTHERS:
            continue
        upper, work = f"{_CHANGES}/{name}/upper", f"{_CHANGES}/{name}/work"
        site.run("mkdir", "-p", upper, work)
        options = f"lowerdir={path},upperdir={upper},workdir={work}"
        if not site.run("mount", "-t", "overlay", "overlay", "-o", options, path, check=False).ok:
            site.run("mount", "--bind", path, path)
            site.run("mount", "-o", "remount,bind,ro", path)
    # Settings of the whole machine; those of the network are the namespace's own.
    site.run("mount", "--bind", "/proc/sys", "/proc/sys")
    site.run("mount", "--bind", "/proc/sys/net", "/proc/sys/net")
    site.run("mount", "-o", "remount,bind,ro", "/proc/sys")
    yield


@contextlib.contextmanager
def bound(site: Site, folder: str, tools: Iterable[str]) -> Iterator[None]:
    """Have the tools of a private host recorded in the block, by whatever path they are called."""
    found = _found(site, tools)
    real: dict[str, str] = {}
    for number, path in enumerate(dict.fromkeys(found.values())):
        real[path] = f"{folder}/real/{number}"
        site.run("touch", real[path])
        site.run("mount", "--bind", path, real[path])
        site.run("mount", "--bind", f"{folder}/starter", path)
    _tell(site, folder, {name: real[path] for name, path in found.items()})
    try:
        yield
    finally:
        for path in real:
            site.run("umount", "--lazy", path, check=False)


def linked(site: Site, folder: str, tools: Iterable[str]) -> None:
    """Have those tools recorded that are looked for in a folder first."""
    found = _found(site, tools)
    for name in found:
        site.run("ln", "-s", f"{folder}/starter", f"{folder}/bin/{name}")
    _tell(site, folder, found)


def _found(site: Site, tools: Iterable[str]) -> dict[str, str]:
    """The tools that are there, and their files."""
    folders = PATH.split(":")
    names = [word for name in tools for word in ("-o", "-name", name)][1:]
    said = site.run("find", "-L", *folders, "-maxdepth", "1", "-type", "f", "(", *names, ")", check=False).stdout
    paths = sorted(filter(None, said.split("\n")), key=lambda path: folders.index(path.rpartition("/")[0]))
    real = site.run("readlink", "-f", *paths).stdout.split("\n") if paths else []
    found: dict[str, str] = {}
    for path, target in zip(paths, real, strict=False):
        if target.rpartition("/")[2] not in _MANY:
            found.setdefault(path.rpartition("/")[2], target)
    return found


def _tell(site: Site, folder: str, tools: dict[str, str]) -> None:
    site.run("tee", f"{folder}/tools", input=json.dumps(tools))
