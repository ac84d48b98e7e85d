"""Policies: `ip xfrm policy`, which packets are to be encrypted."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from attrs import field as fact
from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Byte, ByteName, LinkName, Network, Number, Plain, Port, Present, whole
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Added, Removed, Table, the_one
from netns_kit.tables.xfrm import parts
from netns_kit.tables.xfrm.parts import Limits, Templates, XfrmMark, XfrmTemplate

Direction = Literal["in", "out", "fwd"]
Action = Literal["allow", "block"]
Ptype = Literal["main", "sub"]
Flags = Annotated[str | list[str], parts.listed(("localok", "icmp"))]
Key = Annotated[int | str, whole(0, 2**32 - 1)]
Bits = Annotated[tuple[int, int], parts.bits()]


@words
class _Packets:
    """Which packets."""

    src: Network | None = None  # from this network
    dst: Network | None = None  # to this network
    dev: LinkName | None = None  # by this link
    proto: ByteName | None = None  # of this protocol, such as "tcp"
    sport: Port | None = None  # from this port
    dport: Port | None = None  # to this port
    type: Byte | None = None  # of this type of ICMP
    code: Byte | None = None  # and this code
    key: Key | None = None  # of this key of GRE


@words
class PolicyId(_Packets):
    """A policy."""

    index: Number | None = None  # or its number
    dir: Direction = field(kw_only=False)  # for packets that come "in", go "out" or are forwarded, "fwd"
    ctx: Plain | None = None  # the security context
    mark: XfrmMark | None = None  # of this mark, such as a VTI's key; "5/0xff" with a mask
    ptype: Ptype | None = None  # "sub" for those that are asked beside the main ones
    if_id: Number | None = None  # for this XFRM link, by its number


@words
class PolicyGone(Removed, PolicyId):
    """A policy that is deleted."""


@words
class PolicyWords(PolicyId):
    """A policy, and what becomes of its packets."""

    action: Action | None = None  # "block" has them thrown away
    priority: Number | None = None  # of several, that with the lowest is taken
    flag: Flags | None = None  # "localok", "icmp"
    limit: Limits | None = None  # how long it lasts: {"time-hard": 3600}
    tmpl: Templates | None = None  # the states to use: (source, destination, protocol, mode), or an XfrmTemplate


@words
class PolicyAdded(Added, PolicyWords):
    """A policy that is added."""


@words
class PolicySelector:
    """Which policies."""

    nosock: Present = False  # without those of single sockets


@words
class PolicyShown(_Packets, PolicySelector):
    """Which policies, and of which packets."""

    dir: Direction | None = None  # only those for packets that come "in", go "out" or are forwarded, "fwd"
    index: Number | None = None  # only this one
    ptype: Ptype | None = None  # only main or sub ones
    action: Action | None = None  # only those that do this
    priority: Number | None = None  # only those of this priority
    flag: Flags | None = None  # only those with this flag


@words
class PolicyFlushed:
    """Which policies to delete."""

    ptype: Ptype | None = None  # only main or sub ones


@words
class Thresholds:
    """From which prefix lengths on policies are sought by a table."""

    hthresh4: Bits | None = None  # of source and destination, IPv4
    hthresh6: Bits | None = None  # of source and destination, IPv6


@frozen
class XfrmPolicyInfo(Row):
    """What becomes of packets from one network to another. `selector` is what else they must have, as it is typed.

    As text it is the command that adds it.
    """

    src: str
    dst: str
    dir: str = ""
    action: str = "allow"
    priority: int = 0
    mark: int | None = None
    templates: tuple[XfrmTemplate, ...] = ()
    mask: int | None = None
    if_id: int | None = None
    selector: str = ""
    flags: tuple[str, ...] = ()
    raw: dict[str, Any] = fact(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        known = {name: value for name, value in self.items() if value and value != "allow"}
        if self.mask is not None and self.mark is not None:
            known["mark"] = (hex(self.mark), "mask", hex(self.mask))
        more = dict(re.findall(r"(\S+) (\S+)", self.selector))
        tmpl = tuple(one.words("tmpl") for one in self.templates)
        return XfrmPolicyTable.add.line({**more, **known, "flag": self.flags, "tmpl": tmpl})


class XfrmPolicyTable(Table):
    """The policies, `place.xfrm.policy`: which packets are to be encrypted."""

    @verb("ip xfrm policy add", PolicyAdded)
    def add(self, said: Said) -> None:
        """Add a policy for packets that come "in", go "out" or are forwarded, "fwd".

        Raises InvalidArgumentError, ExistsError.
        """
        self._carry_out(said)

    @verb("ip xfrm policy update", PolicyWords)
    def update(self, said: Said) -> None:
        """Add a policy, or change the one that is there."""
        self._carry_out(said)

    @verb("ip xfrm policy delete", PolicyGone)
    def delete(self, said: Said) -> None:
        """Delete a policy. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip xfrm policy get", PolicyId)
    def get(self, said: Said) -> XfrmPolicyInfo:
        """One policy. Raises NotFoundError."""
        return the_one(parse_policies(self._site.run(*said).stdout))

    @verb("ip xfrm policy deleteall", PolicyShown)
    def deleteall(self, said: Said) -> None:
        """Delete many policies: all, or those that are selected."""
        self._site.run(*said)

    @verb("ip xfrm policy flush", PolicyFlushed)
    def flush(self, said: Said) -> None:
        """Delete all policies."""
        self._site.change(*said)

    @verb("ip xfrm policy show", PolicyShown)
    def show(self, said: Said) -> Rows[XfrmPolicyInfo]:
        """The policies."""
        return parse_policies(self._site.run(*said).stdout)

    list = show.spelt("list")

    def count(self) -> dict[str, int]:
        """How many there are, by direction. Equivalent to: `ip xfrm policy count`"""
        said = self._site.run("ip", "xfrm", "policy", "count").stdout
        return {name.lower(): int(number) for name, number in re.findall(r"(IN|OUT|FWD)\s+(\d+)", said)}

    @verb("ip xfrm policy set", Thresholds)
    def set(self, said: Said) -> None:
        """Say from which prefix lengths on policies are sought by a table."""
        self._site.run(*said)

    def setdefault(self, dir: Direction, action: Literal["accept", "block"]) -> None:
        """Say what becomes of packets that no policy is for. Equivalent to: `ip xfrm policy setdefault DIR ACTION`"""
        way = values.choice("dir", dir, ("in", "out", "fwd"))
        chosen = values.choice("action", action, ("accept", "block"))
        self._site.run("ip", "xfrm", "policy", "setdefault", way, chosen)

    def getdefault(self) -> dict[str, str]:
        """What becomes of packets that no policy is for, by direction. Equivalent to: `ip xfrm policy getdefault`"""
        said = self._site.run("ip", "xfrm", "policy", "getdefault").stdout
        return dict(re.findall(r"(in|out|fwd):\s+(\w+)", said))


