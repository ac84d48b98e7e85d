"""Pairs of links: what goes in at one end comes out at the other."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Generic, TypeVar

from netns_kit.commands import values
from netns_kit.commands.errors import ExistsError, InvalidArgumentError, NotFoundError, OutputError
from netns_kit.commands.reading import entries
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import kind
from netns_kit.links.link import Link
from netns_kit.links.netns import Netns, find_netns
from netns_kit.links.table import LinkTable
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site, site_of
from netns_kit.tables.netns import NetnsTable


@kind
class End(Link):
    """One end of a pair."""

    _other: str | None = None
    """The other end's name, where the kernel told it."""

    def add(self: EndT, *, netns: Netns | None = None, up: bool = False, exists_ok: bool = False) -> EndT:
        """Refused: an end comes with its pair, such as `VethPair(…).add()`."""
        raise InvalidArgumentError("name", self.name, f"an end is not made alone: use {self.kind.title()}Pair(…).add()")

    def peer(self: EndT) -> EndT:
        """The other end, wherever on this host it is.

        Equivalent to: `ip link show dev NAME` and `ip netns list-id`, then `ip link` there

        Raises NotFoundError if the other end is in no namespace that has a name here.
        """
        info = self.show()
        if info.netnsid is None and info.lower:
            return type(self)(info.lower, at=self._site)
        return self._among(self._candidates(info), info, info.lower_index)

    def _among(self: EndT, sites: Iterable[Site], info: LinkInfo, index: int | None) -> EndT:
        """The link of that index which is the other end."""
        found = [
            (other, site)
            for site in sites
            for other in LinkTable(site).show()
            if other.index == index and self._is_end_of(other, info)
        ]
        if len(found) > 1:
            found = [(other, site) for other, site in found if self._is_seen_from(site, other)]
        for other, site in found:
            return type(self)(other.name, at=site)
        said = f"no namespace with a name holds link number {index}, the other end of {self.name}"
        result = self._site.run("ip", "link", "show", "dev", self.name)
        raise NotFoundError(result, f"It is in a namespace without a name, or on another host: {said}.")

    def _candidates(self, info: LinkInfo) -> list[Site]:
        """Where the other end may be, by the id that its namespace has here."""
        if info.netnsid is None:
            return [self._site]
        known = {known.nsid: known.name for known in NetnsTable(self._site).list_id()}
        name = known.get(info.netnsid)
        return [self._site.namespace(name)] if name else self._elsewhere()

    def _elsewhere(self) -> list[Site]:
        host = self._site.host
        named = (host.namespace(known.name) for known in NetnsTable(host).list())
        return [site for site in (host, *named) if site != self._site]

    def _is_end_of(self, other: LinkInfo, info: LinkInfo) -> bool:
        if other.kind != self.kind:
            return False
        if other.netnsid is None:
            return other.lower == info.name
        return other.lower_index == info.index

    def _is_seen_from(self, site: Site, other: LinkInfo) -> bool:
        """Whether that link's other end is in this one's namespace: indexes repeat, ids and names tell."""
        names = {known.nsid: known.name for known in NetnsTable(site).list_id()}
        return names.get(-1 if other.netnsid is None else other.netnsid) == self._site.name

    @classmethod
    def of(cls: type[EndT], info: LinkInfo, at: At | None) -> EndT:
        """What the kernel has, as one end."""
        link = super().of(info, at)
        link._other = None if info.netnsid is not None else info.lower
        return link

    def spelled(self, *, up: bool = False, netns: str | None = None) -> tuple[str, ...]:
        """The words of the command that makes it, and the other end."""
        other = () if self._other is None else ("peer", "name", self._other)
        return (*super().spelled(up=up, netns=netns), *other)


EndT = TypeVar("EndT", bound=End)
_naming = threading.Lock()


