"""What counts as the same command, however it is spelt."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from netns_kit.commands.abbreviations import FAMILY_NAMES, OBJECTS, whole
from netns_kit.conversion.shell.hearing import ALSO, decimal
from netns_kit.tables.iptables_rules import SHORT

QUIET = (
    "-j", "-d", "-br", "-c", "-color", "-details", "-json", "-brief", "-p", "-pretty", "-echo", "-o", "-oneline",
    "-h", "-human", "-iec", "-t", "-ts", "-timestamp", "-tshort",
)  # fmt: skip
"""Options that change what is shown, and nothing else."""

PING = "ciIsWwtMQ"
"""Options of ping that have a value, which may stand right behind them."""

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
    if words[:3] == ["ip", "netns", "exec"] and len(words) > 4:
        return (*words[:4], *normal(words[4:]))
    if words[0] == "nsenter" and (name := entered_by_nsenter(words)):
        return normal(("ip", "netns", "exec", name, *words[2:]))
    if words[0] == "ip" and "label" in words[2:] and words[words.index("label") - 1] == "monitor":
        words.remove("label")
    if words[0] in OBJECTS:
        return _iproute2(words)
    if words[0] == "sysctl":
        named = [*words[1:], "/etc/sysctl.conf"] if words[1:] == ["-p"] else words[1:]
        return ("sysctl", *(word.replace("/", ".") for word in named if word not in ("-w", "-n", "-q")))
    if words[0] in ("iptables", "ip6tables"):
        return _iptables(in_short(words))
    if words[0] == "nft":
        return ("nft", *itertools.dropwhile(lambda word: re.fullmatch("-[anNsSty]+", word), words[1:]))
    if words[0] == "ss":
        parts = " ".join(apart(words[1:])).split()
        return ("ss", *sorted(flag for flag in parts if flag not in ("-H", "-n", "-o")))
    return tuple(words)


def same(typed: Sequence[str], ran: Sequence[str]) -> bool:
    """Whether a command is the one that was typed."""
    one, other = normal(typed), normal(ran)
    if "ping" in one[:5]:
        one = (*one[: one.index("ping") + 1], *apart(one[one.index("ping") + 1 :], PING))
        return sorted(one) == sorted(_without(other, one))
    return one == other


def _iproute2(words: list[str]) -> tuple[str, ...]:
    tool, *rest = words
    options: list[str] = []
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-n", "-netns"):
            options += ["-n", rest.pop(0)]
        elif option in ("-f", "-family") and rest:
            options.append(FAMILY_NAMES.get(rest.pop(0), option))
        elif option not in QUIET:
            options.append({"-s": "-s", "-stats": "-s", "-statistics": "-s", "-all": "-all"}.get(option, option))
    if rest[:1] == ["netns"]:
        # This very shell is meant by saying nothing.
        rest = [word for word in rest if word != "$$"]
    what, verb, *more = (*(full := whole(tool, rest)), "", "")[: max(2, len(full))]
    meant = "show" if verb in ("", "list") else verb
    rest = [word for word in plain(tool, [what, verb, *more])[2:] if word not in ("dev", "name")]
    if what == "xfrm":
        # Its second word says what is meant, and its third one the verb.
        rest = [word for word in rest if word not in ("show", "list")]
    told = [decimal(ALSO.get(word, word)) for word in rest]
    implied = {
        "-6" if ":" in word else "-4"
        for word in told
        if re.fullmatch(r"[0-9a-f:]*:[0-9a-f:.]*(/\d+)?|[\d.]+\.\d+(/\d+)?", word)
    }
    return (tool, *(one for one in dict.fromkeys(options) if one not in implied), what, meant, *sorted(told))


def plain(tool: str, words: Sequence[str]) -> list[str]:
    """The words from the object on without those that say nothing: `via inet`, and `to` where it goes anyway."""
    pairs = zip(("", *words), words, strict=False)
    told = [word for before, word in pairs if before != "via" or word not in FAMILY_NAMES]
    implied = tool == "bridge" or told[:1] == ["route"]
    return [*told[:2], *told[3:]] if implied and told[2:3] == ["to"] else told


def entered_by_nsenter(words: Sequence[str]) -> str | None:
    """The named namespace that nsenter goes into, if it does no more than that."""
    found = re.fullmatch(r"--net=(?:/var)?/run/netns/([^/]+)", "".join(words[1:2]))
    return found[1] if found and not "".join(words[2:3]).startswith("-") else None


LONG = {
    "--table": "-t", "--append": "-A", "--insert": "-I", "--delete": "-D", "--check": "-C", "--policy": "-P",
    "--flush": "-F", "--new-chain": "-N", "--delete-chain": "-X", "--list": "-L", "--list-rules": "-S", "--zero": "-Z",
    "--numeric": "-n", "--verbose": "-v", "--exact": "-x", "--src": "-s", "--dst": "-d", "--proto": "-p",
    **{f"--{name.replace('_', '-')}": short for name, short in SHORT.items()},
}  # fmt: skip
"""The long options of iptables."""


def in_short(words: Sequence[str]) -> list[str]:
    """The words of iptables by its short options, each by itself."""
    short = [LONG.get(word, word) for word in words]
    return [one for word in short for one in (apart((word,)) if re.fullmatch("-[Lnvx]+", word) else (word,))]


def _iptables(words: list[str]) -> tuple[str, ...]:
    if "-t" in words[:-1]:
        # It may stand anywhere.
        place = words.index("-t")
        words = [words[0], *words[place : place + 2], *words[1:place], *words[place + 2 :]]
    if words[1:3] == ["-t", "filter"]:
        del words[1:3]
    if "-L" in words:
        return (words[0], *sorted(words[1:]))
    if "-I" in words:
        # The first place is where a rule goes anyway.
        number = words.index("-I") + 2
        words = [word for at, word in enumerate(words) if (at, word) != (number, "1")]
    return tuple(words)


def apart(words: Sequence[str], valued: str = "") -> tuple[str, ...]:
    """Short options each by itself; behind those of `valued` stands a value."""
    found: list[str] = []
    for word in words:
        short = re.fullmatch(r"-([A-Za-z0-9]{2,})", word)
        if short and word[1] in valued:
            found += [word[:2], word[2:]]
        elif short and not valued:
            found += [f"-{one}" for one in short[1]]
        else:
            found.append(word)
    return tuple(found)


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
