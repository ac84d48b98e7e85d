"""The calls that make links of all kinds, each after what it hangs on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Any

from attrs import define, evolve, field

from netns_kit.commands.words import spec
from netns_kit.conversion.calls import Variable, call
from netns_kit.conversion.network import kinds
from netns_kit.conversion.network.plan import Known, Plan
from netns_kit.tables.address import AddressInfo


def stand_ins(plan: Plan, host: str) -> None:
    """What cannot be had again."""
    for state in plan.of(host):
        for link in plan.links_of(state):
            what = link.stands_for
            if what is not None:
                remark = f"{what[:1].upper()}{what[1:]} cannot be had again: what leads there is cut off."
                address = link.info.address or ""
                options = {"address": address} if _is_mac(address) else {}
                made = call("stand_in", link.info.name, what, **options, **plan.at(state.id))
                plan.say(state.id, evolve(made, makes=(link.variable,), remark=remark), batched=False)


def _is_mac(text: str) -> bool:
    return len(text) == 17 and text != "00:00:00:00:00:00"


@define
class Making:
    """How far it got: which links are made, and which are dressed and up, too."""

    plan: Plan
    macs: set[str]
    host: str = ""
    made: set[str] = field(factory=set)
    dressed: set[str] = field(factory=set)
    ports: dict[str, list[Known]] = field(init=False)
    given: dict[str, list[AddressInfo]] = field(init=False)
    done: set[str] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.ports, self.given = defaultdict(list), defaultdict(list)
        for state in self.plan.states:
            for address in state.snapshot.addresses:
                link = self.plan.links.get(f"{state.id}/{address.dev}")
                if link is not None and _is_chosen(address, link):
                    self.given[link.id].append(address)
            for link in self.plan.links_of(state):
                if link.master is not None:
                    self.ports[link.master].append(link)

    def run(self, host: str) -> None:
        """All links of a host; those with ports are set up when these are."""
        self.host = host
        here = [link for state in self.plan.of(self.host) for link in self.plan.links_of(state)]
        for link in here:
            self.make(link)
        for link in here:
            self.finish(link)

    def make(self, link: Known) -> None:
        """Make a link, after what it hangs on; finish it if nothing hangs on it."""
        if link.id in self.made:
            self.dress(link)
            return
        self.made.add(link.id)
        ends = [link, *filter(None, [self.plan.links.get(link.peer or "")])] if link.paired else [link]
        for end in ends:
            self.made.add(end.id)
            for other in (end.master, end.lower):
                if other in self.plan.links and other not in self.made:
                    self.make(self.plan.links[other])
        self.create(link)
        for end in sorted(ends, key=lambda end: end is link):
            self.dress(end)

    def dress(self, link: Known) -> None:
        """Give a new link its master, and finish it if it may be."""
        if link.place.host != self.host or link.id in self.dressed:
            return
        self.dressed.add(link.id)
        if link.master is not None and link.info.master is not None:
            master = self.plan.link(link.place, link.info.master)
            self.plan.say(link.place.id, call(f"{link.variable}.set", master=master))
        options = dict(self.settings(link))
        if options:
            self.plan.say(link.place.id, call(f"{link.variable}.set", **options))
        for name in link.info.altnames if link.stands_for is None else ():
            words = ("ip", "link", "property", "add", "dev", link.info.name, "altname", name)
            self.plan.say(link.place.id, call(f"{self.plan.places[link.place.id]}.exec", *words))
        if link.id not in self.ports and (link.lower not in self.plan.links or link.lower in self.done):
            self.finish(link)

    def finish(self, link: Known) -> None:
        """Give it its addresses, and set it up, after its ports and what it stands on."""
        if link.id in self.done:
            return
        self.done.add(link.id)
        for other in (*self.ports.get(link.id, ()), *filter(None, [self.plan.links.get(link.lower or "")])):
            if other.place.host == self.host:
                self.finish(other)
        of_ports = kinds.chosen_of_ports(link.info)
        if of_ports and link.stands_for is None:
            self.plan.say(link.place.id, call(f"{link.variable}.change", **of_ports))
        for address in self.given.get(link.id, ()):
            self.plan.say(link.place.id, call(f"{link.variable}.addr.add", str(address), **_address_options(address)))
        at_first = link.info.kind == "loopback" and link.place.netns is None
        if link.info.up is not at_first:
            self.plan.say(link.place.id, call(f"{link.variable}.{'up' if link.info.up else 'down'}"))

    def create(self, link: Known) -> None:
        """The call that makes a link, with the options that somebody chose."""
        info, plan = link.info, self.plan
        if link.stands_for is not None:
            return
        if info.kind == "loopback" or info.fallback:
            if info.kind != "loopback" or self.is_touched(link):
                place = plan.places[link.place.id]
                plan.say(link.place.id, evolve(call(f"{place}.link", info.name), makes=(link.variable,)))
            return
        if link.paired:
            self.create_pair(link)
            return
        cls = kinds.class_of(info)
        assert cls is not None
        home = link.born or link.place.id
        options = kinds.chosen(cls, info)
        lower = plan.links.get(link.lower or "")
        for name in {"link", "dev"} & set(spec(cls).known):
            # What it stands on in another namespace only its number tells.
            options.pop(name, None)
            options |= {} if lower is None else {name: lower.info.name}
        moves = home != link.place.id
        taken = moves and f"{home}/{info.name}" in plan.links
        name = f"new{info.index}" if taken else info.name
        remark = "Its keys and peers are not told: `wg set` gives them." if info.kind == "wireguard" else ""
        makes = (link.variable,)
        plan.say(
            link.place.id,
            evolve(
                call(cls.__name__, name, **options, **plan.at(home)),
                makes=makes,
                remark=remark,
                added=kinds.making(cls, options),
            ),
        )
        if moves:
            new = {"name": info.name} if taken else {}
            plan.say(link.place.id, call(f"{link.variable}.set", netns=Variable(plan.places[link.place.id]), **new))

    def create_pair(self, link: Known) -> None:
        """The call that makes a veth's both ends, each where it belongs."""
        plan, other = self.plan, self.plan.links[link.peer or ""]
        # Whoever types it on the host needs no namespace's way back to it; the kernel makes the second end first.
        first, second = (other, link) if other.place.id in (link.place.host, link.place.id) else (link, other)
        there = {} if first.place.id == second.place.id else {"peer_netns": Variable(plan.places[second.place.id])}
        names, makes = (first.info.name, second.info.name), (first.variable, second.variable)
        made = call("VethPair", *names, **there, **plan.at(first.place.id))
        remark = "It stands for a cable between machines, a VXLAN." if link.cable else ""
        plan.say(link.place.id, evolve(made, makes=makes, added="add", remark=remark))

    def is_touched(self, link: Known) -> bool:
        """Whether a loopback is not as a new one."""
        return (
            link.id in self.given or link.info.up is not (link.place.netns is None) or bool(dict(self.settings(link)))
        )

    def settings(self, link: Known) -> Iterator[tuple[str, Any]]:
        """What is set on a link that its kind does not have by itself."""
        info = link.info
        lower = self.plan.links.get(link.lower or "")
        ports = [port.info.mtu for port in self.ports.get(link.id, ())]
        others = {one.mtu for one in link.place.snapshot.links} if info.kind in kinds.TUNNELS else set()
        usual = 1500 if link.cable else kinds.usual_mtu(info, lower.info.mtu if lower else None, ports, others)
        in_bond = info.port_kind == "bond"
        if info.mtu != usual and info.kind != "vrf" and not in_bond:
            yield "mtu", info.mtu
        if link.stands_for is None and not in_bond and self.is_chosen_mac(link):
            yield "address", info.address
        queue = 32 if info.kind == "ifb" else 1000
        if link.stands_for is None and info.txqueuelen not in (None, queue):
            yield "txqueuelen", info.txqueuelen
        if info.alias and link.stands_for is None:
            yield "alias", info.alias
        if info.group not in (None, "default"):
            yield "group", info.group
        if info.kind in kinds.ETHERNET and link.stands_for is None:
            like = dict(_switches(lower.info.flags)) if lower and info.kind == "vlan" else {}
            yield from ((name, on) for name, on in _switches(info.flags) if on is not like.get(name, True))
        if not in_bond:
            yield from ((name, True) for name in ("promisc", "allmulticast") if name[:8].upper() in info.flags)

    def is_chosen_mac(self, link: Known) -> bool:
        """Whether a MAC address is more than a random one: it looks chosen, or another entry names it."""
        address, info = link.info.address or "", link.info
        if info.kind not in (*kinds.ETHERNET, "dummy", "ifb") or not _is_mac(address):
            return False
        near = {port.info.address for port in self.ports.get(link.id, ())}
        lower = self.plan.links.get(link.lower or "")
        near |= {lower.info.address} if lower and info.kind != "macvlan" else set()
        if address in near:
            return False
        if address in self.macs or (info.kind == "bridge" and near):
            return True
        bits = bytes.fromhex(address.replace(":", ""))
        # One of a million of the kernel's own looks so.
        return not bits[0] & 2 or bits[1:].count(0) > (1 if bits[0] == 2 else 2)


def _switches(flags: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    return ("arp", "NOARP" not in flags), ("multicast", "MULTICAST" in flags)


def _is_chosen(address: AddressInfo, link: Known) -> bool:
    """Whether somebody gave the address: the kernel, a router or a privacy extension did not."""
    if link.info.kind == "loopback" and address.local in ("127.0.0.1", "::1"):
        return False
    if {"temporary", "mngtmpaddr", "stable-privacy"} & set(address.flags) and "dynamic" in address.flags:
        return False
    return not (address.local.startswith("fe80:") and address.prefixlen == 64)


def _address_options(address: AddressInfo) -> dict[str, object]:
    """The words of an address that are not as they are by themselves."""
    options: dict[str, object] = {}
    text = str(address)
    if address.peer is not None:
        text = f"{address.peer}/{address.prefixlen}"
        options["peer"] = text
    network = ip_interface(text).network
    if address.broadcast is not None:
        options["broadcast"] = "+" if address.broadcast == str(network.broadcast_address) else address.broadcast
    usual = "link" if address.local.startswith("fe80:") else "global"
    if address.scope not in (usual, "host" if address.local.startswith("127.") else usual, ""):
        options["scope"] = address.scope
    if address.label not in (None, address.dev):
        options["label"] = address.label
    return options
