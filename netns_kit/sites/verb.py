"""Verbs: methods that run one command, whose words are said in one place."""

from __future__ import annotations

import functools
import inspect
import re
import shlex
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar, overload

from attrs import evolve

from netns_kit.commands import words

P = ParamSpec("P")
Owner = TypeVar("Owner")
Answer = TypeVar("Answer", covariant=True)
PART = re.compile(r"\{(\w+)\}|<(\w+)>|\[(\w+)\]|(\S+)")


class Said(tuple[str, ...]):
    """An argv, and what was given for it, checked, by argument."""

    given: Mapping[str, Any]


class Verb(Generic[Owner, P, Answer]):
    """A method whose keywords are a class of words; its body is handed the argv, and what it was made of.

    In `command`, `{family}` is a word of the class, `<name>` an attribute of the owner, and `[show]` is typed only
    where words follow; all other words of the class stand at the end. Where they are `joined` with what the owner has
    already, it is up to the body to see whether all fits together.
    """

    def __init__(
        self, command: str, source: Any, body: Callable[[Owner, Said], Answer], *, joined: bool = False
    ) -> None:
        self.command, self.source, self.body, self.joined = command, source, body, joined
        self.parts = PART.findall(command)

    def __set_name__(self, kind: type, name: str) -> None:
        self.__name__, self.__module__ = name, kind.__module__
        # What is called itself goes by its own name: `place.ping(…)`.
        self.__qualname__ = kind.__qualname__.lower() if name == "__call__" else f"{kind.__qualname__}.{name}"

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Verb[Owner, P, Answer]: ...
    @overload
    def __get__(self, owner: Owner, kind: type[Any]) -> Callable[P, Answer]: ...
    def __get__(self, owner: Any, kind: type[Any]) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __call__(self, owner: Any, *given: Any, **named: Any) -> Answer:
        return self.body(owner, self.say(owner, given, named))

    def say(self, owner: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> Said:
        """The argv for what is given, with what the owner gives by itself: a link's table knows its link."""
        known = self.spec
        bound = {name: value for name, value in owner._bound.items() if name in known.known and name not in named}
        return self._typed(known.checked(self.__qualname__, given, {**named, **bound}), owner)

    def line(self, data: Mapping[str, Any]) -> str:
        """The command that would make what the kernel answered."""
        known = {argument: word.known(data) for argument, word in self.spec.known.items()}
        told = {
            argument: value for argument, value in known.items() if value not in (None, "", ()) and value is not False
        }
        if self.spec.complete:
            self.spec.complete(told)
        return shlex.join(self._typed(told, None))

    def _typed(self, checked: Mapping[str, Any], owner: Any) -> Said:
        known = self.spec
        argv: list[str] = []
        rest = known.say(checked, owner, self._placed)
        for argument, attribute, optional, word in self.parts:
            if argument in checked:
                argv += known.known[argument].say(checked[argument], owner)
            elif attribute:
                argv.append(str(getattr(owner, attribute)))
            elif word or (optional and rest):
                argv.append(word or optional)
        said = Said((*argv, *rest))
        said.given = checked
        return said

    @functools.cached_property
    def spec(self) -> words.Spec:
        """Its words."""
        found = words.spec(self.source)
        return evolve(found, complete=None) if self.joined else found

    @functools.cached_property
    def _placed(self) -> frozenset[str]:
        return frozenset(argument for argument, *_ in self.parts)

    def spelt(self, word: str) -> Verb[Owner, P, Answer]:
        """The same by the tool's other word for it: `list = show.spelt("list")`."""
        return Verb(re.sub(r"\[?\b(show|list)\b\]?", word, self.command), self.source, self.body, joined=self.joined)

    @property
    def usage(self) -> str:
        """The command, as a usage text shows it."""
        known = self.spec.known
        shown = (
            f"[{known[argument].usage()}]" if argument else attribute.strip("_").upper() or word or f"[{optional}]"
            for argument, attribute, optional, word in self.parts
        )
        return f"{' '.join(shown)} {self.spec.usage(self._placed)}".strip()

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self.spec.documented(self.body.__doc__ or "", self.usage)

    @property
    def __signature__(self) -> inspect.Signature:
        owner = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        return self.spec.signature(owner, result=self.body.__annotations__.get("return"))


def verb(
    command: str, source: Callable[P, object]
) -> Callable[[Callable[[Owner, Said], Answer]], Verb[Owner, P, Answer]]:
    """Make a method of a body that runs what it is handed: `@verb("ip {family} route add", RouteWords)`."""

    def made(body: Callable[[Owner, Said], Answer]) -> Verb[Owner, P, Answer]:
        return Verb(command, source, body)

    return made
