"""What links are set to, each as the words that set it so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netns_kit.commands.words import spec
from netns_kit.links.finding import class_of
from netns_kit.links.info import LinkInfo
from netns_kit.tables.brport_words import BridgeSlaveWords

Settings = dict[str, tuple[str, ...]]
"""The words behind `ip link set dev NAME`, by what they set."""

_FLAGS = {"arp": "NOARP", "multicast": "MULTICAST", "allmulticast": "ALLMULTI", "promisc": "PROMISC"}
_OF_THE_BRIDGE = ("state", "cost")
"""What a bridge finds out by itself, of its ports."""
_ONLY_AT_BIRTH = ("index", "numtxqueues", "numrxqueues", "parentdev", "broadcast")


def settings(info: LinkInfo) -> Settings:
    """All that a link is set to."""
    return {**dict(_of_all(info)), **dict(_of_kind(info)), **dict(_of_port(info))}


def _of_all(info: LinkInfo) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "master", ("master", info.master) if info.master else ("nomaster",)
    yield "mtu", ("mtu", str(info.mtu))
    if info.address and info.kind != "loopback":
        yield "address", ("address", info.address)
    yield "alias", ("alias", info.alias or "")
    yield "group", ("group", info.group or "default")
    if info.txqueuelen is not None:
        yield "txqueuelen", ("txqueuelen", str(info.txqueuelen))
    for word, flag in _FLAGS.items():
        yield word, (word, "off" if (flag in info.flags) == (word == "arp") else "on")
    if "inet6_addr_gen_mode" in info.raw:
        yield "addrgenmode", ("addrgenmode", info.raw["inet6_addr_gen_mode"])
    # Last: some of the others are only taken by a link that is down, and a route needs one that is up.
    yield "up", ("up" if info.up else "down",)


def _of_kind(info: LinkInfo) -> Iterator[tuple[str, tuple[str, ...]]]:
    cls = class_of(info.kind) if info.kind else None
    if cls is None or not cls.kind:
        return
    words = spec(cls).known
    for name, value in cls.of(info, None).asked().items():
        if name not in _SHARED and name not in _ONLY_AT_BIRTH:
            yield f"type {name}", ("type", info.kind, *words[name].say(value, None))


def _of_port(info: LinkInfo) -> Iterator[tuple[str, tuple[str, ...]]]:
    if info.port_kind == "bridge":
        for name, word in spec(BridgeSlaveWords).known.items():
            value: Any = word.known(info.port_data)
            said = () if value is None or name in _OF_THE_BRIDGE else word.say(value, None)
            if said:
                yield f"port {name}", ("type", "bridge_slave", *said)


def _shared() -> frozenset[str]:
    return frozenset(spec(class_of("")).known)


_SHARED = _shared()
