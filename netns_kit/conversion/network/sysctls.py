"""Which kernel parameters of a namespace somebody set: those that a new one does not have so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from netns_kit.commands.causes import error_for
from netns_kit.links.info import LinkInfo
from netns_kit.sites.site import Site

_FOLLOWED = {
    ("ipv4", "forwarding"),
    ("ipv6", "forwarding"),
    ("ipv6", "disable_ipv6"),
    ("ipv6", "ignore_routes_with_linkdown"),
}
"""What all links take over when `conf/all` is set."""

_FIRST = {("net/ipv4/ping_group_range", "1\t0")}
"""What the kernel has at first, and tells otherwise to a new namespace's own users."""

_TOLD_TWICE = re.compile(
    r"net/ipv4/conf/all/forwarding"
    # What only the kernel sets, or what changes by itself.
    r"|net/ipv4/conf/[^/]+/mc_forwarding|net/ipv6/conf/[^/]+/(mc_forwarding|stable_secret)"
    r"|net/netfilter/nf_conntrack_(count|buckets|max|expect_max)|net/ipv4/tcp_available_.*"
)


def read(site: Site, *before: str) -> dict[str, str]:
    """All parameters of a namespace, by their path below /proc/sys; `before` leads to it."""
    # An ordinary user's namespace has no parameters of neighbours.
    result = site.run(*before, "grep", "-r", "-s", "-Z", "--exclude-dir=neigh", "", "/proc/sys/net", check=False)
    # 2: some may only be written, or read by nobody.
    if result.returncode not in (0, 2) or not result.stdout:
        raise error_for(result)
    pairs = (line.partition("\0") for line in result.stdout.split("\n"))
    return {path.removeprefix("/proc/sys/"): value for path, mark, value in pairs if mark}


def differing(found: Mapping[str, str], fresh: Mapping[str, str], links: Iterable[LinkInfo]) -> dict[str, str]:
    """The parameters that are not as in a new namespace, by name, in an order in which they can be set."""
    mtus = {info.name: info.mtu for info in links}
    named = ((path, value, _expected(path, value, found, fresh)) for path, value in found.items())
    other = [(path, value) for path, value, known in named if known is not None and _is_set(path, value, known, mtus)]
    # Others inherit forwarding, and a new namespace of a host that forwards would have it anyway.
    forwards = ("net/ipv4/ip_forward", "1")
    if found.get(forwards[0]) == "1" and forwards not in other:
        other.append(forwards)
    other.sort(key=_rank)
    return {_name(path): value for path, value in other}


def _expected(path: str, value: str, found: Mapping[str, str], fresh: Mapping[str, str]) -> str | None:
    """What it is if nobody has set it; None if there is no telling."""
    parts = path.split("/")
    if len(parts) != 5 or parts[2] != "conf":
        return fresh.get(path)
    family, dev, key = parts[1], parts[3], parts[4]
    # A new namespace has lo and the kernel's own tunnels, too.
    default = fresh.get(path, fresh.get(f"net/{family}/conf/default/{key}"))
    whole = f"net/{family}/conf/all/{key}"
    if dev != "all" and (family, key) in _FOLLOWED and found.get(whole) != fresh.get(whole):
        return found.get(whole)
    if (family, dev, key) == ("ipv4", "all", "accept_redirects") and found.get(whole := "net/ipv4/ip_forward") == "1":
        # The kernel takes no advice on routes while it forwards.
        return "0" if fresh.get(whole) != "1" else default
    return default


def _is_set(path: str, value: str, known: str, mtus: Mapping[str, int]) -> bool:
    """Whether somebody set it, and nothing else tells of it."""
    if value == known or (path, value) in _FIRST or _TOLD_TWICE.fullmatch(path):
        return False
    return not _is_own(path, value, mtus)


def _is_own(path: str, value: str, mtus: Mapping[str, int]) -> bool:
    """Whether the kernel sets it by itself for a link of such a kind or size."""
    parts = path.split("/")
    if len(parts) != 5 or parts[2] != "conf" or parts[1] != "ipv6":
        return False
    # Nobody can set more than the link's MTU: the kernel made the link smaller without a word to IPv6.
    return value == "-1" or (parts[4] == "mtu" and parts[3] in mtus and int(value) >= mtus[parts[3]])


def _rank(one: tuple[str, str]) -> tuple[int, str]:
    path = one[0]
    steps = (path == "net/ipv4/ip_forward", "/all/" in path, "/default/" in path)
    return next((number for number, is_so in enumerate(steps) if is_so), len(steps)), path


def _name(path: str) -> str:
    """The dotted name, where a dot of a link's name is a slash."""
    return path.translate({ord("/"): ".", ord("."): "/"})


def namely(known: Mapping[str, str] | None) -> Iterator[tuple[str, int | str]]:
    """Names and values, numbers as such."""
    for name, value in (known or {}).items():
        yield name, int(value) if re.fullmatch(r"-?(0|[1-9]\d*)", value) else value
