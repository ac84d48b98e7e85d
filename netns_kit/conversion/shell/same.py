"""What counts as the same command, however it is spelt."""

from __future__ import annotations

from collections.abc import Sequence

from netns_kit.conversion.shell.hearing import ALSO
from netns_kit.conversion.shell.objects import OBJECTS, whole

QUIET = ("-j", "-d", "-br", "-c", "-color", "-details", "-json", "-brief", "-p", "-pretty", "-echo")
"""Options that change what is shown, and nothing else."""

LATER = ("-c", "-W", "-w", "-i")
"""Options of ping that say how long: where a text does not say, the library does."""


def normal(argv: Sequence[str]) -> tuple[str, ...]:
    """One form for all spellings: a namespace by `-n`, objects and verbs whole, what may be left out left out.

    The tools of iproute2 take their options in any order.
    """
    words = [word for word in argv if word not in ("sudo", "-E")] if argv[:1] == ("sudo",) else list(argv)
    words[0] = words[0].rsplit("/", 1)[-1]
    if words[:3] == ["ip", "netns", "exec"] and len(words) > 4 and words[4].rsplit("/", 1)[-1] in OBJECTS:
        words = [words[4].rsplit("/", 1)[-1], "-n", words[3], *words[5:]]
    if words[0] in OBJECTS and words[1:3] != ["netns", "exec"]:
        return _iproute2(words)
    if words[0] == "sysctl":
        return ("sysctl", *(word.replace("/", ".") for word in words[1:] if word != "-w"))
    return tuple(words)


def same(typed: Sequence[str], ran: Sequence[str]) -> bool:
    """Whether a command is the one that was typed."""
    one, other = normal(typed), normal(ran)
    if "ping" in one[:5]:
        return one == _without(other, one)
    return one == other


def _iproute2(words: list[str]) -> tuple[str, ...]:
    tool, *rest = words
    options: list[str] = []
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-n", "-netns"):
            options += ["-n", rest.pop(0)]
        elif option not in QUIET:
            options.append({"-s": "-s", "-stats": "-s", "-statistics": "-s", "-all": "-all"}.get(option, option))
    what, verb, *more = (*(full := whole(tool, rest)), "", "")[: max(2, len(full))]
    meant = "show" if verb in ("", "list") else verb
    plain = (ALSO.get(word, word) for word in more if word not in ("dev", "name"))
    return (tool, *options, what, meant, *sorted(plain))


def _without(ran: tuple[str, ...], typed: tuple[str, ...]) -> tuple[str, ...]:
    """A ping without what the library adds."""
    result: list[str] = []
    words = iter(ran)
    for word in words:
        if word == "-n" and "-n" not in typed[4:]:
            continue
        if word in LATER and word not in typed[1:]:
            next(words, None)
            continue
        result.append(word)
    return tuple(result)
