"""Scripts of real tutorials' shape, recorded by running them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netns_kit import Host, InvalidArgumentError, Recording, Topology, record
from netns_kit.__main__ import main
from tests.networks import comes_again

SCRIPTS = {
    "plain": """\
ip netns add net0
ip netns add net1
ip link add veth0 type veth peer name veth1
ip link set veth0 netns net0
ip link set veth1 netns net1
ip netns exec net0 ip addr add 10.1.1.1/24 dev veth0
ip netns exec net1 ip addr add 10.1.1.2/24 dev veth1
ip netns exec net0 ip link set veth0 up
ip netns exec net1 ip link set veth1 up
ip netns exec net0 ping -c 1 -W 1 10.1.1.2
""",
    "loop": """\
#!/bin/bash
set -euo pipefail
BRIDGE=br0
ip link add "$BRIDGE" type bridge
for n in $(seq 1 3); do
    ip netns add "net$n"
    ip link add "port$n" type veth peer name eth0 netns "net$n"
    ip -n "net$n" addr add "10.0.0.$n/24" dev eth0
    ip -n "net$n" link set eth0 up
    ip link set "port$n" master "$BRIDGE" up
done
ip link set "$BRIDGE" up
""",
    "functions": """\
#!/bin/bash
set -e
new_host() {
    local name=$1 address=$2
    ip netns add "$name"
    in_host "$name" ip link set lo up
    in_host "$name" ip addr add "$address" dev lo
}
in_host() { local name=$1; shift; ip netns exec "$name" "$@"; }
new_host left 10.255.0.1/32
new_host right 10.255.0.2/32
""",
    "trap": """\
#!/bin/bash
set -e
cleanup() { ip netns del temporary; }
trap cleanup EXIT
ip netns add temporary
ip netns add stays
""",
    "absolute": """\
#!/bin/sh
/sbin/ip link add br0 type bridge
/usr/sbin/sysctl -w net.ipv4.ip_forward=1 || /sbin/sysctl -w net.ipv4.ip_forward=1
""",
    "background": """\
#!/bin/bash
ip netns add net0
ip netns exec net0 ip link set lo up
ip netns exec net0 ping -i 0.2 127.0.0.1 >/dev/null &
pinger=$!
sleep 1
kill $pinger
wait $pinger
ip netns add net1
""",
    "shells": """\
#!/bin/bash
ip netns add net0
ip netns exec net0 bash <<'END'
ip link set lo up
ip link add eth0 type veth peer name eth1
for dev in eth0 eth1; do ip link set "$dev" up; done
END
""",
    "unshare": """\
#!/bin/bash
ip link add br0 type bridge
unshare --net sh -c 'ip link set lo up; ip link show lo'
""",
    "firewall": """\
#!/bin/bash
set -e
ip netns add router
ip netns exec router sysctl -w net.ipv4.ip_forward=1
ip netns exec router iptables -P FORWARD DROP
ip netns exec router iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE
ip netns exec router iptables-restore --noflush <<'END'
*filter
-A FORWARD -i lan+ -j ACCEPT
COMMIT
END
""",
    "batch": """\
