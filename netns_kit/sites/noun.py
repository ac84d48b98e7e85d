"""What all nouns share: what was made can be unmade."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Protocol, TypeVar

from netns_kit.commands.errors import NotFoundError
from netns_kit.sites.site import Site


class Made(Protocol):
    """What can be made and deleted."""

    def add(self: Itself) -> Itself: ...
    def delete(self) -> None: ...


Itself = TypeVar("Itself", bound=Made)


class Noun:
    """A kernel object with a name. As a context manager it is made on entry and deleted on exit."""

    __slots__ = ()
    _site: Site

    def __enter__(self: Itself) -> Itself:
        return self.add()

    def __exit__(
        self: Made, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(NotFoundError):
            self.delete()
