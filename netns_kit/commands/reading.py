"""Reading what `ip -j` prints, with the quirks of iproute2 5.4 to 7.x."""

from __future__ import annotations

import json
import re
from typing import Any

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import OutputError, UnsupportedVersionError

Entry = dict[str, Any]
"""One JSON object as a tool printed it."""

Entries = list[Entry]

INTERRUPTED = "Dump was interrupted"
FLOOR = (5, 4)
"""The oldest iproute2 whose whole JSON is sound."""

# Up to 5.7 `ip -V` prints a date instead of a number.
_DATED = {180129: (4, 15), 180402: (4, 16), 180607: (4, 17), 180813: (4, 18), 181023: (4, 19), 190107: (4, 20),
          190319: (5, 0), 190510: (5, 1), 190708: (5, 2), 190924: (5, 3), 191125: (5, 4), 200127: (5, 5),
          200330: (5, 6), 200602: (5, 7)}  # fmt: skip


def entries(result: Result) -> Entries:
    """The objects in a tool's JSON answer; an empty answer is an empty list, and `{}` entries are left out.

    Raises the command's error if it failed, OutputError if its answer is no JSON.
    """
    # Since 5.0 an empty routing table is an error, after a document that ends in mid-air.
    if result.returncode != 0:
        if "FIB table does not exist" in result.stderr:
            return []
        raise error_for(result)
    return _entries(result.stdout.strip(), result)


def documents(result: Result, count: int) -> list[Entries]:
    """The objects in each of the answers of several queries, a line each.

    Raises the command's error if it failed, OutputError if there are not as many answers as queries.
    """
    if result.returncode != 0:
        raise error_for(result)
    lines = result.stdout.removesuffix("\n").split("\n")
    if len(lines) != count:
        raise OutputError(f"{result.command} gave {len(lines)} answers to {count} queries")
    return [_entries(line.strip(), result) for line in lines]


def _entries(text: str, result: Result) -> Entries:
    if not text:
        return []
    data = _loads(text, result)
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise OutputError(f"{result.command} printed no list of objects: {text[:200]!r}")
    return [entry for entry in data if entry]


_BEHIND_ENCAP = ("gateway", "via", "dev", "weight", "protocol", "table", "scope", "flags", "prefsrc", "metric")


def _apart(pairs: list[tuple[str, Any]]) -> Entry:
    """An object in which what a route is wrapped in stands by itself: its keys are those of routes, such as dst."""
    keys = [key for key, _ in pairs]
    # Of a tunnel of L2TP it says one word, and the keys behind it are the tunnel's own.
    if "encap" not in keys or "peer_tunnel" in keys:
        return dict(pairs)
    start = keys.index("encap")
    end = next((number for number, key in enumerate(keys) if number > start and key in _BEHIND_ENCAP), len(keys))
    inside = {"type": pairs[start][1], **dict(pairs[start + 1 : end])}
    return {**dict(pairs[:start]), "encap": inside, **dict(pairs[end:])}


def _loads(text: str, result: Result) -> Any:
    hook = _apart if '"encap":"' in text else None
    # Up to 6.0 a single quote is escaped, which JSON does not know; control characters come raw up to 6.19.
    for candidate in (text, re.sub(r"\\(.)", lambda match: "'" if match[1] == "'" else match[0], text)):
        try:
            return json.loads(candidate, strict=False, object_pairs_hook=hook)
        except json.JSONDecodeError:
            continue
    raise OutputError(f"{result.command} printed no JSON: {text[:200]!r}. Is its iproute2 older than 5.4?")


def version(text: str) -> tuple[int, ...]:
    """The version in what `ip -V` printed, such as (6, 1, 0)."""
    number = re.search(r"iproute2-(?:v)?(\d+(?:\.\d+)+)", text)
    if number:
        return tuple(int(part) for part in number[1].split("."))
    date = re.search(r"iproute2-ss(\d{6})", text)
    if date:
        return max((known for day, known in _DATED.items() if day <= int(date[1])), default=(4, 14))
    raise OutputError(f"`ip -V` printed no version of iproute2: {text.strip()!r}")


def check_version(found: tuple[int, ...]) -> None:
    """Raise UnsupportedVersionError for an iproute2 older than 5.4."""
    if found < FLOOR:
        name = ".".join(map(str, found))
        raise UnsupportedVersionError(
            f"iproute2 {name} is too old: the JSON of releases before 5.4 cannot be trusted. Install a newer iproute2."
        )