class Pair(Noun, Generic[EndT]):
    """A pair of links; iterate it for its two ends.

    Without names the kernel picks them. `netns` and `peer_netns` (a place, a name or a process id) are where the first
    and the second end are born. As a context manager it is made on entry and deleted on exit.
    """

    _kind: ClassVar[type[Any]]
    name: str | None
    peer: str | None
    netns: Netns | None
    peer_netns: Netns | None
    _site: Site
    _ends: tuple[EndT, EndT] | None

    def __init__(
        self,
        name: str | None = None,
        peer: str | None = None,
        *,
        netns: Netns | None = None,
        peer_netns: Netns | None = None,
        at: At | None = None,
    ) -> None:
        self.name = None if name is None else values.link_name("name", name)
        self.peer = None if peer is None else values.link_name("peer", peer)
        if (self.name is None) is not (self.peer is None):
            raise InvalidArgumentError("peer", peer, "name both ends, or none")
        self._site = site_of(at)
        self.netns, self.peer_netns = netns, peer_netns
        for argument, born in (("netns", netns), ("peer_netns", peer_netns)):
            if born is not None:
                find_netns(argument, born, self._site)
                if self.peer is None:
                    raise InvalidArgumentError(argument, born, "name both ends to have one born elsewhere")
        self._ends = None
        if netns is None and peer_netns is None and name is not None and self.name == self.peer:
            raise InvalidArgumentError("peer", peer, "two links of one namespace cannot have the same name")

    def __repr__(self) -> str:
        given = [repr(name) for name in (self.name, self.peer) if name is not None]
        born = [f"{name}={value!r}" for name in ("netns", "peer_netns") if (value := getattr(self, name)) is not None]
        return f"{type(self).__name__}({', '.join([*given, *born, f'at={self._site.where}'])})"

    @property
    def site(self) -> Site:
        """Where its commands run."""
        return self._site

    @property
    def ends(self) -> tuple[EndT, EndT]:
        """Its two ends, once they have names."""
        if self._ends is None:
            if self.name is None or self.peer is None:
                raise InvalidArgumentError("name", None, "the kernel picks the names when the pair is made: add() it")
            self._ends = (
                self._kind(self.name, at=self._born("netns", self.netns)),
                self._kind(self.peer, at=self._born("peer_netns", self.peer_netns)),
            )
        return self._ends

    def _born(self, argument: str, netns: Netns | None) -> Site:
        return self._site if netns is None else find_netns(argument, netns, self._site)

    def __iter__(self) -> Iterator[EndT]:
        return iter(self.ends)

    def add(self: PairT, *, exists_ok: bool = False) -> PairT:
        """Make it.

        Equivalent to: `ip link add name NAME [netns NETNS] type KIND peer name PEER [netns NETNS]`, or
        `ip link add type KIND`

        Gives itself back. With `exists_ok`, one that is there already will do. Raises ExistsError if a name is taken.
        """
        if self.name is None:
            self._ends = self._add_unnamed()
            self.name, self.peer = (end.name for end in self._ends)
            return self
        first, second = self.ends
        here, there = (
            () if born is None else ("netns", end.site.seen_from(self._site))
            for born, end in ((self.netns, first), (self.peer_netns, second))
        )
        words = (
            "ip",
            "link",
            "add",
            "name",
            self.name,
            *here,
            "type",
            self._kind.kind,
            "peer",
            "name",
            self.peer,
            *there,
        )
        if not values.truth("exists_ok", exists_ok):
            self._site.change(*words, also=second.site if self.netns is None else first.site)
            return self
        try:
            # In a batch, nobody would learn in time that it is there already.
            self._site.run(*words)
        except ExistsError as error:
            if (
                any(end.show().kind != end.kind for end in self.ends if end.exists())
                or first.peer().name != second.name
            ):
                hint = f"{self.name} or {self.peer} is there already, but they are no pair: choose other names."
                raise ExistsError(error.result, hint) from None
        return self

    def delete(self, *, missing_ok: bool = False) -> None:
        """Delete both ends. With `missing_ok`, they need not be there. Equivalent to: `ip link delete dev NAME`"""
        self.ends[0].delete(missing_ok=missing_ok)

    def _add_unnamed(self) -> tuple[EndT, EndT]:
        if self._site.version() >= (6, 1) and _kernel_echoes(self._site):
            made = entries(self._site.run("ip", "-echo", "-j", "link", "add", "type", self._kind.kind))
            if made:
                # The kernel answers with the second end, whose `link` is the first.
                return self._kind(made[0]["link"], at=self._site), self._kind(made[0]["ifname"], at=self._site)
            raise OutputError("`ip -echo link add` did not say which links it made")
        with _naming:
            before = {link.index for link in LinkTable(self._site).show()}
            self._site.run("ip", "link", "add", "type", self._kind.kind)
            found = LinkTable(self._site).show()
            new = [link for link in found if link.index not in before and link.kind == self._kind.kind]
        if len(new) != 2:
            names = ", ".join(link.name for link in new)
            raise OutputError(f"Somebody else made links at the same moment: which of {names} are new pairs' ends?")
        first, second = sorted(new, key=lambda link: link.name)
        return self._kind(first.name, at=self._site), self._kind(second.name, at=self._site)


PairT = TypeVar("PairT", bound="Pair[Any]")


def _kernel_echoes(site: Site) -> bool:
    """Whether the kernel says what it made when it is asked to: from 6.2 on."""
    if site.runner.machine == "this machine":
        release = platform.release()
    elif site.runner.machine == "dry run":
        return True
    else:
        release = site.run("uname", "-r").stdout
    return tuple(int(part) for part in release.split(".")[:2]) >= (6, 2)
