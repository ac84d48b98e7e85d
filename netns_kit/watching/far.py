"""What crosses the links of a place that is not on this machine: tcpdump, started there, tells it in hexadecimal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import CommandError
from netns_kit.machines.process import Process
from netns_kit.machines.runner import not_found
from netns_kit.sites.site import Site
from netns_kit.watching.packet_socket import Caught

PATIENCE = 15.0
"""Seconds in which tcpdump must have begun to listen."""

LATE = 0.3
"""Seconds in which tcpdump has told all that it has seen."""

_HEAD = re.compile(r"(\d+)\.(\d{9}) (\S+) +(In|Out|B|M|P) ")
_HEADER = 20
"""Bytes that stand before a packet (LINUX_SLL2), the first two of which are its ethertype."""


class Tcpdump:
    """One place watched by its own tcpdump: `words` are a filter. What it has seen is told when it is ended.

    Raises NotFoundError (no such link), ToolMissingError and PermissionDeniedError, as starting it shows.
    """

    def __init__(self, site: Site, link: str | None, words: str | None, count: int) -> None:
        self.site, self._link = site, link
        if link is not None:
            site.run("ip", "link", "show", "dev", link)
        options = ("-i", "any", "-y", "LINUX_SLL2", "--immediate-mode", "--time-stamp-precision=nano", "-c", count)
        chosen = " and ".join(f"({one})" for one in (_not_our_own(site), words) if one)
        self._process: Process = site.start("tcpdump", "-nn", "-tt", "-l", "-xx", *options, "--", chosen)

    def begin(self) -> None:
        """Wait until it listens."""
        deadline = time.monotonic() + PATIENCE
        while "listening on" not in self._process.error_text:
            if not self._process.running or time.monotonic() > deadline:
                raise self._refusal(self._process.stop())
            time.sleep(0.01)

    @staticmethod
    def _refusal(result: Result) -> CommandError:
        if result.returncode == 127:
            return error_for(not_found(result.command, result.host, result.started))
        return error_for(result)

    def end(self) -> tuple[list[Caught], bool]:
        """End it; what it has seen, and whether it was still there to be ended."""
        there = self._process.running
        self._process.stop()
        return [one for one in told(self._process.lines(PATIENCE)) if self._link in (None, one.link)], there

    def stop(self) -> None:
        """End it, whatever it has seen."""
        self._process.stop()


def _not_our_own(site: Site) -> str:
    """A filter without the connection over which tcpdump tells: each packet that it told of would make another."""
    said = site.run("printenv", "SSH_CONNECTION", check=False).stdout.split()
    return f"not (host {said[0]} and tcp port {said[1]})" if len(said) == 4 else ""


def told(lines: Iterator[str]) -> Iterator[Caught]:
    """The packets in what tcpdump prints: a line about each, then its bytes."""
    head, text = None, ""
    for line in lines:
        if line.startswith("\t0x"):
            text += line.partition(":")[2]
        else:
            yield from _packet(head, text)
            head, text = _HEAD.match(line), ""
    yield from _packet(head, text)


def _packet(head: re.Match[str] | None, text: str) -> Iterator[Caught]:
    data = bytes.fromhex(text) if head else b""
    if head and len(data) >= _HEADER:
        when, ethertype = int(head[1]) * 10**9 + int(head[2]), int.from_bytes(data[:2], "big")
        yield Caught(when, head[3], "out" if head[4] == "Out" else "in", False, ethertype, data[_HEADER:])
