"""From what a failed command said to the error that names its cause; the texts are those of real tools."""

from __future__ import annotations

import copy
import pickle

import pytest

from netns_kit import (
    CommandError,
    ExistsError,
    Host,
    InvalidArgumentError,
    MissingModuleError,
    NetnsKitError,
    NoPlaceError,
    NotFoundError,
    OutputError,
    PasswordNeededError,
    PermissionDeniedError,
    RefusedValueError,
    TimedOutError,
    ToolMissingError,
    UnreachableError,
)
from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import SshError

EXISTS = [
    ("ip netns add net0", 1, 'Cannot create namespace file "/run/netns/net0": File exists'),
    ("ip link add name br0 type bridge", 2, "RTNETLINK answers: File exists"),
    ("ip link set dev vxlan0 up", 2, "RTNETLINK answers: Address already in use"),
    ("ip link add vxlan1 type vxlan id 5", 2, "Error: A VXLAN device with the specified VNI already exists."),
    ("ip addr add 10.0.0.1/24 dev eth0", 2, "Error: ipv4: Address already assigned."),
    ("ip addr add fd00::1/64 dev eth0", 2, "Error: ipv6: address already assigned."),
    ("ip link set dev eth0 netns net0", 2, "Error: An interface with the same name exists in the target netns."),
    ("brctl addbr br0", 1, "device br0 already exists; can't create bridge with the same name"),
    ("brctl addif br0 eth0", 1, "device eth0 is already a member of a bridge; can't add it to bridge br0."),
    ("iptables -N FORWARD", 1, "iptables: Chain already exists."),
    ("ln -s /proc/1/ns/net /run/netns/n", 1, "ln: failed to create symbolic link '/run/netns/n': File exists"),
]
NOT_FOUND = [
    ("ip netns delete net0", 1, 'Cannot remove namespace file "/run/netns/net0": No such file or directory'),
    ("ip -n net0 link", 255, 'Cannot open network namespace "net0": No such file or directory'),
    ("ip netns exec net0 true", 255, 'Cannot open network namespace "net0": No such file or directory'),
    ("ip -n stray link", 255, 'setting the network namespace "stray" failed: Invalid argument'),
    ("ip netns list-id nsid 77", 2, "Error: Peer netns reference is invalid."),
    ("ip netns identify 999999", 1, "Cannot open network namespace: No such file or directory"),
    ("ip netns attach x 99", 1, "Bind /proc/99/ns/net -> /run/netns/x failed: No such file or directory"),
    ("ip link set dev eth0 up", 1, 'Cannot find device "eth0"'),
    ("ip link show dev eth0", 1, 'Device "eth0" does not exist.'),
    ("ip link set dev eth0 master br0", 255, 'Error: argument "br0" is wrong: Device does not exist\n'),
    ("ip link set dev eth0 netns net0", 255, 'Error: argument "net0" is wrong: Invalid "netns" value\n'),
    ("ip link set dev eth0 netns 99", 2, "RTNETLINK answers: No such process"),
    ("ip addr delete 10.0.0.1/24 dev eth0", 2, "Error: ipv4: Address not found."),
    ("ip route delete 10.0.0.0/8", 2, "RTNETLINK answers: No such process"),
    ("ip route delete 10.0.0.0/8 table 7", 2, "Error: FIB table does not exist."),
    ("tc qdisc del dev eth0 root", 2, "Error: Cannot delete qdisc with handle of zero."),
    ("tc qdisc del dev eth0 parent 9:1", 2, "Error: Failed to find qdisc with specified classid."),
    ("ip rule delete from 10.0.0.0/8", 2, "RTNETLINK answers: No such file or directory"),
    ("brctl addif br0 eth0", 1, "interface eth0 does not exist!"),
    ("brctl addif br0 eth0", 1, "bridge br0 does not exist!"),
    ("brctl delbr br0", 1, "bridge br0 doesn't exist; can't delete it"),
    ("ethtool -S eth0", 96, "Cannot get stats strings information: No such device"),
    ("ping -n 10.0.0.1 -I eth0", 2, "ping: SO_BINDTODEVICE eth0: No such device"),
    ("iptables -A MINE -j ACCEPT", 1, "iptables: No chain/target/match by that name."),
    ("iptables -A FORWARD -j MINE", 2, "iptables v1.8.9 (nf_tables): Chain 'MINE' does not exist"),
    ("iptables -C FORWARD -j MINE", 1, "iptables: Bad rule (does a matching rule exist in that chain?)."),
    ("iptables -S MINE", 1, "iptables v1.8.9: chain `MINE' in table `filter' is incompatible, use 'nft' tool."),
    ("sysctl -n net.x", 1, "sysctl: cannot stat /proc/sys/net/x: No such file or directory"),
    ("nsenter --net=/proc/99/ns/net true", 1, "nsenter: cannot open /proc/99/ns/net: No such file or directory"),
    ("nsenter --net=/etc/passwd true", 1, "nsenter: reassociate to namespace 'ns/net' failed: Invalid argument"),
]
DENIED = [
    ("ip link add name br0 type bridge", 2, "RTNETLINK answers: Operation not permitted"),
    ("ip netns add net0", 1, "mount --make-shared /run/netns failed: Operation not permitted"),
    ("ip netns delete net0", 1, 'Cannot remove namespace file "/run/netns/net0": Permission denied'),
    ("ip netns identify 1", 1, "Cannot open network namespace: Permission denied"),
    ("ip -n net0 link", 255, 'setting the network namespace "net0" failed: Operation not permitted'),
    ("iptables -S", 4, "Could not fetch rule set generation id: Permission denied (you must be root)"),
    ("iptables -S", 3, "can't initialize iptables table `filter': Permission denied (you must be root)"),
    ("sysctl -w net.ipv4.ip_forward=1", 1, 'sysctl: permission denied on key "net.ipv4.ip_forward"'),
    ("sysctl -w net.ipv4.ip_forward=1", 1, 'sysctl: setting key "net.ipv4.ip_forward": Read-only file system'),
    ("sudo -n ip link", 1, "ann is not in the sudoers file."),
    ("ip netns exec net0 /etc/passwd", 1, 'exec of "/etc/passwd" failed: Permission denied'),
    ("/etc/passwd", 126, "/etc/passwd: Permission denied"),
]
MODULE = [
    ("ip link add name x type vlan", 2, "Error: Unknown device type."),
    ("ip link add name x type vlan", 2, "RTNETLINK answers: Operation not supported"),
    ("ip tunnel add x mode ipip", 1, 'add tunnel "tunl0" failed: No such device'),
    ("modprobe nosuch", 1, "modprobe: FATAL: Module nosuch not found in directory /lib/modules/6.1.0"),
    ("tc qdisc add dev eth0 root netem delay 10ms", 2, "Error: Specified qdisc kind is unknown."),
    ("iptables -t nosuch -S", 3, "iptables v1.8.9 (nf_tables): table 'nosuch' does not exist"),
    ("iptables -t x -S", 3, "can't initialize iptables table `x': Table does not exist (do you need to insmod?)"),
    ("bridge vlan add vid 10 dev eth0", 255, "RTNETLINK answers: Operation not supported"),
]
UNREACHABLE = [
    ("ip route get 8.8.8.8", 2, "RTNETLINK answers: Network is unreachable"),
    ("ip route get 10.24.0.1", 2, "RTNETLINK answers: No route to host"),
    ("ip route get 10.23.0.1", 2, "RTNETLINK answers: Invalid argument"),
    ("ip route get 10.25.0.1", 2, "RTNETLINK answers: Permission denied"),
    ("ip route add 10.0.0.0/8 via 9.9.9.9", 2, "Error: Nexthop has invalid gateway."),
    ("ip route add 10.0.0.0/8 dev eth0", 2, "Error: Device for nexthop is not up."),
    ("ip route add 10.0.0.0/8 dev eth0", 2, "RTNETLINK answers: Network is down"),
    ("ping -n 8.8.8.8", 2, "connect: Network is unreachable"),
    ("ping -n 8.8.8.8", 2, "ping: connect: Network is unreachable"),
    ("ping -n 10.23.0.1", 2, "ping: connect: Invalid argument"),
    ("ping -n 10.25.0.1", 2, "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules"),
]
REFUSED = [
    ("ip link set dev eth0 mtu abc", 255, 'Error: argument "abc" is wrong: Invalid "mtu" value'),
    ("ip link set dev eth0 mtu 20", 2, "Error: mtu less than device minimum."),
    ("ip link set dev eth0 bogus", 255, 'Error: either "dev" is duplicate, or "bogus" is a garbage.'),
    ("ip link set dev eth0 bogus", 255, 'Error: either "dev" is duplicate, or "bogus" is garbage.'),
    ("ip addr add 300.1.1.1/24 dev eth0", 1, 'Error: any valid prefix is expected rather than "300.1.1.1/24".'),
    ("ip link add name 0123456789abcdef type x", 2, "Error: Attribute failed policy validation."),
    ("ip link set dev eth0 address 01:00:00:00:00:01", 2, "RTNETLINK answers: Cannot assign requested address"),
    ("ip -j neigh get 10.0.0.1 dev eth0", 255, 'Command "get" is unknown, try "ip neigh help".'),
    ("ip --nosuch link", 255, 'Option "-nosuch" is unknown, try "ip -help".'),
    ("ping -n nosuch.invalid", 2, "ping: nosuch.invalid: Name or service not known"),
    ("ping -n nosuch.invalid", 2, "ping: nosuch.invalid: Temporary failure in name resolution"),
    ("ping -c 0 10.0.0.1", 1, "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807"),
    ("iptables -A FORWARD --nosuch", 2, 'iptables v1.8.9 (nf_tables): unknown option "--nosuch"'),
    ("iptables -A FORWARD -m x", 2, "iptables v1.8.9: Couldn't load match `x':No such file or directory"),
    ("iptables -A FORWARD -s x", 2, "iptables v1.8.9 (nf_tables): host/network `x' not found"),
    ("iptables -P FORWARD X", 1, "iptables: Bad policy name. Run `dmesg' for more information."),
    ("sysctl -w net.ipv4.ip_forward=x", 1, 'sysctl: setting key "net.ipv4.ip_forward": Invalid argument'),
]
PASSWORD = [
    ("sudo -n ip link", 1, "sudo: a password is required"),
    ("sudo -n ip link", 1, "sudo: a terminal is required to read the password"),
]
TOOL = [
    ("brctl show", 127, "brctl: command not found"),
    ("bash -c brctl", 127, "bash: line 1: brctl: command not found"),
    ("sh -c brctl", 127, "sh: 1: brctl: not found"),
    ("sudo -n brctl show", 1, "sudo: brctl: command not found"),
    ("ip netns exec net0 brctl show", 1, 'exec of "brctl" failed: No such file or directory'),
    ("nsenter --net=/n brctl show", 127, "nsenter: failed to execute brctl: No such file or directory"),
    ("unshare --net brctl show", 127, "unshare: failed to execute brctl: No such file or directory"),
]
OTHER = [
    ("ip netns delete net0", 1, 'Cannot remove namespace file "/run/netns/net0": Device or resource busy'),
    ("brctl delbr br0", 1, "bridge br0 is still up; can't delete it"),
    ("ethtool -S lo", 94, "no stats available"),
    ("false", 1, ""),
]
CASES = [
    *((ExistsError, *case) for case in EXISTS),
    *((NotFoundError, *case) for case in NOT_FOUND),
    *((PermissionDeniedError, *case) for case in DENIED),
    *((MissingModuleError, *case) for case in MODULE),
    *((UnreachableError, *case) for case in UNREACHABLE),
    *((RefusedValueError, *case) for case in REFUSED),
    *((PasswordNeededError, *case) for case in PASSWORD),
    *((ToolMissingError, *case) for case in TOOL),
    *((CommandError, *case) for case in OTHER),
]


