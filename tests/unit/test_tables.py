"""What verbs make of the answers they get: the links left out of them, names with spaces, what ping tells."""

from __future__ import annotations

from typing import Any

import pytest

from netns_kit import (
    Host,
    MissingModuleError,
    NotFoundError,
    OutputError,
    PermissionDeniedError,
    UnknownCommandError,
    UnreachableError,
)
from netns_kit.tables import ping
from netns_kit.tables.iptables import parse_rules

PING = "ping -n -c 1 -W 2 10.0.0.2"
LOST = "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n"


def test_asked_link_is_filled_in() -> None:
    """`ip` leaves out the link that was asked for; routes, neighbours and fdb entries have it all the same."""
    host = Host.fake(
        {
            "ip -j -d route show dev eth0": '[{"dst":"default","gateway":"10.0.0.1"}]',
            "ip -j neigh show dev eth0": '[{"dst":"10.0.0.1","state":["STALE"]}]',
            "bridge -j fdb show dev eth0": '[{"mac":"02:00:00:00:00:01","state":""}]',
        }
    )
    assert [route.dev for route in host.route.show(dev="eth0")] == ["eth0"]
    assert [neighbour.dev for neighbour in host.neigh.show(dev="eth0")] == ["eth0"]
    assert [entry.dev for entry in host.link("eth0").fdb.show()] == ["eth0"]


def test_several_next_hops_have_no_link_of_their_own() -> None:
    """A route with several next hops, listed with those through one link, has its links at the hops."""
    hop = '{"via":{"family":"inet6","host":"fe80::1"},"dev":"a","flags":["onlink"]}'
    answer = f'[{{"dst":"10.0.0.0/8","nexthops":[{hop},{{}}]}}]'
    (route,) = Host.fake({"ip -j -d route show dev a": answer}).route.show(dev="a")
    assert route.dev is None
    assert [(hop.via, hop.dev, hop.weight, hop.onlink) for hop in route.nexthops] == [("fe80::1", "a", None, True)]


def test_rule_marks_and_jumps() -> None:
    """A rule's mark comes with its mask, and a goto has the priority that it goes on with."""
    answer = (
        '[{"priority":1,"src":"all","fwmark":"0x10","fwmask":"0xff","table":"100"},{"priority":2,"src":"all","goto":9}]'
    )
    marked, jump = Host.fake({"ip -j rule": answer}).rule.show()
    assert marked.fwmark == "0x10/0xff"
    assert (jump.goto, str(jump)) == (9, "ip rule add priority 2 goto 9")


def test_names_with_spaces() -> None:
    """Namespaces that others gave odd names are read right: names with spaces, and `netns identify` with two names."""
    answers = {"ip netns identify 7": "a b\nc\n", "ip -j netns list": '[{"name":"a b"},{"name":"c","id":3}]'}
    host = Host.fake(answers)
    assert host.netns.identify(7) == ("a b", "c")
    assert [(known.name, known.id) for known in host.netns.list()] == [("a b", None), ("c", 3)]


@pytest.mark.parametrize(("text", "expected"), [("21196\n", (21196,)), ("1\n22\n", (1, 22)), ("", ())])
def test_pids(text: str, expected: tuple[int, ...]) -> None:
    """`netns pids` prints text, of one process too."""
    assert Host.fake({"ip netns pids net0": text}).netns.pids("net0") == expected


def test_identify_without_a_name() -> None:
    """A namespace without a name prints a blank line."""
    assert Host.fake({"ip netns identify 7": "\n"}).netns.identify(7) == ()


def test_list_id_by_number() -> None:
    """An iproute2 that ignores the number is asked for one id all the same."""
    host = Host.fake({"ip -j netns list-id nsid 10": '[{"nsid":0,"name":"b"},{"nsid":10,"name":"a"}]'})
    assert [known.name for known in host.netns.list_id(nsid=10)] == ["a"]


def test_exec_all() -> None:
    """What each namespace printed, by its name."""
    host = Host.fake({"ip -all netns exec echo hi": "\nnetns: net 1\nhi\n\nnetns: net0\nhi\n"})
    assert host.netns.exec_all("echo", "hi") == {"net 1": "hi\n", "net0": "hi\n"}


