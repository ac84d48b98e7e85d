"""What `ip -batch` gets wrong, seen with the naive way first where this release does, and what the library makes of it.

The naive way is one `ip -batch -` for all lines, or one that is kept open while others change things. H9 is of releases
that are refused (tests/unit/test_reading.py), H14 of later ones; of H18 and H19 only the library's way is seen.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from netns_kit import Bridge, CommandError, ExistsError, Host, Link, Namespace, NotFoundError, Result, VethPair
from scripts.testing.waiting import wait_for

NAMES_LINGER = (6, 12)
"""Up to this release a batch keeps open what it once named."""


def carried(host: Host, word: str) -> list[int | None]:
    """The processes that carried the changes with this word, None for one of its own."""
    return [result.batch for result in host.transcript if result.command.change and word in result.argv]


def naive(host: Host, *lines: str, words: str = "ip") -> Result:
    """All lines in one process. A line that begins with `!` is typed by somebody else, while that process waits."""
    typed = (f"{line[1:]} >&2; sleep 0.1" if line.startswith("!") else f"echo {line!r}; sleep 0.1" for line in lines)
    script = f"{{ sleep 0.1; {'; '.join(typed)}; }} | {words} -batch -"
    return host.exec("sh", "-c", script, check=False)


def on(host: Host, name: str) -> list[str]:
    """The IPv4 addresses on a link."""
    return [str(address.interface) for address in host.link(name).addr.show(family=4)]


def goes(host: Host, name: str) -> bool:
    """Whether a link is gone soon: the kernel takes a moment after its peer's namespace was deleted."""
    return wait_for(lambda: not host.link(name).exists())


def test_h1_wrong_device(host: Host) -> None:
    """A name that stands for another link by now: naively the address ends on the wrong one, without a word."""
    VethPair("a", "b").add()
    swap = [f"ip link set dev {old} name {new}" for old, new in (("a", "t"), ("b", "a"), ("t", "b"))]
    assert naive(host, "addr add 10.0.0.1/24 dev a", *(f"!{line}" for line in swap), "addr add 10.0.0.2/24 dev a").ok
    assert (on(host, "a"), on(host, "b")) == ([], ["10.0.0.1/24", "10.0.0.2/24"])
    host.addr.flush(dev="b")
    with host.batch():
        Link("a").addr.add("10.0.0.1/24")
        for line in swap:
            host.exec(*line.split())
        Link("a").addr.add("10.0.0.2/24")
    assert (on(host, "a"), on(host, "b")) == (["10.0.0.2/24"], ["10.0.0.1/24"])


def test_h2_no_device(host: Host) -> None:
    """A pair that was deleted and made again: naively its other end cannot be found."""
    made = "link add name a type veth peer name b"
    done = naive(host, made, "addr add 10.0.0.1/24 dev b", "link delete dev a", made, "addr add 10.0.0.2/24 dev b")
    assert "Device not found" in done.stderr
    Link("a").delete()
    with host.batch():
        for number in (1, 2):
            end, other = VethPair("a", "b").add()
            other.addr.add(f"10.0.0.{number}/24")
            if number == 1:
                end.delete()
    assert on(host, "b") == ["10.0.0.2/24"]
    first, second = carried(host, "10.0.0.1/24") + carried(host, "10.0.0.2/24")
    assert first != second
    assert None not in (first, second)


def test_h3_h11_h12_reads_that_end_the_process(host: Host) -> None:
    """A look at what is gone, or at the same twice, naively ends everything; here each look is a process of its own."""
    VethPair("a", "b").add()
    looks = naive(host, "addr show dev a", "!ip link delete dev a", "link show dev a", "link add name c type bridge")
    assert not looks.ok
    assert not Link("c").exists()
    twice = naive(host, "maddr show dev lo", "maddr show dev lo", "link add name c type bridge")
    assert not twice.ok
    assert not Link("c").exists()
    with host.batch():
        end, _ = VethPair("a", "b").add()
        assert on(host, "a") == []
        end.delete()
        with pytest.raises(NotFoundError):
            end.show()
        for _ in range(2):
            assert "lo" in host.exec("ip", "maddr", "show", "dev", "lo").stdout
        Bridge("c").add()
    assert Link("c").exists()


