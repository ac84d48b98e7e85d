"""The table of the benchmark: who is measured beside whom, how often, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median

from attrs import define, field, frozen

Subject = Callable[[], float]


@frozen
class Line:
    """A ratio, or without `beside` a value with its unit, and the bar that it should not pass."""

    scenario: str
    beside: str
    value: float
    bar: float | None
    runs: int
    ours: float = 0.0
    theirs: float = 0.0
    unit: str = ""


@define
class Bench:
    """What was measured, and how often each thing is to be."""

    runs: int = 7
    lines: list[Line] = field(factory=list)

    def compare(
        self, scenario: str, ours: Subject, peers: dict[str, Subject], bars: dict[str, float], runs: int = 0
    ) -> None:
        """Measure the library beside its peers, one after the other, round by round, in turned order."""
        subjects = {"": ours, **peers}
        found: dict[str, list[float]] = {name: [] for name in subjects}
        for number in range(runs or self.runs):
            for name in list(subjects)[:: -1 if number % 2 else 1]:
                progress(f"{scenario}: {number + 1} {name}")
                found[name].append(subjects[name]())
        self.take(scenario, found, bars)

    def take(self, scenario: str, found: dict[str, list[float]], bars: dict[str, float]) -> None:
        """A line for each peer: seconds by name, those of the library under ""."""
        ours = found.pop("")
        for name, theirs in found.items():
            ratio = median(mine / other for mine, other in zip(ours, theirs, strict=True))
            self.add(Line(scenario, name, ratio, bars.get(name), len(ours), median(ours), median(theirs)))

    def add(self, line: Line) -> None:
        """Keep a line and print it."""
        self.lines.append(line)
        progress("")
        print(shown(line), flush=True)


def shown(line: Line) -> str:
    """A line of the table."""
    verdict = "" if line.bar is None else "met" if line.value <= line.bar else "NOT MET"
    times = "" if line.unit else f"{seconds(line.ours)} / {seconds(line.theirs)}"
    bar = "" if line.bar is None else f"≤ {line.bar:.2f}"
    value = f"{line.value:.2f} {line.unit}".strip()
    return f"{line.scenario:42} {line.beside:38} {value:>8} {bar:>7} {verdict:8} {times} ({line.runs} runs)"


def seconds(value: float) -> str:
    """A time with a unit that suits it."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"


def progress(text: str) -> None:
    """What is measured just now, for whoever watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
