"""The names of a lab's places: in each host's /etc/hosts they lead to the others' addresses."""

from __future__ import annotations

import contextlib
import re
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address

from netns_kit.commands.command import IPROUTE2, Command
from netns_kit.commands.errors import ConnectionLostError, PlaceClosedError
from netns_kit.places.host import Host
from netns_kit.places.reach import Found, found_places, towards, unrecorded
from netns_kit.sites.site import Site

MARK = "# of the lab"
"""How lines end that are not the user's own."""

FILE = "/run/hosts"
"""What a private host has as /etc/hosts. By this name it is never the machine's own."""

_NEVER_ASK = {*IPROUTE2, "sysctl", "brctl", "iptables", "ip6tables", "nft", "ethtool", "modprobe", "docker"}
_SCRIPTS = {"sh", "bash", "dash", "python3"}
_CHANGING = re.compile(r"\b(ip|ifconfig|dhclient|dhcpcd|udhcpc)\b")


class Names:
    """Keeps the names right: they are told before a command that may ask for one, if addresses may have changed."""

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        self._hosts, self._changed, self._telling = hosts, False, threading.RLock()
        self._told: dict[str, list[str]] = {}

    def listener(self) -> Callable[[Command], None]:
        """What a host's recorder tells of its commands, and what does not keep the lab."""
        known = weakref.WeakMethod(self._before)

        def before(command: Command) -> None:
            heard = known()
            if heard:
                heard(command)

        return before

    def _before(self, command: Command) -> None:
        """Hear of a command that is about to run on a host of the lab."""
        tool, *words = command.argv[command.leading :]
        tool = tool.rpartition("/")[2]
        asks = tool not in _NEVER_ASK and not (tool == "ping" and _is_address(words[-1]))
        with self._telling:
            if self._changed and asks:
                self._changed = False
                self._tell()
            self._changed |= _may_change(tool, words)

    def _tell(self) -> None:
        """Write to each host's file who is where, if that is not what it says."""
        found: list[Found] = []
        there = []
        for host in self._hosts.values():
            # One that is gone is nowhere.
            with contextlib.suppress(ConnectionLostError, PlaceClosedError):
                found += found_places([host])
                there.append(host)
        for host in there:
            lines = list(_lines(host.name, found))
            if lines != self._told.get(host.name, []):
                self._told[host.name] = lines
                with contextlib.suppress(ConnectionLostError, PlaceClosedError):
                    _write(unrecorded(host).site, lines)


def _write(site: Site, lines: Iterable[str]) -> None:
    """Have a host's file say this; what its user has written there stays. Where there is none, there are no names."""
    old = site.run("cat", FILE, check=False)
    if old.ok:
        own = [line for line in old.stdout.splitlines() if not line.endswith(MARK)]
        site.run("tee", FILE, input="".join(f"{line}\n" for line in (*own, *lines)))


def _lines(host: str, found: Iterable[Found]) -> Iterator[str]:
    """What the file of a host says: each place's addresses, those first that are near."""
    found = list(found)
    shared = Counter(one.name for one in found)
    near = [address for one in found if one.host == host for address in one.addresses]
    for one in found:
        full = [f"{one.name}.{one.host}"] if one.netns else []
        # In its own host a namespace needs no more than its name, wherever else there is one of that name.
        names = [one.name, *full] if shared[one.name] == 1 or one.host == host else full
        first = towards(near, one.addresses) if one.addresses else None
        for address in sorted((each.local for each in one.addresses), key=lambda each: each != first):
            yield f"{address}\t{' '.join(names)}\t{MARK}"


def _may_change(tool: str, words: list[str]) -> bool:
    """Whether somebody may have another address after a command."""
    if tool == "ip":
        return "-j" not in words
    return (tool in _SCRIPTS and "-c" not in words) or any(map(_CHANGING.search, (tool, *words)))


def _is_address(word: str) -> bool:
    try:
        ip_address(word.partition("%")[0])
    except ValueError:
        return False
    return True
