"""Batches: the same network, the same errors and the same transcript as without, whatever `ip -batch` gets wrong."""

from __future__ import annotations

import builtins
import contextlib
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from netns_kit import (
    Bridge,
    ExistsError,
    Host,
    InvalidArgumentError,
    Lab,
    Link,
    Macvlan,
    Namespace,
    NotFoundError,
    Place,
    RefusedValueError,
    VethPair,
    VxlanLink,
    for_each,
)
from tests.networks import bridge_of_d0

Builder = Callable[[Host], None]


def star(host: Host) -> None:
    """Namespaces on a bridge, their ends born in place."""
    br0 = Bridge("br0").add()
    for number in range(1, 6):
        net = Namespace(f"net{number}").add()
        outer, inner = VethPair(f"port{number}", "eth0", peer_netns=net).add()
        inner.addr.add(f"10.0.0.{number}/24")
        inner.up()
        outer.set(master=br0)
        outer.up()
    br0.up()


def moved(host: Host) -> None:
    """The documents' spelling: pairs that the kernel names, their ends moved and renamed."""
    bridge_of_d0()


def chain(host: Host) -> None:
    """Routers in a row, each end typed in the namespace before it."""
    nets = [Namespace(f"r{number}").add() for number in range(4)]
    for number, (left, right) in enumerate(pairwise(nets)):
        here, there = VethPair("right", "left", peer_netns=right, at=left).add()
        here.addr.add(f"10.{number}.0.1/24")
        there.addr.add(f"10.{number}.0.2/24")
        here.up()
        there.up()
    nets[0].route.add("default", via="10.0.0.2")
    nets[1].route.add("10.2.0.0/24", via="10.1.0.2")
    nets[2].route.add("10.0.0.0/24", via="10.1.0.1")
    nets[3].route.add("default", via="10.2.0.1")
    nets[1].rule.add(from_="10.0.0.0/24", table=100, priority=1000)


def names_used_again(host: Host) -> None:
    """H1, H2: a name stands for another link after a delete, a move and a renaming, and its peer's name too."""
    net = Namespace("net").add()
    for mtu in (1400, 1300):
        end, other = VethPair("a", "b").add()
        other.addr.add("10.0.0.1/24")
        other.up()
        if mtu == 1400:
            end.delete()
    Link("a").set(mtu=1300)
    Link("b").set(netns=net)
    VethPair("b", "c").add()
    Link("b").addr.add("10.0.0.2/24")
    Link("b").set(name="d")
    VethPair("b", "e").add()
    Link("b").addr.add("10.0.0.3/24")
    Link("b").up()


def a_namespace_made_again(host: Host) -> None:
    """H7 and chapter 5: a namespace is deleted and made again under the same name, its links gone with it."""
    for number in (1, 2):
        net = Namespace("net").add()
        _, inner = VethPair(f"outer{number}", "eth0", peer_netns=net).add()
        inner.addr.add(f"10.0.0.{number}/24")
        inner.up()
        if number == 1:
            net.delete()
    # The kernel takes the links of a namespace away in its own time.
    host.wait_until(lambda: not Link("outer1").exists(), timeout=20)


def neighbours(host: Host) -> None:
    """H6: neighbours, which end `ip` without a line's number when they fail, run by themselves."""
    a, b = VethPair("a", "b").add()
    a.up()
    b.up()
    host.neigh.add("10.0.0.9", lladdr="00:00:00:00:00:00", dev=a, nud="permanent")
    Link("b").set(mtu=1400)


def odd_words(host: Host) -> None:
    """H17: words with #, quotes, blanks and backslashes arrive as they were given."""
    for number, alias in enumerate(("a#b", "it's", 'say "x"', "two words", "back\\slash", "'both\"", "ünï", "$(id)")):
        VethPair(f"l{number}", f"m{number}").add()
        Link(f"l{number}").set(alias=alias)


def options_of_the_process(host: Host) -> None:
    """H16: what needs -6 of `ip` itself runs by itself, between the others."""
    a, _ = VethPair("a", "b").add()
    a.up()
    Link("b").up()
    a.addr.add("fd00::1/64")
    host.rule.add(from_="fd00::/64", table=7, priority=77)
    host.route.add("fd01::/64", via="fd00::2", dev="a")
    a.set(mtu=1400)


def more_than_one_process_takes(host: Host) -> None:
    """H7, H18: a batch that names many namespaces is several processes."""
    nets = [Namespace(f"n{number}").add() for number in range(5)]
    for number in range(150):
        VethPair(f"a{number}", f"b{number}", peer_netns=nets[number % 5]).add()
    for number in range(150):
        Link(f"a{number}").set(netns=nets[(number + 1) % 5])


