"""Bonds, and what becomes of frames at their ports."""

from __future__ import annotations

from netns_kit.diagnosis.cause import Step, Trouble, cause, cure
from netns_kit.diagnosis.paths.segment import active_port
from netns_kit.links.bond import Bond


@cause("bond-port-inactive", "bonding in")
def port_is_not_the_active_one(step: Step) -> Trouble | None:
    """A bond in the mode active-backup takes nothing that comes by another port than its active one."""
    port, bond, place = step.link, step.other, step.place
    active = active_port(bond) if bond else None
    if port is None or bond is None or active in (None, port.name) or bond.info.data.get("all_slaves_active"):
        return None
    return step.trouble(
        f"Frames come to {step.world.label(bond)} by {port.name}; it takes only those that come by its active port,"
        f" {active}.",
        cure(place, lambda here: Bond(bond.name, at=here).change(active_slave=port.name)),
        suppose=lambda: place.suppose_active(bond, port),
    )