def test_h4_h5_h11_answers_that_are_wrong(host: Host) -> None:
    """Old names, no addresses and two answers in one are what naive reads give; here each says what is."""
    end, other = VethPair("a", "b").add()
    end.addr.add("10.0.0.1/24")
    end.up()
    other.up()
    json = "ip -j"
    renamed = naive(host, "route show", "!ip link set dev a name new", "route show", words=json)
    assert renamed.stdout.splitlines()[1].count('"dev":"a"') == 1
    poisoned = naive(host, "link show dev lo", "addr show dev new", words=json)
    assert "addr_info" not in poisoned.stdout.splitlines()[1]
    mixed = naive(host, "netns identify", "link show dev lo", words=json)
    assert len(mixed.stdout.splitlines()) < 3
    with host.batch():
        Link("new").set(name="a")
        assert [route.dev for route in host.route.show()] == ["a"]
        assert Link("lo").show().name == "lo"
        assert on(host, "a") == ["10.0.0.1/24"]
        assert host.netns.identify() == ()
        assert Link("a").show().name == "a"


def test_h6_a_failure_that_does_not_say_where(host: Host) -> None:
    """A neighbour that is there already, or a wrong word, naively ends the process without a line's number."""
    VethPair("a", "b").add()
    Link("a").up()
    neighbour = "neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev a"
    for lines in ((neighbour, neighbour), ("link set dev a up", "link set dev a master nope")):
        done = naive(host, *lines, "link add name c type bridge", words="ip -force")
        assert not done.ok
        assert "Command failed" not in done.stderr
    assert not Link("c").exists()
    with host.batch():
        for last in (8, 9):
            host.neigh.add(f"10.0.0.{last}", lladdr="02:00:00:00:00:09", dev="b")
    assert carried(host, "neigh") == [None, None]
    with pytest.raises(ExistsError) as caught, host.batch():
        Link("a").set(mtu=1400)
        host.neigh.add("10.0.0.9", lladdr="02:00:00:00:00:09", dev="a")
    assert caught.value.returncode == 2
    assert caught.value.argv[-6:] == ("add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "a")
    with pytest.raises(NotFoundError) as lost, host.batch():
        Link("a").set(mtu=1300)
        Link("a").set(master="nope")
        Bridge("c").add()
    assert lost.value.argv[-2:] == ("master", "nope")
    assert [command.argv[-1] for command in lost.value.not_run] == ["bridge"]
    assert Link("a").show().mtu == 1300


def test_h7_a_namespace_that_does_not_go(host: Host) -> None:
    """Naively the batch holds what it named, so that a deleted namespace and its links live on while it does."""
    made = ("netns add net", "link add name a type veth peer name b netns net", "netns delete net")
    after = naive(host, *made, "link set dev a up")
    assert after.ok or host.site.version() >= NAMES_LINGER
    assert goes(host, "a")
    with host.batch():
        net = Namespace("net").add()
        VethPair("a", "b", peer_netns=net).add()
        net.delete()
        Bridge("br0").add()
        Bridge("br1").add()
        assert goes(host, "a")
    (deleted,), (made,) = carried(host, "delete"), carried(host, "br0")
    assert deleted != made


def test_h7_more_names_than_descriptors() -> None:
    """Naively a batch runs out of descriptors when it names a namespace often enough."""
    pairs = 450
    lines = "".join(f"link add name a{one} type veth peer name b{one} netns net\n" for one in range(pairs))
    script = f"""
import resource
from netns_kit import Host, Namespace, VethPair
resource.setrlimit(resource.RLIMIT_NOFILE, (420, 420))
with Host.private() as host:
    net = Namespace("net").add()
    with host.batch():
        for one in range({pairs}):
            VethPair(f"a{{one}}", f"b{{one}}", peer_netns=net).add()
    print(len(net.link.list()))
    net.delete()
with Host.private() as host:
    Namespace("net").add()
    done = host.site.run("ip", "-batch", "-", input={lines!r}, check=False)
    print(done.ok, host.site.version() >= {NAMES_LINGER})
"""
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True, timeout=120)
    made, naively = done.stdout.splitlines()
    assert int(made) == pairs + 1
    assert naively in ("False False", "True True")


def test_h8_a_namespace_added_in_another(host: Host) -> None:
    """Under `-n`, `netns add` naively makes a namespace that nobody can enter."""
    net = Namespace("net").add()
    assert naive(host, "netns add inner", words="ip -n net").ok
    assert "Invalid argument" in host.exec("ip", "-n", "inner", "link", check=False).stderr
    with host.batch():
        net.link("lo").up()
        net.netns.add("sound")
        Namespace("sound").link("lo").up()
    assert Namespace("sound").link("lo").show().up
    assert ("ip", "netns", "add", "sound") in [result.argv for result in host.transcript]


