"""The campaign: each fault is explained, and the first finding's cure mends it and changes nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain, groupby

import pytest

from netns_kit import Lab
from tests.conftest import needs_tool
from tests.diagnosis.campaign import judge
from tests.diagnosis.faults import FAULTS, Fault

NFT = {"nft": [needs_tool("nft")]}
FEW = 1
"""Faults of each network that another kernel is needed for, in the virtual machine, where each takes minutes; all of
them are in `python -m tests.diagnosis.campaign`."""


NUMBER, LEGS = map(int, os.environ.get("NETNS_KIT_SHARE", "0/1").split("/"))
"""Root and an ordinary user share what any kernel can do where both run the tests: "0/2" and "1/2"."""


def chosen() -> Iterator[Fault]:
    """The faults that are tried here."""
    for _, faults in groupby(FAULTS, lambda fault: fault.build):
        first, *others = faults
        yield from (first, *others)[: FEW if first.kernel else None]


def shared(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Those that need another kernel, and of the others this leg's: of each cause both have some."""
    common, others = [], []
    for one in faults:
        (others if one.kernel else common).append(one)
    return chain(sorted(common, key=lambda fault: fault.code)[NUMBER::LEGS], others)


CASES = [
    pytest.param(
        one, marks=[*([pytest.mark.needs_kernel(*one.kernel)] if one.kernel else []), *NFT.get(one.code, [])], id=one.id
    )
    for one in shared(chosen())
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
