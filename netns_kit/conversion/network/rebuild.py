"""From what is there to the script that builds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from netns_kit.commands.transcript import Transcript
from netns_kit.conversion.calls import Names, Script, call
from netns_kit.conversion.network import queues, routes
from netns_kit.conversion.network.firewall import firewall
from netns_kit.conversion.network.kinds import CLASSES
from netns_kit.conversion.network.links import Making, stand_ins
from netns_kit.conversion.network.plan import Plan
from netns_kit.conversion.network.ports import ports
from netns_kit.conversion.network.state import PlaceState, Rest
from netns_kit.conversion.network.sysctls import namely
from netns_kit.conversion.stand_in import stand_in
from netns_kit.links.link import Link
from netns_kit.links.veth import VethPair
from netns_kit.machines.dry_run import DryRunner
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.tables.route_words import NextHop

KNOWN: Mapping[str, Any] = {
    **CLASSES,
    **{cls.__name__: cls for cls in (Link, Namespace, NextHop, VethPair)},
    "stand_in": stand_in,
}
"""What a script imports and calls by name."""

_OTHERS = ("Host", "Lab", "Topology", "lab")

_BATCHED: tuple[Callable[[Plan, PlaceState, Rest], None], ...] = (
    routes.rules,
    routes.neighbours,
    ports,
    routes.entries,
    routes.vlans,
    queues.queues,
)


def rebuilding(states: Iterable[PlaceState]) -> Script:
    """The script that builds what these places have, host by host: what cables need first, then all the rest."""
    chosen = tuple(states)
    plan = Plan(chosen, Names(*KNOWN, *_OTHERS))
    plan.name_all()
    for host in plan.hosts:
        for state in plan.of(host):
            if state.netns is not None:
                makes = (plan.places[state.id],)
                plan.say(state.id, evolve(call("Namespace", state.netns), makes=makes, added="add"))
        stand_ins(plan, host)
    making = Making(plan, _named_macs(chosen))
    for host in plan.hosts:
        making.run(host)
        _the_rest(plan, host)
    return Script(plan.hosts, plan.steps, KNOWN)


def _the_rest(plan: Plan, host: str) -> None:
    """What needs the links: first what a batch carries, of all places."""
    for state in plan.of(host):
        routes.routes(plan, state)
        _carried(plan, state)
    for state in plan.of(host):
        _alone(plan, state)


def _carried(plan: Plan, state: PlaceState) -> None:
    """What a batch carries beside links and routes."""
    for step in _BATCHED:
        step(plan, state, state.rest or Rest())


def _alone(plan: Plan, state: PlaceState) -> None:
    """What no batch carries: parameters and the firewall."""
    rest = state.rest or Rest()
    for name, value in namely(rest.sysctls):
        plan.say(state.id, call(f"{plan.places[state.id]}.sysctl.set", name, value), batched=False)
    firewall(plan, state, rest)


def settings(state: PlaceState) -> tuple[str, ...]:
    """What somebody set at a place beside links and routes: the calls that do it, without the place."""
    plan = Plan((state,), Names(*KNOWN, *_OTHERS))
    plan.name_all()
    _carried(plan, state)
    _alone(plan, state)
    calls = (step.call for step in plan.steps)
    texts = (f"{call.verb}({', '.join(call.words())})" if call.verb else call.remark for call in calls)
    return tuple(text.removeprefix(f"{plan.places[state.id]}.") for text in texts)


def _named_macs(states: Iterable[PlaceState]) -> set[str]:
    """The MAC addresses that entries of somebody's name."""
    found: set[str] = set()
    for state in states:
        found |= {one.lladdr for one in state.snapshot.neighbours if "PERMANENT" in one.state and one.lladdr}
        entries = state.rest.typed_fdb() if state.rest else ()
        infos = {info.name: info for info in state.snapshot.links}
        chosen = (one for one in entries if one.dev in infos)
        near = infos.values()
        found |= {one.mac for one in chosen if routes.entry_is_chosen(one, infos[one.dev or ""], near)}
    return found


def as_shell(script: Script) -> str:
    """The script as a shell would have it: what its Python types."""
    transcript = Transcript()
    hosts = {name: Host(DryRunner(name), transcript=Transcript(transcript)) for name in script.hosts}
    script.run(hosts)
    return transcript.as_shell()