def test_lsmod_without_proc_modules() -> None:
    """A kernel that loads no modules says so, and any other failure stays what it is; `lsmod` runs once."""
    said = "libkmod: ERROR …: could not open /proc/modules: No such file or directory\n"
    with pytest.raises(MissingModuleError, match="loads no modules"):
        Host.fake({"lsmod": (1, "", said)}).module.list()
    host = Host.fake({"lsmod": (127, "", "lsmod: command not found\n")})
    with pytest.raises(Exception, match="kmod"):
        host.module.list()
    assert len(host.transcript) == 1


PROBE = "ip link add name probe mtu -1 type ipip"


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"cat /proc/modules": "veth 4096 0 - Live 0x0\nipip 4096 0 - Live 0x0\n"}, "loaded"),
        ({"cat /lib/modules/6.1.0/modules.builtin": "kernel/net/ipv4/ipip.ko\n"}, "built in"),
        ({"ls -d /sys/module/ipip": "/sys/module/ipip\n"}, "built in"),
        ({"cat /proc/modules": "", "modinfo -n ipip": "/lib/modules/6.1.0/kernel/net/ipv4/ipip.ko\n"}, "loadable"),
        ({PROBE: (2, "", "Error: mtu less than device minimum.\n")}, "built in"),
        ({PROBE: (2, "", "Error: Unknown device type.\n")}, "missing"),
        ({PROBE: (2, "", "RTNETLINK answers: Operation not supported\n")}, "missing"),
    ],
)
def test_module_states(answers: dict[str, Any], state: str) -> None:
    """Each source is asked in turn for a module, and the kernel itself at last."""
    silent = (
        "cat /proc/modules",
        "cat /lib/modules/6.1.0/modules.builtin",
        "ls -d /sys/module/ipip",
        "modinfo -n ipip",
    )
    known = {"uname -r": "6.1.0\n", **dict.fromkeys(silent, (1, "", "No such file or directory\n")), **answers}
    assert Host.fake(known).module.state("ipip") == state


def test_module_state_takes_root() -> None:
    """Where only root could say, nothing is guessed."""
    with pytest.raises(PermissionDeniedError):
        test_module_states({PROBE: (2, "", "RTNETLINK answers: Operation not permitted\n")}, "missing")


def test_iptables_matches_are_kept() -> None:
    """A rule with several matches has them all."""
    text = '-A FORWARD -p tcp -m tcp ! --dport 80:90 -m comment --comment "two words" -j DROP\n'
    (rule,) = parse_rules(text)
    assert rule.options == {
        "protocol": "tcp",
        "match": "tcp comment",
        "dport": "! 80:90",
        "comment": "two words",
        "jump": "DROP",
    }
    assert str(rule) == text.strip().replace('"', "'").replace("! -", "'!' -")


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ('"two words"', "two words"),
        (r'"it\'s \"so\" \\ "', 'it\'s "so" \\ '),
        ("plain", "plain"),
        (r"a\b", r"a\b"),
        ('""', ""),
    ],
)
def test_iptables_quoting(printed: str, word: str) -> None:
    """iptables quotes in its own way: with backslashes before both kinds of quotes, and only between quotes."""
    (rule,) = parse_rules(f"-A FORWARD -m comment --comment {printed} -j DROP\n")
    assert rule.words == ("-m", "comment", "--comment", word, "-j", "DROP")


@pytest.mark.parametrize(
    ("line", "source", "message"),
    [
        ("From 10.0.0.1 icmp_seq=1 Destination Host Unreachable", "10.0.0.1", "Destination Host Unreachable"),
        (
            "From 10.0.0.1: icmp_seq=1 Redirect Host(New nexthop: 10.0.0.9)",
            "10.0.0.1",
            "Redirect Host(New nexthop: 10.0.0.9)",
        ),
        ("From gw (10.0.0.1) icmp_seq=1 Time to live exceeded", "gw", "Time to live exceeded"),
        (
            "From fe80::1%eth0 icmp_seq=1 Destination unreachable: No route",
            "fe80::1%eth0",
            "Destination unreachable: No route",
        ),
        ("connect: Network is unreachable", "", "Network is unreachable"),
        ("ping: connect: Network is unreachable", "", "Network is unreachable"),
        ("ping: sendmsg: Operation not permitted", "", "sendmsg: Operation not permitted"),
    ],
)
def test_ping_errors(line: str, source: str, message: str) -> None:
    """Who says what on the way, in iputils' spellings."""
    (error,) = ping.parse("10.0.0.2", f"PING …\n{line}\n{LOST}").errors
    assert (error.source, error.message) == (source, message)


