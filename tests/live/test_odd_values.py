"""Values that a tool would take for something else, or that are none: refused before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netns_kit import (
    Bridge,
    Host,
    InvalidArgumentError,
    Link,
    Namespace,
    NotFoundError,
    ToolMissingError,
    VethPair,
    Vrf,
)

ODD: dict[str, tuple[str, Callable[[Host, Bridge], Any]]] = {
    "stp as a word": ("on", lambda host, br: host.brctl.stp("br0", "off")),
    "iptables None": ("in_interface", lambda host, br: host.iptables.append("FORWARD", in_interface=None)),
    "iptables False": ("source", lambda host, br: host.iptables.append("FORWARD", source=False, jump="ACCEPT")),
    "iptables bytes": ("source", lambda host, br: host.iptables.append("FORWARD", source=b"x", jump="ACCEPT")),
    "iptables cut short": ("in_interfac", lambda host, br: host.iptables.append("FORWARD", in_interfac="br0")),
    "octal": ("address", lambda host, br: br.addr.add("10.0.0.1/010")),
    "octal route": ("dst", lambda host, br: host.route.add("20.0.0.0/010", dev="br0")),
    "host mask": ("address", lambda host, br: br.addr.add("10.0.5.1/0.0.0.255")),
    "group": ("group", lambda host, br: br.set(group=2**32)),
    "nomaster": ("nomaster", lambda host, br: br.set(nomaster=1)),
    "at a name": ("at", lambda host, br: Link("x", at="net1")),
    "netns as a float": ("netns", lambda host, br: br.set(netns=2.5)),
    "netns as a list": ("netns", lambda host, br: br.set(netns=[])),
    "netns as a link": ("netns", lambda host, br: br.set(netns=Link("lo"))),
    "peer_netns": ("peer_netns", lambda host, br: VethPair("a", "b", peer_netns=2.5)),
    "vrf exec a list": ("argv", lambda host, br: Vrf("vrf0", table=10).exec(["ls", "/"])),
    "exec all nothing": ("argv", lambda host, br: host.netns.exec_all()),
    "plug a link": ("place", lambda host, br: br.plug(Link("lo"))),
}


@pytest.mark.parametrize(("argument", "call"), ODD.values(), ids=ODD)
def test_odd_values_are_refused(host: Host, argument: str, call: Callable[[Host, Bridge], Any]) -> None:
    """The error names the argument, and nothing has run."""
    br0 = Bridge("br0").add()
    before = len(host.transcript)
    with pytest.raises(InvalidArgumentError) as refused:
        call(host, br0)
    assert refused.value.argument == argument
    assert len(host.transcript) == before


def test_a_plug_that_fails_leaves_nothing(host: Host) -> None:
    """Where there is no such bridge, the cable is gone again; a namespace may be given by its name."""
    net = Namespace("net").add()
    with pytest.raises(NotFoundError):
        Bridge("nope").plug(net)
    assert [link.name for link in host.link.list()] == ["lo"]
    Bridge("br0").add().plug("net", address="10.0.0.1/24")
    assert [link.name for link in net.link.list()] == ["lo", "eth0"]


def test_words_in_one(host: Host) -> None:
    """A whole line as one word gets a hint that says how it is done."""
    with pytest.raises(ToolMissingError, match=r'exec\("ls", "-l"\)'):
        host.exec("ls /run")
    assert host.exec("sh", "-c", "nosuch; exit 0").ok
    with pytest.raises(Exception, match="exit status 3") as failed:
        host.exec("sh", "-c", "nosuch; exit 3")
    assert not isinstance(failed.value, ToolMissingError)


def test_links_say_what_they_are(host: Host) -> None:
    """A noun's repr is its name, what was given, and where it is."""
    net = Namespace("net").add()
    assert repr(Link("v0")) == "Link('v0', at=host)"
    assert repr(Bridge("br0", stp_state=True, mtu=1400, at=net)) == "Bridge('br0', mtu=1400, stp_state=True, at=net)"
    assert repr(VethPair("a", "b")) == "VethPair('a', 'b', at=host)"
