"""The words of a command: what each takes, how it is checked, and how it is typed, said in one place.

A class of words lists them in the order in which they are typed. An annotation says what users may give and, by its
metadata, what becomes of it; what stands behind `#` is the word's meaning:

    @words
    class RouteWords:
        type: RouteType | None = None
        dst: Network = field(kw_only=False)
        via: Address | None = None  # the gateway

A verb's signature, its argv, its `Equivalent to` and the way back from argv to call come from it. The annotations are
looked at when a word is first used, so that a class of words costs nothing where nobody needs it.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union

from attrs import evolve, frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError, UnknownKeywordError
from netns_kit.commands.word import Spelled, Word

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform as dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Tells type checkers alone."""
        return lambda one: one


Class = TypeVar("Class", bound=type)
PLAIN = re.compile(r"Annotated\[(\w+(?:\[[^\]]*\])?), .*\]")
"""What an annotation says to people, without what it says to this module."""


def field(*, kw_only: bool, default: Any = ..., alias: str = "") -> Any:
    """A word that may, or with no `default` must, be given by its position unless it is `kw_only`."""
    return default if kw_only else Positional(default)


@frozen(eq=False)
class Positional:
    """A word that is given by its position; `...` stands for no default."""

    default: Any = ...


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(field,))
def words(one: Class) -> Class:
    """A class of words: type checkers take it for a constructor with these keywords."""
    return one


