"""What makes and changes namespaces and links, as calls: what is made gets a variable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netns_kit.commands.words import spec
from netns_kit.conversion.calls import Call, Variable, call
from netns_kit.conversion.shell.composing import by_several_hops, policy
from netns_kit.conversion.shell.hearing import hear
from netns_kit.conversion.shell.world import Spot, World
from netns_kit.links.finding import class_of
from netns_kit.links.link import Link
from netns_kit.links.setting import SetWords, VfWords
from netns_kit.links.tun import Tuntap
from netns_kit.links.tunnel import Tunnel
from netns_kit.links.vrf import Vrf
from netns_kit.places.namespace import Namespace
from netns_kit.tables.brport_words import BridgeSlaveWords

TUNNELS = ("ipip", "gre", "sit", "isatap", "vti", "ip6gre", "vti6")
"""Modes of `ip tunnel`, each with a kind of its name."""

OVER_IPV6 = ("ip6ip6", "ipip6", "any")
"""The modes of ip6tnl."""


def _netns_add(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if len(words) == 1:
        variable = world.new_netns(spot, words[0])
        yield [Call("Namespace", (words[0],), spot.at(), makes=(variable,), added="add")]


def _netns_delete(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if len(words) == 1:
        variable, before = world.netns(spot, words[0])
        world.deletes(spot, Namespace, words[0])
        yield [*before, call(f"{variable}.delete")]


def _netns_plain(verb: str) -> Any:
    def read(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
        for place in (spot.variable, world.host(spot)) if spot.begun else (world.host(spot), spot.variable):
            yield [Call(f"{place}.netns.{verb}", _as_numbers(words))]

    return read


def _vrf_plain(verb: str) -> Any:
    def read(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
        yield [Call(f"{spot.variable}.vrf.{verb}", _as_numbers(words))]

    return read


def _monitor(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    yield [Call(f"{spot.variable}.monitor", (tuple(words),) if len(words) > 1 else tuple(words))]


def _macsec_show(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    yield [Call(f"{spot.variable}.macsec.show", tuple(words))]


def _as_numbers(words: list[str]) -> tuple[int | str, ...]:
    return tuple(int(word) if word.isdigit() else word for word in words if word != "$$")


def of_all(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """`ip -all netns delete` and `ip -all netns exec`."""
    if words[:2] == ["netns", "delete"]:
        yield [call(f"{world.host(spot)}.netns.delete_all")]
    elif words[:2] == ["netns", "exec"]:
        yield [Call(f"{world.host(spot)}.netns.exec_all", tuple(words[2:]))]


def _link_add(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if "type" not in words[:-1]:
        return
    place = words.index("type")
    before, kind, after = words[:place], words[place + 1], words[place + 2 :]
    if kind == "veth":
        yield from _veth(before, after, world, spot)
        return
    lower = {}
    if "link" in before[:-1]:
        at = before.index("link")
        lower, before = {"link": before[at + 1]}, before[:at] + before[at + 2 :]
    if before[:1] in (["name"], ["dev"]):
        before = before[1:]
    one = class_of(kind)
    if one is Link or not before:
        return
    name, *shared = before
    given, more = hear(spec(Link), shared, world.at), hear(spec(one), after, world.at)
    if given is None or more is None:
        return
    keywords = {key: world.meant(key, value, spot) for key, value in {**lower, **given, **more}.items()}
    world.tunnels(spot, more)
    variable = world.new_link(spot, name)
    world.known[one.__name__] = one
    # A tunnel's `add` is `ip tunnel add`.
    for verb in ("add", "link_add") if issubclass(one, Tunnel) else ("add",):
        yield [Call(one.__name__, (name,), {**keywords, **spot.at()}, makes=(variable,), added=verb)]


def _veth(before: list[str], after: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if before[:1] in (["name"], ["dev"]):
        before = before[1:]
    if not before and not after:
        first, second = (world.new_link(spot, world.picked(spot)) for _ in range(2))
        yield [Call("VethPair", (), spot.at(), makes=(first, second), added="add")]
        return
    peer = [word for word in after if word not in ("peer", "name")]
    if len(before) != 1 or after[:1] != ["peer"] or len(peer) not in (1, 3):
        return
    keywords: dict[str, Any] = {}
    named: list[Call] = []
    there = spot
    if peer[1:2] == ["netns"]:
        variable, named = world.netns(spot, peer[2])
        keywords["peer_netns"] = Variable(variable)
        there = world.spot(spot.host, peer[2])
    makes = world.new_link(spot, before[0]), world.new_link(there, peer[0])
    yield [*named, Call("VethPair", (before[0], peer[0]), {**keywords, **spot.at()}, makes=makes, added="add")]


def _link_set(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    named = next((one for one in ("dev", "name") if one in words[:-1] and (one == "dev" or words[0] == one)), None)
    if named is not None:
        place = words.index(named)
        words = [words[place + 1], *words[:place], *words[place + 2 :]]
    if not words:
        return
    name, *rest = words
    if rest[:1] == ["type"] and len(rest) > 2 and world.known_link(spot, name) is None:
        yield from _changed(name, rest[1], rest[2:], world, spot)
    variable, before = world.link(spot, name)
    if rest in (["up"], ["down"]):
        yield [*before, call(f"{variable}.{rest[0]}")]
        return
    if rest[:2] == ["type", "bridge_slave"]:
        given = hear(spec(BridgeSlaveWords), rest[2:], world.at)
        if given is not None:
            yield [*before, Call(f"{variable}.bridge_slave", (), given)]
        return
    if rest[:1] == ["type"] and len(rest) > 2:
        given = hear(spec(class_of(rest[1])), rest[2:], world.at)
        if given is not None:
            yield [*before, Call(f"{variable}.change", (), given)]
        # What was only looked at before is of no kind yet.
        yield from _changed(name, rest[1], rest[2:], world, spot)
        return
    if rest[:1] == ["vf"]:
        given = hear(spec(VfWords), rest[1:], world.at)
        if given is not None:
            yield [*before, Call(f"{variable}.vf", (), given)]
        return
    given = hear(spec(SetWords), rest, world.at)
    if given is not None:
        keywords = {key: world.meant(key, value, spot) for key, value in given.items()}
        world.after = (variable, spot, name, given)
        yield [*before, Call(f"{variable}.set", (), keywords)]


def _changed(name: str, kind: str, words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """A link that the text has not made, changed as one of its kind."""
    one = class_of(kind)
    given = None if one is Link else hear(spec(one), words, world.at)
    if given is not None:
        world.known[one.__name__] = one
        variable = world.found_link(spot, name)
        yield [Call(one.__name__, (name,), spot.at(), makes=(variable,)), Call(f"{variable}.change", (), given)]


def counted(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """`ip -s link show`, of all or of one."""
    if words in (["link"], ["link", "show"]):
        yield [call(f"{spot.variable}.link.statistics")]
    if words[:2] == ["link", "show"] and len(words) in (3, 4):
        variable, before = world.link(spot, words[-1])
        yield [*before, call(f"{variable}.statistics")]


def _vrf_exec(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    name, *argv = words
    variable = world.known_link(spot, name)
    if variable is not None:
        yield [Call(f"{variable}.exec", tuple(argv))]
    world.known["Vrf"] = Vrf
    variable = world.found_link(spot, name)
    yield [Call("Vrf", (name,), spot.at(), makes=(variable,)), Call(f"{variable}.exec", tuple(argv))]


def _link_delete(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    name = words[-1:] if words[:1] != ["dev"] else words[1:2]
    if name:
        variable, before = world.link(spot, name[0])
        world.deletes(spot, Link, name[0])
        yield [*before, call(f"{variable}.delete")]


def _link_show(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    if not words:
        yield [call(f"{spot.variable}.link.show")]
    elif words[0] == "dev" or len(words) == 1:
        variable, before = world.link(spot, words[-1])
        yield [*before, call(f"{variable}.show")]


def _tunnel(verb: str) -> Any:
    def read(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
        name, *rest = words[1:] if words[:1] == ["name"] else words
        if "mode" in rest[:-1]:
            place = rest.index("mode")
            mode = rest[place + 1]
            one = class_of("ip6tnl" if mode in OVER_IPV6 else mode if mode in TUNNELS else "")
            rest = rest if mode in OVER_IPV6 else rest[:place] + rest[place + 2 :]
            given = None if one is Link else hear(spec(one), rest, world.at)
            if given is None:
                return
            keywords = {key: world.meant(key, value, spot) for key, value in given.items()}
            if verb == "add":
                world.tunnels(spot, given)
                world.known[one.__name__] = one
                yield [
                    Call(
                        one.__name__,
                        (name,),
                        {**keywords, **spot.at()},
                        makes=(world.new_link(spot, name),),
                        added="add",
                    )
                ]
            else:
                variable, before = world.link(spot, name)
                yield [*before, Call(f"{variable}.change", (), keywords)]

    return read


def _tuntap_add(words: list[str], world: World, spot: Spot) -> Iterator[list[Call]]:
    """A TUN or TAP link."""
    if words[:1] in (["dev"], ["name"]):
        words = words[1:]
    given = hear(spec(Tuntap), words[1:], world.at) if words else None
    if given is not None:
        world.known["Tuntap"] = Tuntap
        makes = (world.new_link(spot, words[0]),)
        yield [Call("Tuntap", (words[0],), {**given, **spot.at()}, makes=makes, added="add")]


MAKING: dict[tuple[str, ...], Any] = {
    ("netns", "add"): _netns_add,
    ("netns", "delete"): _netns_delete,
    ("netns",): _netns_plain("list"),
    ("netns", "list"): _netns_plain("list"),
    ("netns", "list-id"): _netns_plain("list_id"),
    ("netns", "identify"): _netns_plain("identify"),
    ("netns", "pids"): _netns_plain("pids"),
    ("netns", "set"): _netns_plain("set"),
    ("netns", "help"): _netns_plain("help"),
    ("netns", "attach"): _netns_plain("attach"),
    ("route", "add"): by_several_hops,
    ("vrf", "exec"): _vrf_exec,
    ("vrf",): _vrf_plain("show"),
    ("vrf", "show"): _vrf_plain("show"),
    ("vrf", "list"): _vrf_plain("show"),
    ("vrf", "identify"): _vrf_plain("identify"),
    ("vrf", "pids"): _vrf_plain("pids"),
    ("link", "add"): _link_add,
    ("link", "set"): _link_set,
    ("link", "delete"): _link_delete,
    ("link",): _link_show,
    ("link", "show"): _link_show,
    ("link", "list"): _link_show,
    ("tunnel", "add"): _tunnel("add"),
    ("tunnel", "change"): _tunnel("change"),
    ("tuntap", "add"): _tuntap_add,
    ("xfrm", "policy"): policy,
    ("monitor",): _monitor,
    ("macsec", "show"): _macsec_show,
}
"""What has no words of its own, or makes something that gets a name."""
