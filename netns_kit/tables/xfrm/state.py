"""States: `ip xfrm state`, how packets between two addresses are encrypted."""

from __future__ import annotations

import re
from typing import Annotated, Any

from attrs import field as fact
from attrs import frozen

from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.types import Address, Interface, Number, Plain, Present, whole
from netns_kit.commands.word import spelled
from netns_kit.commands.words import field, words
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.table import Added, Removed, Table, the_one
from netns_kit.tables.xfrm import parts
from netns_kit.tables.xfrm.parts import Aead, Keyed, Limits, Mode, Proto, Spi, Truncated, Typed, XfrmMark

_FLAGS = ("noecn", "decap-dscp", "nopmtudisc", "wildrecv", "icmp", "af-unspec", "align4", "esn")
Flags = Annotated[str | list[str], parts.listed(_FLAGS)]
ExtraFlags = Annotated[str | list[str], parts.listed(("dont-encap-dscp", "oseq-may-wrap")), spelled(token="extra-flag")]
OutputMark = Annotated[XfrmMark, spelled(token="output-mark")]
Window = Annotated[int, whole(0, 2**32 - 1, token="replay-window")]
Seq = Annotated[int, whole(0, 2**32 - 1, token="replay-seq")]
OutSeq = Annotated[int, whole(0, 2**32 - 1, token="replay-oseq")]
SeqHigh = Annotated[int, whole(0, 2**32 - 1, token="replay-seq-hi")]
OutSeqHigh = Annotated[int, whole(0, 2**32 - 1, token="replay-oseq-hi")]


@words
class _Ends:
    """Whose packets."""

    src: Address = field(kw_only=False)  # where they come from
    dst: Address = field(kw_only=False)  # where they go to
    proto: Proto | None = None  # what they are wrapped by, "esp" otherwise

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Both ends are of one family."""
        parts.ends("dst", given["src"], given["dst"])
        given.setdefault("proto", "esp")


@words
class StateId(_Ends):
    """A state, by what its packets have."""

    spi: Spi = field(kw_only=True)  # the number that they carry


@words
class StateMarked(StateId):
    """A state."""

    mark: XfrmMark | None = None  # its mark, "5/0xff" with a mask


@words
class StateGone(Removed, StateMarked):
    """A state that is deleted."""


@words
class StateWords(StateId):
    """A state; both ends need the same."""

    mode: Mode | None = None  # "transport": what is in a packet is wrapped, "tunnel": the whole of it
    reqid: Number | None = None  # the number by which policies ask for it
    mark: XfrmMark | None = None  # packets have this mark, such as a VTI's key; "5/0xff" with a mask
    seq: Number | None = None  # the number of the request that it answers
    replay_window: Window | None = None  # how many packets may come late
    replay_seq: Seq | None = None  # the number of the last packet that came
    replay_oseq: OutSeq | None = None  # the number of the last packet that was sent
    replay_seq_hi: SeqHigh | None = None  # the upper half of the former, with the flag "esn"
    replay_oseq_hi: OutSeqHigh | None = None  # the upper half of the latter
    flag: Flags | None = None  # such as "esn" or ["esn", "noecn"]
    sel: Typed | None = None  # only these packets, as it is typed: "src 10.0.0.0/8 proto tcp"
    limit: Limits | None = None  # how long it lasts: {"byte-hard": 1000000, "time-soft": 3600}
    encap: Typed | None = None  # UDP or TCP around it, as it is typed: "espinudp 4500 4500 0.0.0.0"
    coa: Interface | None = None  # the care-of address of Mobile IPv6
    ctx: Plain | None = None  # the security context
    extra_flag: ExtraFlags | None = None  # "dont-encap-dscp", "oseq-may-wrap"
    offload: Typed | None = None  # the link that encrypts by itself, as it is typed: "dev eth0 dir out"
    output_mark: OutputMark | None = None  # the mark that packets have afterwards
    if_id: Number | None = None  # the number of the XFRM link that it is for
    tfcpad: Number | None = None  # packets are filled up to so many bytes
    aead: Aead | None = None  # encrypts and vouches: ("rfc4106(gcm(aes))", "0x2b…", 128)
    enc: Keyed | None = None  # encrypts: ("cbc(aes)", "0x2b…")
    auth: Keyed | None = None  # vouches: ("hmac(sha256)", "0x2b…")
    auth_trunc: Truncated | None = None  # vouches with fewer bits: ("hmac(sha256)", "0x2b…", 96)
    comp: Plain | None = None  # makes smaller: "deflate"


@words
class StateAdded(Added, StateWords):
    """A state that is added."""


@words
class StateSelector:
    """Which states."""

    nokeys: Present = False  # without their keys
    src: Address | None = None  # only those from there
    dst: Address | None = None  # only those to there
    proto: Proto | None = None  # only those wrapped by this
    spi: Spi | None = None  # only those of this number
    mode: Mode | None = None  # only those of this mode
    reqid: Number | None = None  # only those that policies ask for by this number
    flag: Flags | None = None  # only those with this flag


@words
class StateFlushed:
    """Which states to delete."""

    proto: Proto | None = None  # only those wrapped by this


@words
class SpiWords(_Ends):
    """A state that is to come."""

    spi: Spi | None = None  # the number, where it is known
    mode: Mode | None = None  # its mode
    reqid: Number | None = None  # the number by which policies ask for it
    mark: XfrmMark | None = None  # its mark
    seq: Number | None = None  # the number of the request
    min: Number | None = None  # the lowest number to choose
    max: Number | None = None  # and the highest


@frozen
class XfrmStateInfo(Row):
    """How packets from `src` to `dst` are encrypted. `algorithms` are such as "aead rfc4106(gcm(aes)) 0x… 128".

    `mark` may have a `mask`. As text it is the command that adds it.
    """

    src: str
    dst: str
    proto: str = ""
    spi: int = 0
    reqid: int = 0
    mode: str = ""
    mark: int | None = None
    algorithms: tuple[str, ...] = ()
    mask: int | None = None
    if_id: int | None = None
    replay_window: int = 0
    flags: tuple[str, ...] = ()
    sel: str | None = None
    encap: str | None = None
    output_mark: int | None = None
    raw: dict[str, Any] = fact(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        known = {name: value for name, value in self.items() if value}
        if self.mask is not None and self.mark is not None:
            known["mark"] = (hex(self.mark), "mask", hex(self.mask))
        split = {one.split()[0]: tuple(one.split()[1:]) for one in self.algorithms}
        tokens = {name.replace("_", "-"): value for name, value in known.items()}
        texts: dict[str, Any] = {name: tuple(str(known[name]).split()) for name in ("sel", "encap") if name in known}
        return XfrmStateTable.add.line({**known, **tokens, **split, **texts, "flag": self.flags})


class XfrmStateTable(Table):
    """The states, `place.xfrm.state`: how packets between two addresses are encrypted."""

    @verb("ip xfrm state add", StateAdded)
    def add(self, said: Said) -> None:
        """Add a state; both ends need the same.

        A key is such as "0x2b…"; the algorithms' names are the kernel's, such as "rfc4106(gcm(aes))".
        Raises InvalidArgumentError, ExistsError, RefusedValueError.
        """
        self._carry_out(said)

    @verb("ip xfrm state update", StateWords)
    def update(self, said: Said) -> None:
        """Change a state. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip xfrm state allocspi", SpiWords)
    def allocspi(self, said: Said) -> XfrmStateInfo:
        """Have the kernel choose a number for a state that is to come."""
        return the_one(parse_states(self._site.run(*said).stdout))

    @verb("ip xfrm state delete", StateGone)
    def delete(self, said: Said) -> None:
        """Delete a state. Raises NotFoundError."""
        self._carry_out(said)

    @verb("ip xfrm state get", StateMarked)
    def get(self, said: Said) -> XfrmStateInfo:
        """One state. Raises NotFoundError."""
        return the_one(parse_states(self._site.run(*said).stdout))

    @verb("ip xfrm state deleteall", StateSelector)
    def deleteall(self, said: Said) -> None:
        """Delete many states: all, or those that are selected."""
        self._site.run(*said)

    @verb("ip xfrm state flush", StateFlushed)
    def flush(self, said: Said) -> None:
        """Delete all states, or those of one protocol."""
        self._site.change(*said)

    @verb("ip xfrm state show", StateSelector)
    def show(self, said: Said) -> Rows[XfrmStateInfo]:
        """The states."""
        return parse_states(self._site.run(*said).stdout)

    list = show.spelt("list")

    def count(self) -> int:
        """How many there are. Equivalent to: `ip xfrm state count`"""
        return int(parts.find(r"SAD count (\d+)", self._site.run("ip", "xfrm", "state", "count").stdout, "0"))


