"""Answers of many entries: tables in a terminal and in a notebook, plain data for everybody else."""

from __future__ import annotations

import html.parser

import pytest
from attrs import field, frozen

from netns_kit import Bridge, Host, LinkInfo, Namespace
from netns_kit.commands.rows import Row, Rows, legible
from netns_kit.tables.ping import PingReply, PingResult
from tests.conftest import needs_package


@frozen
class Thing(Row):
    """An info like any other."""

    name: str
    size: int = 0
    flags: tuple[str, ...] = ()
    peer: str | None = None
    up: bool = False
    raw: dict[str, object] = field(factory=dict, eq=False, repr=False)


THINGS = Rows([Thing('a<b>&"c', 0, ("UP", "X")), Thing("d", up=True, raw={"name": "d"})])


class Cells(html.parser.HTMLParser):
    """The text of a page's cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Keep which tags there are, and begin a cell."""
        self.tags.add(tag)
        if tag in ("td", "th"):
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        """Keep a cell's text."""
        if self.texts:
            self.texts[-1] += data.strip()


def test_rows_are_a_tuple() -> None:
    """They compare, index and unpack as the tuple that they are."""
    first, second = THINGS
    assert (first, second) == THINGS
    assert THINGS[1].name == "d"
    assert Rows() == ()


def test_text() -> None:
    """Aligned columns, those left out in which nothing stands, and no quotes or brackets."""
    assert str(THINGS) == 'name     size  flags  up\na<b>&"c  0     UP X   no\nd        0            yes\n'
    assert str(Rows()) == "(none)"


def test_html_is_escaped() -> None:
    """What came from the system is text in the page, never a tag."""
    page = Cells(THINGS._repr_html_())
    assert page.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert page.texts == ["name", "size", "flags", "up", 'a<b>&"c', "0", "UP X", "no", "d", "0", "", "yes"]


def test_odd_text_is_legible() -> None:
    """Control characters, bytes that are no UTF-8 and several lines can stand in a cell."""
    assert legible("\x1b[1m\udcff") == "�[1m�"
    assert legible("one\ntwo\n") == "one⏎two"


def test_plain_data() -> None:
    """An info is a mapping of its fields, but for the raw answer."""
    assert dict(THINGS[1]) == {"name": "d", "size": 0, "flags": (), "peer": None, "up": True}
    with pytest.raises(KeyError):
        THINGS[1]["raw"]


def test_the_verbs_give_rows() -> None:
    """Links, addresses, routes, rules, neighbours, namespaces, forwarding entries and firewall rules are rows."""
    with Host.private() as host:
        br0 = Bridge("br0").add()
        br0.addr.add("10.0.0.1/24")
        br0.up()
        Namespace("net0").add()
        host.neigh.add("10.0.0.2", lladdr="02:00:00:00:00:02", dev="br0", nud="permanent")
        answers = {
            "link": host.link.list(),
            "addr": host.addr.list(),
            "route": host.route.list(table="local"),
            "rule": host.rule.list(),
            "neigh": host.neigh.list(),
            "netns": host.netns.list(),
            "fdb": br0.fdb.show(),
            "iptables": host.iptables.rules(),
        }
    for rows in answers.values():
        assert isinstance(rows, Rows)
        assert "<td" in rows._repr_html_()
        assert all(isinstance(dict(row), dict) for row in rows)
    assert str(answers["neigh"]).splitlines()[1].split() == ["10.0.0.2", "br0", "02:00:00:00:00:02", "PERMANENT"]


def test_transcript() -> None:
    """A transcript is a table with a line for each command."""
    with Host.dry_run("one<two") as host:
        Namespace("net0", at=host).link("eth0").up()
    page = Cells(host.transcript._repr_html_())
    assert page.texts[:5] == ["host", "namespace", "status", "ms", "command"]
    assert page.texts[5:8] + page.texts[9:] == ["one<two", "net0", "0", "ip -n net0 link set dev eth0 up"]


RESULT = PingResult(
    "10.0.0.2", 3, 2, loss=33.3, replies=(PingReply(1, "10.0.0.2", 0.5, 64, 64), PingReply(3, "10.0.0.2", 0.25, 64, 64))
)


def test_ping() -> None:
    """A ping's result is its summary and a table of the answers."""
    assert RESULT._repr_html_().startswith("<p>10.0.0.2: 3 sent, 2 received, 33.3% loss</p>\n<table>")


@needs_package("pandas")
def test_pandas() -> None:
    """`pandas.DataFrame` makes a column of each field."""
    import pandas

    frame = pandas.DataFrame(THINGS)
    assert list(frame.columns) == ["name", "size", "flags", "peer", "up"]
    assert list(frame["name"]) == ['a<b>&"c', "d"]


@needs_package("matplotlib")
def test_plot() -> None:
    """The times of a ping as a curve, with a gap where nobody answered."""
    import matplotlib

    matplotlib.use("Agg")
    (line,) = RESULT.plot().get_lines()
    assert [str(number) for number in line.get_ydata()] == ["0.5", "nan", "0.25"]


def test_what_is_usual_goes_without_saying() -> None:
    """A column is left out while all have in it what nearly all links have, and is there for the first that differs."""
    usual, other = LinkInfo("a", group="default", txqueuelen=1000), LinkInfo("b", group="default", txqueuelen=500)
    assert str(Rows([usual])).splitlines()[0].split() == ["name", "index", "mtu"]
    assert str(Rows([usual, other])).splitlines()[0].split() == ["name", "index", "mtu", "txqueuelen"]
