"""Machines behind SSH: real sshds in two lab hosts, reached with OpenSSH's own client."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from netns_kit import (
    Bridge,
    ConnectionLostError,
    Host,
    HostKeyUnknownError,
    HostUnreachableError,
    Lab,
    Namespace,
    NotFoundError,
    PlaceClosedError,
    TimedOutError,
    ToolMissingError,
    VethPair,
    VxlanLink,
    for_each,
)
from scripts.testing.ssh_lab import SshLab
from scripts.testing.waiting import wait_for


def ours() -> set[str]:
    """What the library keeps here while it is connected: its folders, and the ssh processes that use them."""
    listed = subprocess.run(("ps", "-ww", "-eo", "args"), capture_output=True, text=True, check=True).stdout
    clients = {line for line in listed.splitlines() if line.startswith(("ssh -", "/usr/bin/ssh -"))}
    return clients | {str(path) for path in Path("/tmp").glob("netns_kit-*/socket")}


def left_there(mark: str) -> list[int]:
    """The processes that have a word in their command line; lab hosts share this machine's process ids."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", mark.encode()]:
            found.append(int(path.parent.name))
    return found


def point_to_point(node1: Host, node2: Host, port: str) -> bool:
    """D1.6a to c: a VXLAN between two machines, and a ping through it."""
    for node, local, remote, inner in (
        (node1, "10.9.0.1", "10.9.0.2", "10.10.10.2/24"),
        (node2, "10.9.0.2", "10.9.0.1", "10.10.10.3/24"),
    ):
        with node.enter():
            vxlan1 = VxlanLink("vxlan1", id=100, dstport=4789, remote=remote, local=local, dev=port).add()
            vxlan1.up()
            vxlan1.addr.add(inner)
    return node1.ping("10.10.10.3", count=1).ok


def through_a_bridge(node1: Host, node2: Host, port: str) -> bool:
    """D1.6d and e, without the VRF: a VXLAN and a namespace on a bridge of each machine."""
    for node, local, remote, inner in (
        (node1, "10.9.0.1", "10.9.0.2", "172.66.1.2/24"),
        (node2, "10.9.0.2", "10.9.0.1", "172.66.1.3/24"),
    ):
        with node.enter():
            vxlan0 = VxlanLink("vxlan0", id=88, dstport=4788, remote=remote, local=local, dev=port).add()
            br0 = Bridge("br0").add()
            vxlan0.set(master=br0)
            vxlan0.up()
            br0.up()
            ns0 = Namespace("ns0").add()
            veth0, eth0 = VethPair("veth0", "eth0", peer_netns=ns0).add()
            veth0.set(master=br0)
            veth0.up()
            ns0.link("lo").up()
            eth0.addr.add(inner)
            eth0.up()
    return Namespace("ns0", at=node1).ping("172.66.1.3", count=1).ok


@pytest.mark.needs_kernel("vxlan")
@pytest.mark.parametrize("build", [point_to_point, through_a_bridge])
def test_the_same_script_as_in_a_lab(ssh_lab: SshLab, build: object) -> None:
    """D1.6: one function builds it on lab hosts and on hosts behind SSH, and types the same commands on both."""
    with Lab() as lab:
        nodes = lab.host("node1"), lab.host("node2")
        lab.switch("segment", *nodes, addresses=("10.9.0.1/24", "10.9.0.2/24"))
        before = [len(node.transcript) for node in nodes]
        assert build(*nodes, "eth0")  # type: ignore[operator]
        expected = [
            [result.argv for result in node.transcript[start:]] for node, start in zip(nodes, before, strict=True)
        ]
    with ssh_lab.ssh("node1") as first, ssh_lab.ssh("node2") as second:
        assert build(first, second, "eth0")  # type: ignore[operator]
        assert [[result.argv for result in node.transcript] for node in (first, second)] == expected


def hostile_words(seed: int, number: int) -> list[str]:
    """Words that a careless shell would make something else of, among them pieces of each other."""
    dice = random.Random(seed)
    pieces = [
        " ", "  ", "\t", "\n", "\r", "'", '"', "\\", "`", "$", "$(id)", "${HOME}", "`id`", ";", "&", "&&", "|", ">",
        "<", "*", "?", "[a]", "{a,b}", "~", "!", "!!", "#", "%", "^", "-", "--", "=", "A=b", "(", ")", "\x01",
        "\x1b[31m", "\x7f", "ö", "名前", "🦊", "\u202e", "\udcff", "a", "eth0",
    ]  # fmt: skip
    return ["".join(dice.choices(pieces, k=dice.randrange(6))) for _ in range(number)]


@pytest.mark.parametrize("seed", range(10))
def test_hostile_words_arrive_as_given(node1: Host, seed: int) -> None:
    """Spaces, quotes, $(…), newlines, non-ASCII and bytes that are no text arrive as given, as do the answers."""
    words = hostile_words(seed, 60)
    script = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    assert node1.exec("python3", "-X", "utf8", "-c", script, *words).stdout.split("\0") == words


