"""The campaign: each fault is explained, and the first finding's cure mends it and changes nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest

from netns_kit import Lab
from tests.conftest import needs_tool
from tests.diagnosis.campaign import judge
from tests.diagnosis.faults import FAULTS, Fault

NFT = {"nft": [needs_tool("nft")]}


def alike(fault: Fault) -> tuple[object, ...]:
    """What faults share that are alike: the network, and the cause where that is a queue's."""
    return fault.build, fault.kernel, fault.code if "netem" in fault.kernel else ""


def chosen() -> Iterator[Fault]:
    """The faults that are tried here.

    Of those that another kernel is needed for, which take minutes in the virtual machine, it is the first one of some
    that are alike; all of them are in `python -m tests.diagnosis.campaign`.
    """
    for _, faults in groupby(FAULTS, alike):
        first, *others = faults
        yield from (first,) if first.kernel else (first, *others)


CASES = [
    pytest.param(
        one, marks=[*([pytest.mark.needs_kernel(*one.kernel)] if one.kernel else []), *NFT.get(one.code, [])], id=one.id
    )
    for one in chosen()
]


@pytest.mark.parametrize("fault", CASES)
def test_fault(fault: Fault, lab: Lab) -> None:
    """A working network has no finding; the fault is seen to break it, is named, and is cured as it was before."""
    verdict = judge(fault, lab)
    assert not verdict.false_alarm
    assert verdict.broke, "the fault breaks nothing"
    assert verdict.code == fault.code, str(verdict.why)
    assert verdict.cured is fault.curable, str(verdict.why)
    assert not (fault.exact and verdict.changed), str(verdict.why)
