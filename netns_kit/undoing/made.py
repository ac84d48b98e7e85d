"""What a command makes, moves or calls otherwise: links, and namespaces."""

from __future__ import annotations

import os
from collections.abc import Iterator

from attrs import frozen

from netns_kit.tables.netns import RUN_DIR
from netns_kit.undoing.typed import Typed

Place = str | None
"""A namespace by its name or by the path of its file; None is the host's own."""

_ALONE = {"up", "down", "nomaster"}


@frozen
class Changed:
    """A link that is set: where it was and what it was called, and where it is and what it is called then."""

    place: Place
    name: str
    new_place: Place
    new_name: str


def made_netns(typed: Typed) -> str | None:
    """The namespace that is given a name."""
    if typed.tool == "ip" and typed.verb in (("netns", "add"), ("netns", "attach")) and len(typed.words) > 2:
        return typed.words[2]
    return None


def gone_netns(typed: Typed) -> str | None:
    """The namespace that is deleted."""
    return typed.words[2] if typed.tool == "ip" and typed.verb == ("netns", "delete") and typed.words[2:] else None


def made_links(typed: Typed, pid: int) -> Iterator[tuple[Place, str | None]]:
    """The links that are made, both ends of a pair, and where; `pid` is of a process of the host's own network.

    One that gets its name from the kernel has None.
    """
    words = typed.words[2:]
    if typed.tool == "ip" and typed.verb == ("link", "add"):
        ends = [words]
        if "peer" in words[:-1]:
            at = words.index("peer")
            ends = [words[:at], words[at + 1 :]]
        for end in ends:
            name, netns = _end(end)
            yield (typed.place if netns is None else place_of(netns, pid)), name
    elif typed.tool == "ip" and typed.verb in (("tunnel", "add"), ("tuntap", "add")):
        name = _tunnel(words, ("name",) if typed.words[0] == "tunnel" else ("dev", "name"))
        yield typed.place, name
    elif typed.tool == "brctl" and typed.words[:1] == ("addbr",):
        yield typed.place, typed.words[-1]
    elif typed.tool == "ip" and typed.words[:1] == ("l2tp",) and {"add", "session"} <= set(words) | {typed.words[1]}:
        yield typed.place, typed.behind("name") or "l2tpeth0"


def _tunnel(words: tuple[str, ...], named: tuple[str, ...]) -> str | None:
    """The name of a tunnel, or of a TUN: behind its word, or bare."""
    rest = iter(words)
    bare = None
    for word in rest:
        if word in named:
            return next(rest, None)
        if word in _OF_TUNNELS:
            next(rest, None)
        elif word not in _ALONE_OF_TUNNELS and bare is None:
            bare = word
    return bare


_OF_TUNNELS = {
    "mode", "remote", "local", "dev", "ttl", "hoplimit", "tos", "tclass", "dsfield", "key", "ikey", "okey",
    "encaplimit", "flowlabel", "6rd-prefix", "user", "group",
}  # fmt: skip
_ALONE_OF_TUNNELS = {
    "csum", "icsum", "ocsum", "seq", "iseq", "oseq", "pmtudisc", "nopmtudisc", "external", "one_queue", "pi",
    "vnet_hdr", "multi_queue",
}  # fmt: skip


def _end(words: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The name of a link that is made, and the namespace where it is born."""
    name = netns = None
    rest = iter(words)
    for word in rest:
        if word == "type":
            break
        if word in ("name", "dev"):
            name = next(rest, None)
        elif word == "netns":
            netns = next(rest, None)
        elif word in _WITH_VALUE:
            next(rest, None)
        elif word not in _ALONE and name is None:
            name = word
    return name, netns


_WITH_VALUE = {
    "link", "address", "txqueuelen", "txqlen", "qlen", "mtu", "index", "numtxqueues", "numrxqueues", "master", "vrf",
    "group", "alias", "broadcast", "brd", "gso_max_size", "gso_max_segs", "gro_max_size", "parentdev", "parentbus",
    "link-netns", "link-netnsid", "addrgenmode", "arp", "multicast", "allmulticast", "promisc", "dynamic", "trailers",
    "carrier", "protodown", "protodown_reason",
}  # fmt: skip


def place_of(word: str, pid: int) -> Place:
    """The place that `netns WORD` means: a name goes before a number."""
    if word.isdigit() and not os.path.exists(f"{RUN_DIR}/{word}"):
        return None if int(word) == pid else f"/proc/{word}/ns/net"
    return word.removeprefix("/var").removeprefix("/run/netns/") if "/run/netns/" in word else word


def subject(typed: Typed) -> str | None:
    """The link that a command is about."""
    words = typed.words
    if typed.tool == "brctl":
        return words[2] if words[:1] in (("addif",), ("delif",)) and len(words) > 2 else "".join(words[1:2]) or None
    if typed.tool == "ifconfig":
        return "".join(words[:1]) or None
    if words[:1] == ("link",) and typed.tool == "ip":
        return _settings(words[2:])[0]
    return typed.behind("dev")


def _settings(words: tuple[str, ...]) -> tuple[str | None, dict[str, str]]:
    """The link that `ip link set` or `delete` is about, and what it is set to, but for what is of its kind."""
    found: dict[str, str] = {}
    bare = None
    rest = iter(words)
    for word in rest:
        if word in ("type", "vf", "xdp", "xdpgeneric", "xdpdrv", "xdpoffload"):
            break
        if word in _WITH_VALUE or word in ("dev", "name", "netns"):
            found[word] = next(rest, "")
        elif word not in _ALONE and bare is None:
            bare = word
    return found.get("dev", bare), found


def set_link(typed: Typed, pid: int) -> Changed | None:
    """What becomes of a link that is set, if it goes somewhere else or is called otherwise, or might be."""
    if typed.tool != "ip" or typed.words[:1] != ("link",) or typed.verb[1:] not in (("set",), ("change",)):
        return None
    name, told = _settings(typed.words[2:])
    if not name:
        return None
    place = place_of(told["netns"], pid) if "netns" in told else typed.place
    return Changed(typed.place, name, place, told.get("name", name))
