"""Words of a command, backwards: from what was typed to what a verb is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.word import Flag, Switch, Word
from netns_kit.commands.words import Spec
from netns_kit.sites.site import At

ALSO = {
    "brd": "broadcast", "lookup": "table", "pref": "priority", "prio": "priority", "order": "priority",
    "metric": "metric", "preference": "metric", "protocol": "proto", "dst": "to", "oif": "dev", "nud": "nud",
    "ttl": "hoplimit", "subflow": "subflows", "buffer": "burst", "maxburst": "burst",
}  # fmt: skip
"""Words that the tools take for others, where the first one is none of a verb's."""


BACK = {"proto": "protocol"}
"""Such words of kinds of links, whose own one is what others are called in short."""

LONGEST = 8
"""Words that a value may have."""

FAMILIES = {"-4": 4, "-6": 6, "-M": "mpls"}
"""Options that say a family."""

SWITCHES = {"0": False, "1": True, "off": False, "on": True}
"""What says yes and no."""


def hear(spec: Spec, typed: Sequence[str], at: At, bound: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """What is given for these words at a place, by argument; None where one of them is none of the verb's.

    Where it is known what the verb is told besides (`bound`), the whole must be what the verb takes.
    """
    return _rest(spec, {}, tuple(typed), at, bound)


def _rest(
    spec: Spec, given: dict[str, Any], rest: tuple[str, ...], at: At, bound: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What is given, with what the rest of the words says; where one reading leads nowhere, the next is tried."""
    if not rest:
        return given if _is_whole(spec, given, bound) else None
    for argument, word in spec.known.items():
        for value, count in _heard(word, rest, at) if argument not in given else ():
            found = _rest(spec, {**given, argument: value}, rest[count:], at, bound)
            if found is not None:
                return found
    tokens = {word.token for word in spec.known.values()}
    other = next((one for one in (ALSO.get(rest[0]), BACK.get(rest[0])) if one in tokens), None)
    return None if other is None or rest[0] in tokens else _rest(spec, given, (other, *rest[1:]), at, bound)


def _is_whole(spec: Spec, given: Mapping[str, Any], bound: Mapping[str, Any] | None) -> bool:
    """Whether nothing is missing."""
    if bound is None:
        return all(name in given for name in spec.needed)
    try:
        spec.checked("", (), {**{name: value for name, value in bound.items() if name in spec.known}, **given})
    except (InvalidArgumentError, TypeError):
        return False
    return True


def _heard(word: Word, rest: tuple[str, ...], at: At) -> Iterator[tuple[Any, int]]:
    """What a word at the beginning of what is left may be given, and how many words that takes: the longest first."""
    first, token = rest[0], tuple(word.token.split())
    others = rest[len(token) :]
    if isinstance(word, Flag | Switch):
        for value in (True, False):
            said = word.say(value, at)
            if said and rest[: len(said)] == said:
                yield value, len(said)
        return
    if not word.alone and rest[: len(token)] == token:
        for count in range(min(len(others), LONGEST), 0, -1):
            for value in _values(others[:count]):
                if _says(word, value, rest[: count + len(token)], at):
                    yield value, count + len(token)
    # What stands alone, and a word such as `up`, or `root`, which says itself.
    choices: Iterable[Any] = _values([first]) if word.alone else (True, False, FAMILIES.get(first, first))
    for value in choices:
        if _says(word, value, (first,), at):
            yield value, 1


def _values(words: Sequence[str]) -> Iterator[Any]:
    """What Python may say for these words: a number, a text, or several of them."""
    if all(re.fullmatch(r"\d+:\d+", word) for word in words):
        yield {int(one): int(other) for one, _, other in (word.partition(":") for word in words)}
    if len(words) > 1:
        yield tuple(map(_number, words))
        yield " ".join(words)
        return
    (word,) = words
    if _number(word) != word:
        yield _number(word)
    if word in SWITCHES:
        yield SWITCHES[word]
    yield word


def _number(word: str) -> int | float | str:
    """A word as Python has it: a number if it is one, in per cent or not."""
    bare = word.removesuffix("%")
    if re.fullmatch(r"0|[1-9]\d*", bare):
        return int(bare)
    return float(bare) if re.fullmatch(r"\d+\.\d+", bare) else word


def decimal(word: str) -> str:
    """A word, or a number in decimal."""
    return str(int(word, 16)) if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", word) else word


def _says(word: Word, value: Any, typed: tuple[str, ...], at: At) -> bool:
    """Whether the word types these words when it is given this value."""
    try:
        return tuple(map(decimal, word.say(word.check(word.token, value), at))) == tuple(map(decimal, typed))
    except (InvalidArgumentError, AttributeError, TypeError):
        return False
