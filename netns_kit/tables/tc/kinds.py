"""What is said of each kind of queueing discipline and class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Negatable, Number, Plain, Present, whole
from netns_kit.commands.word import ALONE, Word
from netns_kit.commands.words import spec, words
from netns_kit.tables.tc.measures import Chance, Percent, Rate, Size, Time, parts, percent


def _model(name: str, most: int) -> Word:
    return Word(lambda argument, value: (name, *parts(argument, value, percent, most)), f"{name} PERCENT…", "loss")


def _bands(argument: str, value: Any) -> tuple[str, ...]:
    return parts(argument, value, lambda argument, one: str(_BAND.check(argument, one)), 16)


_BAND = whole(0, 15)


def _chance(argument: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidArgumentError(argument, value, "it must be a chance, 0 to 1")
    return value


def _several(argument: str, value: Any) -> tuple[str, ...]:
    return tuple(values.plain(argument, value).split())


ClassNumber = Annotated[str | int, Word(values.plain, "CLASS")]
"""The number of a class, in hexadecimal."""

Curve = Annotated[str, Word(_several, "CURVE")]
"""A service curve as the tool has it, such as "rate 1mbit"."""


@words
class NetemWords:
    """A link's bad days: delay, loss and their kin, of what it sends."""

    delay: Time | None = None  # how late packets are, in seconds or such as "100ms"
    jitter: Annotated[Time, ALONE] | None = None  # by how much the delay varies, in seconds or such as "10ms"
    correlation: Annotated[Percent, ALONE] | None = None  # how far each delay follows the last one, in percent
    distribution: Literal["uniform", "normal", "pareto", "paretonormal"] | None = None  # how the delay varies
    loss: Chance | None = None  # percent that are lost
    loss_state: Annotated[tuple[float, ...], _model("state", 5)] | None = None  # chances of a four-state model, percent
    loss_gemodel: Annotated[tuple[float, ...], _model("gemodel", 4)] | None = None  # of Gilbert and Elliott's, percent
    duplicate: Chance | None = None  # percent that are sent twice
    reorder: Chance | None = None  # percent that are sent at once, before those that are delayed
    gap: Number | None = None  # only each so-manieth packet is sent at once
    corrupt: Chance | None = None  # percent in which a bit is turned
    rate: Rate | None = None  # bits per second, or such as "1mbit"
    slot: Curve | None = None  # when packets may go, such as "800us 1ms packets 5"
    ecn: Negatable | None = None  # packets are marked instead of lost
    limit: Size | None = None  # how many packets (a tbf: bytes) may wait


LinkLayer = Literal["ethernet", "atm", "adsl"]
"""What carries the packets."""


@words
class TbfWords:
    """Token bucket filter: a rate, and bursts."""

    rate: Rate | None = None  # bits per second, or such as "1mbit"
    limit: Size | None = None  # bytes that may wait
    burst: Size | None = None  # bytes that may be sent at once, or such as "32kbit"
    latency: Time | None = None  # how long a packet may wait, instead of a limit
    peakrate: Rate | None = None  # the highest rate, even of bursts
    mtu: Size | None = None  # the burst at peakrate, in bytes
    overhead: Number | None = None  # bytes that each packet has more on the wire
    linklayer: LinkLayer | None = None  # what is below


@words
class HtbWords:
    """Hierarchy token bucket: classes with a rate each, which borrow what others leave."""

    default: ClassNumber | None = None  # the class of all else, in hexadecimal
    r2q: Number | None = None  # by what a rate is divided to give the quantum
    direct_qlen: Number | None = None  # packets of no class that may wait
    offload: Present | None = None  # done by the hardware


@words
class HtbClassWords:
    """A class of an htb."""

    rate: Rate | None = None  # what it has for certain: bits per second, or such as "1mbit"
    ceil: Rate | None = None  # what it may have if others leave it
    burst: Size | None = None  # bytes that it may send at once
    cburst: Size | None = None  # likewise at `ceil`
    prio: Number | None = None  # the lowest is offered first what is left
    quantum: Size | None = None  # bytes that it sends at its turn
    mtu: Size | None = None  # the largest packet, in bytes
    mpu: Number | None = None  # what the smallest packet counts for, in bytes
    overhead: Number | None = None  # bytes that each packet has more on the wire
    linklayer: LinkLayer | None = None  # what is below


@words
class PrioWords:
    """Bands, of which the first is served first."""

    bands: Annotated[int, whole(2, 16)] | None = None  # how many
    priomap: Annotated[Sequence[int], Word(_bands, "BAND…")] | None = None  # which band each of 16 priorities takes
    multiqueue: Present | None = None  # as many bands as the hardware has queues


@words
class FqCodelWords:
    """Fair queues that are kept short."""

    limit: Size | None = None  # packets that may wait
    flows: Number | None = None  # how many queues
    memory_limit: Size | None = None  # bytes that may wait
    target: Time | None = None  # how long packets may wait at least
    interval: Time | None = None  # and for how long, before some are dropped
    quantum: Size | None = None  # bytes that a queue sends at its turn
    ecn: Negatable | None = None  # packets are marked instead of dropped
    ce_threshold: Time | None = None  # those that waited longer are marked
    ce_threshold_selector: Plain | None = None  # and only of those with this type of service, such as "0x1/0x3"
    drop_batch: Number | None = None  # how many are dropped at once