def parse_policies(text: str) -> Rows[XfrmPolicyInfo]:
    """The policies in what `ip xfrm policy` printed; those of single sockets are left out."""
    found = ((head, rest) for head, rest in parts.blocks(text) if parts.find(r"^\s+dir (\S+)", rest))
    return Rows(_policy(head, rest) for head, rest in found)


def _policy(head: re.Match[str], rest: str) -> XfrmPolicyInfo:
    templates = re.findall(
        r"tmpl src (\S+) dst (\S+)\s+proto (\S+)(?: spi (\w+)\S*)? reqid (\d+)\S* mode (\S+)\s*(?:level (\S+))?",
        rest,
    )
    return XfrmPolicyInfo(
        head[1],
        head[2],
        parts.find(r"^\s+dir (\S+)", rest),
        parts.find(r" action (\S+)", rest, "allow"),
        int(parts.find(r" priority (\d+)", rest, "0")),
        parts.number(r"^\s+mark (\w+)", rest),
        tuple(
            XfrmTemplate(src, dst, proto, mode, int(spi or "0", 0), int(reqid), level)
            for src, dst, proto, spi, reqid, mode, level in templates
        ),
        parts.mask(rest),
        parts.number(r"^\s+if_id (\w+)", rest),
        head[3].strip(),
        tuple(parts.find(r" flag (.*?)\s*$", rest).split()),
    )
