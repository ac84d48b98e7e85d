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
FEW = 1
"""Faults of each network that another kernel is needed for, in the virtual machine, where each takes minutes; all of
them are in `python -m tests.diagnosis.campaign`."""


def chosen() -> Iterator[Fault]:
    """The faults that are tried here."""
    for _, faults in groupby(FAULTS, lambda fault: fault.build):
        first, *others = faults
        yield from (first, *others)[: FEW if first.kernel else None]


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
