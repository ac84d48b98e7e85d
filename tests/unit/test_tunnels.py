"""Tunnels: what is typed, and what is refused before anything is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netns_kit import (
    ExistsError,
    GretapTunnel,
    GreTunnel,
    Host,
    InvalidArgumentError,
    IpipTunnel,
    IsatapTunnel,
    LinkInfo,
    MissingModuleError,
    SitTunnel,
    VtiTunnel,
)
from netns_kit.links.tunnel import Tunnel

ENDS = {"remote": "192.168.31.191", "local": "192.168.31.132", "dev": "eth0"}
WORDS = "remote 192.168.31.191 local 192.168.31.132 dev eth0"


def typed(host: Host) -> list[str]:
    """The commands, as lines."""
    return [" ".join(result.argv) for result in host.transcript]


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (IpipTunnel, {"ttl": 64, "tos": 16}, "mode ipip {ends} ttl 64 tos 0x10"),
        (GreTunnel, {"key": "1.2.3.4", "pmtudisc": True}, "mode gre {ends} pmtudisc key 16909060"),
        (GreTunnel, {"ikey": 5, "okey": 6, "pmtudisc": False}, "mode gre {ends} nopmtudisc ikey 5 okey 6"),
        (SitTunnel, {"ttl": "inherit", "tos": "inherit"}, "mode sit {ends} ttl inherit tos inherit"),
        (IsatapTunnel, {}, "mode isatap {ends}"),
        (VtiTunnel, {"key": 5}, "mode vti {ends} key 5"),
    ],
)
def test_the_documents_spelling(kind: type[Tunnel], options: dict[str, Any], words: str) -> None:
    """`add` types `ip tunnel add`, in the documents' order."""
    with Host.dry_run() as host:
        kind("tun0", **options, **ENDS).add()
    assert typed(host) == [f"ip tunnel add tun0 {words.format(ends=WORDS)}"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (IpipTunnel, f"type ipip {WORDS}"),
        (GreTunnel, f"type gre {WORDS}"),
        (SitTunnel, f"type sit {WORDS}"),
        (IsatapTunnel, f"type sit {WORDS} isatap"),
        (VtiTunnel, f"type vti {WORDS}"),
    ],
)
def test_the_other_spelling(kind: type[Tunnel], words: str) -> None:
    """`link_add` types `ip link add`."""
    with Host.dry_run() as host:
        kind("tun0", **ENDS).link_add()
    assert typed(host) == [f"ip link add name tun0 {words}"]


def test_gretap() -> None:
    """gretap is made and changed by `ip link` alone."""
    with Host.dry_run() as host:
        tap = GretapTunnel("tap0", key=7, **ENDS).add()
        tap.change(ttl=9)
        tap.delete()
    assert typed(host) == [
        f"ip link add name tap0 type gretap {WORDS} key 7",
        "ip link set dev tap0 type gretap ttl 9",
        "ip link delete dev tap0",
    ]


def test_change() -> None:
    """`change` types `ip tunnel change`, and the object follows."""
    with Host.dry_run() as host:
        tun0 = IpipTunnel("tun0", **ENDS)
        tun0.change(remote="10.0.0.9", ttl=3)
    assert typed(host) == ["ip tunnel change tun0 mode ipip remote 10.0.0.9 ttl 3"]
    assert (tun0.remote, tun0.ttl, tun0.local) == ("10.0.0.9", 3, "192.168.31.132")


@pytest.mark.parametrize(
    ("argument", "make"),
    [
        ("remote", lambda: IpipTunnel("t", remote="10.0.0.1", local="10.0.0.1")),
        ("remote", lambda: IpipTunnel("t", remote="fd00::1")),
        ("local", lambda: SitTunnel("t", local="fd00::1")),
        ("remote", lambda: GretapTunnel("t", remote="nonsense")),
        ("ttl", lambda: IpipTunnel("t", ttl=256)),
        ("ttl", lambda: IpipTunnel("t", ttl=0)),
        ("ttl", lambda: IpipTunnel("t", ttl="auto")),
        ("tos", lambda: SitTunnel("t", tos=256)),
        ("key", lambda: GreTunnel("t", key=2**32)),
        ("key", lambda: VtiTunnel("t", key="1.2.3.400")),
        ("key", lambda: GreTunnel("t", key=1, ikey=2)),
        ("pmtudisc", lambda: IpipTunnel("t", ttl=64, pmtudisc=False)),
        ("pmtudisc", lambda: IpipTunnel("t", pmtudisc="no")),
        ("mtu", lambda: IpipTunnel("t", mtu=1400).add()),
        ("remote", lambda: IpipTunnel("t", local="10.0.0.1").change(remote="10.0.0.1")),
        ("key", lambda: IpipTunnel("t").change(key=5)),
    ],
)
def test_refused(argument: str, make: Callable[[], Any]) -> None:
    """A value that cannot be right is refused by name, and nothing is typed."""
    with Host.dry_run() as host, pytest.raises(InvalidArgumentError) as caught:
        make()
    assert caught.value.argument == argument
    assert not typed(host)


