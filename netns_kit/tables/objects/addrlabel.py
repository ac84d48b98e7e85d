"""Labels by which source addresses of IPv6 are chosen: `ip addrlabel`."""

from __future__ import annotations

import attrs
from attrs import frozen

from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, Network, Number
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.objects.entries import ObjectTable
from netns_kit.tables.table import Added, Removed


@words
class _Prefix:
    """Which addresses."""

    prefix: Network = field(kw_only=True)  # the network, such as "fd00::/8"
    dev: LinkName | None = None  # only on this link
    label: Number = field(kw_only=True)  # an address to send from is sought among those of the same


@words
class LabelAdded(Added, _Prefix):
    """A label that is added."""


@words
class LabelGone(Removed, _Prefix):
    """A label that is deleted."""


@words
class LabelSelector:
    """Which labels: all."""


@frozen
class LabelInfo(Row):
    """A label of a network. As text it is the command that adds it."""

    address: str
    prefixlen: int = 128
    label: int = 0
    dev: str | None = None
    raw: Entry = attrs.field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return LabelTable.add.line({**self, "prefix": f"{self.address}/{self.prefixlen}"})


class LabelTable(ObjectTable):
    """Address labels of a place, `place.addrlabel`."""

    @verb("ip addrlabel add", LabelAdded)
    def add(self, said: Said) -> None:
        """Give a network a label. Raises ExistsError."""
        self._carry_out(said)

    @verb("ip addrlabel del", LabelGone)
    def delete(self, said: Said) -> None:
        """Take a network's label away. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip addrlabel flush", LabelSelector)
    def flush(self, said: Said) -> None:
        """Delete all labels."""
        self._site.change(*said)

    @verb("ip addrlabel list", LabelSelector)
    def list(self, said: Said) -> Rows[LabelInfo]:
        """The labels."""
        return self._rows(LabelInfo, said)

    show = list.spelt("show")
