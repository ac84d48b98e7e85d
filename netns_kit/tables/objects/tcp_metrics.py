"""What TCP has learnt of other machines: `ip tcp_metrics`."""

from __future__ import annotations

from typing import Annotated

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, Family, Network
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable


@words
class TcpMetricsSelector:
    """Of which machines."""

    family: Family | None = None  # 4 or 6, both without it
    address: Annotated[Network, ALONE] | None = field(default=None, kw_only=False)  # only of this machine, or network


@words
class TcpMetricsOf:
    """Of which machine."""

    address: Annotated[Address, ALONE] = field(kw_only=False)  # its address


@frozen
class TcpMetricsInfo(Row):
    """What TCP has learnt of a machine; `raw` has all of it. Times are in the tool's units, `age` in seconds."""

    dst: str
    source: str | None = None
    age: float | None = None
    cwnd: int | None = None
    rtt: float | None = None
    rttvar: float | None = None
    ssthresh: int | None = None
    reordering: int | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)


class TcpMetricsTable(ObjectTable):
    """What TCP has learnt at a place, `place.tcp_metrics`."""

    @verb("ip {family} tcp_metrics show", TcpMetricsSelector)
    def show(self, said: Said) -> Rows[TcpMetricsInfo]:
        """What it has learnt."""
        return self._rows(TcpMetricsInfo, said)

    list = show.spelt("list")

    @verb("ip {family} tcp_metrics flush", TcpMetricsSelector)
    def flush(self, said: Said) -> None:
        """Have it forget of all, or of some."""
        self._site.run(*said)

    @verb("ip tcp_metrics delete", TcpMetricsOf)
    def delete(self, said: Said) -> None:
        """Have it forget of one machine. Raises NotFoundError."""
        self._site.run(*said)
