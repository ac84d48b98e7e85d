"""What a table holds is shown by either of the tools' two words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

from netns_kit import Bridge, Host, NetnsKitError, VethPair

NO_LISTS = {"ping", "xfrm", "mptcp", "l2tp", "monitor", "sr", "ethtool"}
"""What holds a few tables, or has verbs but no entries."""


def tables(of: object) -> Iterator[str]:
    """The names of what a place or a link has tables of."""
    for name, found in inspect.getmembers(type(of), lambda found: isinstance(found, property)):
        if name not in NO_LISTS and str(found.fget.__annotations__["return"]).endswith("Table"):
            yield name


def test_each_table_has_both(host: Host) -> None:
    """`show` and `list` of each table of a place and of a link say the same, or are refused alike."""
    br0 = Bridge("br0").add()
    port = VethPair("v0", "v1").add().ends[0]
    port.set(master=br0)
    nouns = (host, port)
    seen = []
    for noun in nouns:
        for name in tables(noun):
            table = getattr(noun, name)
            answers = []
            for word in (table.show, table.list):
                try:
                    answers.append(str(word()))
                except NetnsKitError as error:
                    answers.append(type(error).__name__)
            # Sockets come and go with whoever asks; of these two, one tells more.
            assert answers[0] == answers[1] or name in ("ss", "sysctl"), (noun, name)
            seen.append(name)
    assert {"link", "addr", "route", "fdb", "vlan", "qdisc", "class_", "filter", "netns", "tunnel", "brctl"} <= set(
        seen
    )


def test_the_word_that_was_typed(host: Host) -> None:
    """The transcript has the word as it was typed."""
    host.fdb.list()
    host.fdb.show()
    host.addr.list()
    commands = [str(one.command) for one in host.transcript]
    assert [one for one in commands if "fdb" in one] == ["bridge -j fdb list", "bridge -j fdb show"]
    assert commands[-1] == "ip -j -d addr list"


def test_alternative_names(host: Host) -> None:
    """A link's further names are shown as they were given."""
    end = VethPair("v0", "v1").add().ends[0]
    end.altname.add(["a-name-that-is-longer-than-others", "b"])
    assert end.altname.list() == ("a-name-that-is-longer-than-others", "b")
    with pytest.raises(NetnsKitError):
        host.link("nobody").altname.show()
