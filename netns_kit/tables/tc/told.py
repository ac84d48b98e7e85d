"""What a discipline is told to become one like another that the kernel has: by its options, as the tool tells them."""

from __future__ import annotations

import shlex
from types import SimpleNamespace
from typing import Any

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.reading import Entry
from netns_kit.sites.verb import Verb

_USUAL: dict[str, dict[str, Any]] = {
    "htb": {"default": "0", "r2q": 10, "direct_qlen": 1000},
    "prio": {"bands": 3, "priomap": [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]},
    "sfq": {"limit": 127, "perturb": None, "divisor": 1024, "depth": 127},
    "fq_codel": {
        "limit": 10240, "flows": 1024, "memory_limit": 32 * 2**20, "target": 4999, "interval": 99999,
        "quantum": 1514, "ecn": True, "drop_batch": 64,
    },
    "pfifo": {"limit": None},
    "bfifo": {"limit": None},
    "pfifo_head_drop": {"limit": None},
    "ingress": {},
    "clsact": {},
    "drr": {},
}  # fmt: skip
"""What is told of each kind, and what it has if nobody said anything."""

_MICROSECONDS = ("target", "interval")

KINDS = ("netem", "tbf", *_USUAL)
"""Those of which this is known."""

WITHOUT_PARENT = ("ingress", "clsact")
"""Those whose place is always the same."""


_USUAL_BURSTS = ("1598b", "1599b", "1600b")
"""What the tool takes where nobody says a burst, in the kernel's rounding."""


def typed(add: Verb[Any, ..., None], dev: str | None, kind: str, keywords: dict[str, Any]) -> str:
    """The command of a verb for a link's discipline or class of this kind; of unknown ones without their options."""
    try:
        return shlex.join(add.say(SimpleNamespace(_dev=dev, _bound={}), (kind,), keywords))
    except InvalidArgumentError:
        parent = keywords.get("parent") or "root"
        where = ("root",) if parent == "root" else ("parent", parent)
        return shlex.join((*add.command.partition(" <")[0].split(), str(dev), *where, kind))


def bursts(**told: str | None) -> dict[str, Any]:
    """The bursts that somebody chose."""
    return {name: burst for name, burst in told.items() if burst not in (None, *_USUAL_BURSTS)}


def part(options: Entry, key: str, name: str) -> Any:
    """A value that stands alone, or as a part of another."""
    known = options.get(key, 0)
    return known.get(name, 0) if isinstance(known, dict) else known


def told(kind: str, options: Entry) -> dict[str, Any]:
    """The keywords for a discipline of this kind with these options, but for what it has anyway."""
    return _netem(options) if kind == "netem" else _tbf(options) if kind == "tbf" else _other(kind, options)


def _netem(options: Entry) -> dict[str, Any]:
    chances = {
        "loss": part(options, "loss-random", "loss"),
        **{name: part(options, name, name) for name in ("duplicate", "reorder", "corrupt")},
    }
    found = {
        "delay": part(options, "delay", "delay"),
        "jitter": part(options, "delay", "jitter"),
        "correlation": _percent((options.get("delay") or {}).get("correlation", 0)),
        **{name: _percent(chance) for name, chance in chances.items()},
        "rate": int(part(options, "rate", "rate")) * 8,
    }
    chosen: dict[str, Any] = {key: _whole(value) for key, value in found.items() if value}
    if "jitter" in chosen or "reorder" in chosen:
        chosen = {"delay": 0, **chosen}
    limit = options.get("limit", 1000)
    return chosen if limit == 1000 else {**chosen, "limit": limit}


def _percent(chance: float) -> float:
    return round(float(chance) * 100, 6)


def _tbf(options: Entry) -> dict[str, Any]:
    latency = _whole(options.get("lat", 0) / 1_000_000)
    return {"rate": int(options.get("rate", 0)) * 8, "burst": options.get("burst", 0), "latency": latency}


def _other(kind: str, options: Entry) -> dict[str, Any]:
    usual = _USUAL.get(kind, {})
    # What is switched off is not told.
    found = {name: options.get(name, False if value is True else value) for name, value in usual.items()}
    if "default" in found:
        found["default"] = str(found["default"]).removeprefix("0x") or "0"
    chosen = {name: value for name, value in found.items() if value != usual[name]}
    # The kernel counts in 1,024 nanoseconds, and the tool rounds down.
    seconds = {name: _whole((chosen[name] + 1) / 1_000_000) for name in _MICROSECONDS if name in chosen}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in {**chosen, **seconds}.items()}


def _whole(value: float) -> float:
    return int(value) if value == int(value) else value
