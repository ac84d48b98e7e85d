"""What tells a link or a namespace from another that has got its name since."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence

from netns_kit.commands.errors import NotFoundError
from netns_kit.machines.records import Entry, kept_apart
from netns_kit.machines.runner import DirectRunner
from netns_kit.sites.site import Site
from netns_kit.tables.netns import RUN_DIR
from netns_kit.undoing.typed import site_at

SIOCGIFNAME, SIOCGIFHWADDR, SIOCGIFINDEX = 0x8910, 0x8927, 0x8933

Identity = tuple[int, str]
"""A link's number and its Ethernet address, if it has one."""

_ETHERNET = 1


def quiet(site: Site) -> Site:
    """The same place, of which nothing is recorded: nobody types what the library asks for itself."""
    return Site(getattr(site.runner, "runner", site.runner), site.name, site.path)


def is_here(site: Site) -> bool:
    """Whether it is the network that this process is in."""
    return isinstance(quiet(site).runner, DirectRunner) and site.name is None and site.path is None


def links(site: Site, names: Iterable[str]) -> dict[str, Identity]:
    """Those of these links that are there. On this machine itself no command is needed for that."""
    if is_here(site):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            found = ((name, _asked(asking, name)) for name in names)
            return {name: identity for name, identity in found if identity}
    there = all_links(site)
    return {name: there[name] for name in names if name in there}


def _asked(asking: socket.socket, name: str) -> Identity | None:
    try:
        request = struct.pack("256s", os.fsencode(name)[:15])
        (index,) = struct.unpack_from("i", fcntl.ioctl(asking, SIOCGIFINDEX, request), 16)
        told = fcntl.ioctl(asking, SIOCGIFHWADDR, request)
    except OSError:
        return None
    (family,) = struct.unpack_from("H", told, 16)
    return index, told[18:24].hex(":") if family == _ETHERNET else ""


def know(host: Site, entries: Iterable[Entry]) -> None:
    """Note what has the name by now of each thing that is to be made: that is not it."""
    entries = [entry for entry in entries if "known" not in entry]
    spaces = namespaces(host, [entry["netns"] for entry in entries if "netns" in entry])
    here = links(host, [entry["link"] for entry in entries if "link" in entry and entry["place"] is None])
    for entry in entries:
        if "netns" in entry:
            entry["known"] = spaces.get(entry["netns"])
        elif "link" in entry:
            entry["known"] = None if entry["place"] else here.get(entry["link"], (None,))[0]


def identify(host: Site, entries: Sequence[Entry]) -> None:
    """Note what tells each thing that was made from whatever may get its name later."""
    spaces = namespaces(host, [entry["netns"] for entry in entries if "netns" in entry])
    places = {entry["place"] for entry in entries if "link" in entry}
    there = {
        place: links(site_at(host, place), [one["link"] for one in entries if "link" in one and one["place"] == place])
        for place in places
    }
    for entry in entries:
        if "netns" in entry:
            entry["inode"] = spaces.get(entry["netns"])
        elif "link" in entry and entry["link"] in there[entry["place"]]:
            entry["index"], entry["address"] = there[entry["place"]][entry["link"]]


def found(site: Site, entries: Iterable[Entry]) -> dict[str, Identity]:
    """The links of a place, among them those of these entries, by the names that they have by now."""
    if not is_here(site):
        return all_links(site)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        names = [name for one in entries for name in (one["link"], _called(asking, one.get("index", 0))) if name]
    return links(site, names)


def _called(asking: socket.socket, index: int) -> str:
    try:
        told = fcntl.ioctl(asking, SIOCGIFNAME, struct.pack("16si236x", b"", index))
    except OSError:
        return ""
    return os.fsdecode(told[:16].rstrip(b"\0"))


def same(name: str, entry: Entry, there: Mapping[str, Identity]) -> bool:
    """Whether the link of that name is the one that was made: a bridge's address is that of one of its ports."""
    index, address = there.get(name, (0, ""))
    return index == entry.get("index") and (name == entry["link"] or address == entry.get("address"))


def all_links(site: Site) -> dict[str, Identity]:
    """All links of a place; none of one that is gone."""
    with contextlib.suppress(NotFoundError):
        return {
            entry["ifname"]: (entry["ifindex"], entry["address"] if entry.get("link_type") == "ether" else "")
            for entry in quiet(site).read("ip", "link", "show")
        }
    return {}


def namespaces(host: Site, names: Iterable[str]) -> dict[str, str]:
    """What tells those of these namespaces that are there from others of their names."""
    wanted = list(names)
    if isinstance(quiet(host).runner, DirectRunner):
        found = {}
        for name in wanted:
            with contextlib.suppress(OSError):
                found[name] = kept_apart(os.stat(f"{RUN_DIR}/{name}"))
        return found
    if not wanted:
        return {}
    paths = (f"{RUN_DIR}/{name}" for name in wanted)
    told = quiet(host).run("stat", "-L", "-c", "%i.%.9Z %n", *paths, check=False).stdout
    pairs = (line.partition(" ") for line in told.splitlines())
    # Seconds with their parts are as many nanoseconds as `os.stat` tells.
    return {path.rpartition("/")[2]: re.sub(r"\.(\d+)\.(\d+)$", r".\1\2", number) for number, _, path in pairs}
