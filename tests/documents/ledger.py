"""The documents' commands, one by one, and what counts as the same command."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    step["id"]: (step["host"], tuple(step["commands"]))
    for step in json.loads(Path(__file__).with_name("ledger.json").read_text(encoding="utf-8"))
}
"""The host and the commands of each step, as the documents spell them."""

# D1.1 gives the forms of the usage text; this is what its words stand for in the replay.
STANDS_FOR = {"NETNSID": "7", "cmd": "ip link"}
WORDS = {"a": "addr", "address": "addr", "ls": "list", "del": "delete", "neighbour": "neigh"}
PING_WITH_VALUE = ("-c", "-W", "-w", "-i")


def typed(commands: Iterable[str], *, expand: bool = False) -> list[tuple[str, ...]]:
    """The canonical form of a document's lines; those typed in a shell of a namespace are that namespace's."""
    result: list[tuple[str, ...]] = []
    inside: tuple[str, ...] = ()
    for line in commands:
        for word, meaning in STANDS_FOR.items() if expand else ():
            line = re.sub(rf"\b{word}\b", meaning, line)
        if line.startswith("docker exec"):
            continue
        shell = re.match(r"ip netns exec (\S+) (?:/bin/)?bash\b", line)
        if shell:
            inside = ("ip", "netns", "exec", shell[1])
            continue
        words = canonical((*inside, *shlex.split(redirected(line))))
        if words[-1:] == ("exit",):
            inside = ()
        if words and words[-1] != "exit":
            result.append(words)
    return result


def redirected(line: str) -> str:
    """The line with `echo V > /proc/sys/P` as sysctl, and without the `| grep`."""
    echo = re.fullmatch(r"echo (\S+) > /proc/sys/(\S+)", line)
    if echo:
        return f"sysctl -w {echo[2].replace('/', '.')}={echo[1]}"
    return re.sub(r"\s*\| grep .*", "", line)


def canonical(argv: Sequence[str]) -> tuple[str, ...]:
    """One form for what counts as the same command."""
    words = [word for word in argv if word != "sudo"]
    words[0] = words[0].rsplit("/", 1)[-1]
    if words[:3] == ["ip", "netns", "exec"] and words[4:5] in (["ip"], ["/sbin/ip"]):
        words = ["ip", "-n", words[3], *words[5:]]
    if words[0] == "ip" and words[1:3] != ["netns", "exec"]:
        return canonical_ip(words)
    if words[0] == "sysctl" and words[1] != "-w":
        words.insert(1, "-w")
    if "ping" in words:
        words = without_ping_options(words)
    return tuple(placeholder(word) for word in words)


def placeholder(word: str) -> str:
    """The word, or what it stands for where it is another one each time: a process, a container, Docker's file."""
    for pattern, name in (
        (r"(?<=/proc/)\d+(?=/)", "PID"),
        (r"^\$CONTAINER_ID$|^[0-9a-f]{64}$|^[0-9a-f]{12}$", "CONTAINER"),
        (r"(?<=/docker/netns/)[0-9a-f]+$", "FILE"),
    ):
        word = re.sub(pattern, name, word)
    return word


def canonical_ip(words: list[str]) -> tuple[str, ...]:
    """The same for `ip`: no -j, -d, -echo, no optional dev and name, whole words, and the default verb left out."""
    words = [WORDS.get(word, word) for word in words if word not in ("-j", "-d", "-echo", "dev", "name")]
    if words[-2:-1] in (["link"], ["addr"], ["route"]) and words[-1] in ("show", "list"):
        words.pop()
    if "identify" in words:
        words[-1] = "PID"
    return tuple(words)


def ran(lines: Iterable[dict[str, object]]) -> dict[str, list[tuple[str, ...]]]:
    """The canonical forms in a replay's transcript, by step; shells entered and left do not count."""
    result: dict[str, list[tuple[str, ...]]] = {}
    for line in lines:
        words = canonical(line["argv"])  # type: ignore[arg-type]
        commands = result.setdefault(str(line["step"]), [])
        if words != ("exit",) and words[:2] != ("docker", "exec"):
            commands.append(words)
    return result


def without_ping_options(words: list[str]) -> list[str]:
    """A ping without -n and without how often, how fast and how long."""
    result: list[str] = []
    skip = False
    for word in words:
        if skip or word in PING_WITH_VALUE or word == "-n":
            skip = not skip and word in PING_WITH_VALUE
        else:
            result.append(word)
    return result
