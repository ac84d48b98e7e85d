"""Whatever is given to whatever is public: it is taken, or refused by an error of the library's own."""

from __future__ import annotations

import contextlib
import inspect
import math
import random
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

import netns_kit
from netns_kit import Bridge, Host, InvalidArgumentError, Link, Namespace, NetnsKitError, VethPair, VxcanPair
from netns_kit.sites.verb import Verb
from netns_kit.tables.table import Table

CALLS = 50_000
PARTS = 10

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 5, 2**70, 10**5000, 1.5, math.nan, math.inf, 3 + 4j, range(3),
    "", " ", "a", "a b", "-r", "a\nb", "\0", "\ud800", "\udc80", "x" * 100_000, "1_0", "٣", "0x10", "10ms", "%s", "{0}",
    "$(id)", "10.0.0.1", "10.0.0.1/24", "::1", "02:00:00:00:00:01", b"x", [], {}, (), [1], ["a"], ("a", "b"), {"a"},
    {"a": 1}, {1: 2}, object(), int, lambda: 1, ip_address("10.0.0.1"),
)  # fmt: skip

# What a person talks to, what waits, what makes other hosts, and what the library itself calls.
LEFT_OUT = {
    "close", "complete", "fake", "from_json", "from_states", "live", "local", "of", "private", "session", "shell",
    "socket", "spelled", "ssh", "to", "use", "wait_for_port", "wait_until",
}  # fmt: skip


def nouns(host: Host) -> Iterator[Any]:
    """One of each noun and of each table, at a host where nothing runs."""
    yield from (host, Namespace("n1"), Link("l0"), VethPair("a", "b"), VxcanPair("a", "b"))
    for name in netns_kit.__all__:
        cls = getattr(netns_kit, name)
        if inspect.isclass(cls) and issubclass(cls, Link) and cls is not Link:
            needed = cls._needs if isinstance(cls._needs, tuple) else ()
            given = {option: {"link": "x", "mode": "tap"}.get(option, 5) for option in needed}
            with contextlib.suppress(InvalidArgumentError):
                yield cls("k0", **given)
    for of in (host, Link("l0"), Bridge("br0")):
        for name, _ in inspect.getmembers(type(of), lambda found: isinstance(found, property)):
            held = getattr(of, name, None)
            if isinstance(held, Table):
                yield held
            elif held is not None and type(held).__module__.startswith("netns_kit.tables"):
                inner = inspect.getmembers(type(held), lambda found: isinstance(found, property))
                yield from (table for one, _ in inner if isinstance(table := getattr(held, one), Table))


def callables(host: Host) -> Iterator[tuple[str, Callable[..., Any], list[inspect.Parameter]]]:
    """The public verbs and methods of all nouns, and the constructors, with what they take."""
    for noun in nouns(host):
        for name in dir(type(noun)):
            found = inspect.getattr_static(type(noun), name)
            called = None if isinstance(found, property) else getattr(noun, name, None)
            if name.startswith("_") or name in LEFT_OUT or not callable(called):
                continue
            told = inspect.signature(getattr(type(noun), name) if isinstance(found, Verb) else called)
            yield (
                f"{type(noun).__name__}.{name}",
                called,
                [one for one in told.parameters.values() if one.name != "self"],
            )
    for name in netns_kit.__all__:
        cls = getattr(netns_kit, name)
        made = (
            "VethPair",
            "VxcanPair",
            "Namespace",
            "NamespaceFile",
            "Transcript",
            "NextHop",
            "Mirred",
            "XfrmTemplate",
        )
        if inspect.isclass(cls) and (issubclass(cls, Link) or name in made):
            yield name, cls, list(inspect.signature(cls).parameters.values())


def given(rng: random.Random, parameters: list[inspect.Parameter]) -> tuple[list[Any], dict[str, Any]]:
    """Something odd for all that must be given, and for some of the rest."""
    several = [one for one in parameters if one.kind is one.VAR_POSITIONAL]
    plain = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    named = {
        one.name: rng.choice(ODD) for one in plain if one.default is one.empty or rng.random() < 2 / len(parameters)
    }
    if not several:
        return [], named
    leading = [named.pop(one.name) for one in plain if one.default is one.empty and one.kind is not one.KEYWORD_ONLY]
    return [*leading, *(rng.choice(ODD) for _ in range(rng.randint(0, 2)))], named


@pytest.mark.parametrize("part", range(PARTS))
def test_odd_calls(part: int) -> None:
    """Tens of thousands of calls with values of every sort: none ends in an error of Python's or of nobody's."""
    rng = random.Random(part)
    host = Host.dry_run("host")
    untyped: dict[str, str] = {}
    with host.enter():
        known = list(callables(host))
        assert len(known) > 1000
        for _ in range(CALLS // PARTS):
            name, called, parameters = rng.choice(known)
            words, named = given(rng, parameters)
            try:
                answer = called(*words, **named)
                if inspect.isgenerator(answer):
                    next(answer, None)
            except NetnsKitError:
                pass
            except Exception as error:
                untyped.setdefault(f"{name}: {type(error).__name__}", f"{named.keys()} {str(error)[:100]}")
            host.transcript.clear()
    assert untyped == {}


@pytest.mark.parametrize(
    "value", [10**5000, "x" * 100_000, "\ud800", object()], ids=["digits", "long", "surrogate", "object"]
)
def test_an_error_can_be_read(value: Any) -> None:
    """What was given is shown as far as a person reads, whatever it is."""
    with pytest.raises(InvalidArgumentError) as caught:
        Bridge("br0", at=Host.dry_run(), mtu=value)
    assert len(str(caught.value)) < 500
    assert str(caught.value).startswith("mtu=")
