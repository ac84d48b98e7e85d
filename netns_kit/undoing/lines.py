"""What a place has, as the commands that would make it so: what is missing later can be typed again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from netns_kit.commands.errors import MissingModuleError, ToolMissingError
from netns_kit.commands.reading import Entry
from netns_kit.links.info import LinkInfo
from netns_kit.sites.site import Site
from netns_kit.tables.address import addresses
from netns_kit.tables.neighbour import NeighbourInfo
from netns_kit.tables.objects.nexthop import NexthopTable
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.rule import RuleInfo
from netns_kit.tables.tc.qdisc import QdiscInfo, QdiscTable
from netns_kit.tables.tc.told import typed
from netns_kit.undoing.settings import settings

Argv = tuple[str, ...]
Lines = Mapping[str, Argv]
"""Commands that make what is there, each under what it is about: two of one key set the same in two ways."""


def links(site: Site) -> Iterator[tuple[str, Argv]]:
    """What each link is set to, and how it is made."""
    for entry in site.read("ip", "-d", "link", "show"):
        info = LinkInfo.from_json(entry)
        # It keeps its number when it is called something else.
        yield f"name {info.index}", ("ip", "link", "set", "dev", f"#{info.index}", "name", info.name)
        yield f"made {info.index}", _words(str(info))
        for what, words in settings(info).items():
            yield f"{what} {info.index}", ("ip", "link", "set", "dev", info.name, *words)


def addrs(site: Site) -> Iterator[tuple[str, Argv]]:
    """The addresses."""
    for info in addresses(site.read("ip", "-d", "addr", "show")):
        if info.valid_lft is None or "dynamic" not in info.flags:
            yield f"{info} {info.dev}", _words(info.line)


def routes(site: Site) -> Iterator[tuple[str, Argv]]:
    """The routes of all tables, those to gateways last, but for the kernel's own of the local one."""
    found = [entry for family in ("-4", "-6") for entry in _read(site, "ip", family, "-d", "route", "show table all")]
    lines = [str(RouteInfo.from_json(entry)) for entry in found if entry.get("table") != "local"]
    for line in sorted(lines, key=lambda line: bool(re.search(r" (via|nexthop) ", line))):
        yield line, _words(line)


def rules(site: Site) -> Iterator[tuple[str, Argv]]:
    """The rules of both families."""
    for family in ("-4", "-6"):
        for entry in _read(site, "ip", family, "rule", "show"):
            tool, *words = _words(str(RuleInfo.from_json(entry)))
            yield f"{family} {words}", (tool, family, *(word for word in words if word not in ("-4", "-6")))


def neighbours(site: Site) -> Iterator[tuple[str, Argv]]:
    """The neighbours that somebody set, and those that are answered for."""
    found = [*_read(site, "ip", "neigh", "show", "nud permanent"), *_read(site, "ip", "neigh", "show", "proxy")]
    for info in map(NeighbourInfo.from_json, found):
        yield f"{info.dst} {info.dev} {'proxy' in info.flags}", _words(str(info))


def nexthops(site: Site) -> Iterator[tuple[str, Argv]]:
    """The next hops."""
    for info in NexthopTable(site).show():
        yield f"{info.id}", _words(str(info))


def entries(site: Site) -> Iterator[tuple[str, Argv]]:
    """The entries of forwarding databases that nobody learned, and that are no link's own."""
    own = {link.get("address") for link in site.read("ip", "link", "show")}
    for entry in _read(site, "bridge", "-d", "fdb", "show"):
        state = entry.get("state")
        mac = str(entry.get("mac"))
        if state in ("permanent", "static") and mac not in own and not int(mac[:2], 16) & 1:
            flags = entry.get("flags") or ()
            where = [f"{word} {entry[key]}" for word, key in _FDB.items() if key in entry]
            whose = ["self"] if "self" in flags else ["master"]
            words = _words(" ".join((f"bridge fdb append {mac} dev {entry['ifname']}", *where, *whose, state)))
            yield " ".join(words[3:]), words


