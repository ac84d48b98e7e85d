"""Kernel parameters: `sysctl`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.tables.table import Table


class SysctlTable(Table):
    """Kernel parameters of a place, `place.sysctl`.

    A name is dotted, `net.ipv4.ip_forward`, or with slashes, `net/ipv4/ip_forward`. In a dotted name, a dot that
    belongs to a device's name is written as a slash: `net.ipv4.conf.bond1/1810.forwarding`.
    """

    def get(self, name: str) -> str:
        """The value of a parameter. Equivalent to: `sysctl -n NAME`"""
        return self._site.run("sysctl", "-n", _name(name)).stdout.rstrip("\n")

    def list(self, pattern: str | None = None) -> dict[str, str]:
        """All parameters that may be read, or those whose names match a regular expression; the values by name.

        Equivalent to: `sysctl -a [-r PATTERN]`
        """
        words = () if pattern is None else ("-r", values.plain("pattern", pattern))
        # It complains of each that may not be read, and ends well.
        return dict(re.findall(r"^(\S+) = (.*)$", self._site.run("sysctl", "-a", *words).stdout, re.MULTILINE))

    show = list

    def load(self, path: str = "/etc/sysctl.conf") -> None:
        """Set what a file says. Equivalent to: `sysctl -p PATH`"""
        self._site.run("sysctl", "-p", values.plain("path", path))

    def set(self, name: str, value: int | str) -> None:
        """Set a parameter.

        Equivalent to: `sysctl -w NAME=VALUE`, or `echo VALUE > /proc/sys/NAME`

        Raises InvalidArgumentError, NotFoundError, RefusedValueError, PermissionDeniedError.
        """
        self._site.run("sysctl", "-w", _setting(name, value))

    def update(self, parameters: Mapping[str, int | str]) -> None:
        """Set several parameters, by name, one after the other. Equivalent to: `sysctl -w NAME=VALUE …`

        Raises what `set` does; the others are set all the same.
        """
        if not isinstance(parameters, Mapping) or not parameters:
            raise InvalidArgumentError("parameters", parameters, 'it must be such as {"net.ipv4.ip_forward": 1}')
        self._site.run("sysctl", "-w", *(_setting(name, value) for name, value in parameters.items()))

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def __setitem__(self, name: str, value: int | str) -> None:
        self.set(name, value)


def _setting(name: str, value: int | str) -> str:
    text = values.text("value", int(value) if isinstance(value, bool) else value)
    if re.search(r"[\x00\n]", text):
        raise InvalidArgumentError("value", value, "it must be one line of text")
    return f"{_name(name)}={text}"


def _name(name: str) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_][^\s=\x00]*", name) or ".." in name:
        raise InvalidArgumentError("name", name, 'it must be a name such as "net.ipv4.ip_forward"')
    return name