@frozen(eq=False)
class Spec:
    """A class of words, looked at: its words by their arguments.

    They are typed in its order, or `as_given`. `complete` sees to what was given as a whole.
    """

    known: Mapping[str, Word]
    positional: tuple[str, ...]
    needed: tuple[str, ...]
    defaults: Mapping[str, Any]
    complete: Callable[[dict[str, Any]], None] | None
    as_given: bool
    source: type

    def checked(self, verb: str, given: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """What was given, checked, by argument; what is None was not given. `verb` is named in errors."""
        if len(given) > len(self.positional):
            raise TypeError(f"{verb}() takes {len(self.positional)} without a keyword, not {len(given)}")
        result: dict[str, Any] = {}
        for argument, value in (*zip(self.positional, given, strict=False), *named.items()):
            word = self.known.get(argument)
            if word is None:
                raise unknown(verb, argument, value, self.known)
            if argument in result:
                raise TypeError(f"{verb}() got {argument} twice")
            if value is not None:
                if isinstance(value, int):
                    values.written(argument, value)
                result[argument] = word.check(argument, value)
            elif argument in self.needed:
                raise InvalidArgumentError(argument, value, "it must be said")
        for argument in self.needed:
            if argument not in result:
                raise TypeError(f"{verb}() needs {argument}")
        if self.complete:
            self.complete(result)
        return result

    def say(self, checked: Mapping[str, Any], at: Any, but: Iterable[str] = ()) -> tuple[str, ...]:
        """The words of what was checked, in their order, but for some."""
        order = checked if self.as_given else self.known
        return tuple(
            word
            for argument in order
            if argument in checked and argument not in but
            for word in self.known[argument].say(checked[argument], at)
        )

    def usage(self, but: Iterable[str] = ()) -> str:
        """The words as a usage text shows them."""
        return " ".join(
            word.usage() if argument in self.needed else f"[{word.usage()}]"
            for argument, word in self.known.items()
            if argument not in but and word.usage()
        )

    def meanings(self) -> dict[str, str]:
        """What stands behind the words in their source."""
        found: dict[str, str] = {}
        for one in reversed(self.source.__mro__[:-1]):
            lines = inspect.getsource(one)
            found.update(re.findall(r"^    (\w+): (?:.*\(\n +)?.*?  # (.+)$", lines, re.MULTILINE))
        return {argument: found.get(argument, "") for argument in self.known}

    def documented(self, said: str, usage: str, usual: Mapping[str, Any] = types.MappingProxyType({})) -> str:
        """A docstring, with the command behind its first part and the words' meanings at its end.

        `usual` is what the kernel has of those that nobody says.
        """
        first, _, rest = inspect.cleandoc(said).partition("\n\n")
        equivalent = usage and f"Equivalent to: `{usage}`"
        told = "\n".join(
            f"`{argument}`: {meaning}{_default(usual.get(argument))}"
            for argument, meaning in self.meanings().items()
            if meaning
        )
        return "\n\n".join(filter(None, (first, equivalent, rest, told)))

    def signature(self, *before: inspect.Parameter, result: Any = inspect.Signature.empty) -> inspect.Signature:
        """The signature of what takes these words."""
        notes = {
            name: note for one in reversed(self.source.__mro__) for name, note in inspect.get_annotations(one).items()
        }

        def parameter(name: str, kind: Any) -> inspect.Parameter:
            default = self.defaults.get(name, inspect.Parameter.empty)
            return inspect.Parameter(name, kind, default=default, annotation=PLAIN.sub(r"\1", notes[name]))

        first = [parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in self.positional]
        named = [parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in self.known if name not in self.positional]
        return inspect.Signature([*before, *first, *named], return_annotation=result)


def _default(usual: Any) -> str:
    """What a word is unless somebody says it."""
    if usual is None or isinstance(usual, frozenset):
        return ""
    return f"; {'on' if usual is True else 'off' if usual is False else usual} unless given"


def unknown(verb: str, argument: str, value: object, known: Iterable[str]) -> UnknownKeywordError:
    """The error for a keyword that is none."""
    names = list(known)
    near = difflib.get_close_matches(argument, names, 1) or [one for one in names if one.startswith(f"{argument}_")]
    hint = f"; the nearest one is {near[0]}" if near else ""
    return UnknownKeywordError(argument, value, f"{verb}() has no such keyword{hint}")


def spec(one: type) -> Spec:
    """A class of words, looked at once."""
    if one not in _specs:
        _specs[one] = _look(one)
    return _specs[one]


_specs: dict[type, Spec] = {}


def _look(one: type) -> Spec:
    hints = typing.get_type_hints(one, include_extras=True)
    known: dict[str, Word] = {}
    positional, needed, defaults = [], [], {}
    for argument, hint in hints.items():
        word = _word(hint)
        if word is None:
            continue
        known[argument] = word if word.token else evolve(word, token=argument.rstrip("_"))
        default = getattr(one, argument, None)
        if isinstance(default, Positional):
            positional.append(argument)
            default = default.default
        if default is ...:
            needed.append(argument)
        else:
            defaults[argument] = default
    complete, as_given = getattr(one, "complete", None), getattr(one, "as_given", False)
    return Spec(known, tuple(positional), tuple(needed), defaults, complete, as_given, one)


def _word(hint: Any) -> Word | None:
    """The word that an annotation says; None for one that says none."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        word = next((part for part in reversed(hint.__metadata__) if isinstance(part, Word)), None) or _word(
            hint.__origin__
        )
        changes = [part.changes for part in hint.__metadata__ if isinstance(part, Spelled)]
        return word and functools.reduce(lambda word, changes: evolve(word, **changes), changes, word)
    if origin is Literal:
        choices = typing.get_args(hint)

        def read(known: Any) -> Any:
            return known.lower() if isinstance(known, str) and known.lower() in choices else known

        return Word(lambda argument, value: values.choice(argument, value, choices), "|".join(choices), read=read)
    if origin in (Union, types.UnionType):
        return next((word for part in typing.get_args(hint) if (word := _word(part))), None)
    return None


def refuse_together(given: Mapping[str, Any], *arguments: str) -> None:
    """Refuse what says two different things at once."""
    found = [argument for argument in arguments if argument in given]
    if len(found) > 1:
        raise InvalidArgumentError(found[1], given[found[1]], f"give either {found[0]} or {found[1]}")
