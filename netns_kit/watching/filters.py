"""Filters such as "arp or icmp": tcpdump makes of them what the kernel's packet sockets understand."""

from __future__ import annotations

import re
import struct

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import InvalidArgumentError, ToolMissingError
from netns_kit.machines.runner import DirectRunner
from netns_kit.watching.packet_socket import ETHERNET, LONGEST, NOTHING

_LOAD_WORD, _JUMP, _JUMP_IF_EQUAL = 0x20, 0x05, 0x15
_LOAD_HALF, _LOAD_BYTE, _RETURN = 0x28, 0x30, 0x06
_HARDWARE = 0xFFFFF000 + 28
"""Where a filter finds what kind of link a frame is on (SKF_AD_OFF and SKF_AD_HATYPE)."""


@frozen
class Filter:
    """Which frames are wanted: `words` as tcpdump takes them, and the same as the kernel's own `program`.

    That is None for one that asks for VLANs: the kernel takes the tags off before it asks a program.
    """

    words: str | None
    program: bytes | None


def compiled(text: str) -> Filter:
    """A filter such as "arp or icmp", for links with Ethernet's header and for those without.

    Raises InvalidArgumentError with what tcpdump says of it, and ToolMissingError where there is no tcpdump.
    """
    words = values.plain("filter", text)
    on_ethernet = _compiled("EN10MB", words)
    if not on_ethernet.ok:
        raise _refusal(on_ethernet, text)
    if re.search(r"\bvlan\b", words):
        return Filter(words, None)
    on_others = _compiled("RAW", words)
    # What only Ethernet has, such as ARP, is refused for bare packets: none of them passes.
    return Filter(words, _either(_instructions(on_ethernet), _instructions(on_others) if on_others.ok else NOTHING))


def _compiled(kind: str, words: str) -> Result:
    return DirectRunner("this machine").run(Command(("tcpdump", "-y", kind, "-ddd", "--", words)))


def _refusal(result: Result, text: str) -> Exception:
    error = error_for(result)
    if isinstance(error, ToolMissingError):
        return error
    return InvalidArgumentError("filter", text, result.stderr.strip().removeprefix("tcpdump: ") or "tcpdump refuses it")


def _instructions(result: Result) -> bytes:
    """What `tcpdump -ddd` prints: how many there are, then one a line."""
    lines = result.stdout.splitlines()[1:]
    return b"".join(struct.pack("=HBBI", *map(int, line.split())) for line in lines)


def _either(on_ethernet: bytes, on_others: bytes) -> bytes:
    """One program for links with Ethernet's header, another for those without."""
    kinds = len(ETHERNET)
    # Each test that holds leaps over those that are left, and over the leap to the other program.
    tests = [(_JUMP_IF_EQUAL, kinds - number, 0, kind) for number, kind in enumerate(ETHERNET)]
    leap = (_JUMP, 0, 0, len(on_ethernet) // 8)
    return _packed((_LOAD_WORD, 0, 0, _HARDWARE), *tests, leap) + on_ethernet + on_others


def _packed(*instructions: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("=HBBI", *one) for one in instructions)


def without_chatter() -> Filter:
    """A filter that all pass but what IPv6 says of itself to all when links come up, which a bridge multiplies.

    Reports of multicast listeners, solicitations of routers, and whatever comes from the unspecified address.
    """
    everything = (_RETURN, 0, 0, LONGEST)
    # Each jump says over how many instructions it leads: if the test holds, and if it does not.
    on_ethernet = _packed(
        (_LOAD_HALF, 0, 0, 12),
        (_JUMP_IF_EQUAL, 0, 9, 0x86DD),
        (_LOAD_BYTE, 0, 0, 20),
        (_JUMP_IF_EQUAL, 8, 0, 0),
        (_JUMP_IF_EQUAL, 0, 2, 58),
        (_LOAD_BYTE, 0, 0, 54),
        (_JUMP_IF_EQUAL, 5, 0, 133),
        (_LOAD_WORD, 0, 0, 22),
        (_JUMP_IF_EQUAL, 0, 2, 0),
        (_LOAD_WORD, 0, 0, 34),
        (_JUMP_IF_EQUAL, 1, 0, 0),
        everything,
    )
    return Filter(None, _either(on_ethernet + NOTHING, _packed(everything)))