def test_h10_a_command_that_reads_what_follows(host: Host) -> None:
    """A command run by `netns exec` naively takes the lines that follow for its own input."""
    net = Namespace("net").add()
    eaten = naive(host, "netns exec net cat", "link add name a type bridge")
    assert "link add" in eaten.stdout
    with host.batch():
        Bridge("b").add()
        assert net.exec("cat").stdout == ""
        Bridge("a").add()
    assert Link("a").exists()


def test_h13_filters_of_bridge_that_stay(host: Host) -> None:
    """`bridge -batch` naively goes on with the first query's filter; here each query is a process of its own."""
    br0 = Bridge("br0").add()
    for name in ("a", "b"):
        end, _ = VethPair(name, f"{name}-").add()
        end.set(master=br0)
    naively = naive(host, "fdb show dev a", "fdb show", words="bridge -j").stdout.splitlines()
    assert '"b"' not in naively[1]
    with host.batch():
        assert {entry.dev for entry in Link("a").fdb.show()} == {"a"}
        assert {entry.dev for entry in br0.fdb.show()} >= {"a", "b"}


def test_h14_reads_are_processes_of_their_own(host: Host) -> None:
    """What is asked in a batch is asked as outside one: a batch answers some queries otherwise."""
    with host.batch():
        Bridge("br0").add()
        host.route.show(dev="br0")
        host.link.show()
    asked = [result.argv for result in host.transcript if not result.command.change]
    assert asked
    assert not any("-batch" in argv for argv in asked)


def test_h15_names_that_the_kernel_picks(host: Host) -> None:
    """`-echo` tells the names that the kernel picked; naively only the first."""
    naively = naive(host, "link add type veth", "link add type veth", words="ip -j -echo").stdout.splitlines()
    assert "ifname" not in naively[1]
    with host.batch():
        Bridge("br0").add()
        one, other = VethPair().add()
        one.set(master="br0")
        other.up()
    assert one.show().lower == other.name


def test_h16_options_of_the_process(host: Host) -> None:
    """A rule for IPv6 needs `-6` of the process; naively it is refused with it and without."""
    assert 'Object "-6" is unknown' in naive(host, "-6 rule add from fd00::/64 table 7").stderr
    assert not naive(host, "rule add from fd00::/64 table 7").ok
    with host.batch():
        Bridge("br0").add()
        for table in (7, 8):
            host.rule.add(from_="fd00::/64", table=table)
        Link("br0").up()
    assert carried(host, "-6") == [None, None]
    assert "fd00::/64" in {rule.src for rule in host.rule.show(family=6)}


def test_h17_words_that_are_cut(host: Host) -> None:
    """What follows a `#` is naively lost without a word; a blank is a word's end."""
    Bridge("br0").add()
    assert naive(host, "link set dev br0 alias a#b").ok
    assert Link("br0").show().alias == "a"
    with host.batch():
        Link("br0").set(alias="a b")
        Link("br0").set(alias="a b c")
        Link("br0").set(alias="a#b c")
        Link("br0").set(alias="a#b")
        Link("br0").up()
    assert carried(host, "a b") != [None]
    assert carried(host, "a#b c") == [None]
    assert Link("br0").show().alias == "a#b"


def test_h18_h19_long_batches_and_much_to_say(host: Host) -> None:
    """A batch ends before it has grown, and one that says more than a pipe holds waits for nobody."""
    Bridge("br0").add()
    addresses = [f"10.0.{one // 250}.{one % 250 + 1}" for one in range(900)]
    with host.batch():
        for address in addresses:
            Link("br0").addr.add(f"{address}/32")
    with host.batch():
        for address in addresses:
            host.site.change("ip", "addr", "delete", address, "dev", "br0")  # without its length: `ip` warns at length
    processes = [result.batch for result in host.transcript if result.command.change and result.batch]
    assert max(processes.count(one) for one in set(processes)) <= 400
    assert sum(len(result.stderr) for result in host.transcript) > 2**16
    assert on(host, "br0") == []


def test_an_end_of_the_process_is_an_error(host: Host) -> None:
    """However a batch ends, the command that it ended at is named, and what comes after it has not run."""
    Bridge("br0").add()
    with pytest.raises(CommandError) as caught, host.batch():
        Link("br0").set(mtu=1400)
        host.site.change("ip", "link", "set", "dev", "br0", "nonsense")
        Link("br0").set(mtu=1300)
    assert caught.value.argv[-1] == "nonsense"
    assert Link("br0").show().mtu == 1400
