"""What is looked at: each place's links, addresses and routes by one read, and the rest of it when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address, ip_interface, ip_network
from typing import TypeVar

from attrs import evolve

from netns_kit.commands.command import Result
from netns_kit.commands.errors import NetnsKitError
from netns_kit.commands.reading import Entry
from netns_kit.commands.rows import Rows
from netns_kit.conversion.network.state import PlaceState
from netns_kit.diagnosis.model.firewall import Firewall
from netns_kit.links.snapshot import Snapshot
from netns_kit.places.place import Place
from netns_kit.sites.site import Site
from netns_kit.tables.address import AddressInfo
from netns_kit.tables.nft import NftInfo
from netns_kit.tables.route import RouteInfo
from netns_kit.tables.rule import RuleInfo
from netns_kit.tables.tc.filter import FilterInfo
from netns_kit.tables.tc.qdisc import QdiscInfo
from netns_kit.tables.xfrm.policy import XfrmPolicyInfo
from netns_kit.tables.xfrm.state import XfrmStateInfo
from netns_kit.views import survey
from netns_kit.views.drawing.portrait import portrait
from netns_kit.views.nodes import LinkNode

_BASE = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/bridge/bridge-nf-call-iptables",
         "net/bridge/bridge-nf-call-ip6tables", "net/ipv4/icmp_echo_ignore_all", "net/ipv6/icmp/echo_ignore_all",
         "net/ipv4/ip_default_ttl", "net/ipv4/conf/all/rp_filter",
         "net/ipv4/conf/all/arp_ignore", "net/ipv6/conf/all/disable_ipv6")  # fmt: skip
_OF_A_LINK = ("net/ipv4/conf/{}/rp_filter", "net/ipv4/conf/{}/forwarding", "net/ipv4/conf/{}/arp_ignore",
              "net/ipv4/conf/{}/proxy_arp", "net/ipv6/conf/{}/disable_ipv6", "net/ipv6/conf/{}/forwarding",
              "net/ipv6/conf/{}/hop_limit")  # fmt: skip
_USUAL = (None, "noqueue", "noop", "pfifo_fast", "fq_codel", "fq", "mq")
_LISTENER = re.compile(r"^(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s", re.MULTILINE)


ValueT = TypeVar("ValueT")
_Known = tuple[Snapshot, dict[str, LinkNode], dict[int, tuple[RuleInfo, ...]]]


def at(site: Site) -> Place:
    """The place of a site."""
    place = Place()
    place._site = site
    return place


class PlaceFacts:
    """A place as it is. What could not be looked at is in `unseen`, in words.

    `site` is where its cures are typed; reading goes by a way that no transcript records.
    """

    def __init__(self, state: PlaceState, site: Site) -> None:
        self.site, self._quiet = site, survey.unrecorded(site)
        self.node, self.snapshot = portrait(state), state.snapshot
        self.id, self.name, self.born = self.node.id, self.node.name, state.born
        self.links: dict[str, LinkNode] = {link.name: link for link in self.node.links}
        self.unseen: list[str] = []
        self._supposed: list[_Known] = []
        self._sysctls: dict[str, str | None] = {}
        self._firewalls: dict[int, Firewall] = {}
        self._rules: dict[int, tuple[RuleInfo, ...]] = {}

    def addresses(self, family: int, link: str | None = None) -> list[AddressInfo]:
        """The addresses of one family, of one link or of all."""
        name = "inet" if family == 4 else "inet6"
        return [one for one in self.snapshot.addresses if one.family == name and link in (None, one.dev)]

    def has_heard(self, address: str, link: LinkNode) -> bool:
        """Whether it was that link that answered when somebody here asked for an address; several may have it."""
        return any((one.dst, one.lladdr) == (address, link.info.address) for one in self.snapshot.neighbours)

    def own(self, family: int, link: str) -> str | None:
        """The first address of a link that others may use."""
        return next((one.local for one in self.addresses(family, link) if one.scope == "global"), None)

    def holder(self, address: str) -> AddressInfo | None:
        """Its own address, if it is one of this place's; what is only tried yet, or was refused, is none."""
        for one in self.snapshot.addresses:
            if one.local == address and not {"tentative", "dadfailed"} & {*one.flags}:
                return one
        own = ip_address(address).is_loopback
        return next((one for one in self.snapshot.addresses if own and ip_address(one.local).is_loopback), None)

    def routes(self, family: int) -> list[RouteInfo]:
        """The routes of one family, of all tables but `local`."""
        return [one for one in self.snapshot.routes if _family(one) in (None, family)]

    def vrf(self, link: str | None) -> str | None:
        """The VRF that a link is in; a VRF is in itself."""
        node = self.links.get(link or "")
        while node is not None and node.kind != "vrf":
            node = self.links.get(node.master or "")
        return None if node is None else node.name

    def rules(self, family: int) -> tuple[RuleInfo, ...]:
        """The policy routing rules."""
        if family not in self._rules:
            known: Rows[RuleInfo] = self._look(lambda place: place.rule.show(family=6 if family == 6 else 4), Rows())
            self._rules[family] = tuple(known)
        return self._rules[family]

    def firewall(self, family: int) -> Firewall:
        """The rules of iptables, or of ip6tables, with their counters."""
        if family not in self._firewalls:
            self._firewalls[family] = self.read_firewall(family)
        return self._firewalls[family]

    def read_firewall(self, family: int) -> Firewall:
        """The rules of iptables as they are now, with their counters."""
        return self.firewall_by("iptables" if family == 4 else "ip6tables")

    def firewall_by(self, tool: str) -> Firewall:
        """The rules of a tool as they are now."""
        return Firewall.read(self._said(f"{tool}-save", "-c"), tool)

    def sysctl(self, name: str) -> str | None:
        """A kernel parameter; None where there is none."""
        if name not in self._sysctls:
            parts = name.split("/")
            group = [name, *_BASE, *(one.format(parts[3]) for one in _OF_A_LINK if parts[2] == "conf")]
            wanted = [one for one in dict.fromkeys(group) if one not in self._sysctls]
            said = self._said("grep", "-sH", "", *(f"/proc/sys/{one}" for one in wanted), failing=(1, 2))
            for one in wanted:
                found = re.search(rf"^{re.escape(f'/proc/sys/{one}')}:(.*)$", said, re.MULTILINE)
                self._sysctls[one] = found[1] if found else None
        return self._sysctls[name]

    def is_on(self, name: str) -> bool:
        """Whether a kernel parameter is there, and not 0."""
        return (self.sysctl(name) or "0") != "0"

    @cached_property
    def nft(self) -> Rows[NftInfo]:
        """All that nft has, iptables' own tables among it."""
        return self._look(lambda place: place.nft.ruleset(), Rows())

    @cached_property
    def fdb(self) -> list[Entry]:
        """The forwarding databases of its bridges and VXLANs."""
        return self._look(lambda place: place.site.read("bridge", "fdb", "show"), [])

    @cached_property
    def vlans(self) -> dict[str, dict[int, frozenset[str]]]:
        """The VLANs that ports let through, with their flags."""
        found: dict[str, dict[int, frozenset[str]]] = {}
        nothing: list[Entry] = []
        for entry in self._look(lambda place: place.site.read("bridge", "vlan", "show"), nothing):
            for one in entry.get("vlans", ()):
                for vid in range(one["vlan"], one.get("vlanEnd", one["vlan"]) + 1):
                    found.setdefault(entry["ifname"], {})[vid] = frozenset(one.get("flags", ()))
        return found

    @cached_property
    def listeners(self) -> list[tuple[str, str, int]]:
        """The sockets that listen here: protocol, address, port."""
        said = self._said("ss", "-Hlntu")
        return [(kind, host.partition("%")[0].strip("[]"), int(port)) for kind, host, port in _LISTENER.findall(said)]

    @cached_property
    def _disciplines(self) -> list[QdiscInfo]:
        nothing: list[Entry] = []
        found = self._look(lambda place: place.site.read("tc", "-s", "qdisc", "show"), nothing)
        return [QdiscInfo.from_json(entry) for entry in found]

    def queues(self, link: LinkNode, *, hidden: bool = False) -> list[QdiscInfo]:
        """What a link's packets wait in; `hidden`: also where the link does not say that it is anything unusual."""
        unusual = hidden or link.info.qdisc not in _USUAL
        return [one for one in self._disciplines if one.dev == link.name] if unusual else []

    def delay(self, link: LinkNode) -> float:
        """Seconds that a link makes each packet wait that it sends."""
        return sum(one.delay + one.jitter for one in self.queues(link))

    def filters(self, link: LinkNode, hook: str) -> Rows[FilterInfo]:
        """What tc looks at, of what a link sends (egress) or takes (ingress), with what it counted."""
        return self._look(lambda place: place.link(link.name).filter.show(parent=hook, statistics=True), Rows())

    @cached_property
    def states(self) -> Rows[XfrmStateInfo]:
        """How XFRM encrypts; without what the kernel only waits for."""
        found = self._look(lambda place: place.xfrm.state.show(), Rows[XfrmStateInfo]())
        return Rows(one for one in found if one.algorithms)

    @cached_property
    def policies(self) -> Rows[XfrmPolicyInfo]:
        """What XFRM encrypts."""
        return self._look(lambda place: place.xfrm.policy.show(), Rows[XfrmPolicyInfo]())

    def _suppose(self, snapshot: Snapshot) -> None:
        self._supposed.append((self.snapshot, dict(self.links), dict(self._rules)))
        self.snapshot = snapshot

    @property
    def supposed(self) -> int:
        """How much is supposed by now, which `forget` takes."""
        return len(self._supposed)

    def forget(self, number: int) -> None:
        """Go back to when only so much was supposed."""
        if number < len(self._supposed):
            self.snapshot, self.links, self._rules = self._supposed[number]
            del self._supposed[number:]

    def suppose_address(self, dev: str, address: str) -> None:
        """Go on as if a link had an address, such as "10.0.0.1/24" or "10.0.0.1 peer 10.0.0.2"."""
        local, _, peer = address.partition(" peer ")
        given = ip_interface(local)
        info = AddressInfo(
            dev, f"inet{'6' if given.version == 6 else ''}", str(given.ip), given.network.prefixlen, "global"
        )
        self._suppose(evolve(self.snapshot, addresses=(*self.snapshot.addresses, info)))
        self.suppose_route(str(ip_network(peer or given.network)), dev=dev)

    def suppose_up(self, link: LinkNode) -> None:
        """Go on as if a link were up, with the routes that come with its addresses."""
        self._suppose(self.snapshot)
        ports = {**link.info.port_data, "state": "forwarding"} if link.info.port_data else {}
        info = evolve(link.info, flags=(*link.info.flags, "UP"), state="UP", port_data=ports)
        self.links[link.name] = evolve(link, up=True, state="UP", info=info)
        for one in self.snapshot.addresses:
            if one.dev == link.name:
                self.suppose_route(str(ip_network(str(one), strict=False)), dev=link.name)

    def suppose_active(self, bond: LinkNode, port: LinkNode) -> None:
        """Go on as if a bond used another of its ports."""
        self._suppose(self.snapshot)
        info = evolve(bond.info, data={**bond.info.data, "active_slave": port.name})
        self.links[bond.name] = evolve(bond, info=info)

    def suppose_master(self, link: LinkNode, vrf: LinkNode) -> None:
        """Go on as if a link were in a VRF, and its networks in the table of that."""
        self._suppose(self.snapshot)
        self.links[link.name] = evolve(link, master=vrf.name)
        for one in self.snapshot.addresses:
            if one.dev == link.name:
                network = str(ip_network(str(one), strict=False))
                self.suppose_route(network, dev=link.name, table=str(vrf.about.get("table")))

    def suppose_route(
        self, dst: str, *, dev: str, gateway: str | None = None, table: str | None = None, drop: RouteInfo | None = None
    ) -> None:
        """Go on as if there were a route, instead of the one that is to be dropped."""
        kept = (one for one in self.snapshot.routes if one is not drop)
        added = RouteInfo(dst=dst, dev=dev, gateway=gateway, table=table)
        self._suppose(evolve(self.snapshot, routes=(*kept, added)))

    def suppose_without(self, gone: RouteInfo | RuleInfo | AddressInfo) -> None:
        """Go on as if a route, a rule or an address were not there."""
        now = self.snapshot
        # An address takes the route to its network with it.
        source = gone.local if isinstance(gone, AddressInfo) else None
        routes = tuple(one for one in now.routes if one is not gone and (source is None or one.prefsrc != source))
        self._suppose(evolve(now, routes=routes, addresses=tuple(one for one in now.addresses if one is not gone)))
        self._rules = {family: tuple(one for one in rules if one is not gone) for family, rules in self._rules.items()}

    def _said(self, *argv: str, failing: tuple[int, ...] = ()) -> str:
        result = self._look(lambda place: self._run(place, *argv), None)
        if result is None:
            return ""
        if result.ok or result.returncode in failing:
            return result.stdout
        self._miss(f"{argv[0]}: {(result.stderr.strip() or 'it failed').splitlines()[0]}")
        return ""

    @staticmethod
    def _run(place: Place, *argv: str) -> Result | None:
        return place.site.run(*argv, check=False)

    def _look(self, read: Callable[[Place], ValueT], otherwise: ValueT) -> ValueT:
        try:
            return read(at(self._quiet))
        except NetnsKitError as error:
            self._miss(str(error).splitlines()[0])
            return otherwise

    def _miss(self, what: str) -> None:
        if what not in self.unseen:
            self.unseen.append(what)


def _family(route: RouteInfo) -> int | None:
    words = (route.dst, route.gateway, route.prefsrc, *(hop.via for hop in route.nexthops))
    for word in words:
        if word and word != "default":
            return ip_network(word, strict=False).version
    # IPv6's own default route through a link says its preference.
    return 6 if "pref" in route.raw else 4