def failed(line: str, status: int = 2, stderr: str = "", stdout: str = "", **more: object) -> CommandError:
    """The error for a command line that ended so."""
    return error_for(Result(Command(tuple(line.split())), "node1", status, stdout, stderr, **more))


@pytest.mark.parametrize(("error", "line", "status", "said"), CASES, ids=lambda value: str(value)[:60])
def test_cause(error: type[CommandError], line: str, status: int, said: str) -> None:
    """What a tool says decides the class, and nothing more general takes it first."""
    assert type(failed(line, status, said + "\n")) is error


def test_every_class_is_reached() -> None:
    """No class of the tree is without a case here; SSH's own have their tests."""
    tree = {kind for kind in _below(CommandError) if not issubclass(kind, TimedOutError | SshError)}
    assert {error for error, *_ in CASES} == tree


def _below(kind: type[CommandError]) -> set[type[CommandError]]:
    return {kind}.union(*(_below(one) for one in kind.__subclasses__()))


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("ip link add name x type vlan id 5", "Error: Unknown device type.", "(8021q)"),
        ("ip link add name x type ifb", "Error: Unknown device type.", "(ifb)"),
        ("ip tunnel add x mode gre", 'add tunnel "gre0" failed: No such device', "(ip_gre)"),
        ("tc qdisc add dev eth0 root netem delay 9ms", "Error: Specified qdisc kind is unknown.", "(sch_netem)"),
        ("tc qdisc add dev x parent 1:1 handle 10: sfq", "Error: Specified qdisc kind is unknown.", "(sch_sfq)"),
        ("brctl show", "brctl: command not found", "apt-get install bridge-utils"),
        ("bash -c iperf3", "bash: line 1: iperf3: command not found", "Install iperf3"),
        ("ip link add name br0 type bridge", "RTNETLINK answers: Operation not permitted", "Host.private()"),
        ("ip route add 10.0.0.0/8 dev eth0", "Error: Device for nexthop is not up.", ".up()"),
        ("ip route get 10.0.0.1", "RTNETLINK answers: Permission denied", "prohibit"),
        ("ip route get 10.0.0.1", "RTNETLINK answers: Invalid argument", "blackhole"),
        ("ping -n 10.0.0.1", "ping: connect: Invalid argument", "blackhole"),
        ("brctl delbr br0", "bridge br0 is still up; can't delete it", ".down()"),
        ("ip -n net0 link", 'Cannot open network namespace "net0": No such file or directory', "netns.list()"),
        ("ip link show dev x", 'Device "x" does not exist.', "link.list()"),
        ("ip link set dev vxlan0 up", "RTNETLINK answers: Address already in use", "dstport"),
        ("tc qdisc del dev eth0 root", "Error: Cannot delete qdisc with handle of zero.", "none"),
        ("ip link add br0 type bridge vlan_filtering 1", "RTNETLINK answers: Operation not supported", "VLAN_FILTER"),
        ("tcpdump -i a", "tcpdump: Couldn't change to 'tcpdump' uid=1 gid=1: Operation not permitted", "place.capture"),
        ("bridge vlan add vid 10 dev eth0", "RTNETLINK answers: Operation not supported", "VLAN_FILTER"),
    ],
)
def test_hint(line: str, said: str, hint: str) -> None:
    """The hint says what to do about this cause."""
    assert hint in failed(line, 127 if "command not found" in said else 2, said).hint


