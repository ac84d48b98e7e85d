"""What came of it: findings with their cures, the way, and how all of it reads."""

from __future__ import annotations

from typing import Any

from attrs import evolve, field, frozen

from netns_kit.commands.errors import NetnsKitError
from netns_kit.commands.rows import Row, Rows
from netns_kit.diagnosis.cause import Cure, Trouble
from netns_kit.views.nodes import Marks
from netns_kit.views.topology import Picture


@frozen
class Finding(Row):
    """A cause why something is not reached.

    `code` is stable, for scripts; `place` and `link` say where; `sentence` says what it is. `cures` are all good ones,
    the narrowest first; there is none where no command can cure it.
    """

    code: str
    place: str
    link: str | None
    sentence: str
    cures: tuple[Cure, ...] = ()

    @property
    def cure(self) -> Cure | None:
        """The narrowest cure: commands, which print as they are typed."""
        return self.cures[0] if self.cures else None

    def apply(self) -> None:
        """Run the commands of the cure, recorded like any other.

        Raises NetnsKitError if there is no command that cures it, and whatever the commands raise.
        """
        if self.cure is None:
            raise NetnsKitError(f"No command cures this: {self.sentence}")
        self.cure.apply()

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        cures = [[{"host": host, "argv": list(argv)} for host, argv in one.commands] for one in self.cures]
        return {**{name: self[name] for name in ("code", "place", "link", "sentence")}, "cures": cures}


@frozen
class PathHop(Row):
    """A link that the packet crosses: `way` is "there" or "back", `seen` whether it was seen; `event` what happened."""

    way: str
    place: str
    link: str
    seen: bool | None
    event: str


def findings(found: tuple[Trouble, ...]) -> Rows[Finding]:
    """The findings that troubles make: what one takes with it at its place is cured together with it."""
    merged: list[Trouble] = []
    distinct: dict[tuple[str, str], Trouble] = {}
    for one in found:
        distinct.setdefault(one.key, one)
    # What stops the answer as it stopped the question, or stops it in two ways, is cured once.
    by_cure: dict[tuple[str, ...], Trouble] = {}
    for one in distinct.values():
        by_cure.setdefault((one.place.id, *map(str, one.cures)) if one.cures else one.key, one)
    for one in by_cure.values():
        owner = next(
            (n for n, known in enumerate(merged) if one.code in known.takes and one.place is known.place), None
        )
        if owner is None:
            merged.append(one)
            continue
        known = merged[owner]
        if known.cures and one.cures:
            merged[owner] = evolve(known, cures=(known.cures[0] + one.cures[0], *known.cures[1:]))
    return Rows(
        Finding(one.code, one.place.id, one.link.name if one.link else None, one.sentence, one.cures) for one in merged
    )


@frozen(kw_only=True, repr=False)
class Explanation(Picture):
    """Why a destination is, or is not, reached. Printed, it says so; in a notebook it is a picture of the way as well.

    `ok` tells whether it is reached; then `findings` is empty. The first finding is the one to mend first. `path` is
    the way, link by link, there and back; `unseen` says what could not be looked at.
    """

    source: str
    destination: str
    ok: bool
    findings: Rows[Finding]
    path: Rows[PathHop]
    unseen: tuple[str, ...] = ()
    _lines: tuple[str, ...] = field(alias="lines", repr=False)
    _marked: Marks = field(alias="marked", repr=False)

    @property
    def _marks(self) -> Marks:
        return self._marked

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for `--json`."""
        return {
            "source": self.source,
            "destination": self.destination,
            "ok": self.ok,
            "findings": [one.as_dict() for one in self.findings],
            "path": [dict(one) for one in self.path],
            "unseen": list(self.unseen),
        }

    def _repr_mimebundle_(self, **about: Any) -> dict[str, str]:
        return {**super()._repr_mimebundle_(**about), "text/plain": str(self)}

    def _ipython_display_(self) -> None:
        # Of a bundle a notebook shows the picture alone.
        from IPython.display import display

        print(self, end="")
        picture = {kind: data for kind, data in self._repr_mimebundle_().items() if kind != "text/plain"}
        if picture:
            display(picture, raw=True)  # type: ignore[no-untyped-call]