SHOWN = (
    '[{"ifname":"tun0","linkinfo":{"info_kind":"ipip","info_data":'
    '{"remote":"10.0.0.3","local":"10.0.0.1","link":"eth0","ttl":0,"pmtudisc":true}}}]'
)
ADD = "ip tunnel add tun0 mode ipip remote 10.0.0.2 local 10.0.0.1"
EXISTS = (1, "", 'add tunnel "tunl0" failed: File exists\n')


def test_exists_with_other_parameters() -> None:
    """The error for a tunnel that is there already says in what it differs."""
    with Host.fake({ADD: EXISTS, "ip -j -d link show dev tun0": SHOWN}), pytest.raises(ExistsError) as caught:
        IpipTunnel("tun0", remote="10.0.0.2", local="10.0.0.1").add()
    assert "remote is 10.0.0.3, not 10.0.0.2" in str(caught.value)
    assert "local" not in caught.value.hint


def test_exists_under_another_name() -> None:
    """The error says so, too, when it is another link that has the same parameters."""
    gone = (1, "", 'Device "tun0" does not exist.\n')
    with Host.fake({ADD: EXISTS, "ip -j -d link show dev tun0": gone}), pytest.raises(ExistsError) as caught:
        IpipTunnel("tun0", remote="10.0.0.2", local="10.0.0.1").add()
    assert "another one has the same parameters" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "module"),
    [(IpipTunnel, "ipip"), (GreTunnel, "ip_gre"), (SitTunnel, "sit"), (IsatapTunnel, "sit"), (VtiTunnel, "ip_vti")],
)
def test_missing_module(kind: type[Tunnel], module: str) -> None:
    """On a kernel without the kind, the error names the module and the command, in either spelling."""
    first = f"ip tunnel add t mode {kind._mode} local 10.0.0.1"
    second = f"ip link add name t type {kind.kind} local 10.0.0.1" + (" isatap" if kind is IsatapTunnel else "")
    answers = {
        first: (1, "", 'add tunnel "tunl0" failed: No such device\n'),
        second: (2, "", "Error: Unknown device type.\n"),
    }
    with Host.fake(answers):
        for make in (kind("t", local="10.0.0.1").add, kind("t", local="10.0.0.1").link_add):
            with pytest.raises(MissingModuleError) as caught:
                make()
            assert f"({module})" in str(caught.value)
            assert " ".join(caught.value.argv) in (first, second)


LISTED = (
    '[{"ifname":"tunl0","mode":"any/ip","remote":"0.0.0.0","local":"0.0.0.0","nopmtudisc":null},'
    '{"ifname":"g2","mode":"gre/ip","remote":"10.0.0.2","local":"10.0.0.1","dev":"d0","ttl":64,"ikey":5,"okey":6},'
    '{"ifname":"v1","mode":"ip/ip","remote":"10.0.0.2","local":"10.0.0.1","key":7}]'
)


def test_show() -> None:
    """`ip tunnel show` is typed, and tells the kernel's own devices apart."""
    with Host.fake({"ip -j tunnel show": LISTED}) as host:
        fallback, gre, vti = host.tunnel.show()
    assert fallback.fallback
    assert not fallback.pmtudisc
    assert (gre.name, gre.mode, gre.remote, gre.local, gre.dev) == ("g2", "gre/ip", "10.0.0.2", "10.0.0.1", "d0")
    assert (gre.ttl, gre.ikey, gre.okey, gre.pmtudisc, gre.fallback) == (64, 5, 6, True, False)
    assert (vti.ikey, vti.okey) == (7, 7)


def test_fallback_links() -> None:
    """`ip link show` tells them apart as well; a tunnel of the same name between two ends is somebody's own."""
    data = {"info_kind": "ipip", "info_data": {"remote": "any", "local": "any"}}
    assert LinkInfo.from_json({"ifname": "tunl0", "linkinfo": data}).fallback
    assert not LinkInfo.from_json({"ifname": "tun0", "linkinfo": data}).fallback
    data = {"info_kind": "ipip", "info_data": {"remote": "10.0.0.1", "local": "any"}}
    assert not LinkInfo.from_json({"ifname": "tunl0", "linkinfo": data}).fallback
