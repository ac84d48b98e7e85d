"""Carriers: the processes that batches are run by, side by side where they cannot touch each other."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Protocol

from attrs import define, evolve, field

from netns_kit.commands.command import Command, Result
from netns_kit.machines.runner import Far, Runner

CORES = os.cpu_count() or 1

LONGEST = 400
"""Commands in one batch at the most: before iproute2 6.12 it keeps a descriptor for each namespace that it names."""

AHEAD = 4
"""Batches for each core here that run before their outcomes are looked at: so many more may run beside a failed one."""

LANES = 2
"""How many work side by side on a machine far away, whose cores nobody has counted."""

ANYTHING: Hashable = "anything"
"""What a change touches of which nobody knows what it touches: nothing may pass it."""

_processes = itertools.count(1)


class Recording(Protocol):
    """What a batch needs of a host: its runner, and who hears what is about to be run, and what came of it."""

    @property
    def runner(self) -> Runner: ...
    def tell(self) -> None: ...
    def done(self, done: Sequence[tuple[Command, Result | None]]) -> None: ...


@define
class Carrier:
    """The commands that one `ip -batch -` (or `bridge`, or `tc`) carries, and what they touch."""

    runner: Recording
    tool: str
    netns: str | None
    touched: set[Hashable] = field(factory=set)
    commands: list[tuple[int, Command, str]] = field(factory=list)
    results: list[Result] = field(factory=list)
    far: Far | None = field(init=False)
    """Its machine, if that is far away."""

    @far.default
    def _far(self) -> Far | None:
        runner = self.runner.runner
        # To ask for a protocol takes long before CPython 3.12.
        return runner if hasattr(runner, "run_each") and isinstance(runner, Far) else None

    def meets(self, touched: set[Hashable]) -> bool:
        """Whether it touches something of what another touches, so that neither may pass the other."""
        return ANYTHING in self.touched or ANYTHING in touched or not self.touched.isdisjoint(touched)

    @property
    def failed(self) -> bool:
        """Whether a command of it failed."""
        return any(not result.ok for result in self.results[-1:])

    @property
    def left(self) -> list[tuple[int, Command, str]]:
        """What is to be run yet: nothing behind a command that failed."""
        return [] if self.failed else self.commands[len(self.results) :]

    @property
    def whole(self) -> Command:
        """The command that carries what is left, once it is given that to read."""
        prefix = (self.tool,) if self.netns is None else (self.tool, "-n", self.netns)
        return evolve(self.commands[0][1], argv=(*prefix, "-batch", "-"), change=None)

    def interrupted(self, process: int) -> None:
        """How far it got nobody knows."""
        host, left = self.runner.runner.host, self.commands[len(self.results) :]
        self.results += [Result(one, host, -2, stderr="interrupted\n", batch=process) for _, one, _ in left]


def waves(carriers: list[Carrier]) -> Iterator[list[Carrier]]:
    """The batches, in order; those next to each other that touch nothing in common may run side by side.

    Here some for each core do; a machine far away is handed all of them together.
    """
    most, near = AHEAD * CORES, 0
    wave: list[Carrier] = []
    for carrier in carriers:
        if near == most or any(carrier.meets(other.touched) for other in wave):
            yield wave
            wave, near = [], 0
        wave.append(carrier)
        near += carrier.far is None
    if wave:
        yield wave


def lanes(wave: list[Carrier]) -> list[list[Carrier]]:
    """The batches of a wave as they are handed over side by side: by each core, and to each machine far away."""
    near = [carrier for carrier in wave if carrier.far is None]
    machines: dict[Hashable, list[Carrier]] = {}
    for carrier in wave:
        if carrier.far is not None:
            machines.setdefault(carrier.far.lane, []).append(carrier)
    several = [(near, CORES), *((far, LANES) for far in machines.values())]
    return [many[lane::most] for many, most in several for lane in range(min(most, len(many)))]


def carry_each(lane: list[Carrier]) -> None:
    """Run batches one after the other until one fails; to a machine far away they go together."""
    while lane:
        processes = [next(_processes) for _ in lane]
        far = lane[0].far
        done = _hand_over(far, lane, processes) if far and len(lane) > 1 else 1
        carry(lane[done - 1], processes[done - 1])
        lane = [] if lane[done - 1].failed else lane[done:]


def _hand_over(far: Far, lane: list[Carrier], processes: list[int]) -> int:
    """Hand batches over together, and say how many of them were run; the last of these may have ended early."""
    texts = [_text(carrier) for carrier in lane]
    wholes = [
        carrier.commands[0][1]
        if len(carrier.commands) == 1
        else evolve(carrier.whole, input=text.decode(errors="surrogateescape"))
        for carrier, text in zip(lane, texts, strict=True)
    ]
    try:
        done = far.run_each([(carrier.far, whole) for carrier, whole in zip(lane, wholes, strict=True)])
    except (KeyboardInterrupt, SystemExit):
        for carrier, process in zip(lane, processes, strict=True):
            carrier.interrupted(process)
        raise
    for carrier, text, process, result in zip(lane, texts, processes, done, strict=False):
        carrier.results += [result] if len(carrier.commands) == 1 else _told(carrier, result, text, 0, process)
    return len(done)


def carry(carrier: Carrier, process: int) -> None:
    """Run what is left of a batch; its results are those of its commands up to the first that failed."""
    while carrier.left:
        try:
            if len(carrier.left) > 1 and carrier.runner.runner.batches:
                carrier.results += _carry(carrier, process)
            if carrier.left:
                # Alone it says what it says outside a batch; and if it succeeds, the batch was to blame.
                carrier.results.append(carrier.runner.runner.run(carrier.left[0][1]))
        except (KeyboardInterrupt, SystemExit):
            carrier.interrupted(process)
            raise


def _carry(carrier: Carrier, process: int) -> list[Result]:
    """The results of those commands that a batch got done; where nobody can tell, the batch's own failure."""
    text = _text(carrier)
    with os.fdopen(os.memfd_create("batch"), "r+b", 0) as file:
        file.write(text)
        file.seek(0)
        result = carrier.runner.runner.run(evolve(carrier.whole, stdin=file.fileno()))
        return _told(carrier, result, text, file.tell(), process)


def _text(carrier: Carrier) -> bytes:
    return "".join(f"{one}\n" for _, _, one in carrier.left).encode(errors="surrogateescape")


def _told(carrier: Carrier, result: Result, text: bytes, read: int, process: int) -> list[Result]:
    """What a batch's result tells of its commands; `read` is how much of its text it read."""
    todo = carrier.left
    ours = carrier.runner.runner.machine == "this machine"
    count = len(todo) if result.ok else _failed_line(result, text, read, ours)
    if count is None:
        return [result]
    share = result.duration / len(todo)
    done = [
        Result(one, result.host, 0, started=result.started, duration=share, batch=process) for _, one, _ in todo[:count]
    ]
    if result.ok and result.stderr:
        done[-1] = evolve(done[-1], stderr=result.stderr)
    return done


def _failed_line(result: Result, text: bytes, read: int, ours: bool) -> int | None:
    """The number of the line that failed, from 0."""
    told = re.search(r"^Command failed -:(\d+)$", result.stderr, re.MULTILINE)
    if told:
        return int(told[1]) - 1
    # When it ends early, `ip` leaves its input right behind the line that it failed at. Behind SSH nobody can see that,
    # and what is killed leaves it anywhere.
    lines = text[:read].count(b"\n")
    return lines - 1 if ours and lines and (result.returncode or 0) > 0 else None
