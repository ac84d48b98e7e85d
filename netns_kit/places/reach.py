"""Who reaches whom: a ping from each place to each other one, as a table."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from ipaddress import ip_interface

from attrs import frozen

from netns_kit.commands.errors import InvalidArgumentError, NetnsKitError
from netns_kit.commands.rows import Row, Rows, text_table
from netns_kit.links.snapshot import Snapshot
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.places.place import Place
from netns_kit.sites.batch import send_gathered
from netns_kit.tables.address import AddressInfo

AT_ONCE = 32
"""Pings that are on their way side by side."""


@frozen
class Found:
    """A place of a lab, and its addresses that others could reach."""

    host: str
    netns: str | None
    place: Place
    addresses: list[AddressInfo]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.netns or self.host

    def __str__(self) -> str:
        return f"{self.host}/{self.netns}" if self.netns else self.host


@frozen
class Reach(Row):
    """Whether a place reaches another one at an address, after how many milliseconds, and else what was heard."""

    source: str
    destination: str
    address: str
    ok: bool
    time: float | None = None
    heard: str = ""


class Reached(Rows[Reach]):
    """Who reaches whom: a row for each pair. It prints as a matrix, and is a coloured one in a notebook."""

    @property
    def ok(self) -> bool:
        """Whether everybody reaches everybody."""
        return all(one.ok for one in self)

    @property
    def failed(self) -> Rows[Reach]:
        """The pairs that do not."""
        return Rows(one for one in self if not one.ok)

    @property
    def names(self) -> tuple[str, ...]:
        """The places, in order."""
        return tuple(dict.fromkeys(one.source for one in self))

    def _matrix(self) -> Iterator[list[Reach | None]]:
        pairs = {(one.source, one.destination): one for one in self}
        for source in self.names:
            yield [pairs.get((source, destination)) for destination in self.names]

    def __str__(self) -> str:
        if not self:
            return "(no two places with addresses)"
        signs = [["·" if one is None else "✓" if one.ok else "✗" for one in line] for line in self._matrix()]
        table = text_table(["", *self.names], ([name, *line] for name, line in zip(self.names, signs, strict=True)))
        return f"{table}{len(self) - len(self.failed)} of {len(self)} reached\n"

    def _repr_html_(self) -> str:
        def cell(one: Reach | None) -> str:
            if one is None:
                return "<td></td>"
            sign, color = ("✓", "#15803d") if one.ok else ("✗", "#b91c1c")
            told = f"{one.time:g} ms" if one.time is not None else one.heard
            about = html.escape(f"{one.source} → {one.destination} ({one.address}): {told}", quote=True)
            return f'<td title="{about}" style="text-align: center; background: {color}; color: #ffffff">{sign}</td>'

        def heading(name: str) -> str:
            return f'<th style="text-align: left">{html.escape(name)}</th>'

        lines = (
            f"<tr>{heading(name)}{''.join(map(cell, line))}</tr>"
            for name, line in zip(self.names, self._matrix(), strict=True)
        )
        head = "".join(map(heading, ("from \\ to", *self.names)))
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{chr(10).join(lines)}\n</tbody>\n</table>"


def ping_all(hosts: Iterable[Host]) -> Reached:
    """One ping from each place of these hosts that has an address to each other one."""
    # Slow to import, so not at the top.
    from concurrent.futures import ThreadPoolExecutor

    places = {str(one): (one.place, one.addresses) for one in found_places(hosts) if one.addresses}
    pairs = [(one, other) for one in places for other in places if one != other]

    def tried(pair: tuple[str, str]) -> Reach:
        (source, near), (_, far) = (places[name] for name in pair)
        address = towards(near, far)
        try:
            answer = source.ping(address, count=1, check=False)
        except NetnsKitError as error:
            return Reach(*pair, address, False, None, str(error).partition("\n")[0])
        heard = answer.errors[0].message if answer.errors else "no answer"
        return Reach(*pair, address, answer.ok, answer.average, "" if answer.ok else heard)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Reached(pool.map(tried, pairs))


def address_of(near: Place, far: Place) -> str:
    """By which address one place reaches another. Raises InvalidArgumentError where it has none."""
    given = _reachable(far.snapshot())
    if not given:
        raise InvalidArgumentError("far", far, "it has no address yet")
    return towards(_reachable(near.snapshot()), given)


def unrecorded(host: Host) -> Host:
    """The same host, with a transcript of its own that nobody reads."""
    send_gathered()
    return Host(getattr(host.site.runner, "runner", host.site.runner))


def found_places(hosts: Iterable[Host]) -> Iterator[Found]:
    """The hosts and their namespaces."""
    for host in hosts:
        for name, found in unrecorded(host).snapshots().items():
            yield Found(host.name, name, host if name is None else Namespace(name, at=host), _reachable(found))


def _reachable(found: Snapshot) -> list[AddressInfo]:
    """The addresses that others could reach, IPv4 first."""
    given = [one for one in found.addresses if one.scope == "global" and one.dev != "lo"]
    return sorted(given, key=lambda one: one.family != "inet")


def towards(near: list[AddressInfo], far: list[AddressInfo]) -> str:
    """The address of another place: one that is in a network of this one's, or its first."""
    networks = [ip_interface(str(one)).network for one in near]
    close = (one.local for one in far if any(ip_interface(str(one)).ip in network for network in networks))
    return next(close, far[0].local)
