"""B.A.T.M.A.N. advanced: meshes of links, as one Ethernet."""

from __future__ import annotations

from typing import Literal

from netns_kit.commands.words import words
from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@words
class BatadvWords:
    """What is said of a mesh."""

    ra: Literal["BATMAN_IV", "BATMAN_V"] | None = None  # how it finds its ways


@kind
class Batadv(BatadvWords, Link):
    """A mesh. A link becomes part of it with `set(master=mesh)`."""

    kind = "batadv"
    _untold = ("ra", *Link._untold)