def test_unanswered_ping() -> None:
    """A ping that nobody answers is an error that tells who said what; with `check=False` it is a result."""
    said = f"From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n{LOST}"
    host = Host.fake({PING: (1, said, "ping: sendmsg: Operation not permitted\n")})
    with pytest.raises(UnreachableError) as caught:
        host.ping("10.0.0.2", count=1)
    assert caught.value.hint == (
        "Nobody answered 1 of 1 packets. 10.0.0.1 says: Destination Host Unreachable."
        ' ping says: sendmsg: Operation not permitted. `explain(place, "10.0.0.2")` tells why.'
    )
    assert not host.ping("10.0.0.2", count=1, check=False)


def test_labels_of_mpls() -> None:
    """A route of MPLS, whose destination is a label, is read back as the line that adds it."""
    answer = (
        '[{"dst":"300","to":"400","via":{"family":"inet","host":"10.0.0.9"},"dev":"v0","protocol":"boot","flags":[]}]'
    )
    (route,) = Host.fake({"ip -j -d -M route": answer}).route.show(family="mpls")
    assert str(route) == "ip -M route add 300 as 400 via inet 10.0.0.9 dev v0"


def test_late_answers() -> None:
    """A ping whose answers take longer than it waited does not call them lost without saying what to set."""
    said = (
        "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=3000 ms\n3 packets transmitted, 1 received, 66% packet loss\n"
        "rtt min/avg/max/mdev = 3000.0/3000.0/3000.0/0.0 ms\n"
    )
    host = Host.fake({"ping -n -c 3 -W 2 10.0.0.2": said, "ping -n -c 3 -W 5 10.0.0.2": said})
    assert str(host.ping("10.0.0.2")).endswith("answers took longer than the 2 s that it waited: set `wait`")
    assert "wait" not in str(host.ping("10.0.0.2", wait=5))


def test_ping_without_a_way() -> None:
    """D1's first ping: no way there at all."""
    host = Host.fake({PING: (2, "", "connect: Network is unreachable\n")})
    with pytest.raises(UnreachableError, match=r"route\.list"):
        host.ping("10.0.0.2", count=1)
    assert host.ping("10.0.0.2", count=1, check=False).errors[0].message == "Network is unreachable"


def test_numbers_as_text() -> None:
    """Digits will do for a number: the time-out is reckoned from the checked one."""
    assert Host.dry_run().ping("10.0.0.2", count="2").sent == 0  # type: ignore[arg-type]


def test_link_without_a_name_in_an_answer() -> None:
    """`addr show label` gives entries that lack the link's name; they are read all the same."""
    answer = '[{"addr_info":[{},{"family":"inet","local":"10.0.1.1","prefixlen":24}]},{}]'
    (address,) = Host.fake({"ip -j -d addr": answer}).addr.show()
    assert (str(address), address.dev) == ("10.0.1.1/24", "")


def test_gone_link() -> None:
    """A link that is gone is a NotFoundError, also where `ip` answers with an empty list."""
    for answer in ("[]", "[{}]", (1, "", 'Device "x" does not exist.\n')):
        with pytest.raises(NotFoundError):
            Host.fake({"ip -j -d link show dev x": answer}).link("x").show()


def test_fake_refuses_what_it_does_not_know() -> None:
    """A fake answers what it was given, and refuses all else, lasting commands too."""
    host = Host.fake({"ip netns add net0": "", ("ip", "netns", "add", "net1"): (1, "", "File exists")})
    host.netns.add("net0")
    with pytest.raises(UnknownCommandError, match="ip netns delete net0"):
        host.netns.delete("net0")
    with pytest.raises(UnknownCommandError, match="iperf3 -s"):
        host.start("iperf3", "-s")
    with pytest.raises(AssertionError):
        host.shell()


def test_a_neighbour_of_whom_nothing_is_told() -> None:
    """An answer without a neighbour is an OutputError, not an accident."""
    with pytest.raises(OutputError, match="no neighbour"):
        Host.fake({"ip neigh get 10.0.0.1 dev eth0": ""}).neigh.get("10.0.0.1", dev="eth0")