_FDB = {"dst": "dst", "vlan": "vlan", "port": "port", "vni": "vni", "via": "viaIf"}


def vlans(site: Site) -> Iterator[tuple[str, Argv]]:
    """The VLANs of bridges and their ports."""
    bridges = {entry.get("master") for entry in _read(site, "bridge", "link", "show")}
    for entry in _read(site, "bridge", "vlan", "show"):
        dev = entry.get("ifname", "")
        for one in entry.get("vlans", ()):
            last = f"-{one['vlanEnd']}" if "vlanEnd" in one else ""
            flags = one.get("flags") or ()
            more = [word for word, flag in (("pvid", "PVID"), ("untagged", "Egress Untagged")) if flag in flags]
            own = ["self"] if dev in bridges else []
            vid = f"{one['vlan']}{last}"
            yield f"{dev} {vid}", ("bridge", "vlan", "add", "dev", dev, "vid", vid, *more, *own)


def qdiscs(site: Site) -> Iterator[tuple[str, Argv]]:
    """The queueing disciplines that somebody chose, but for their classes."""
    for info in map(QdiscInfo.from_json, _read(site, "tc", "qdisc", "show")):
        # The kernel's own choice has no number.
        if info.handle != "0:":
            yield f"{info.dev} {info.parent}", _words(typed(QdiscTable.add, info.dev, info.kind, info.keywords))


def sysctls(site: Site, names: Iterable[str]) -> Iterator[tuple[str, Argv]]:
    """Parameters, and those that the kernel sets together with them, the general ones first."""
    paths = [name.translate(_PATH) if re.match(r"[^/]*\.", name) else name for name in names]
    for path in dict.fromkeys(each for one in paths for each in (one, *_followers(one))):
        folder, star, key = f"/proc/sys/{path}".partition("/*/")
        only = (f"--include={key or path.rpartition('/')[2]}",) if "/" in path else ()
        said = site.run("grep", "-r", "-s", "-H", *only, "", folder, check=False)
        for line in said.stdout.splitlines():
            name, _, value = line.removeprefix("/proc/sys/").partition(":")
            if not star or not re.search(r"/(all|default)/", name):
                yield name, ("sysctl", "-w", f"{name}={value}")


_PATH = {ord("."): "/", ord("/"): "."}


def _followers(path: str) -> tuple[str, ...]:
    if path == "net/ipv4/ip_forward" or path == "net/ipv4/conf/all/forwarding":
        conf = "net/ipv4/conf"
        return f"{conf}/all/accept_redirects", f"{conf}/default/forwarding", f"{conf}/*/forwarding"
    found = re.fullmatch(r"(net/ipv[46]/conf)/all/(\w+)", path)
    return (f"{found[1]}/default/{found[2]}", f"{found[1]}/*/{found[2]}") if found else ()


READERS: Mapping[str, Callable[[Site], Iterator[tuple[str, Argv]]]] = {
    "link": links,
    "addr": addrs,
    "route": routes,
    "rule": rules,
    "neigh": neighbours,
    "nexthop": nexthops,
    "fdb": entries,
    "vlan": vlans,
    "qdisc": qdiscs,
}
"""What can be read, by the object's name. What stands behind in an order is typed again behind."""


def read(site: Site, what: Sequence[str], parameters: Sequence[str] = ()) -> dict[str, dict[str, Argv]]:
    """What a place has of these objects, and of these kernel parameters."""
    found = {name: dict(READERS[name](site)) for name in what}
    return {**found, "sysctl": dict(sysctls(site, parameters))} if parameters else found


def _read(site: Site, tool: str, *words: str) -> list[Entry]:
    """What a tool tells; nothing where this kernel knows no such thing, or the tool is not there."""
    try:
        return site.read(tool, *(word for one in words for word in one.split()))
    except (MissingModuleError, ToolMissingError):
        return []


def _words(line: str) -> Argv:
    return tuple(shlex.split(line))
