"""The campaign: each fault is made in a network that works, explained, and cured by the first finding's cure.

`python -m tests.diagnosis.campaign [WORDS …]` prints its table, of all faults or of those that hold all words.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable

from attrs import frozen

from netns_kit import Lab, Place, explain
from netns_kit.commands.reading import Entry
from netns_kit.diagnosis.explanation import Explanation
from netns_kit.pytest_plugin import lacks
from scripts.testing.waiting import LONG
from tests.diagnosis.faults import FAULTS, Fault
from tests.diagnosis.networks import Network
from tests.diagnosis.state import differences, state_of


@frozen
class Verdict:
    """What came of a fault: what was said, whether its cure mended it, and where the network is not as it was."""

    fault: Fault
    false_alarm: str
    broke: bool
    why: Explanation
    cured: bool
    changed: tuple[str, ...]

    @property
    def code(self) -> str:
        """The code of the first finding."""
        return self.why.findings[0].code if self.why.findings else "none"


def works(net: Network) -> bool:
    """Whether the destination is reached, by ping itself."""
    return bool(net.start.ping(net.destination, count=1, interval=0.2, deadline=1, check=False))


def works_at_last(net: Network) -> bool:
    """The same, after all errors that came back to a tunnel: for half a minute its end says each of them once more."""
    return any(works(net) for _ in range(5))


def settle(places: Iterable[Place]) -> None:
    """Wait until no address is tentative, and all links have found out whether they have a carrier."""
    end = time.monotonic() + LONG
    for place in places:
        while time.monotonic() < end and any(_is_unsettled(one) for one in place.site.read("ip", "-d", "addr")):
            time.sleep(0.1)


def _is_unsettled(link: Entry) -> bool:
    tentative = any("tentative" in one for one in link["addr_info"])
    return tentative or ("LOWER_UP" in link["flags"] and link["operstate"] in ("DOWN", "LOWERLAYERDOWN"))


def judge(fault: Fault, lab: Lab) -> Verdict:
    """Break a network, explain it, and cure it."""
    net = fault.build(lab)
    places = list({one.site.key: one for one in (*net.places.values(), *lab.hosts.values())}.values())
    settle(places)
    assert works(net), f"{fault.build.__name__} does not work"
    fine = explain(net.start, net.destination)
    before = state_of(places)
    fault.deed(net)
    broke = not works(net)
    why = explain(net.start, net.destination)
    cured, changed = False, ()
    if why.findings and why.findings[0].cure:
        why.findings[0].apply()
        settle(places)
        cured = works_at_last(net)
        changed = tuple(differences(before, state_of(places)))
    alarm = "" if fine.ok and not fine.findings else str(fine)
    return Verdict(fault, alarm, broke, why, cured, changed)


def main(words: list[str]) -> None:
    """Print the table."""
    counts: Counter[str] = Counter()
    for fault in FAULTS:
        if not all(word in fault.id for word in words) or any(lacks(kind) for kind in fault.kernel):
            continue
        with Lab() as lab:
            try:
                one = judge(fault, lab)
            except Exception:
                counts["error"] += 1
                print(f"ERROR {fault.id}\n{traceback.format_exc()}", flush=True)
                continue
        exact = one.cured and not one.changed
        counts.update(faults=1, cured=one.cured, exact=exact, broke=one.broke, alarms=bool(one.false_alarm),
                      curable=fault.curable, one_cure=fault.exact, named=one.code == fault.code)  # fmt: skip
        fine = one.broke and one.cured and exact and not one.false_alarm and one.code == fault.code
        print(
            f"{'ok   ' if fine else 'LOOK '} {fault.id:60} {one.code:18} cured {one.cured:1} exact {exact:1}",
            flush=True,
        )
        if not fine:
            print(one.false_alarm or "", "" if one.broke else "BREAKS NOTHING", f"wanted {fault.code}", one.why,
                  *(line[:200] for line in one.changed[:6]), sep="\n    ", flush=True)  # fmt: skip
    print(dict(counts))


if __name__ == "__main__":
    main(sys.argv[1:])
