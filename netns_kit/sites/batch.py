"""Batches: many changes carried by few `ip -batch -`, `bridge` and `tc` likewise, in the order and meaning as typed.

Changes of different namespaces that cannot touch each other may be reordered and run side by side; all others keep
their order. A batch is short-lived, since these tools remember names: what could make a remembered name wrong ends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import groupby

from attrs import define, field

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import IPROUTE2, Command, Result
from netns_kit.commands.errors import CommandError
from netns_kit.commands.progress import meter
from netns_kit.sites.carrying import ANYTHING, LONGEST, Carrier, Recording, carry_each, lanes, waves

MOST = 32
"""Threads that wait for answers at the most; here no more of them work than there are cores."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,!^~-]+")
_ALONE = ("neigh", "neighbour")  # its failures end `ip` without the line's number before 5.x, and are as cheap alone


def line(argv: tuple[str, ...]) -> str | None:
    """The words as a line of a batch, or None if they cannot be one.

    In a batch `#` begins a comment even in quotes, there is no escape, and older releases take 100 words at the most.
    """
    if len(argv) > 90 or argv[:1] == () or argv[0].startswith("-") or argv[0] in _ALONE:
        return None
    quoted = []
    for word in argv:
        if _PLAIN.fullmatch(word):
            quoted.append(word)
        elif not word or re.search(r"[#\n\0\\]", word) or ("'" in word and '"' in word):
            return None
        else:
            quote = '"' if "'" in word else "'"
            quoted.append(f"{quote}{word}{quote}")
    return " ".join(quoted)


@define
class Batch:
    """Changes that were typed and not yet run. What came of them is recorded in the order in which they were typed."""

    covers: Callable[[object], bool]
    carriers: list[Carrier] = field(factory=list)
    latest: dict[Hashable, int] = field(factory=dict)
    """Where the latest carrier of a runner, a tool and a namespace is among them."""
    touchers: dict[Hashable, int] = field(factory=dict)
    """Where the last carrier is that touches something."""
    number: int = 0
    ended: bool = False

    def take(self, runner: Recording, command: Command) -> bool:
        """Gather a command. False if it must be run by itself, after all that was gathered."""
        change = command.change
        if change is None or not self.covers(runner):
            return False
        tool, place = command.argv[0], 3 if command.argv[1:2] == ("-n",) else 1
        text = line(command.argv[place:]) if tool in IPROUTE2 else None
        if text is None:
            return False
        if self.ended:
            self.flush()
        netns = command.argv[2] if place == 3 else None
        touched = {(id(runner), netns), *change.also}
        if change.ends or any(isinstance(key, tuple) and "/" in str(key[1]) for key in change.also):
            # What is deleted may belong to anybody, and behind a path may be a namespace that has a name, too.
            touched.add(ANYTHING)
        place = self._place(runner, tool, netns, touched)
        carrier = self.carriers[place]
        carrier.touched |= touched
        self.touchers |= {key: max(place, self.touchers.get(key, 0)) for key in touched}
        carrier.commands.append((self.number, command, text))
        self.number += 1
        self.ended = change.ends
        return True

    def _place(self, runner: Recording, tool: str, netns: str | None, touched: set[Hashable]) -> int:
        """Where the latest carrier of that tool and namespace is if none behind touches the same, or else a new one."""
        key, end = (id(runner), tool, netns), len(self.carriers)
        place = self.latest.get(key, end)
        # What touches nobody knows what touches whatever is behind.
        behind = end - 1 if ANYTHING in touched else max(self.touchers.get(one, 0) for one in (*touched, ANYTHING))
        if place < end and behind <= place and len(self.carriers[place].commands) < LONGEST:
            return place
        self.latest[key] = end
        self.carriers.append(Carrier(runner, tool, netns))
        return end

    def touches(self, runner: object) -> bool:
        """Whether something that was gathered touches another host."""
        return any(isinstance(key, tuple) and key[0] == id(runner) for one in self.carriers for key in one.touched)

    def flush(self) -> None:
        """Run what was gathered. Raises the error of the first command that failed; nothing runs after it."""
        carriers, self.carriers, self.latest, self.touchers, self.ended = self.carriers, [], {}, {}, False
        for recorder in {id(carrier.runner): carrier.runner for carrier in carriers}.values():
            recorder.tell()
        # Slow to import, so not at the top.
        from concurrent.futures import ThreadPoolExecutor

        show = meter(sum(len(carrier.commands) for carrier in carriers), "commands", patience=0.5)
        try:
            with ThreadPoolExecutor(MOST) as pool:
                for wave in waves(carriers):
                    found = lanes(wave)
                    list((pool.map if len(found) > 1 else map)(carry_each, found))
                    show(sum(len(carrier.results) for carrier in carriers))
                    failed = [result for *_, result in _done(wave) if not result.ok]
                    if failed:
                        raise _error(failed[0], carriers)
        finally:
            left = [(number, recorder, command, None) for number, recorder, command in _left(carriers)]
            for recorder, outcomes in groupby((*_done(carriers), *left), key=lambda one: one[1]):
                recorder.done([(command, result) for _, _, command, result in outcomes])


def _done(carriers: list[Carrier]) -> list[tuple[int, Recording, Command, Result]]:
    """What came of the commands that were run, in the order in which they were typed."""
    found = (
        (number, carrier.runner, command, result)
        for carrier in carriers
        for (number, command, _), result in zip(carrier.commands, carrier.results, strict=False)
    )
    return sorted(found, key=lambda one: one[0])


def _left(carriers: list[Carrier]) -> list[tuple[int, Recording, Command]]:
    """The commands that were not run, in that order."""
    found = (
        (number, carrier.runner, command)
        for carrier in carriers
        for number, command, _ in carrier.commands[len(carrier.results) :]
    )
    return sorted(found, key=lambda one: one[0])


def _error(failed: Result, carriers: list[Carrier]) -> CommandError:
    error = error_for(failed)
    return type(error)(failed, error.hint, tuple(command for *_, command in _left(carriers)))


_gathering: ContextVar[Batch | None] = ContextVar("gathering", default=None)


def gathering() -> Batch | None:
    """The batch of the block that this thread is in, if it is in one."""
    return _gathering.get()


def send_gathered() -> None:
    """Run what the batch of this block has gathered, if there is one."""
    batch = _gathering.get()
    if batch is not None:
        batch.flush()


@contextmanager
def ungathered() -> Iterator[None]:
    """Gather nothing in this block, wherever it stands."""
    token = _gathering.set(None)
    try:
        yield
    finally:
        _gathering.reset(token)


@contextmanager
def gathered(batch: Batch) -> Iterator[None]:
    """Gather what this block types; run it at the block's end, however that ends. Within another it joins that."""
    if _gathering.get() is not None:
        yield
        return
    token = _gathering.set(batch)
    try:
        try:
            yield
        except BaseException as error:
            # Ctrl-C goes before what failed, which itself goes before what came after it.
            with suppress(*(() if isinstance(error, Exception) else (CommandError,))):
                batch.flush()
            raise
        batch.flush()
    finally:
        _gathering.reset(token)