@words
class FqWords:
    """Fair queues that pace what each connection sends."""

    limit: Size | None = None  # packets that may wait
    flow_limit: Number | None = None  # of one connection
    quantum: Size | None = None  # bytes that a queue sends at its turn
    initial_quantum: Size | None = None  # at its first
    maxrate: Rate | None = None  # of one connection
    buckets: Number | None = None  # how many
    pacing: Negatable | None = None  # whether connections are paced


@words
class SfqWords:
    """Stochastic fair queues."""

    limit: Size | None = None  # packets that may wait
    perturb: Number | None = None  # seconds after which connections get other queues
    quantum: Size | None = None  # bytes that a queue sends at its turn
    divisor: Number | None = None  # how many queues, a power of two
    flows: Number | None = None  # how many connections
    depth: Number | None = None  # packets of one connection that may wait
    headdrop: Present | None = None  # the oldest is dropped


@words
class FifoWords:
    """One queue: of so many packets (pfifo), or bytes (bfifo)."""

    limit: Size | None = None  # packets, or bytes, that may wait


@words
class RedWords:
    """Random early detection: the fuller the queue, the more are dropped."""

    limit: Size | None = None  # bytes that may wait
    min: Size | None = None  # from here on some are dropped
    max: Size | None = None  # from here on as many as `probability` says
    avpkt: Size | None = None  # bytes of a usual packet
    burst: Size | None = None  # how many packets may come at once
    probability: Annotated[float, Word(_chance, "CHANCE")] | None = None  # 0 to 1
    bandwidth: Rate | None = None  # of the link
    ecn: Negatable | None = None  # packets are marked instead of dropped
    adaptive: Present | None = None  # it finds the chance itself


Diffserv = Literal["besteffort", "diffserv3", "diffserv4", "diffserv8"]
"""How many classes of service a cake has."""


@words
class CakeWords:
    """Common applications kept enhanced: shaping and fair queues in one."""

    bandwidth: Rate | None = None  # bits per second, or such as "20mbit"
    rtt: Time | None = None  # the usual round trip
    diffserv: Annotated[Literal["besteffort", "diffserv3", "diffserv4", "diffserv8"], ALONE] | None = (
        None  # its classes
    )
    nat: Negatable | None = None  # hosts behind NAT are told apart
    wash: Negatable | None = None  # marks of classes are taken away
    overhead: Number | None = None  # bytes that each packet has more on the wire
    mpu: Number | None = None  # what the smallest packet counts for, in bytes


@words
class HfscWords:
    """Hierarchical fair service curve."""

    default: ClassNumber | None = None  # the class of all else, in hexadecimal


@words
class HfscClassWords:
    """A class of an hfsc, by its curves, such as "rate 1mbit"."""

    sc: Curve | None = None  # both of the next two
    rt: Curve | None = None  # what it has for certain
    ls: Curve | None = None  # its share of what is left
    ul: Curve | None = None  # what it has at the most


@words
class DrrClassWords:
    """A class of a drr."""

    quantum: Size | None = None  # bytes that it sends at its turn


@words
class NoWords:
    """Nothing is to be said."""


QdiscKind = Literal[
    "netem", "tbf", "htb", "prio", "fq_codel", "fq", "codel", "sfq", "pfifo", "bfifo", "pfifo_head_drop", "red", "cake",
    "hfsc", "drr", "ingress", "clsact", "mq", "noqueue",
]  # fmt: skip
"""A kind of queueing discipline."""

ClassKind = Literal["htb", "hfsc", "drr"]
"""A kind of class."""

QDISCS: dict[str, type] = {
    "netem": NetemWords, "tbf": TbfWords, "htb": HtbWords, "prio": PrioWords, "fq_codel": FqCodelWords,
    "fq": FqWords, "sfq": SfqWords, "pfifo": FifoWords, "bfifo": FifoWords, "pfifo_head_drop": FifoWords,
    "red": RedWords, "cake": CakeWords, "hfsc": HfscWords, "ingress": NoWords, "clsact": NoWords, "mq": NoWords,
    "noqueue": NoWords, "drr": NoWords, "codel": FqCodelWords,
}  # fmt: skip
"""Kinds of queueing disciplines, and what is said of them."""

CLASSES: dict[str, type] = {"htb": HtbClassWords, "hfsc": HfscClassWords, "drr": DrrClassWords}
"""Kinds of classes, and what is said of them."""


def fit(given: dict[str, Any], kinds: dict[str, type]) -> None:
    """Put what is said of the kind that is given into its order; refuse what is not said of it."""
    kind, mine = given["kind"], spec(kinds[given["kind"]]).known
    for argument in given.keys() - mine.keys() - PLACING:
        raise InvalidArgumentError(argument, given[argument], f"nothing of the sort is said of {kind}")
    ordered = {argument: given.pop(argument) for argument in mine if argument in given}
    given.update(ordered)


PLACING = {"kind", "parent", "handle", "classid"}
"""What is said of all kinds."""