def upper_and_lower(host: Host) -> None:
    """A link that stands on another, which is deleted: both names are free again."""
    VethPair("low", "end").add()
    Macvlan("up0", link="low").add()
    Link("up0").addr.add("10.0.0.1/24")
    Link("low").delete()
    VethPair("low", "end").add()
    Macvlan("up0", link="low").add()
    Link("up0").addr.add("10.0.0.2/24")
    Link("up0").set(mtu=1300)


def other_tools(host: Host) -> None:
    """Forwarding entries and queues, by `bridge` and `tc`, between what `ip` does on the same links."""
    net = Namespace("net").add()
    vxlan = VxlanLink("vx", id=5, dstport=4789, at=net).add()
    for last in range(1, 20):
        vxlan.fdb.append("00:00:00:00:00:00", dst=f"10.0.0.{last}")
    vxlan.up()
    vxlan.qdisc.add("tbf", rate="1mbit", burst="10kb", latency="50ms")
    vxlan.qdisc.replace("tbf", rate="2mbit", burst="10kb", latency="50ms")
    vxlan.set(name="new")
    vxlan.fdb.delete("00:00:00:00:00:00", dst="10.0.0.7")
    vxlan.fdb.add("02:00:00:00:00:01", dst="10.0.0.7")


BUILDERS = (
    star,
    moved,
    chain,
    names_used_again,
    a_namespace_made_again,
    neighbours,
    odd_words,
    options_of_the_process,
    more_than_one_process_takes,
    upper_and_lower,
    other_tools,
)


def state(place: Place) -> dict[str, Any]:
    """What a person would compare: links, addresses, routes, rules and neighbours, without what differs each time."""
    links = {
        link.name: (link.kind, link.mtu, link.up, link.master, link.lower, link.alias, link.netnsid is None)
        for link in place.link.show()
    }
    v4 = sorted((address.dev, str(address)) for address in place.addr.show() if address.scope != "link")
    routes = sorted((route.dst, str(route.gateway), str(route.dev)) for route in place.route.show(family=4))
    rules = [(rule.priority, rule.src, rule.table) for family in (4, 6) for rule in place.rule.show(family=family)]
    others = [place.link(name) for name, (kind, *_) in links.items() if kind == "vxlan"]
    ways = sorted((entry.mac, str(entry.dst)) for link in others for entry in link.fdb.show())
    queues = [(queue.kind, queue.rate) for link in others for queue in link.qdisc.show()]
    known = sorted((neighbour.dst, neighbour.lladdr) for neighbour in place.neigh.show(nud="permanent"))
    return {
        "links": links,
        "addresses": v4,
        "routes": routes,
        "rules": rules,
        "neighbours": known,
        "ways": ways,
        "queues": queues,
    }


def whole_state(host: Host) -> dict[str, Any]:
    """The state of a host and of all its namespaces."""
    names = sorted(known.name for known in host.netns.list())
    return {"host": state(host), **{name: state(Namespace(name, at=host)) for name in names}}


@pytest.mark.parametrize("build", BUILDERS, ids=[build.__name__ for build in BUILDERS])
def test_the_same_network_with_and_without_a_batch(build: Builder) -> None:
    """A batch builds what the same lines build without one, and its transcript has the same commands, in order."""
    with Host.private() as plain:
        build(plain)
        typed = [result.argv for result in plain.transcript if result.command.change]
        expected = whole_state(plain)
    with Host.private() as host:
        with host.batch():
            build(host)
        batched = [result.argv for result in host.transcript if result.command.change]
        assert sorted(batched) == sorted(typed)
        assert whole_state(host) == expected
        assert any(result.batch for result in host.transcript)


def test_reads_see_what_was_typed_before(host: Host) -> None:
    """Whatever needs an answer sends what is gathered first; a show in the middle is never out of date."""
    with host.batch():
        br0 = Bridge("br0").add()
        br0.set(mtu=1400)
        assert br0.show().mtu == 1400
        net = Namespace("net").add()
        assert net.exists()
        net.link("lo").up()
        assert net.exec("ip", "link", "show", "up").stdout
        assert host.ping("127.0.0.1", count=1).ok


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        (lambda: Link("vx").fdb.add("02:00:00:00:00:01", dst="10.0.0.1"), ExistsError),
        (lambda: Link("nope").fdb.append("02:00:00:00:00:02", dst="10.0.0.1"), NotFoundError),
        (lambda: Link("nope").qdisc.add("tbf", rate="1mbit", burst="10kb", latency="50ms"), NotFoundError),
    ],
    ids=["bridge, there", "bridge, no link", "tc"],
)
def test_a_failure_of_other_tools_is_the_same_error(
    host: Host, fail: Callable[[], None], error: type[Exception]
) -> None:
    """In a batch of `bridge` or `tc`, too, the command that failed is named, and nothing runs after it."""
    vxlan = VxlanLink("vx", id=5, dstport=4789).add()
    vxlan.fdb.add("02:00:00:00:00:01", dst="10.0.0.1")
    told = []
    for batched in (False, True):
        with pytest.raises(error) as caught, host.batch() if batched else contextlib.nullcontext():
            vxlan.fdb.append("00:00:00:00:00:00", dst=f"10.0.0.{batched + 1}")
            fail()
            vxlan.fdb.append("00:00:00:00:00:00", dst="10.0.0.3")
        told.append(
            (type(caught.value), caught.value.argv, caught.value.returncode, caught.value.stderr.split("\n")[0])
        )
    assert told[0] == told[1]
    assert {str(entry.dst) for entry in vxlan.fdb.show() if entry.mac.startswith("00:00")} == {"10.0.0.1", "10.0.0.2"}


