"""All that a place has, as the tools told it: what a script, a twin or a file is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from netns_kit.commands.errors import CommandError, InvalidArgumentError, PermissionDeniedError, ToolMissingError
from netns_kit.commands.reading import Entries
from netns_kit.conversion.network import sysctls
from netns_kit.links.info import LinkInfo
from netns_kit.links.snapshot import Snapshot
from netns_kit.sites.site import Site
from netns_kit.tables.address import addresses
from netns_kit.tables.fdb import FdbInfo
from netns_kit.tables.neighbour import NeighbourInfo
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.rule import RuleInfo
from netns_kit.tables.tc.kinds import CLASSES
from netns_kit.tables.tc.qdisc import QdiscInfo
from netns_kit.tables.tc.traffic_class import ClassTable

FIREWALLS = {"iptables": "iptables-save", "ip6tables": "ip6tables-save"}
"""The tools that set up a firewall, and those that tell it."""


@frozen
class Rest:
    """What a place has beside what a picture shows. `rules`, `vlans`, `qdiscs` and `proxies` are the tools' entries.

    `firewall` has what `iptables-save` and `ip6tables-save` told, `sysctls` the parameters that are not as the kernel
    has them in a new namespace; None stands for what whoever asked may not know.
    """

    rules: Mapping[str, Entries] = field(factory=dict)
    proxies: Entries = field(factory=list)
    fdb: Entries = field(factory=list)
    vlans: Entries = field(factory=list)
    qdiscs: Entries = field(factory=list)
    classes: Entries = field(factory=list)
    firewall: Mapping[str, tuple[str, ...] | None] = field(factory=dict)
    sysctls: Mapping[str, str] | None = None

    @classmethod
    def read(cls, site: Site, snapshot: Snapshot, fresh: Mapping[str, str] | None) -> Rest:
        """Read it, by up to seven processes; `fresh` are the parameters of a new namespace."""
        kinds = {info.kind for info in snapshot.links}
        queued = any(info.qdisc not in ("noqueue", "noop") for info in snapshot.links)
        found = None if fresh is None else sysctls.differing(sysctls.read(site), fresh, snapshot.links)
        rules, proxies = site.read_together("rule", "neigh show proxy")
        return cls(
            {"4": rules, "6": site.read("ip", "-6", "-d", "rule")},
            proxies,
            site.read("bridge", "-d", "fdb", "show") if kinds & {"bridge", "vxlan"} else [],
            site.read("bridge", "vlan", "show") if "bridge" in kinds else [],
            qdiscs := site.read("tc", "qdisc", "show") if queued else [],
            _classes(site, qdiscs),
            firewalls(site),
            found,
        )

    def typed_rules(self, family: str) -> tuple[RuleInfo, ...]:
        """The rules of family "4" or "6", in order."""
        return tuple(RuleInfo.from_json(entry) for entry in self.rules.get(family, ()))

    def typed_fdb(self) -> tuple[FdbInfo, ...]:
        """The entries of all forwarding databases."""
        return tuple(FdbInfo.from_json(entry) for entry in self.fdb)

    def typed_qdiscs(self) -> tuple[tuple[str, QdiscInfo], ...]:
        """The queueing disciplines that somebody chose, with their links."""
        chosen = (entry for entry in self.qdiscs if entry.get("handle") not in (None, "0:"))
        return tuple((entry.get("dev", ""), QdiscInfo.from_json(entry)) for entry in chosen)


def _classes(site: Site, qdiscs: Entries) -> Entries:
    """The classes of the queueing disciplines that have some."""
    devs = dict.fromkeys(str(entry.get("dev")) for entry in qdiscs if entry.get("kind") in CLASSES)
    return [dict(one) for dev in devs for one in ClassTable(site, dev).show()]


def firewalls(site: Site) -> dict[str, tuple[str, ...] | None]:
    """What `iptables-save` and `ip6tables-save` tell; None stands for what whoever asks may not know."""
    return {tool: _saved(site, by) for tool, by in FIREWALLS.items()}


def _saved(site: Site, tool: str) -> tuple[str, ...] | None:
    """The rules that a tool tells, without its remarks and counters; none where it is not installed."""
    try:
        said = site.run(tool).stdout
    except ToolMissingError:
        return ()
    except PermissionDeniedError:
        return None
    lines = (line.partition(" [")[0] if line.startswith(":") else line for line in said.split("\n"))
    return tuple(line for line in lines if line and not line.startswith("#"))


@frozen
class PlaceState:
    """A place with all that it has. `peers` and `born` are by a link's name.

    `peers` has the id of the other end of a veth, or of what the link stands on; `born` the id of the place where it
    was made, if that is another one, to which it still belongs.
    """

    host: str
    netns: str | None
    snapshot: Snapshot = field(factory=Snapshot)
    fdb: Entries = field(factory=list)
    peers: Mapping[str, str] = field(factory=dict)
    born: Mapping[str, str] = field(factory=dict)
    rest: Rest | None = None

    @property
    def id(self) -> str:
        """Its host and name, such as "node1/ns0"; "node1" for the host itself."""
        return self.host if self.netns is None else f"{self.host}/{self.netns}"

    def as_dict(self) -> dict[str, Any]:
        """As plain data, each answer as the tool gave it."""
        rest = self.rest or Rest()
        return {
            "host": self.host,
            "netns": self.netns,
            "links": _links(self.snapshot),
            "routes": [route.raw for route in self.snapshot.routes],
            "neighbours": [neighbour.raw for neighbour in self.snapshot.neighbours],
            "peers": dict(self.peers),
            "born": dict(self.born),
            "rules": dict(rest.rules),
            "proxies": rest.proxies,
            "fdb": rest.fdb or self.fdb,
            "vlans": rest.vlans,
            "qdiscs": rest.qdiscs,
            "classes": rest.classes,
            "firewall": {tool: lines and list(lines) for tool, lines in rest.firewall.items()},
            "sysctls": None if rest.sysctls is None else dict(rest.sysctls),
        }

    @classmethod
    def from_dict(cls, data: Any) -> PlaceState:
        """From what `as_dict` gave. Raises InvalidArgumentError if it is something else."""
        try:
            snapshot = Snapshot(
                tuple(LinkInfo.from_json(entry) for entry in data["links"]),
                addresses(data["links"]),
                tuple(RouteInfo.from_json(entry) for entry in data["routes"]),
                tuple(NeighbourInfo.from_json(entry) for entry in data["neighbours"]),
            )
            rest = Rest(
                data["rules"],
                data["proxies"],
                data["fdb"],
                data["vlans"],
                data["qdiscs"],
                data.get("classes", []),
                {tool: None if lines is None else tuple(lines) for tool, lines in data["firewall"].items()},
                data["sysctls"],
            )
            return cls(data["host"], data["netns"], snapshot, data["fdb"], data["peers"], data["born"], rest)
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidArgumentError("data", data, f"it is no place of a saved topology: {error!r}") from None


def _links(snapshot: Snapshot) -> Entries:
    """What `ip -d addr` told."""
    return [info.raw for info in snapshot.links]


def fresh_sysctls(site: Site) -> Mapping[str, str] | None:
    """The parameters of a new namespace of that host's kernel; None if nobody may make one there."""
    try:
        return sysctls.read(site, "unshare", "--user", "--map-root-user", "--net")
    except CommandError:
        pass
    try:
        return sysctls.read(site, "unshare", "--net")
    except CommandError:
        return None
