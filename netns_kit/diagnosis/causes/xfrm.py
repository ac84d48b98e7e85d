"""What IPsec needs at both ends: policies, and a state for each direction; a VTI's have its key."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from attrs import evolve, frozen

from netns_kit.diagnosis.cause import Deed, Step, Trouble, cause, cure
from netns_kit.diagnosis.model.facts import PlaceFacts
from netns_kit.tables.xfrm.policy import XfrmPolicyInfo
from netns_kit.tables.xfrm.state import XfrmStateInfo
from netns_kit.views.nodes import LinkNode


@frozen
class _End:
    """An end of a tunnel, and which way packets go there."""

    place: PlaceFacts
    link: LinkNode
    dir: str

    @property
    def mark(self) -> int:
        """The mark that its packets bear there."""
        key = str(self.link.info.data.get("okey" if self.dir == "out" else "ikey") or 0)
        return int(ip_address(key)) if "." in key else int(key, 0)

    def policy(self) -> XfrmPolicyInfo | None:
        """The policy for its packets."""
        return next((one for one in self.place.policies if one.dir == self.dir and one.mark == self.mark), None)

    def state(self, step: Step) -> XfrmStateInfo | None:
        """The state for the packets of a step."""
        ends = step.packet.src, step.packet.dst
        return next((one for one in self.place.states if (one.src, one.dst) == ends), None)


def _ends(step: Step) -> Iterator[tuple[_End, _End]]:
    """Both ends, each before the other."""
    if step.link is None or step.other is None or step.link.kind not in ("vti", "vti6"):
        return
    out = _End(step.place, step.link, "out")
    into = _End(step.world.places[step.other.place], step.other, "in")
    yield out, into
    yield into, out


def _typing(line: object) -> Deed:
    return lambda here: here.exec(*shlex.split(str(line)))


@cause("no-xfrm-policy", "encapsulating")
def no_policy(step: Step) -> Trouble | None:
    """No policy of XFRM is for what leaves, or comes, by a VTI: it is not encrypted, or not taken."""
    for end, other in _ends(step):
        if end.policy() is None:
            like = other.policy()
            added = [_typing(evolve(like, dir=end.dir, mark=end.mark))] if like else []
            what = "what leaves by" if end.dir == "out" else "what comes by"
            return step.trouble(
                f"{end.place.name} has no policy of XFRM for {what} {end.link.name}: direction {end.dir},"
                f" mark {end.mark}, which is its key.",
                *((cure(end.place, *added),) if added else ()),
                place=end.place,
                link=end.link,
            )
    return None


@cause("no-xfrm-state", "encapsulating")
def no_state(step: Step) -> Trouble | None:
    """A state of XFRM is missing at one end: how packets from one address to another are encrypted, with which key."""
    for end, other in _ends(step):
        if end.state(step) is None:
            like = other.state(step)
            return step.trouble(
                f"{end.place.name} has no state of XFRM for packets from {step.packet.src} to {step.packet.dst}.",
                *((cure(end.place, _typing(like)),) if like else ()),
                place=end.place,
                link=end.link,
            )
    return None


@cause("xfrm-mismatch", "encapsulating")
def states_differ(step: Step) -> Trouble | None:
    """Both ends have a state of XFRM for the same packets, but with other numbers, algorithms or keys."""
    for end, other in _ends(step):
        mine, its = end.state(step), other.state(step)
        if mine is None or its is None or _secret(mine) == _secret(its):
            continue
        # Which of the two is the stranger, the states of the other direction tell.
        used = Counter(one.algorithms for place in (end.place, other.place) for one in place.states)
        if used[mine.algorithms] > used[its.algorithms]:
            continue
        gone = "ip xfrm state delete src {one.src} dst {one.dst} proto {one.proto} spi {one.spi:#x}"
        return step.trouble(
            f"The states of XFRM for packets from {mine.src} to {mine.dst} differ in {end.place.name} and"
            f" {other.place.name}: each needs the same number, algorithm and key.",
            cure(end.place, _typing(gone.format(one=mine)), _typing(its)),
            place=end.place,
            link=end.link,
        )
    return None


def _secret(state: XfrmStateInfo) -> tuple[object, ...]:
    return state.proto, state.spi, state.mode, state.algorithms


@cause("xfrm-blocks", "losing")
def policy_blocks(step: Step) -> Trouble | None:
    """A policy of XFRM blocks the packet."""
    for policy in _policies(step):
        if policy.action == "block":
            mark = f" mark {policy.mark}" if policy.mark else ""
            gone = f"ip xfrm policy delete src {policy.src} dst {policy.dst} dir {policy.dir}{mark}"
            return step.trouble(
                f"A policy of XFRM in {step.place.name} blocks it: {policy.dir}, from {policy.src} to {policy.dst}.",
                cure(step.place, _typing(gone)),
            )
    return None


@cause("no-xfrm-state", "losing")
def nothing_to_encrypt_with(step: Step) -> Trouble | None:
    """A policy of XFRM wants the packet encrypted, and there is no state for that."""
    place = step.place
    for policy in _policies(step):
        for template in policy.templates:
            ends = (template.src, template.dst)
            if any((one.src, one.dst) == ends for one in place.states):
                continue
            like = next(
                (one for other in step.world.places.values() for one in other.states if (one.src, one.dst) == ends),
                None,
            )
            return step.trouble(
                f"{place.name} has no state of XFRM for packets from {template.src} to {template.dst},"
                f" which a policy of it wants encrypted ({policy.dir}).",
                *((cure(place, _typing(like)),) if like else ()),
            )
    return None


def _policies(step: Step) -> Iterator[XfrmPolicyInfo]:
    """The policies of a place that mean a packet, or its answer."""
    ends = [ip_address(one) for one in (step.packet.src, step.packet.dst) if one]
    for one in step.place.policies:
        networks = ip_network(one.src, strict=False), ip_network(one.dst, strict=False)
        if len(ends) == 2 and all(end in network for end, network in zip(ends, networks, strict=True)):
            yield one
