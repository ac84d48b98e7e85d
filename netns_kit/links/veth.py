"""Virtual Ethernet pairs: two links, what goes in at one end comes out at the other."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator
from typing import Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError, NotFoundError, OutputError
from netns_kit.commands.reading import entries
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import kind
from netns_kit.links.link import Link
from netns_kit.links.netns import Netns, find_netns
from netns_kit.links.table import LinkTable
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site, site_of
from netns_kit.tables import ethtool
from netns_kit.tables.netns import NetnsTable


@kind
class Veth(Link):
    """One end of a pair."""

    kind = "veth"

    def add(self, *, netns: Netns | None = None, up: bool = False) -> Veth:
        """Refused: an end comes with its pair. Use `VethPair(…).add()`."""
        raise InvalidArgumentError("name", self.name, "an end is not made alone: use VethPair(…).add()")

    def ethtool(self) -> dict[str, int]:
        """The driver's counters; `peer_ifindex` is the index of the other end. Equivalent to: `ethtool -S NAME`"""
        return ethtool.statistics(self._site, self.name)

    def peer(self, by: Literal["netnsid", "ethtool"] = "netnsid") -> Veth:
        """The other end, wherever on this host it is.

        Equivalent to: `ip link show dev NAME` and `ip netns list-id` (or `ethtool -S NAME`, with `by="ethtool"`),
        then `ip link` there

        Raises NotFoundError if the other end is in no namespace that has a name here.
        """
        info = self.show()
        if by == "netnsid" and info.netnsid is None and info.lower:
            return Veth(info.lower, at=self._site)
        index = info.lower_index if by == "netnsid" else self.ethtool()["peer_ifindex"]
        found = [
            (other, site)
            for site in self._candidates(info, by)
            for other in LinkTable(site).show()
            if other.index == index and self._is_end_of(other, info)
        ]
        if len(found) > 1:
            found = [(other, site) for other, site in found if self._is_seen_from(site, other)]
        for other, site in found:
            return Veth(other.name, at=site)
        said = f"no namespace with a name holds link number {index}, the other end of {self.name}"
        result = self._site.run("ip", "link", "show", "dev", self.name)
        raise NotFoundError(result, f"It is in a namespace without a name, or on another host: {said}.")

    def _candidates(self, info: LinkInfo, by: str) -> list[Site]:
        if info.netnsid is None:
            return [self._site]
        known = {known.nsid: known.name for known in NetnsTable(self._site).list_id()} if by == "netnsid" else {}
        name = known.get(info.netnsid)
        if name:
            return [self._site.namespace(name)]
        host = self._site.host
        named = (host.namespace(known.name) for known in NetnsTable(host).list())
        return [site for site in (host, *named) if site != self._site]

    def _is_end_of(self, other: LinkInfo, info: LinkInfo) -> bool:
        if other.kind != "veth":
            return False
        if other.netnsid is None:
            return other.lower == info.name
        return other.lower_index == info.index

    def _is_seen_from(self, site: Site, other: LinkInfo) -> bool:
        """Whether that link's other end is in this one's namespace: indexes repeat, ids and names tell."""
        names = {known.nsid: known.name for known in NetnsTable(site).list_id()}
        return names.get(-1 if other.netnsid is None else other.netnsid) == self._site.name


_naming = threading.Lock()


class VethPair(Noun):
    """A pair of links; iterate it for its two ends: `outer, inner = VethPair().add()`.

    Without names the kernel picks them. `peer_netns` (a place, a name or a process id) is where the second end is
    born. As a context manager it is made on entry and deleted on exit.
    """

    name: str | None
    peer: str | None
    peer_netns: Netns | None
    _site: Site
    _ends: tuple[Veth, Veth] | None

    def __init__(
        self, name: str | None = None, peer: str | None = None, *, peer_netns: Netns | None = None, at: At | None = None
    ) -> None:
        self.name = None if name is None else values.link_name("name", name)
        self.peer = None if peer is None else values.link_name("peer", peer)
        if (self.name is None) is not (self.peer is None):
            raise InvalidArgumentError("peer", peer, "name both ends, or none")
        if peer_netns is not None and self.peer is None:
            raise InvalidArgumentError("peer_netns", peer_netns, "name both ends to have one born elsewhere")
        self.peer_netns = peer_netns
        self._site = site_of(at)
        self._ends = None
        if peer_netns is not None:
            find_netns("peer_netns", peer_netns, self._site)
        elif name is not None and self.name == self.peer:
            raise InvalidArgumentError("peer", peer, "two links of one namespace cannot have the same name")

    def __repr__(self) -> str:
        given = [repr(name) for name in (self.name, self.peer) if name is not None]
        born = [] if self.peer_netns is None else [f"peer_netns={self.peer_netns!r}"]
        return f"VethPair({', '.join([*given, *born, f'at={self._site.where}'])})"

    @property
    def site(self) -> Site:
        """Where its commands run."""
        return self._site

    @property
    def ends(self) -> tuple[Veth, Veth]:
        """Its two ends, once they have names."""
        if self._ends is None:
            if self.name is None or self.peer is None:
                raise InvalidArgumentError("name", None, "the kernel picks the names when the pair is made: add() it")
            there = self._site if self.peer_netns is None else find_netns("peer_netns", self.peer_netns, self._site)
            self._ends = Veth(self.name, at=self._site), Veth(self.peer, at=there)
        return self._ends

    def __iter__(self) -> Iterator[Veth]:
        return iter(self.ends)

    def add(self) -> VethPair:
        """Make it.

        Equivalent to: `ip link add name NAME type veth peer name PEER [netns NETNS]`, or `ip link add type veth`

        Gives itself back. Raises ExistsError if a name is taken.
        """
        if self.name is None:
            self._ends = self._add_unnamed()
            self.name, self.peer = (end.name for end in self._ends)
            return self
        far = self.ends[1].site
        there = () if self.peer_netns is None else ("netns", far.seen_from(self._site))
        words = ("name", self.name, "type", "veth", "peer", "name", self.peer, *there)
        self._site.change("ip", "link", "add", *words, also=far)
        return self

    def delete(self) -> None:
        """Delete both ends. Equivalent to: `ip link delete dev NAME`"""
        self.ends[0].delete()

    def _add_unnamed(self) -> tuple[Veth, Veth]:
        if self._site.version() >= (6, 1) and _kernel_echoes(self._site):
            made = entries(self._site.run("ip", "-echo", "-j", "link", "add", "type", "veth"))
            if made:
                # The kernel answers with the second end, whose `link` is the first.
                return Veth(made[0]["link"], at=self._site), Veth(made[0]["ifname"], at=self._site)
            raise OutputError("`ip -echo link add` did not say which links it made")
        with _naming:
            before = {link.index for link in LinkTable(self._site).show()}
            self._site.run("ip", "link", "add", "type", "veth")
            new = [link for link in LinkTable(self._site).show() if link.index not in before and link.kind == "veth"]
        if len(new) != 2:
            names = ", ".join(link.name for link in new)
            raise OutputError(f"Somebody else made links at the same moment: which of {names} are new pairs' ends?")
        first, second = sorted(new, key=lambda link: link.name)
        return Veth(first.name, at=self._site), Veth(second.name, at=self._site)


def _kernel_echoes(site: Site) -> bool:
    """Whether the kernel says what it made when it is asked to: from 6.2 on."""
    if site.runner.machine == "this machine":
        release = platform.release()
    elif site.runner.machine == "dry run":
        return True
    else:
        release = site.run("uname", "-r").stdout
    return tuple(int(part) for part in release.split(".")[:2]) >= (6, 2)
