"""What stands in for a tool while a script is recorded: it writes down what is typed, and has the tool itself do it.

It is copied to the host, to a folder with its notes, and run by the tool's name. Stdlib only.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import sys
import time
from typing import Any

MOST = 1_000_000
"""Bytes of an output that are kept."""


def leads(name: str, words: list[str]) -> bool:
    """Whether a command only leads to where another one runs, as `ip netns exec net1 ip link` does."""
    plain = " ".join(word for word in words if not word.startswith("-"))
    return name in ("unshare", "nsenter") or (name == "ip" and " exec " in f" {plain} ")


def reads(name: str, words: list[str]) -> bool:
    """Whether a command reads commands from its input."""
    return name.endswith("-restore") or (words[-1:] == ["-"] and words[-2:-1] in (["-batch"], ["-b"]))


def netns(folder: str) -> str | None:
    """The namespace that this process is in: a name, None for the host's own, else its number."""
    here = os.stat("/proc/self/ns/net")
    with open(f"{folder}/netns", encoding="ascii") as file:
        if file.read().strip() == f"{here.st_dev}:{here.st_ino}":
            return None
    with contextlib.suppress(OSError):
        for entry in sorted(os.listdir("/run/netns")):
            with contextlib.suppress(OSError):
                known = os.stat(f"/run/netns/{entry}")
                if (known.st_dev, known.st_ino) == (here.st_dev, here.st_ino):
                    return entry
    return f"net:[{here.st_ino}]"


def note(folder: str, **told: Any) -> None:
    """Write something down; what is appended at once stays in one piece."""
    # What goes on after the recording is not noted any more.
    with contextlib.suppress(OSError), open(f"{folder}/notes", "ab", 0) as file:
        file.write((json.dumps(told) + "\n").encode())


def relay(pairs: dict[int, int], ended: int) -> dict[int, bytes]:
    """Pass on what the tool says, until it ends; what it said."""
    said = dict.fromkeys(pairs, b"")
    with selectors.DefaultSelector() as ready:
        for source in (*pairs, ended):
            ready.register(source, selectors.EVENT_READ)
        left = set(pairs)
        while left:
            keys = {key.fd for key, _ in ready.select()}
            # What somebody else keeps open after its end is not waited for.
            over = keys == {ended}
            for source in left if over else keys & left:
                os.set_blocking(source, False)
                try:
                    data = os.read(source, 65536)
                    if data:
                        os.write(pairs[source], data)
                        said[source] = (said[source] + data)[:MOST]
                        continue
                except BlockingIOError:
                    if not over:
                        continue
                except OSError:
                    # Nobody reads it any more, which the tool is to see, too.
                    os.close(source)
                    left = left - {source}
                    ready.unregister(source)
                    continue
                ready.unregister(source)
                left = left - {source}
            if over:
                return said
    return said


def main(folder: str) -> int:
    """Run the tool, and write down how."""
    name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
    with open(f"{folder}/tools", encoding="utf-8") as file:
        tool = json.load(file)[name]
    number = f"{os.getpid()}-{time.monotonic_ns()}"
    about = {"id": number, "argv": [name, *words], "netns": netns(folder), "within": os.environ.get("NETNS_KIT_WITHIN")}
    leading = leads(name, words)
    text = sys.stdin.buffer.read() if reads(name, words) else None
    line = os.environ.get("NETNS_KIT_LINE")
    note(folder, **about, line=line, leads=leading, started=time.time(), input=text and text.decode(errors="replace"))
    clock = time.perf_counter()
    status, out, err = run(tool, [name, *words], {**os.environ, "NETNS_KIT_WITHIN": number}, text, leading)
    duration = time.perf_counter() - clock
    note(folder, id=number, returncode=status, stdout=out, stderr=err, duration=duration)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


def run(
    tool: str, argv: list[str], environment: dict[str, str], text: bytes | None, plain: bool
) -> tuple[int, str, str]:
    """Run the tool: its status, and what it said, which is passed on; `plain` leaves its outputs alone."""
    outputs = [] if plain else [os.pipe(), os.pipe()]
    given = None if text is None else os.memfd_create("input")
    if given is not None and text is not None:
        os.write(given, text)
        os.lseek(given, 0, os.SEEK_SET)
    child = os.fork()
    if child == 0:
        try:
            follow_to_the_end()
            for place, (_, theirs) in enumerate(outputs, 1):
                os.dup2(theirs, place)
            if given is not None:
                os.dup2(given, 0)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execve(tool, argv, environment)
        finally:
            os._exit(127)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, frame: os.kill(child, number))
    for _, theirs in outputs:
        os.close(theirs)
    sources = [ours for ours, _ in outputs]
    said = relay(dict(zip(sources, (1, 2), strict=False)), os.pidfd_open(child)) if sources else {}
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    texts = [said[source].decode(errors="replace") for source in sources]
    return (status, texts[0], texts[1]) if texts else (status, "", "")


def follow_to_the_end() -> None:
    """Have the kernel end this process with the one that started it."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