def test_exit_status_both_outputs_and_input(node1: Host) -> None:
    """The exit status, both outputs and the input pass unchanged; 255 is a command's own status as any other."""
    for status in (0, 1, 2, 126, 255):
        result = node1.exec("sh", "-c", f"cat; echo wrong >&2; exit {status}", input="in\nput", check=False)
        assert (result.returncode, result.stdout, result.stderr) == (status, "in\nput", "wrong\n")
    assert node1.exec("cat").stdout == ""
    assert node1.exec("sh", "-c", "kill -9 $$", check=False).returncode == 128 + signal.SIGKILL


def test_the_locale_and_the_path(node1: Host) -> None:
    """What the library reads is printed in locale C, and tools in the system's folders are found."""
    site = node1.site
    assert "LC_ALL=C" in site.run("env").stdout.splitlines()
    assert "LC_ALL=C" not in node1.exec("env").stdout.splitlines()
    assert {"/usr/sbin", "/sbin"} <= set(node1.exec("printenv", "PATH").stdout.strip().split(":"))


def test_the_transcript_has_what_is_typed_there(node1: Host) -> None:
    """No word of ssh's is recorded, and the script names the host."""
    with Namespace("net0") as net0:
        assert [link.name for link in net0.link.show()] == ["lo"]
    assert [str(result.command) for result in node1.transcript] == [
        "ip netns add net0",
        "ip -n net0 -j -d link",
        "ip netns delete net0",
    ]
    assert "# on node1" in node1.transcript.as_shell()


def test_typed_errors_of_commands(node1: Host) -> None:
    """What fails there is told as it is here, and names the host."""
    with pytest.raises(ToolMissingError, match=r"on node1(.|\n)*no-such-tool: command not found") as missing:
        node1.exec("no-such-tool", "a b")
    assert missing.value.returncode == 127
    with pytest.raises(NotFoundError, match="on node1"):
        node1.link("nope").show()
    with pytest.raises(NotFoundError):
        node1.exec("ip", "-n", "nope", "link")


def test_a_time_out_ends_it_there_too(node1: Host) -> None:
    """A command that takes too long is ended there as well, and the host is usable afterwards."""
    with pytest.raises(TimedOutError, match="on node1"):
        node1.exec("sleep", "4711", timeout=1)
    assert left_there("4711") == []
    assert node1.exec("echo", "on").stdout == "on\n"


def test_an_interrupt_ends_it_there_too(ssh_lab: SshLab) -> None:
    """Ctrl-C ends the command there, and is recorded; nothing is left here."""
    script = (
        "import sys; from netns_kit import Host\n"
        f"with Host.ssh('node1', config={ssh_lab.config!r}) as host:\n"
        "    try: host.exec('sleep', '4712')\n"
        "    except KeyboardInterrupt: print(host.transcript[-1].returncode, host.exec('echo', 'on').stdout)\n"
    )
    process = subprocess.Popen((sys.executable, "-c", script), stdout=subprocess.PIPE, text=True, env=environment())
    wait_for(lambda: left_there("4712") != [])
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "-2 on\n\n"
    assert left_there("4712") == []


def environment() -> dict[str, str]:
    """For a Python of its own that finds the package."""
    return {**os.environ, "PYTHONPATH": ":".join(sys.path)}


def test_background_processes_end_there_too(node1: Host) -> None:
    """What was started in the background ends there with its block, and with the host."""
    with node1.start("sleep", "4713") as process:
        wait_for(lambda: left_there("4713") != [])
        assert process.running
    assert left_there("4713") == []
    lasting = node1.start("sleep", "4714")
    wait_for(lambda: left_there("4714") != [])
    node1.close()
    assert left_there("4714") == []
    assert not lasting.running
    assert [result.returncode for result in node1.transcript] == [128 + signal.SIGTERM] * 2


def test_a_killed_script_leaves_nothing(ssh_lab: SshLab) -> None:
    """When the script is killed, its background processes there and its connection end as well."""
    before, folders = ours(), set(Path("/tmp").glob("netns_kit-*"))
    script = (
        "from netns_kit import Host\n"
        f"host = Host.ssh('node1', config={ssh_lab.config!r})\n"
        "host.start('sleep', '4715').wait()\n"
    )
    process = subprocess.Popen((sys.executable, "-c", script), env=environment())
    wait_for(lambda: left_there("4715") != [])
    process.kill()
    process.wait()
    wait_for(lambda: left_there("4715") == [])
    wait_for(lambda: ours() <= before)
    for folder in set(Path("/tmp").glob("netns_kit-*")) - folders:
        if (folder / "errors").exists() and not (folder / "socket").exists():
            (folder / "errors").unlink()
            folder.rmdir()


