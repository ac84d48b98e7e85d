"""Files of containerlab: what they say, and what of it private hosts can be."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from netns_kit.commands.errors import InvalidArgumentError, NetnsKitError, ToolMissingError
from netns_kit.links.bridge import Bridge
from netns_kit.links.dummy import Dummy
from netns_kit.links.link import Link
from netns_kit.links.veth import VethPair
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.places.place import Place

PLACE = "netns_kit.place"
"""The label by which a node of ours says which place it is, such as "host/net0"."""

_BUILT = ("kind", "image", "labels", "group", "network-mode", "exec", "sysctls")
"""What is built of a node, or means nothing to a private host."""

_MTU = 9500
"""What containerlab gives a cable of which nothing is said."""


def yaml() -> Any:
    """The reader and writer of YAML."""
    try:
        import yaml as found
    except ImportError:
        raise NetnsKitError("YAML is read and written by PyYAML: pip install 'netns_kit[containerlab]'") from None
    return found


@frozen
class Node:
    """A node: its kind, the place of ours that it is, if any, what is typed in it, and what private hosts have not."""

    name: str
    kind: str
    place: str | None
    exec: tuple[str, ...]
    sysctls: Mapping[str, object]
    more: tuple[str, ...]


@frozen
class End:
    """An end of a cable."""

    node: str
    name: str
    mac: str | None
    addresses: tuple[str, ...]


@define
class Plan:
    """What a file says. `left_out` is what private hosts cannot be, in words."""

    nodes: dict[str, Node] = field(factory=dict)
    cables: list[tuple[End, End, int]] = field(factory=list)
    dummies: list[End] = field(factory=list)
    left_out: list[str] = field(factory=list)

    @classmethod
    def read(cls, path: str | Path) -> Plan:
        """From a file. Raises InvalidArgumentError for one that is none of containerlab's, OSError."""
        library = yaml()
        try:
            data = library.safe_load(Path(path).read_text(encoding="utf-8"))
            plan = cls()
            plan._take(data)
        except (library.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
            reason = f"it is no file of containerlab: {str(error).splitlines()[0]}"
            raise InvalidArgumentError("path", str(path), reason) from None
        return plan

    def _take(self, data: dict[str, Any]) -> None:
        self.left_out += [key for key in data if key not in ("name", "prefix", "topology")]
        topology = data["topology"]
        for name, given in topology["nodes"].items():
            self.nodes[name] = self._node(name, given or {}, topology)
        for given in topology.get("links") or ():
            self._link(given)

    def _node(self, name: str, given: dict[str, Any], topology: dict[str, Any]) -> Node:
        defaults = topology.get("defaults") or {}
        kind = given.get("kind") or defaults.get("kind", "linux")
        group = (topology.get("groups") or {}).get(given.get("group")) or {}
        layers = (defaults, (topology.get("kinds") or {}).get(kind) or {}, group, given)
        merged = {key: value for layer in layers for key, value in layer.items()}
        typed = tuple(str(line) for layer in layers for line in layer.get("exec") or ())
        sysctls = {key: value for layer in layers for key, value in (layer.get("sysctls") or {}).items()}
        place = (merged.get("labels") or {}).get(PLACE)
        return Node(name, kind, place, typed, sysctls, tuple(key for key in merged if key not in _BUILT))

    def _link(self, given: dict[str, Any]) -> None:
        kind = given.get("type", "veth")
        raw = given.get("endpoints") or [given["endpoint"]]
        ends = [_end(one, given, number) for number, one in enumerate(raw)]
        if kind == "dummy" and ends[0].node in self.nodes:
            self.dummies.append(ends[0])
        elif kind != "veth" or len(ends) != 2 or any(end.node not in self.nodes for end in ends):
            names = " and ".join(f"{end.node}:{end.name}" for end in ends)
            self.left_out.append(f"the link of {names} ({kind}), which leads out of the lab")
        else:
            self.cables.append((ends[0], ends[1], int(given.get("mtu", _MTU))))


def _end(given: Any, link: Mapping[str, Any], number: int) -> End:
    lists = [link.get(family) or () for family in ("ipv4", "ipv6")]
    listed = [one[number] for one in lists if not isinstance(one, str) and len(one) > number and one[number]]
    if isinstance(given, str):
        node, colon, name = given.partition(":")
        if not colon:
            raise ValueError(f"{given!r} is no end of a link, such as node1:eth1")
        return End(node, name, None, tuple(listed))
    own = [given[family] for family in ("ipv4", "ipv6") if given.get(family)]
    return End(given["node"], given["interface"], given.get("mac"), (*listed, *own))


def build(plan: Plan, hosts: Iterable[Host]) -> None:
    """Build what a file says on hosts, one for each of `hosts_of`."""
    places = _places(plan, {host.site.runner.host: host for host in hosts})
    for node in plan.nodes.values():
        if node.kind not in ("linux", "bridge", "host"):
            plan.left_out.append(f"{node.name}: that it is a {node.kind}; a host with nothing but its links is there")
        plan.left_out += [f"{node.name}: {one}" for one in node.more]
        if node.kind == "bridge":
            Bridge(node.name, at=places[node.name]).add(up=True)
        elif node.place is None:
            places[node.name].link("lo").up()
    for first, second, mtu in plan.cables:
        made = VethPair(first.name, second.name, peer_netns=places[second.node], at=places[first.node]).add()
        for end, link in zip((first, second), made, strict=True):
            _dress(plan.nodes[end.node], end, link, mtu)
    for end in plan.dummies:
        _dress(plan.nodes[end.node], end, Dummy(end.name, at=places[end.node]).add(), None)
    for node in plan.nodes.values():
        _type(plan, node, places[node.name])


def hosts_of(plan: Plan) -> Iterator[str]:
    """The names of the hosts that a file needs: of places of ours the hosts alone."""
    yield from dict.fromkeys((node.place or node.name).partition("/")[0] for node in plan.nodes.values())


def _places(plan: Plan, hosts: Mapping[str, Host]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for node in plan.nodes.values():
        host, _, inner = (node.place or node.name).partition("/")
        found[node.name] = Namespace(inner, at=hosts[host]).add() if inner else hosts[host]
    return found


def _dress(node: Node, end: End, link: Link, mtu: int | None) -> None:
    """What containerlab does to an end: a place of ours says itself whether it is up."""
    if end.mac:
        link.set(address=end.mac)
    if mtu is not None and mtu != 1500:
        link.set(mtu=mtu)
    for address in end.addresses:
        link.addr.add(address)
    if node.kind == "bridge":
        link.set(master=node.name)
    if node.place is None:
        link.up()


def _type(plan: Plan, node: Node, place: Place) -> None:
    for name, value in node.sysctls.items():
        place.sysctl.set(name, str(value))
    for line in node.exec:
        try:
            place.exec(*shlex.split(line))
        except ToolMissingError:
            plan.left_out.append(f"{node.name}: `{line}`, for there is no such program here")
