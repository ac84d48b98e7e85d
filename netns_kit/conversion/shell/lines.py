"""The lines of a script, each in the block of the place where it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from attrs import define, field

from netns_kit.conversion.calls import Call, shown
from netns_kit.conversion.shell.reading import Typed
from netns_kit.conversion.shell.world import Spot


@define
class Lines:
    """Lines that are written, the blocks that are open, and remarks that wait for the line that they belong to.

    `finished` gives code its last form.
    """

    finished: Callable[[str], str]
    written: list[str] = field(factory=list)
    open: list[Spot] = field(factory=list)
    said: list[str] = field(factory=list)

    @property
    def depth(self) -> int:
        """How far lines are indented."""
        return 1 + len(self.open)

    def stand(self, wanted: Sequence[Spot]) -> None:
        """Leave and open blocks, so that what comes next stands within these."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(wanted, self.open, strict=False)))
        del self.open[same:]
        for spot in wanted[same:]:
            self.written += map(self.finished, spot.opening(4 * self.depth))
            self.open.append(spot)

    def begin(self, wanted: Sequence[Spot], typed: Typed, more: str) -> None:
        """Write the shell's line, within these blocks."""
        self.stand(wanted)
        self.remark(typed, more)
        self.say()

    def remark(self, typed: Typed, more: str = "") -> None:
        """Keep the shell's line, and what is to be said of it, for what comes next."""
        self.said += [*typed.text.split("\n"), *([f"({more})"] if more else [])]

    def say(self) -> None:
        """Write the remarks that were kept."""
        for line in self.said:
            self.write(f"# {line}")
        self.said.clear()

    def add(self, call: Call) -> None:
        """Write a call; one that may fail stands in a block of its own."""
        indent = 4 * self.depth
        if call.verb == "suppress":
            (call,) = (one for one in call.arguments if isinstance(one, Call))
            self.write("with suppress(CommandError):")
            indent += 4
        self.written += map(self.finished, shown(call, indent).text(indent))

    def write(self, line: str) -> None:
        """Write a line."""
        self.written.append(f"{' ' * (4 * self.depth)}{line}".rstrip())
