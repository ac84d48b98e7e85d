"""Ping, typed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from math import nan
from types import TracebackType
from typing import Any

from attrs import evolve, field, frozen

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import UnreachableError
from netns_kit.commands.rows import Row, Rows
from netns_kit.machines.process import Process
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.ping_words import LivePingWords, PingWords
from netns_kit.tables.table import Table


@frozen
class PingReply(Row):
    """One answer. `time` is in milliseconds, None if ping did not measure it."""

    seq: int
    source: str
    time: float | None = None
    ttl: int | None = None
    bytes: int | None = None
    duplicate: bool = False


@frozen
class PingError(Row):
    """One error that somebody on the way sent, such as ("10.0.0.1", "Destination Host Unreachable").

    Without a `source` it is ping's own, such as "Network is unreachable".
    """

    seq: int | None
    source: str
    message: str


@frozen
class PingResult(Row):
    """What came of a ping. Times are in milliseconds, `loss` in percent; `wait` is for how many seconds it waited."""

    destination: str
    sent: int = 0
    received: int = 0
    duplicates: int = 0
    loss: float = 100.0
    minimum: float | None = None
    average: float | None = None
    maximum: float | None = None
    deviation: float | None = None
    replies: tuple[PingReply, ...] = ()
    errors: tuple[PingError, ...] = ()
    wait: float | None = None
    result: Result | None = field(default=None, repr=False, eq=False)

    @property
    def ok(self) -> bool:
        """Whether somebody answered, and every packet."""
        return self.received > 0 and self.loss == 0

    def __bool__(self) -> bool:
        return self.received > 0

    def __repr__(self) -> str:
        return f"PingResult({self})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        tables = [Rows(found)._repr_html_() for found in (self.replies, self.errors) if found]
        return "\n".join([f"<p>{html.escape(str(self))}</p>", *tables])

    def plot(self) -> Any:
        """A curve of the answers' times, with the losses as gaps; matplotlib's axes. Needs the extra `plot`."""
        from matplotlib import pyplot

        times = {reply.seq: reply.time for reply in self.replies if reply.time is not None}
        numbers = range(1, self.sent + 1)
        _, axes = pyplot.subplots()
        axes.plot(numbers, [times.get(number, nan) for number in numbers], marker=".")
        axes.set(title=str(self), xlabel="packet", ylabel="answer after ms", ylim=(0, None))
        return axes

    def __str__(self) -> str:
        text = f"{self.destination}: {self.sent} sent, {self.received} received, {self.loss:g}% loss"
        if self.average is not None:
            text += f", {self.minimum}/{self.average}/{self.maximum} ms"
        elif self.sent and self.wait is not None:
            text += f", no answer within {self.wait:g} s"
        if self.received < self.sent and (self.maximum or 0) > 1000 * (self.wait or 1e9):
            text += f", answers took longer than the {self.wait:g} s that it waited: set `wait`"
        told = dict.fromkeys(f"{error.source or 'ping'} says: {error.message}" for error in self.errors)
        return ", ".join([text, *told])


_REPLY = re.compile(
    r"(?P<bytes>\d+) bytes from (?:\S+ \()?(?P<source>[^\s)]+?)\)?: icmp_seq=(?P<seq>\d+)"
    r"(?: ttl=(?P<ttl>\d+))?(?: time=(?P<time>[\d.]+) ms)?(?P<duplicate>.*DUP!)?"
)
_ERROR = re.compile(r"From (?P<source>\S+?)(?: \(\S+\))?:? icmp_seq=(?P<seq>\d+) (?P<message>.+)")
_OWN_ERROR = re.compile(r"(?:ping: )?connect: (?P<a>.+)|ping: (?P<b>.+)")
_COUNTS = re.compile(r"(\d+) packets transmitted, (\d+) received(?:, \+(\d+) duplicates)?.*? ([\d.]+)% packet loss")
_TIMES = re.compile(r"(?:rtt|round-trip) min/avg/max/mdev = ([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+) ms")


def parse_reply(line: str) -> PingReply | None:
    """The answer in a line of ping's output, or None."""
    found = _REPLY.search(line)
    if not found:
        return None
    time, ttl = found["time"], found["ttl"]
    return PingReply(
        int(found["seq"]),
        found["source"],
        None if time is None else float(time),
        None if ttl is None else int(ttl),
        int(found["bytes"]),
        found["duplicate"] is not None,
    )


