"""Veth pairs: named or not, born here or elsewhere, and the way to the other end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from netns_kit import ExistsError, Host, InvalidArgumentError, Lab, Namespace, NotFoundError, Veth, VethPair


def test_named(host: Host) -> None:
    """Both ends have the names that were asked for, and each is the other's peer."""
    pair = VethPair("left", "right").add()
    left, right = pair
    assert (left.show().lower, right.show().lower) == ("right", "left")
    assert (left.peer().name, right.peer().name) == ("right", "left")
    pair.delete()
    assert not left.exists()
    assert not right.exists()


def test_unnamed(host: Host) -> None:
    """The kernel picks the names, and the pair knows them, also after others were made in between."""
    first = VethPair().add()
    host.link("veth1").set(name="away")
    second = VethPair().add()
    assert (first.name, second.name) == ("veth0", "veth2") or second.name.startswith("veth")
    for end, other in (tuple(second), tuple(second)[::-1]):
        assert end.show().lower == other.name
    with VethPair() as third:
        assert third.ends[0].exists()
    assert not third.ends[0].exists()


@pytest.mark.parametrize("echo", [True, False])
def test_unnamed_from_threads_at_once(echo: bool, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs that threads make at once are told apart, whether the kernel says what it made or not."""
    monkeypatch.setattr("netns_kit.links.pair._kernel_echoes", lambda site: echo)
    with ThreadPoolExecutor(8) as pool:
        pairs = list(pool.map(lambda _: VethPair(at=host).add(), range(12)))
    names = [end.name for pair in pairs for end in pair]
    assert len(set(names)) == 24
    links = {link.name: link.lower for link in host.link.show(type="veth")}
    assert all(links[left.name] == right.name for left, right in pairs)


def test_an_end_born_elsewhere(host: Host) -> None:
    """The second end is born in another namespace, given as a place, by name or by process id."""
    net = Namespace("net0").add()
    with net.start("sleep", "100") as process:
        for number, there in enumerate((net, "net0", process.pid)):
            outer, inner = VethPair(f"out{number}", f"in{number}", peer_netns=there).add()
            assert inner.show().name == f"in{number}"
            assert outer.show().netnsid is not None
            assert net.link(f"in{number}").exists()
    taken = VethPair("out9", "in0", peer_netns=net)
    with pytest.raises(ExistsError):
        taken.add()
    assert not host.link("out9").exists()
    with pytest.raises(NotFoundError, match="none"):
        VethPair("out9", "in9", peer_netns="none").add()


def test_an_end_on_another_host(lab: Lab) -> None:
    """The second end is born on another host of a lab, or in a namespace of it, and moves between hosts."""
    one, two = lab.host("one"), lab.host("two")
    net = Namespace("net0", at=two).add()
    _, far = VethPair("eth0", "eth0", peer_netns=two, at=one).add()
    assert far.show().name == "eth0"
    assert two.link("eth0").exists()
    _, inside = VethPair("eth1", "eth1", peer_netns=net, at=one).add()
    assert net.link("eth1").exists()
    inside.set(netns=one, name="back")
    assert one.link("back").exists()
    inside.set(netns=net)
    assert net.link("back").exists()


def test_the_other_end_both_ways(host: Host) -> None:
    """D1's two ways find the other end wherever it is: here, in a namespace, from a namespace on the host."""
    net0, net1 = Namespace("net0").add(), Namespace("net1").add()
    pairs = [
        VethPair("here", "there").add(),
        VethPair("out", "eth0", peer_netns=net0).add(),
        VethPair("eth1", "eth1", peer_netns=net1, at=net0).add(),
    ]
    for pair in pairs:
        for end, other in (pair.ends, pair.ends[::-1]):
            for by in ("netnsid", "ethtool"):
                found = end.peer(by=by)  # type: ignore[arg-type]
                assert (found.name, found.site.name) == (other.name, other.site.name), (end, by)


def test_repeated_names_and_indexes(host: Host) -> None:
    """Where every end is called eth0 and has the same index, the right one is found both ways."""
    nets = [Namespace(f"net{number}").add() for number in range(6)]
    order = [(0, 1), (2, 3), (4, 5)]
    pairs = [VethPair("eth0", "eth0", peer_netns=nets[b], at=nets[a]).add() for a, b in order]
    assert len({end.show().index for pair in pairs for end in pair}) == 1
    for pair in pairs:
        for end, other in (pair.ends, pair.ends[::-1]):
            assert end.peer().site.name == other.site.name
            assert end.peer(by="ethtool").site.name == other.site.name


def test_an_end_that_nobody_finds(lab: Lab) -> None:
    """An end whose peer is on another host says that it is in no namespace that has a name here."""
    one, two = lab.host("one"), lab.host("two")
    end, _ = VethPair("eth0", "eth0", peer_netns=two, at=one).add()
    Namespace("net0", at=one).add()
    for by in ("netnsid", "ethtool"):
        with pytest.raises(NotFoundError, match="eth0"):
            end.peer(by=by)  # type: ignore[arg-type]


def test_what_a_pair_refuses(host: Host) -> None:
    """One name, an unnamed end elsewhere, two equal names in one place, and an end alone are refused before."""
    for wrong in (
        lambda: VethPair("left"),
        lambda: VethPair(peer_netns="net0"),
        lambda: VethPair("same", "same"),
        lambda: VethPair().ends,
        lambda: Veth("alone").add(),
    ):
        with pytest.raises(InvalidArgumentError):
            wrong()
