"""Who listens, and who talks to whom: `ss`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.word import Flag, Several, Word
from netns_kit.commands.words import words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Table


@frozen
class SocketInfo(Row):
    """A socket: of which protocol, in which state, and whose. An address of "*" is any, of both families."""

    protocol: str
    state: str
    address: str
    port: int | None = None
    peer: str = "*"
    peer_port: int | None = None
    dev: str | None = None
    program: str | None = None
    pid: int | None = None
    waiting: int = 0
    unsent: int = 0


States = Literal[
    "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait", "closed", "close-wait", "last-ack",
    "listening", "closing", "all", "connected", "synchronized", "bucket", "big",
]  # fmt: skip
"""What ss calls a socket's state, or several of them."""

SHORT = {"established": "ESTAB", "listening": "LISTEN", "closed": "UNCONN"}
"""How it shows them, where that is not the same in capitals."""


def _states(argument: str, value: Any) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, tuple | list) or not given:
        raise InvalidArgumentError(argument, value, 'it must be such as "established", or several')
    return tuple(values.choice(argument, one, get_args(States)) for one in given)


State = Annotated[States | tuple[States, ...], Several(_states, "STATE", token="state")]


def _filter(argument: str, value: Any) -> tuple[str, ...]:
    words = tuple(values.plain(argument, value).split())
    if not words or words[0].startswith("-"):
        raise InvalidArgumentError(argument, value, 'it must be such as "dst 10.0.0.1" or "sport = :22"')
    return words


def _flag(token: str) -> Flag:
    return Flag(token=token)


@words
class SsWords:
    """Which sockets: TCP's and UDP's unless one of them is said."""

    listening: Annotated[bool, _flag("-l")] = False  # those that wait for others
    all: Annotated[bool, _flag("-a")] = False  # those that wait, and those that talk
    tcp: Annotated[bool, _flag("-t")] = False  # TCP's
    udp: Annotated[bool, _flag("-u")] = False  # UDP's
    raw: Annotated[bool, _flag("-w")] = False  # raw ones
    processes: Annotated[bool, _flag("-p")] = False  # with whose they are, as far as that may be seen
    ipv4: Annotated[bool, _flag("-4")] = False  # IPv4's alone
    ipv6: Annotated[bool, _flag("-6")] = False  # IPv6's alone
    state: State | None = None  # those in this state, such as "established", or in one of several
    filter: Annotated[str, Word(_filter, "FILTER", alone=True)] | None = None  # such as "dst 10.0.0.1" or "sport = :22"


class SsTable(Table):
    """The sockets of a place, `place.ss`: `place.ss.show(listening=True, tcp=True, processes=True)`."""

    @verb("ss -H -n", SsWords)
    def show(self, said: Said) -> Rows[SocketInfo]:
        """The sockets, typed. Raises ToolMissingError."""
        chosen = [name for name in ("tcp", "udp", "raw") if said.given.get(name)]
        start = () if chosen else ("-t", "-u")
        states = said.given.get("state", ())
        # With one protocol alone, or one state, ss leaves out the column that tells which.
        return parse_sockets(
            self._site.run(*said[:3], *start, *said[3:]).stdout,
            chosen[0] if len(chosen) == 1 else None,
            SHORT.get(states[0], states[0].upper()) if len(states) == 1 else None,
        )

    def list(self) -> Rows[SocketInfo]:
        """Who listens, by TCP and UDP. Equivalent to: `ss -H -n -l -t -u -p`"""
        return self.show(listening=True, tcp=True, udp=True, processes=True)


def parse_sockets(text: str, protocol: str | None = None, state: str | None = None) -> Rows[SocketInfo]:
    """The sockets in what `ss -H -n` printed; `protocol` and `state` are those of all, where it names none."""
    return Rows(_socket(line.split(), protocol, state) for line in text.splitlines() if line.strip())


def _socket(columns: list[str], protocol: str | None, state: str | None) -> SocketInfo:
    if protocol is None:
        protocol, *columns = columns
    if state is None or not columns[0].isdigit():
        state, *columns = columns
    waiting, unsent, local, peer, *rest = columns
    address, dev, port = _end(local)
    far, _, far_port = _end(peer)
    whose = re.search(r'\(\("(.*?)",pid=(\d+)', " ".join(rest))
    program, pid = (whose[1], int(whose[2])) if whose else (None, None)
    return SocketInfo(protocol, state, address, port, far, far_port, dev, program, pid, int(waiting), int(unsent))


def _end(text: str) -> tuple[str, str | None, int | None]:
    """An address, the link that it is bound to, and a port."""
    host, _, port = text.rpartition(":")
    address, _, dev = host.replace("[", "").replace("]", "").partition("%")
    return address, dev or None, int(port) if port.isdigit() else None
