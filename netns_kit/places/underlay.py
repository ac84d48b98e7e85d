"""What carries a cable from one machine to another: where the machines reach each other, and a VXLAN between them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

from attrs import frozen

from netns_kit.commands.errors import ExistsError, InvalidArgumentError, NetnsKitError
from netns_kit.commands.values import is_ipv6
from netns_kit.links.vxlan import VxlanLink
from netns_kit.places.host import Host
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import At, Site

PORT = 4789
"""The UDP port that IANA gave to VXLAN."""

_NEEDED = 1 << 12 | 1 << 21  # what ip and the lab's namespaces take: CAP_NET_ADMIN and CAP_SYS_ADMIN


@frozen
class Shore:
    """One machine's side of the way to another: its own address there, and the link that it goes out by."""

    machine: Host
    address: str
    dev: str
    mtu: int


@frozen
class Way:
    """How two machines reach each other."""

    first: Shore
    second: Shore

    @property
    def mtu(self) -> int:
        """What a cable carries at the most: what the way carries, but for the headers around it."""
        headers = 70 if is_ipv6(self.first.address) else 50
        return min(self.first.mtu, self.second.mtu) - headers


def find_way(first: Host, second: Host) -> Way:
    """How two machines reach each other, by the addresses that their logins showed.

    Raises NetnsKitError where somebody is not root, who has to be, and where nobody can tell.
    """
    for machine in (first, second):
        _check_root(machine)
    way = Way(_shore(first, _address(second, first)), _shore(second, _address(first, second)))
    if way.first.address == way.second.address:
        raise NetnsKitError(f"{first.name} and {second.name} are one machine, {way.first.address}: give it once.")
    return way


def _raw(machine: Host) -> Site:
    """The machine without a transcript: nobody types what is only asked."""
    recorder = machine.site.runner
    if isinstance(recorder, Recorder):
        recorder.send()
        return Site(recorder.runner)
    return machine.site


def _check_root(machine: Host) -> None:
    told = _raw(machine).run("grep", "CapEff", "/proc/self/status").stdout
    if int(told.split()[1], 16) & _NEEDED != _NEEDED:
        raise NetnsKitError(
            f"A cable to another machine takes root on both, and {machine.name} is worked on by an ordinary user:"
            " log in as root there, or put both ends on one machine, where nobody needs it."
        )


def _address(machine: Host, other: Host) -> str:
    """The address by which another machine reaches this one."""
    near = _raw(machine).runner.machine == "this machine"
    asked, place = (other, 0) if near else (machine, 2)
    words = _raw(asked).run("printenv", "SSH_CONNECTION", check=False).stdout.split()
    if len(words) != 4 or words[place] == "UNKNOWN":
        raise NetnsKitError(f"Nobody can tell by which address {machine.name} is reached: {asked.name}'s sshd did not.")
    return words[place]


def _shore(machine: Host, towards: str) -> Shore:
    route = _raw(machine).read("ip", "route", "get", towards)[0]
    link = _raw(machine).read("ip", "link", "show", "dev", route["dev"])[0]
    return Shore(machine, str(route["prefsrc"]), str(route["dev"]), int(link["mtu"]))


class Cables:
    """Makes cables between machines, each with an id that no other has."""

    def __init__(self) -> None:
        start = int.from_bytes(os.urandom(3), "big")
        self._ids: Iterator[int] = itertools.count(start)
        self._ways: dict[tuple[int, int], Way] = {}

    def way(self, first: Host, second: Host) -> Way:
        """How two machines reach each other; looked up once."""
        key = id(first), id(second)
        if key not in self._ways:
            way = find_way(first, second)
            self._ways |= {key: way, key[::-1]: Way(way.second, way.first)}
        return self._ways[key]

    def lay(self, way: Way, first: At, second: At, names: tuple[str, str]) -> tuple[VxlanLink, VxlanLink]:
        """A VXLAN between two places, each end made in the machine's own namespace and born in the place.

        Equivalent to: `ip link add name NAME netns … type vxlan id … local … remote … dev … dstport 4789` on both
        """
        for attempt in itertools.count(1):
            number = next(self._ids) % (1 << 24)
            try:
                self._end(number, way.first, way.second, first, names[0])
            except ExistsError:
                # Another lab may have that id there; so often, it is the name that is taken.
                if attempt == 3:
                    raise
                continue
            try:
                self._end(number, way.second, way.first, second, names[1])
            except BaseException as error:
                VxlanLink(names[0], id=number, at=first).delete()
                if attempt == 3 or not isinstance(error, ExistsError):
                    raise
                continue
            break
        shores = zip((way.first, way.second), (way.second, way.first), (first, second), names, strict=True)
        ends = [
            VxlanLink(name, id=number, local=near.address, remote=far.address, dstport=PORT, at=place)
            for near, far, place, name in shores
        ]
        return ends[0], ends[1]

    def _end(self, number: int, near: Shore, far: Shore, place: At, name: str) -> None:
        site = place.site
        words = ("id", number, "local", near.address, "remote", far.address, "dev", near.dev, "dstport", PORT)
        near.machine.site.change(
            "ip", "link", "add", "name", name, "netns", namespace_file(site), "type", "vxlan", *words, also=site
        )


def namespace_file(site: Site) -> str:
    """The file of a private host's namespace, as the machine itself has it."""
    runner = site.runner.runner if isinstance(site.runner, Recorder) else site.runner
    folder: str = getattr(runner, "folder", f"/proc/{site.runner.pid}")
    if site.path is not None:
        return f"{folder}/root{site.path}"
    return f"{folder}/ns/net" if site.name is None else f"{folder}/root/run/netns/{site.name}"


def check_mtu(mtu: int | None, way: Way) -> int:
    """What a cable's ends are told to carry: what they can, unless somebody wants less."""
    if mtu is not None and mtu > way.mtu:
        pair = f"{way.first.machine.name} and {way.second.machine.name}"
        raise InvalidArgumentError("mtu", mtu, f"the way between {pair} carries at most {way.mtu} of a cable's bytes")
    return way.mtu if mtu is None else mtu
