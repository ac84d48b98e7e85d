"""Namespaces as arguments: places, names, process ids."""

from __future__ import annotations

from typing import Annotated, Any

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.word import Word
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site

Netns = At | str | int
"""A namespace as an argument: a place, a name, or the id of a process in it."""


def find_netns(argument: str, netns: Any, site: Site) -> Site:
    """The site that is meant by a namespace given as a place, a name or a process id."""
    checked = _checked_netns(argument, netns)
    if isinstance(checked, int):
        return site.process(checked)
    return site.namespace(checked) if isinstance(checked, str) else checked


def _checked_netns(argument: str, netns: Any) -> Site | str | int:
    if isinstance(netns, int):
        return values.pid(argument, netns)
    if isinstance(netns, str):
        return values.netns_name(argument, netns)
    if isinstance(netns, Noun) and not hasattr(netns, "enter"):
        raise InvalidArgumentError(argument, netns, "it is a link, which is no place: give a namespace or a host")
    found = getattr(netns, "site", None)
    if not isinstance(found, Site):
        raise InvalidArgumentError(argument, netns, "it must be a place, a name or a process id")
    return found


class _NetnsWord(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """The namespace as it is called where the command is typed."""
        return (self.token, find_netns(self.token, value, at.site).seen_from(at.site))


NetnsName = Annotated[Netns, _NetnsWord(_checked_netns, "NETNS")]
"""A namespace: a place, a name, or the id of a process in it."""
