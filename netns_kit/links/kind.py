"""Kinds of links: their options are words, said in one class, from which come constructor, attributes and `change`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.words import dataclass_transform, field, spec
from netns_kit.links.options import joined
from netns_kit.sites.site import site_of
from netns_kit.sites.verb import Said, Verb

P = ParamSpec("P")
Class = TypeVar("Class", bound=type)


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(field,))
def kind(one: Class) -> Class:
    """A kind of link: its words are the constructor's keywords, and its attributes."""
    one.__init__ = _make  # type: ignore[misc]
    one.__signature__ = _Signature()  # type: ignore[attr-defined]
    one.__doc__ = _Doc(one.__doc__ or "")  # type: ignore[assignment]
    return one


def _make(self: Any, name: Any = None, *, at: Any = None, **options: Any) -> None:
    self.name = values.link_name("name", name)
    self._site = site_of(at)
    self._take(spec(type(self)).checked(type(self).__name__, (), options))


class _Signature:
    """The constructor's signature, made when somebody asks for it."""

    def __get__(self, link: Any, kind: type) -> inspect.Signature | None:
        if link is not None:
            return None
        name = inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="str")
        at = inspect.Parameter("at", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="At | None")
        return spec(kind).signature(name, at)


class _Doc:
    """A kind's docstring with its command and what its options mean, made when somebody asks for it."""

    def __init__(self, said: str) -> None:
        self.said = said

    def __get__(self, link: Any, kind: Any) -> str:
        return spec(kind).documented(self.said, kind.usage(), usual(kind))


def usual(kind: type) -> dict[str, Any]:
    """What the kernel has of options that nobody asked for."""
    return {name: value for base in reversed(kind.__mro__) for name, value in vars(base).get("_usual", {}).items()}


def changing(source: Callable[P, object], command: str = "ip link set dev <name> type <kind>") -> Verb[Any, P, None]:
    """The verb `change` of a kind, for its class: `change = changing(VxlanWords)`."""

    def change(link: Any, said: Said) -> None:
        """Change some of the options of its kind; the others stay.

        Raises InvalidArgumentError, RefusedValueError (it cannot be changed), NotFoundError.
        """
        if not said.given:
            raise InvalidArgumentError("options", None, "say what to change")
        asked = link.asked()
        wanted = joined(asked, said.given)
        complete = spec(type(link)).complete
        if complete:
            complete(dict(wanted))
        link.site.change(*said)
        link._take({**dict.fromkeys(asked), **wanted})

    return Verb(command, source, change, joined=True)
