"""Kernel parameters."""

from __future__ import annotations

import pytest

from netns_kit import CommandError, Host, Ifb, InvalidArgumentError, Namespace, NotFoundError


def test_read_and_set(host: Host) -> None:
    """A parameter is read and set, by index too, with dots or slashes, in a namespace apart from its host."""
    net = Namespace("net0").add()
    assert host.sysctl["net.ipv4.ip_forward"] in ("0", "1")
    host.sysctl["net.ipv4.ip_forward"] = 1
    net.sysctl.set("net/ipv4/ip_forward", False)
    assert (host.sysctl.get("net/ipv4/ip_forward"), net.sysctl["net.ipv4.ip_forward"]) == ("1", "0")
    host.sysctl["net.ipv4.ping_group_range"] = "0 0"
    assert host.sysctl["net.ipv4.ping_group_range"].split() == ["0", "0"]


def test_names_of_devices_with_dots(host: Host) -> None:
    """A dot that belongs to a device's name is a slash in a dotted name."""
    Ifb("bond1.1810").add()
    host.sysctl["net.ipv4.conf.bond1/1810.forwarding"] = 1
    assert host.sysctl["net.ipv4.conf.bond1/1810.forwarding"] == "1"
    assert host.sysctl["net/ipv4/conf/bond1.1810/forwarding"] == "1"
    assert host.exec("cat", "/proc/sys/net/ipv4/conf/bond1.1810/forwarding").stdout == "1\n"


def test_what_is_refused(host: Host) -> None:
    """Unknown names, names that are none, and values that the kernel refuses are errors."""
    with pytest.raises(NotFoundError):
        host.sysctl["net.ipv4.no_such_thing"]
    with pytest.raises(CommandError):
        host.sysctl["net.ipv4.conf.all.forwarding"] = "many"
    for name in ("", "-a", "a b", "a=b", "../x"):
        with pytest.raises(InvalidArgumentError, match="name"):
            host.sysctl[name]
    with pytest.raises(InvalidArgumentError, match="value"):
        host.sysctl["net.ipv4.ip_forward"] = "1\n2"