@pytest.mark.parametrize(
    ("line", "said", "misleading"),
    [
        ("ip link delete dev lo", "RTNETLINK answers: Operation not supported", "load the module"),
        ("ip netns identify 99", "Cannot open network namespace: No such file or directory", "netns.list()"),
        ("ip netns exec net0 /etc/passwd", 'exec of "/etc/passwd" failed: Permission denied', "sudo"),
        ("ip tuntap add dev t0 mode tun", "open: Permission denied", "no program"),
        ("ip route get 10.25.0.1", "RTNETLINK answers: Permission denied", "root"),
        ("sh -c x", "sh: 1: cannot open /x: No such file", "link.list()"),
        ("tcpdump -i a", "tcpdump: Couldn't change to 'tcpdump' uid=1: Operation not permitted", "Host.private()"),
        ("python3 server.py", "OSError: [Errno 98] Address already in use", "dstport"),
    ],
)
def test_no_misleading_hint(line: str, said: str, misleading: str) -> None:
    """A hint that would send its reader the wrong way is not given."""
    assert misleading not in failed(line, 2, said).hint


@pytest.mark.parametrize(
    ("before", "status", "said"),
    [
        ((), 127, "ls /run: command not found"),
        (("ip", "netns", "exec", "net0"), 255, 'exec of "ls /run" failed: No such file or directory'),
        (("sudo", "-n"), 1, "sudo: ls /run: command not found"),
        (("nsenter", "--net=/n"), 127, "nsenter: failed to execute ls /run: No such file or directory"),
    ],
)
def test_a_line_as_one_word(before: tuple[str, ...], status: int, said: str) -> None:
    """Who gives a whole line as the program is told how its words are given, wherever it was to run."""
    error = error_for(Result(Command((*before, "ls /run"), leading=len(before)), "node1", status, stderr=said))
    assert type(error) is ToolMissingError
    assert 'exec("ls", "-l")' in error.hint


