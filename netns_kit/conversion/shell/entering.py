"""What a line leads to: a namespace's shell, a shell of another kind, another machine; and what a shell alone does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from netns_kit.conversion.shell.reading import Block, Typed
from netns_kit.conversion.shell.same import entered_by_nsenter

SHELLS = ("bash", "/bin/bash", "sh", "/bin/sh", "zsh", "ash")
NOTHING = ("exit", "cd", "clear", "history", "logout", "set", "su", "export", "alias", "source", *SHELLS)
"""What a shell alone does: in Python it is a comment."""

LEFT = (
    "apt", "apt-get", "yum", "dnf", "apk", "pacman", "zypper", "snap", "brew", "pip", "pip3",
    "reboot", "shutdown", "poweroff", "halt",
)  # fmt: skip
"""What changes more of a machine than its network: it is left to the reader."""

_CONTAINERS = ("docker", "podman", "nerdctl", "kubectl")
_SSH_VALUES = "-[bcDEeFIiJLlmOopQRSWw]"


@frozen
class Shell:
    """A shell that is not a namespace's: what begins it without a terminal, and whether its tools are its own."""

    argv: tuple[str, ...]
    foreign: bool = False


def ending(words: tuple[str, ...]) -> tuple[str, ...]:
    """A ping that ends by itself, where nobody is there to end it."""
    endless = words[:1] == ("ping",) and not any(word.startswith(("-c", "-w")) for word in words)
    return (*words, "-c", "3") if endless else words


def seen(typed: Typed, words: Sequence[str]) -> Typed:
    """A command that may fail where it only looks: `route` says 1 of a table that is empty."""
    looks = words[:1] == ("route",) and all(word.startswith("-") for word in words[1:])
    return evolve(typed, fails=True) if looks else typed


def of_host(words: Sequence[str]) -> bool:
    """Whether a command is one of a machine: containers have neither sudo nor containers nor named namespaces."""
    return words[:1] in (("sudo",), *((tool,) for tool in _CONTAINERS)) or words[:2] == ("ip", "netns")


def without_sudo(words: tuple[str, ...]) -> tuple[str, ...]:
    """What is typed behind sudo and its options."""
    rest = list(words)
    while rest[:1] == ["sudo"] or (rest[:1] and words[0] == "sudo" and rest[0] in ("-n", "-E", "-i", "-H")):
        rest.pop(0)
    return tuple(rest)


def by_name(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command by its tool's name, where that stands with its folder."""
    path = re.fullmatch(r"(?:/usr(?:/local)?)?/s?bin/(.+)", words[0])
    return (path[1] if path else words[0], *words[1:])


def entered(words: tuple[str, ...]) -> str | None:
    """The namespace that a shell is entered in."""
    if words[:1] == ("nsenter",) and (
        len(words) == 2 or words[2:3] == ("--",) or words[2:] in [(one,) for one in SHELLS]
    ):
        return entered_by_nsenter(words)
    if words[:3] == ("ip", "netns", "exec") and len(words) >= 5 and words[4] in SHELLS:
        return words[3] if len(words) == 5 or words[5] in ("--rcfile", "-i", "-l") else None
    return None


def left(blocks: Sequence[Block]) -> Iterator[Block]:
    """Blocks, with an `exit` at the end of one that is in a namespace's shell still, where what comes next is not."""
    for number, block in enumerate(blocks):
        inside: list[Typed] = []
        for typed in block.commands:
            words = without_sudo(typed.words or ())
            if entered(words) is not None:
                inside.append(typed)
            elif words[:1] == ("exit",):
                del inside[-1:]
        is_used = inside and inside[-1] is not block.commands[-1]
        later = (one for other in blocks[number + 1 :] for one in other.commands if one.host == inside[-1].host)
        tells = (without_sudo(one.words or ()) for one in later) if is_used else iter(())
        first = next((words for words in tells if words[:1] == ("exit",) or words[:2] == ("ip", "netns")), ())
        exits = [Typed("exit", ("exit",), one.host) for one in inside if first[:1] == ("ip",)]
        yield evolve(block, commands=(*block.commands, *exits))


def shell_of(words: tuple[str, ...]) -> Shell | None:
    """The shell that a line begins in a container, in new namespaces, or in somebody else's."""
    if words[:1] and words[0] in _CONTAINERS and words[1:2] in (("exec",), ("run",)) and words[-1] in SHELLS:
        options = [word for word in words if re.fullmatch("-[it]+|--interactive|--tty", word)]
        if not any("i" in word for word in options):
            return None
        plain = (word.replace("t", "") if re.fullmatch("-[it]+", word) else word for word in words)
        return Shell(tuple(word for word in plain if word not in ("-", "--tty")), foreign=True)
    if words[:3] == ("ip", "vrf", "exec") and len(words) == 5 and words[4] in SHELLS:
        return Shell(words)
    if words[:1] in (("unshare",), ("nsenter",)) and len(words) > 1:
        target = next((at for at, word in enumerate(words) if word in ("-t", "--target")), len(words))
        options = [*words[1:target], *words[target + 2 :]]
        if options and options[-1] in SHELLS:
            options.pop()
        return Shell(words) if all(word.startswith("-") for word in options) else None
    return None


def machine_of(words: Sequence[str]) -> str | None:
    """The machine that a shell is opened on, by ssh."""
    if words[:2] == ("vagrant", "ssh"):
        return words[2] if len(words) == 3 else None
    if words[:1] != ("ssh",):
        return None
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        del rest[: 2 if re.fullmatch(_SSH_VALUES, rest[0]) else 1]
    return rest[0].rpartition("@")[2] if len(rest) == 1 else None