def test_the_transcript_has_each_command_as_typed(host: Host) -> None:
    """The transcript holds the commands one by one, as typed and in order, with the process that carried each."""
    with host.batch():
        star(host)
    first, *_ = host.transcript
    assert first.argv == ("ip", "link", "add", "name", "br0", "type", "bridge")
    assert all("-batch" not in result.argv for result in host.transcript)
    order = [result.argv for result in host.transcript]
    with Host.dry_run() as dry:
        star(dry)
    assert order == [result.argv for result in dry.transcript]
    carried = {result.batch for result in host.transcript if result.netns}
    assert len(carried) == 5
    with host.batch():
        Link("br0").set(mtu=1400)
        Link("br0").set(mtu=1300)
    assert host.transcript[-1].batch not in {None, *carried}
    assert "ip -n net1 addr add 10.0.0.1/24 dev eth0" in host.transcript.as_shell()


@pytest.mark.parametrize(
    ("fail", "error", "status"),
    [
        (lambda: Link("nope").up(), NotFoundError, 1),
        (lambda: Bridge("br0").add(), ExistsError, 2),
        (lambda: Link("br0").set(netns="nowhere"), NotFoundError, 255),
        (lambda: Namespace("there").add(), ExistsError, 1),
        (lambda: Link("br0").addr.add("10.0.0.1/24", scope="nonsense"), RefusedValueError, 255),
    ],
    ids=["kernel name", "kernel", "syntax", "file", "word"],
)
@pytest.mark.parametrize("batched", [False, True], ids=["each", "batch"])
def test_a_failure_is_the_same_error(
    host: Host, fail: Callable[[], None], error: type[Exception], status: int, batched: bool
) -> None:
    """A command that fails raises the same typed error, with its own status and text; nothing runs after it."""
    Bridge("br0").add()
    Namespace("there").add()
    with pytest.raises(error) as caught, host.batch() if batched else contextlib.nullcontext():
        Link("br0").set(mtu=1400)
        fail()
        Link("br0").set(mtu=1300)
    assert caught.value.returncode == status
    assert caught.value.stderr.strip()
    assert Link("br0").show().mtu == 1400
    if batched:
        assert [command.argv[-1] for command in caught.value.not_run] == ["1300"]
        assert "1 more of its batch" in str(caught.value)


def test_what_was_typed_before_an_exception_has_run(host: Host) -> None:
    """An exception of the caller's ends the block; what was typed before it has run, as without a batch."""
    with pytest.raises(ZeroDivisionError), host.batch():
        Bridge("br0").add()
        _ = 1 / 0
    assert Link("br0").exists()


def test_bad_values_are_refused_at_once(host: Host) -> None:
    """A value that cannot be right is refused where it is typed, not at the block's end."""
    with host.batch():
        with pytest.raises(InvalidArgumentError, match="mtu"):
            Link("lo").set(mtu=1)
        Bridge("br0").add()
    assert Link("br0").exists()


def test_errors_are_the_same_on_every_run() -> None:
    """Namespaces' batches run side by side, yet what fails and what is left are the same each time."""
    seen = set()
    for _ in range(5):
        with Host.private() as host:
            star(host)
            with pytest.raises(NotFoundError) as caught, host.batch():
                for number in (1, 2, 3, 4, 5):
                    end = Namespace(f"net{number}").link("eth0" if number != 2 else "nope")
                    end.set(mtu=1400)
            left = tuple(command.netns for command in caught.value.not_run)
            ran = tuple(result.argv for result in host.transcript[-5:])
            seen.add((str(caught.value), left, ran))
    assert len(seen) == 1