def parse_states(text: str) -> Rows[XfrmStateInfo]:
    """The states in what `ip xfrm state` printed."""
    return Rows(_state(head, rest) for head, rest in parts.blocks(text))


_ALL = ("src 0.0.0.0/0 dst 0.0.0.0/0", "src ::/0 dst ::/0")


def _state(head: re.Match[str], rest: str) -> XfrmStateInfo:
    algorithms = re.findall(r"^\s+(?:aead|enc|auth|auth-trunc|comp) .*", rest, re.MULTILINE)
    encap = re.search(r"^\s+encap type (\S+) sport (\d+) dport (\d+) addr (\S+)", rest, re.MULTILINE)
    sel = parts.find(r"^\s+sel (.*?)\s*$", rest)
    return XfrmStateInfo(
        head[1],
        head[2],
        parts.find(r"^\s+proto (\S+)", rest),
        int(parts.find(r" spi (\w+)", rest, "0"), 0),
        int(parts.find(r" reqid (\d+)", rest, "0")),
        parts.find(r" mode (\S+)", rest),
        parts.number(r"^\s+mark (\w+)", rest),
        tuple(line.strip() for line in algorithms),
        parts.mask(rest),
        parts.number(r"^\s+if_id (\w+)", rest),
        # With the flag "esn" the window stands in a context of its own, and the usual place says 0.
        int(parts.find(r"^\s+replay_window (\d+)", rest) or parts.find(r" replay-window (\d+)", rest, "0")),
        tuple(parts.find(r" flag (.*)$", rest).split()),
        None if sel in ("", *_ALL) else sel,
        " ".join(encap.groups()) if encap else None,
        parts.number(r"\boutput-mark (\w+)", rest),
    )
