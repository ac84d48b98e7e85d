"""Who listens at a place."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from netns_kit.diagnosis.model.facts import PlaceFacts

_ANY = ("0.0.0.0", "*", "::")


def listening(place: PlaceFacts, protocol: str) -> Iterator[tuple[str, int]]:
    """The addresses and ports that a place listens on."""
    yield from ((address, port) for kind, address, port in place.listeners if kind == protocol)


def takes(bound: str, address: str) -> bool:
    """Whether who listens on one address takes what comes to another."""
    if bound in _ANY:
        # What listens on all of IPv6 takes IPv4 as well.
        return bound != "0.0.0.0" or ip_address(address).version == 4
    return bound.removeprefix("::ffff:") == address


def ports(place: PlaceFacts, protocol: str, address: str) -> set[int]:
    """The ports on which a place takes what comes to an address of it."""
    return {port for bound, port in listening(place, protocol) if takes(bound, address)}
