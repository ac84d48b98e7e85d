"""What a link's driver tells: `ethtool`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import LinkName, Named, Number
from netns_kit.commands.word import ALONE
from netns_kit.commands.words import field, words
from netns_kit.sites.site import Site
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


@words
class ChannelWords:
    """How many channels."""

    dev: Annotated[LinkName, ALONE] = field(kw_only=False)  # the link
    rx: Number | None = None  # that take packets
    tx: Number | None = None  # that send them
    other: Number | None = None  # for other things
    combined: Number | None = None  # for both


@frozen
class Feature(Row):
    """What a link's driver does by itself, or could; `fixed` cannot be changed."""

    name: str
    on: bool
    fixed: bool = False


@frozen
class Channels(Row):
    """How many channels a link has, and may have at most; None where it has no such ones."""

    rx: int | None = None
    tx: int | None = None
    other: int | None = None
    combined: int | None = None
    most: Channels | None = None


class EthtoolTable(Table):
    """Links' drivers at a place, `place.ethtool`."""

    def show(self, dev: str | Named) -> dict[str, str]:
        """A link's settings, such as its speed, as the tool tells them. Equivalent to: `ethtool DEV`"""
        return parse_settings(self._site.run("ethtool", values.link_name("dev", dev)).stdout)

    def statistics(self, dev: str | Named) -> dict[str, int]:
        """The driver's counters by name. Equivalent to: `ethtool -S DEV`"""
        return statistics(self._site, dev)

    def driver(self, dev: str | Named) -> dict[str, str]:
        """The driver, its version and more. Equivalent to: `ethtool -i DEV`"""
        return parse_settings(self._site.run("ethtool", "-i", values.link_name("dev", dev)).stdout)

    def features(self, dev: str | Named) -> Rows[Feature]:
        """What the driver does by itself, or could. Equivalent to: `ethtool -k DEV`"""
        return parse_features(self._site.run("ethtool", "-k", values.link_name("dev", dev)).stdout)

    def set_features(self, dev: str | Named, **features: bool) -> None:
        """Have the driver do something by itself, or not.

        Equivalent to: `ethtool -K DEV FEATURE on|off …`

        `features` are the tool's names, with underscores for hyphens: `tso=False`, `rx_checksumming=True`.
        Raises RefusedValueError for one that it does not know, CommandError for one that is fixed.
        """
        if not features:
            raise InvalidArgumentError("features", None, "say which: tso=False")
        link = values.link_name("dev", dev)
        pairs = ((name.replace("_", "-"), "on" if values.truth(name, on) else "off") for name, on in features.items())
        self._site.run("ethtool", "-K", link, *(word for pair in pairs for word in pair))

    def channels(self, dev: str | Named) -> Channels:
        """How many channels there are, and may be. Equivalent to: `ethtool -l DEV`"""
        return parse_channels(self._site.run("ethtool", "-l", values.link_name("dev", dev)).stdout)

    @verb("ethtool -L", ChannelWords)
    def set_channels(self, said: Said) -> None:
        """Say how many channels there shall be. Raises InvalidArgumentError, CommandError."""
        if len(said.given) < 2:
            raise InvalidArgumentError("rx", None, "say how many")
        self._site.run(*said)


def statistics(site: Site, dev: str | Named) -> dict[str, int]:
    """The driver's counters by name; of a veth, `peer_ifindex` is the other end's index.

    Equivalent to: `ethtool -S DEV`
    """
    return parse_statistics(site.run("ethtool", "-S", values.link_name("dev", dev)).stdout)


def parse_statistics(text: str) -> dict[str, int]:
    """The counters in what `ethtool -S` printed."""
    return {name.strip(): int(number) for name, number in re.findall(r"^\s+(.+?):\s*(\d+)\s*$", text, re.MULTILINE)}


def parse_settings(text: str) -> dict[str, str]:
    """What `ethtool` or `ethtool -i` printed, by name."""
    return dict(re.findall(r"^\s*(?!Settings for)([^:\n]+): *(.*?) *$", text, re.MULTILINE))


def parse_features(text: str) -> Rows[Feature]:
    """What `ethtool -k` printed."""
    found = re.findall(r"^\s*(\S+): (on|off)( \[fixed\])?", text, re.MULTILINE)
    return Rows(Feature(name, state == "on", bool(fixed)) for name, state, fixed in found)


def parse_channels(text: str) -> Channels:
    """What `ethtool -l` printed: the most, then those there are."""
    most, _, present = text.partition("Current hardware settings")
    counts: list[dict[str, Any]] = [
        {name.lower(): int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)$", part, re.MULTILINE)}
        for part in (most, present)
    ]
    return Channels(**counts[1], most=Channels(**counts[0]))