def test_what_a_script_says_is_not_what_came_of_it() -> None:
    """A program that a script misses in passing is no missing tool: the script's own exit status would be 127."""
    assert type(failed("sh -c script", 1, "sh: 1: foo: not found\n")) is not ToolMissingError
    assert type(failed("sh -c script", 1, "foo: command not found\n")) is not ToolMissingError


def test_error_text_goes_before_output() -> None:
    """What was printed counts only where nothing was said as an error."""
    error = failed("prog", 1, "RTNETLINK answers: File exists\n", "Permission denied\n")
    assert type(error) is ExistsError
    assert type(failed("ping -n 10.0.0.9", 1, "", "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n")) is (
        UnreachableError
    )
    assert type(failed("ping -n fd00::9", 1, "", "From fd00::1 icmp_seq=1 Destination unreachable: No route\n")) is (
        UnreachableError
    )


def test_usage_on_output_is_a_refused_word() -> None:
    """`ip link add … type veth bogus` says nothing as an error, and prints its usage."""
    assert type(failed("ip link add name x type veth bogus", 1, "", "Usage: ip link <options> type veth\n")) is (
        RefusedValueError
    )


def test_time_out() -> None:
    """A command that was ended says so, whatever it had said before; it is a TimeoutError too."""
    error = failed("sleep 9", -9, "Permission denied\n", timed_out=True, duration=1.5)
    assert isinstance(error, TimedOutError)
    assert isinstance(error, TimeoutError)
    assert "not done after 1.5 s" in str(error)
    assert "timeout" in error.hint