def test_a_script_that_ends_leaves_nothing(ssh_lab: SshLab) -> None:
    """A script that never closes its host leaves no process, no folder and nothing in the background behind."""
    before = ours() | {str(folder) for folder in Path("/tmp").glob("netns_kit-*")}
    script = (
        f"from netns_kit import Host; host = Host.ssh('node1', config={ssh_lab.config!r})\n"
        "host.start('sleep', '4723'); print(host.exec('echo', 'on'))\n"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, env=environment(), timeout=20)
    assert (done.stdout, done.stderr) == (b"on\n\n", b"")
    wait_for(lambda: left_there("4723") == [])
    assert ours() | {str(folder) for folder in Path("/tmp").glob("netns_kit-*")} <= before


def test_a_forked_process_stands_apart(node1: Host) -> None:
    """A process that was forked makes a connection of its own; its end leaves ours as it is."""
    node1.exec("true")
    before = ours()
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException), node1:
            status = 0 if node1.exec("echo", "child").stdout == "child\n" else 2
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert ours() == before
    assert node1.exec("echo", "on").stdout == "on\n"


def test_lines_come_as_they_are_printed(node1: Host) -> None:
    """A live ping, a monitor of namespaces, and a shell that is typed into."""
    with node1.ping.live("10.9.0.2", interval=0.2) as replies:
        assert [reply.seq for reply, _ in zip(replies, range(2), strict=False)] == [1, 2]
    with node1.netns.monitor() as events, Namespace("net0"):
        assert str(next(iter(events.events(5)))) == "NetnsEvent(action='add', name='net0')"
    with node1.session("unshare", "--net", "bash") as shell:
        assert [link.name for link in shell.link.show()] == ["lo"]


def test_a_batch_is_one_round_trip(node1: Host) -> None:
    """Many changes travel together, and are recorded one by one."""
    with node1.batch():
        for number in range(20):
            Bridge(f"br{number}").add()
    assert len(node1.link.show()) == 22
    assert sum(result.argv[:3] == ("ip", "link", "add") for result in node1.transcript) == 20
    assert len({result.batch for result in node1.transcript if result.batch is not None}) == 1


def test_more_at_once_than_a_connection_carries(node1: Host) -> None:
    """sshd allows ten sessions on a connection; those beyond it get a connection of their own."""
    processes = [node1.start("sleep", "4716") for _ in range(12)]
    wait_for(lambda: len(left_there("4716")) == 12)
    assert node1.exec("echo", "on").stdout == "on\n"
    for process in processes:
        process.stop()
    assert left_there("4716") == []


def test_many_hosts_side_by_side(ssh_lab: SshLab) -> None:
    """`for_each` gives what came of each host in their order, an error of one apart from the others."""

    def work(host: Host) -> str:
        Namespace("net0").add()
        return Namespace("net0").exec("ip", "-o", "link").stdout.split(":")[1].strip()

    options = {"HostName": "10.9.0.99", "ConnectTimeout": 2}
    hosts = [ssh_lab.ssh("node1"), ssh_lab.ssh("nobody", options=options), ssh_lab.ssh("node2")]
    outcomes = for_each(hosts, work)
    assert [outcome.place for outcome in outcomes] == hosts
    assert [outcome.value for outcome in outcomes] == ["lo", None, "lo"]
    assert isinstance(outcomes[1].error, HostUnreachableError | HostKeyUnknownError)
    assert [outcome.ok for outcome in outcomes] == [True, False, True]
    for host in hosts:
        host.close()


def test_nothing_is_left_here(ssh_lab: SshLab) -> None:
    """The connection's socket, its process and a shell's are there while they are used, and gone once it is closed."""
    before = ours()
    with ssh_lab.ssh("node1") as host:
        assert ours() == before
        host.exec("true")
        assert len(ours() - before) == 3
        host.exec("true")
        assert len(ours() - before) == 3
    assert ours() <= before
    with pytest.raises(PlaceClosedError, match="node1"):
        host.exec("true")


def test_a_connection_that_is_lost(ssh_lab: SshLab) -> None:
    """Killed in the middle, it is a typed error at once, nothing is left anywhere, and the next command connects."""
    before = ours()
    with ssh_lab.ssh("node1") as host:
        host.exec("true")
        sleeper = host.start("sleep", "4717")
        wait_for(lambda: left_there("4717") != [])
        started = time.monotonic()
        threading.Timer(1, ssh_lab.cut, ("node1",)).start()
        with pytest.raises(ConnectionLostError, match="on node1") as lost:
            host.exec("sleep", "4718", timeout=100)
        assert time.monotonic() - started < 60
        assert host.transcript[-1].argv == lost.value.argv == ("sleep", "4718")
        assert not sleeper.running
        assert ours() <= before
        assert host.exec("echo", "on").stdout == "on\n"
        wait_for(lambda: left_there("4717") == left_there("4718") == [])
    assert ours() <= before