def test_a_batch_in_a_batch_joins_it(host: Host) -> None:
    """An inner block is part of the outer one."""
    with host.batch():
        with host.batch():
            Bridge("br0").add()
        Bridge("br1").add()
    assert len({result.batch for result in host.transcript} - {None}) == 1


def test_a_lab_in_a_batch() -> None:
    """A batch of a lab covers all its hosts; cables and switches come out the same."""
    with Lab() as lab:
        node1, node2, node3 = (lab.host(f"node{number}") for number in (1, 2, 3))
        with lab.batch():
            lab.cable(node1, node2, name="eth0", addresses=("10.0.0.1/24", "10.0.0.2/24"))
            lab.switch("lan", node1, node2, node3, link="lan0", addresses=[f"10.9.0.{n}/24" for n in (1, 2, 3)])
        assert node1.ping("10.0.0.2", count=1).ok
        assert node1.ping("10.9.0.3", count=1).ok


def test_another_host_is_not_gathered(host: Host) -> None:
    """A batch gathers what is typed on its own host; on another, commands run at once."""
    with Host.private("other") as other, host.batch():
        Bridge("here", at=host).add()
        Bridge("there", at=other).add()
        assert other.transcript[-1].batch is None
        assert len(host.transcript) == 0


def test_a_namespace_by_another_way_is_the_same(host: Host) -> None:
    """What is moved by a process id or a path is there when the namespace is used by its name."""
    net = Namespace("net").add()
    with net.start("sleep", "60") as process:
        for number, netns in enumerate((process.pid, Namespace.of_path("/run/netns/net"))):
            with host.batch():
                end, other = VethPair(f"a{number}", f"b{number}").add()
                for mtu in range(1400, 1420):
                    end.set(mtu=mtu)
                other.set(netns=netns)
                net.link(f"b{number}").up()
    assert {link.name for link in net.link.list() if link.up} == {"b0", "b1"}


def test_another_host_sees_what_was_led_to_it() -> None:
    """A link that a batch of one host makes on another is there when that one uses it."""
    with Lab() as lab:
        first, second = lab.host("first"), lab.host("second")
        with first.batch():
            _, far = VethPair("a", "b", peer_netns=second, at=first).add()
            far.up()
        assert far.show().up


def test_sockets_and_threads_see_what_was_typed_before(host: Host) -> None:
    """A socket, and what is done at many places side by side, come after what was gathered."""
    with host.batch():
        net = Namespace("net").add()
        net.socket().close()
        other = Namespace("other").add()
        (outcome,) = for_each([other], lambda place: len(place.link.list()))
        assert outcome.value == 1


INTERRUPTED = """
import os, signal, sys, threading, time
from netns_kit import Host, Link, Namespace, VethPair
with Host.private() as host:
    def interrupt():
        while not host.exec("ip", "netns", "list").stdout:
            pass
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt).start()
    try:
        with host.batch():
            nets = [Namespace(f"n{number}").add() for number in range(30)]
            for number, net in enumerate(nets):
                _, other = VethPair(f"a{number}", f"b{number}").add()
                other.set(netns=net)
    except KeyboardInterrupt:
        print("interrupted")
    changes = [result for result in host.transcript if result.command.change]
    print(len(changes), {result.returncode for result in changes})
"""


def test_ctrl_c_leaves_what_ran_in_the_transcript() -> None:
    """A batch that is interrupted leaves its commands in the transcript; how far they got nobody knows."""
    done = subprocess.run((sys.executable, "-c", INTERRUPTED), capture_output=True, text=True, timeout=60, check=True)
    told, counts = done.stdout.splitlines()
    assert told == "interrupted"
    assert counts == "90 {-2}"


def test_ctrl_c_goes_before_a_failure(host: Host) -> None:
    """KeyboardInterrupt in a batch's block stays one, even if what was gathered fails."""
    with pytest.raises(KeyboardInterrupt), host.batch():
        Link("nope").up()
        raise KeyboardInterrupt
    assert host.transcript[-1].returncode == 1


def test_a_long_batch_shows_how_far_it_is(
    host: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody watches, a batch that takes long says how far it is; a short one says nothing."""
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with host.batch():
        VethPair("brief", "other").add()
    assert capsys.readouterr().out == ""
    with host.batch():
        pairs = [VethPair(f"a{number}", f"b{number}").add() for number in range(60)]
    capsys.readouterr()
    nets = [Namespace(f"n{number}").add() for number in range(3)]
    with host.batch():
        for number, (_, other) in enumerate(pairs):
            other.set(netns=nets[number % 3])
            Link("lo", at=nets[number % 3]).set(mtu=1400 + number)
    told = capsys.readouterr().out
    assert told.startswith("\rcommands ")
    assert told.endswith("commands 120/120\n")