#!/bin/sh
printf 'link add br0 type bridge\\nlink set br0 up\\n' | ip -batch -
ip -j link show br0 | grep -q br0 && ip netns add found
ip link show nosuch 2>/dev/null || ip netns add missing
""",
}


def run(text: str, folder: Path, **options: float) -> Recording:
    """A script, recorded."""
    path = folder / "setup.sh"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755 if text.startswith("#!") else 0o644)
    return record(path, **options)


def commands(recording: Recording) -> list[str]:
    """The commands of a recording."""
    return [str(one.command) for one in recording.transcript]


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(name: str, tmp_path: Path) -> None:
    """What a script does is recorded, and its network comes again from the Python of it."""
    with run(SCRIPTS[name], tmp_path) as recording:
        assert recording.ok, recording.result
        assert recording.failed_at is None
        assert len(recording.transcript) > 1
        comes_again(recording.host)


@pytest.mark.parametrize("name", ["plain", "loop", "functions", "trap", "firewall", "shells"])
def test_the_transcript_builds_it_again(name: str, tmp_path: Path) -> None:
    """The commands as one script, without loops and functions, leave the same network."""
    with run(SCRIPTS[name], tmp_path) as recording, Host.private() as other:
        other.exec("bash", "-s", input=recording.transcript.as_shell())
        changes = Topology.of(recording.host, whole=True).compare(Topology.of(other, whole=True)).changes
        assert [str(change) for change in changes if change.what != "state"] == []


def test_what_is_recorded(tmp_path: Path) -> None:
    """Each command is there as it was executed, once: with its namespace, line, exit status and output."""
    with run(SCRIPTS["loop"], tmp_path) as recording:
        assert commands(recording)[:6] == [
            "ip link add br0 type bridge",
            "ip netns add net1",
            "ip link add port1 type veth peer name eth0 netns net1",
            "ip -n net1 addr add 10.0.0.1/24 dev eth0",
            "ip -n net1 link set eth0 up",
            "ip link set port1 master br0 up",
        ]
        assert [line and line.rpartition(":")[2] for line in recording.lines[:3]] == ["4", "6", "7"]
    with run(SCRIPTS["plain"], tmp_path) as recording:
        last = recording.transcript[-1]
        assert (str(last.command), last.netns, last.ok) == ("ip netns exec net0 ping -c 1 -W 1 10.1.1.2", "net0", True)
        assert "1 received" in last.stdout
        assert "1 received" in recording.result.stdout
        assert "ip -n net1 link set veth1 up" in commands(recording)


def test_a_namespace_without_a_name(tmp_path: Path) -> None:
    """What runs where no name leads is recorded by the command that led there."""
    with run(SCRIPTS["unshare"], tmp_path) as recording:
        assert commands(recording) == [
            "ip link add br0 type bridge",
            "unshare --net sh -c 'ip link set lo up; ip link show lo'",
        ]


def test_input_is_recorded(tmp_path: Path) -> None:
    """What a tool reads its commands from is part of the recording."""
    with run(SCRIPTS["batch"], tmp_path) as recording:
        first = recording.transcript[0]
        assert (first.argv, first.command.input) == (
            ("ip", "-batch", "-"),
            "link add br0 type bridge\nlink set br0 up\n",
        )


FAILING = {
    "#!/bin/bash\nset -e\nip netns add a\nip link set nosuch up\nip netns add b\n": ("setup.sh:4", 1),
    "#!/bin/bash\nset -e\ntrap 'ip netns del a' EXIT\nip netns add a\nfalse\nip netns add b\n": ("setup.sh:5", 1),
    "#!/bin/bash\nip netns add a\nf() {\n  ip link set nosuch up || exit 3\n}\nf\nip netns add b\n": ("setup.sh:4", 3),
    "#!/bin/bash\nip netns add a\nif true; then\n": ("setup.sh:4", 2),
    "#!/bin/bash\nset -u\nip netns add a\nip link set $IP up\n": ("setup.sh:4", 1),
    "#!/bin/sh\nip netns add a\nset -e\nnosuchtool\n": ("setup.sh:4", 127),
}


@pytest.mark.parametrize("text", FAILING)
def test_a_script_that_fails(text: str, tmp_path: Path) -> None:
    """A script that fails is recorded up to there, and says at which line."""
    with run(text, tmp_path) as recording:
        assert (recording.failed_at, recording.result.returncode) == FAILING[text]
        assert commands(recording)[0] == "ip netns add a"
        assert "ip netns add b" not in commands(recording)
        assert f"exit status {FAILING[text][1]} at {FAILING[text][0]}" in str(recording)


def test_a_script_that_never_ends(tmp_path: Path) -> None:
    """It is ended in time, and what it did by then is recorded."""
    with run("ip netns add a\nwhile :; do sleep 1; done\n", tmp_path, timeout=6) as recording:
        assert recording.result.timed_out
        assert not recording.ok
        assert commands(recording) == ["ip netns add a"]
        assert "timed out" in str(recording)


def test_a_tool_that_never_ends(tmp_path: Path) -> None:
    """A command that still runs when the time is up is recorded as one that was stopped."""
    with run("ip link set lo up\nping 127.0.0.1\n", tmp_path, timeout=6) as recording:
        assert commands(recording) == ["ip link set lo up", "ping 127.0.0.1"]
        assert recording.transcript[-1].returncode is None


def test_a_script_that_wants_a_terminal(tmp_path: Path) -> None:
    """There is none: what is asked for is not answered, and nothing waits."""
    with run("read -p 'Sure? ' answer || ip netns add unanswered\ntty || ip netns add none\n", tmp_path) as recording:
        assert commands(recording) == ["ip netns add unanswered", "ip netns add none"]


def test_nothing_of_the_machine_changes(tmp_path: Path) -> None:
    """What is written to the machine's folders, and its settings, stay as they are; in the script they seem changed."""
    before = Path("/proc/sys/kernel/panic").read_text(), sorted(os.listdir("/etc")), Path("/etc/hosts").read_text()
    text = "echo 1 >>/etc/hosts\necho x >/etc/netns_kit_was_here\necho 7 >/proc/sys/kernel/panic\nip netns add a\n"
    with run(f"{text}rm -f /etc/hosts; ls /etc\n", tmp_path) as recording:
        after = Path("/proc/sys/kernel/panic").read_text(), sorted(os.listdir("/etc")), Path("/etc/hosts").read_text()
        assert after == before
        assert commands(recording) == ["ip netns add a"]
        # The library's own commands are not part of it.
        assert Topology.of(recording.host).as_text()
        assert len(recording.transcript) == 1


def test_a_command_instead_of_a_file(tmp_path: Path) -> None:
    """A command with arguments may be given, and variables for it."""
    with record(["bash", "-c", 'ip netns add "$NAME$1"', "-", "1"], environment={"NAME": "net"}) as recording:
        assert commands(recording) == ["ip netns add net1"]


def test_a_script_that_is_not_there() -> None:
    """A file that does not exist is refused before anything runs."""
    with pytest.raises(InvalidArgumentError, match="script"):
        record("./nosuch.sh")


def test_at_another_host(tmp_path: Path, host: Host) -> None:
    """On a host that is given, what is called by its name is recorded, and nothing is left behind."""
    path = tmp_path / "setup.sh"
    path.write_text("ip netns add a\n/sbin/ip netns add b\n")
    recording = record(["bash", path], at=host)
    assert commands(recording) == ["ip netns add a"]
    assert {known.name for known in host.netns.list()} == {"a", "b"}
    assert host.exec("find", "/tmp", "-maxdepth", "1", "-name", "netns_kit.*", "-newer", path, check=False).stdout == ""


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`record` prints the commands and the network, and writes what builds it."""
    (tmp_path / "setup.sh").write_text(SCRIPTS["plain"])
    python = tmp_path / "net.py"
    assert main(["record", "--python", str(python), str(tmp_path / "setup.sh")]) == 0
    said = capsys.readouterr().out
    assert "10 commands, exit status 0\n" in said
    assert "└─ namespace net1" in said
    assert 'VethPair("veth0", "veth1"' in python.read_text()
