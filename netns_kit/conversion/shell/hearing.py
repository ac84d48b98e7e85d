"""Words of a command, backwards: from what was typed to what a verb is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.word import Flag, Switch, Word
from netns_kit.commands.words import Spec
from netns_kit.sites.site import At

ALSO = {
    "brd": "broadcast", "lookup": "table", "pref": "priority", "prio": "priority", "order": "priority",
    "metric": "metric", "preference": "metric", "protocol": "proto", "dst": "to", "oif": "dev", "nud": "nud",
}  # fmt: skip
"""Words that the tools take for others, where the first one is none of a verb's."""


def hear(spec: Spec, typed: Sequence[str], at: At) -> dict[str, Any] | None:
    """What is given for these words at a place, by argument; None where one of them is none of the verb's."""
    given: dict[str, Any] = {}
    rest = list(typed)
    while rest:
        for argument, word in spec.known.items():
            if argument not in given and (heard := _heard(word, rest, at)) is not None:
                value, count = heard
                given[argument] = value
                del rest[:count]
                break
        else:
            other = ALSO.get(rest[0])
            if other is None or other not in {word.token for word in spec.known.values()}:
                return None
            rest[0] = other
    return given


def _heard(word: Word, rest: Sequence[str], at: At) -> tuple[Any, int] | None:
    """The value of a word at the beginning of what is left, and how many words that takes."""
    first, *others = rest
    if isinstance(word, Flag | Switch):
        for value in (True, False):
            said = word.say(value, at)
            if said and tuple(rest[: len(said)]) == said:
                return value, len(said)
        return None
    if word.alone:
        return next(((value, 1) for value in _values([first]) if _says(word, value, (first,), at)), None)
    if first == word.token:
        for count in range(min(len(others), 4), 0, -1):
            for value in _values(others[:count]):
                if _says(word, value, tuple(rest[: count + 1]), at):
                    return value, count + 1
    # A word such as `up`, or `root`, which says itself.
    return next(((value, 1) for value in (True, False, first) if _says(word, value, (first,), at)), None)


def _values(words: Sequence[str]) -> Iterator[Any]:
    """What Python may say for these words: a number, a text, or several of them."""
    if len(words) > 1:
        yield tuple(int(word) if re.fullmatch(r"0|[1-9]\d*", word) else word for word in words)
        yield " ".join(words)
        return
    (word,) = words
    if re.fullmatch(r"0|[1-9]\d*", word):
        yield int(word)
    if re.fullmatch(r"\d+(\.\d+)?%", word):
        yield float(word[:-1]) if "." in word else int(word[:-1])
    yield word


def _says(word: Word, value: Any, typed: tuple[str, ...], at: At) -> bool:
    """Whether the word types these words when it is given this value."""
    try:
        return word.say(word.check(word.token, value), at) == typed
    except (InvalidArgumentError, AttributeError, TypeError):
        return False