def parse(destination: str, text: str) -> PingResult:
    """What came of a ping, from all that it printed."""
    replies, errors = [], []
    for line in text.splitlines():
        reply, error, own = parse_reply(line), _ERROR.search(line), _OWN_ERROR.match(line)
        if reply:
            replies.append(reply)
        elif error:
            errors.append(PingError(int(error["seq"]), error["source"], error["message"].strip()))
        elif own:
            errors.append(PingError(None, "", own["a"] or own["b"]))
    counts, times = _COUNTS.search(text), _TIMES.search(text)
    sent, received, duplicates, loss = counts.groups() if counts else _counted(replies, errors)
    minimum, average, maximum, deviation = (float(word) for word in times.groups()) if times else (None,) * 4
    return PingResult(
        destination, int(sent), int(received), int(duplicates or 0), float(loss),
        minimum, average, maximum, deviation, tuple(replies), tuple(errors),
    )  # fmt: skip


def _counted(replies: list[PingReply], errors: list[PingError]) -> tuple[int, int, int, float]:
    """The counts of a ping that goes on, or was ended before it gave its own."""
    sent = max([0, *(reply.seq for reply in replies), *(error.seq or 0 for error in errors)])
    received = len({reply.seq for reply in replies})
    return sent, received, len(replies) - received, 100 * (1 - received / sent) if sent else 100.0


class LivePing:
    """A ping that goes on until its block ends; iterate it for the answers, one by one as they come."""

    def __init__(self, destination: str, process: Process) -> None:
        self._destination, self._process = destination, process
        self._said: list[str] = []

    def __repr__(self) -> str:
        going = "goes on" if self._process.running else "ended"
        return (
            f"LivePing({self._destination}, {going}, {sum(parse_reply(line) is not None for line in self._said)} read)"
        )

    @property
    def result(self) -> PingResult:
        """What came of it as far as its answers were read, its errors among it; all of it, once its block has ended."""
        if not self._process.running:
            # Its last errors come a moment later than its end.
            self._process.wait()
        return parse(self._destination, "\n".join([*self._said, self._process.error_text]))

    def replies(self, timeout: float | None = None) -> Iterator[PingReply]:
        """The answers, until ping ends or `timeout` seconds have passed."""
        for line in self._process.lines(timeout):
            self._said.append(line)
            reply = parse_reply(line)
            if reply:
                yield reply

    def __iter__(self) -> Iterator[PingReply]:
        return self.replies()

    def stop(self) -> None:
        """End it."""
        self._process.stop()
        for _ in self.replies(1):
            """What nobody has read counts in the result."""

    def __enter__(self) -> LivePing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Ping(Table):
    """Ping from a place: `place.ping(destination)`, or `place.ping.live(destination)`."""

    @verb("ping -n", PingWords)
    def __call__(self, said: Said) -> PingResult:
        """Ping an address and wait for the end: three packets, unless `count` says otherwise.

        An answer is waited for two seconds, unless `wait` says otherwise; once one has come, for twice its time. With
        `check=False`, a ping that nobody answers is a result with `received` 0.
        Raises UnreachableError (no way there, or no answer), ToolMissingError, InvalidArgumentError.
        """
        given = said.given
        check, count, wait = given.get("check", True), given["count"], given["wait"]
        longest = given.get("deadline", count * max(given.get("interval", 1), 0.01) + wait + 10)
        done = self._site.run(*said, check=False, timeout=min(longest + 20, 1e8))
        answer = evolve(parse(given["destination"], str(done)), result=done, wait=wait)
        if done.ok or (not check and done.returncode in (1, 2)):
            return answer
        if done.returncode == 1 and not done.timed_out:
            raise UnreachableError(done, f"{_lost(answer)} {_tells_why(answer)}")
        error = error_for(done)
        if isinstance(error, UnreachableError):
            raise UnreachableError(done, f"{error.hint} {_tells_why(answer)}")
        raise error

    @verb("ping -n", LivePingWords)
    def live(self, said: Said) -> LivePing:
        """Ping on and on: `with place.ping.live("10.0.0.2") as replies: for reply in replies: …`

        Ctrl-C is typed at the end of the block.
        """
        return LivePing(said.given["destination"], self._site.start(*said, terminal=True))


def _tells_why(answer: PingResult) -> str:
    return f'`explain(place, "{answer.destination}")` tells why.'


def _lost(answer: PingResult) -> str:
    """What became of a ping that was not answered, or not wholly."""
    told = sorted({f"{error.source or 'ping'} says: {error.message}." for error in answer.errors})
    lost = f"Nobody answered {answer.sent - answer.received} of {answer.sent} packets."
    if not told and not answer.received:
        told = [f"It waited for {answer.wait:g} s: where the way takes longer, set `wait`."]
    return " ".join([lost, *told])