def test_message() -> None:
    """The message has the command line, host, namespace, exit status, what was said, and the hint."""
    command = Command(("ip", "-n", "net 0", "link", "show", "dev", "x"), netns="net 0")
    error = error_for(Result(command, "node1", 1, stderr='Device "x" does not exist.\n'))
    assert str(error).splitlines() == [
        "ip -n 'net 0' link show dev x",
        "  on node1, in namespace net 0: exit status 1",
        '  Device "x" does not exist.',
        f"  → {error.hint}",
    ]
    assert (error.argv, error.host, error.netns, error.returncode) == (command.argv, "node1", "net 0", 1)
    assert (error.stdout, error.stderr) == ("", 'Device "x" does not exist.\n')


def test_signal() -> None:
    """A command that a signal ended says which."""
    assert "ended by signal 11" in str(failed("prog", -11))


@pytest.mark.parametrize("error", [failed("false", 1), failed("sleep 9", -9, timed_out=True)], ids=str)
def test_errors_travel(error: CommandError) -> None:
    """Errors can be copied and pickled, as worker processes need it."""
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert isinstance(twin, NetnsKitError)


def test_missing_program_for_real() -> None:
    """A program that is not there is a ToolMissingError on this machine too."""
    with pytest.raises(ToolMissingError, match=r"no-such-program(.|\n)*Install no-such-program"):
        Host.local().exec("no-such-program")


@pytest.mark.parametrize(
    "error", [InvalidArgumentError("mtu", 1, "too small"), NoPlaceError(), OutputError("no JSON")], ids=str
)
def test_other_errors_travel(error: NetnsKitError) -> None:
    """Errors that no command caused can be pickled, too."""
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
