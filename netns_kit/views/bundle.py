"""What a notebook is given to show."""

from __future__ import annotations

from typing import Protocol

from netns_kit.views.drawing import dot


class Drawing(Protocol):
    """What can be drawn."""

    def as_svg(self) -> str:
        """As SVG."""

    def as_mermaid(self) -> str:
        """As Mermaid text."""

    def as_text(self) -> str:
        """As text."""


def bundle(drawing: Drawing) -> dict[str, str]:
    """The best form that is there: SVG, else Mermaid; and the text."""
    if dot.installed():
        return {"image/svg+xml": dot.fitted(drawing.as_svg()), "text/plain": drawing.as_text()}
    return {"text/vnd.mermaid": drawing.as_mermaid(), "text/plain": drawing.as_text()}
