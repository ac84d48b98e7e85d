"""Kernel parameters: `sysctl`."""

from __future__ import annotations

import re

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

    def set(self, name: str, value: object) -> None:
        """Set a parameter.

        Equivalent to: `sysctl -w NAME=VALUE`, or `echo VALUE > /proc/sys/NAME`

        Raises InvalidArgumentError, NotFoundError, RefusedValueError, PermissionDeniedError.
        """
        text = values.text("value", int(value) if isinstance(value, bool) else value)
        if re.search(r"[\x00\n]", text):
            raise InvalidArgumentError("value", value, "it must be one line of text")
        self._site.run("sysctl", "-w", f"{_name(name)}={text}")

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def __setitem__(self, name: str, value: object) -> None:
        self.set(name, value)


def _name(name: str) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_][^\s=\x00]*", name) or ".." in name:
        raise InvalidArgumentError("name", name, 'it must be a name such as "net.ipv4.ip_forward"')
    return name
