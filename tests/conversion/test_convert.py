"""Shell to Python: what a tutorial's lines become, run in a dry run, types what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netns_kit import Host, InvalidArgumentError, convert
from netns_kit.__main__ import main
from netns_kit.conversion.shell.same import same
from netns_kit.sites import site
from tests.conftest import needs_package
from tests.documents.ledger import STEPS, typed

pytestmark = needs_package("tree_sitter_bash")

WRAPPED = ("ip", "bridge", "tc", "brctl", "iptables", "ip6tables", "sysctl", "ping", "modprobe", "lsmod", "ethtool")


def run(python: str, *hosts: str) -> list[tuple[str, ...]]:
    """What the script's `build` types, on dry runs."""
    names: dict[str, Any] = {"__name__": "converted"}
    asked = dict.fromkeys(re.findall(r'os\.environ\["(\w+)"\]', python), "198.51.100.1")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asked.items():
            patch.setenv(name, value)
        exec(compile(python, "converted.py", "exec"), names)
    machines = [Host.dry_run(host) for host in hosts or ("host",)]
    names["build"](*machines)
    return [result.argv for machine in machines for result in machine.transcript]


@pytest.mark.parametrize("step", STEPS)
def test_the_documents_lines_type_themselves(step: str) -> None:
    """Each step of the documents as Python, run in a dry run, types its commands, one for one and in order."""
    _, lines = STEPS[step]
    ran = [argv for argv in run(convert("\n".join(lines)).python) if argv != ("exit",)]
    # A shell that is entered is a block, and what is installed is left to the reader.
    expected = typed(line for line in lines if not re.search(r"docker exec|^nsenter --net=\S+$|^apt ", line))
    assert len(ran) >= len(expected)
    found = iter(ran)
    for words in expected:
        if not re.search("PID|CONTAINER|FILE", " ".join(words)):
            assert any(same(words, argv) or "bash" in argv[0] for argv in found), words


def test_the_documents_are_typed() -> None:
    """Of all commands of wrapped tools in the documents, at least 98 of 100 become typed calls."""
    done = [convert("\n".join(lines)) for _, lines in STEPS.values()]
    assert sum(one.typed for one in done) / sum(one.commands for one in done) >= 0.98


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("ip netns add net-1", 'net_1 = Namespace("net-1").add()'),
        ("ip netns add class", 'host_class = Namespace("class").add()'),
        ("ip netns add 2a", 'n2a = Namespace("2a").add()'),
        ("sudo ip link add br0 type bridge", 'br0 = Bridge("br0").add()'),
        ("ip link add v0 type veth peer name v1", 'v0, v1 = VethPair("v0", "v1").add()'),
        ("ip link add link e0 name m0 type macvlan mode bridge", 'm0 = Macvlan("m0", link="e0", mode="bridge").add()'),
        ("ip r a default via 10.0.0.1", 'host.route.add("default", via="10.0.0.1")'),
        ("ip route add blackhole 10.0.0.0/8", 'host.route.add("10.0.0.0/8", type="blackhole")'),
        ("tc qdisc add dev eth0 root netem delay 100ms", 'eth0.qdisc.add("netem", parent="root", delay="100ms")'),
        ("echo 1 > /proc/sys/net/ipv4/ip_forward", 'host.sysctl.set("net.ipv4.ip_forward", 1)'),
        ("sysctl -w net.ipv4.ip_forward=1", 'host.sysctl.set("net.ipv4.ip_forward", 1)'),
        ("iptables -P FORWARD DROP", 'host.iptables.policy("FORWARD", "DROP")'),
        ("iptables --list-rules", "print(host.iptables.rules())"),
        ("sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'", 'host.sysctl.set("net.ipv4.ip_forward", 1)'),
        ("echo 1 | sudo tee /proc/sys/net/ipv4/ip_forward", 'host.sysctl.set("net.ipv4.ip_forward", 1)'),
        ("cat /proc/sys/net/ipv4/ip_forward", 'print(host.sysctl.get("net/ipv4/ip_forward"))'),
        ("nsenter --net=/var/run/netns/a ip link", "print(a.link.show())"),
        ("nsenter --net=/run/netns/a bash", "with a.enter():"),
        ("ip -s link", "print(host.link.statistics())"),
        ("ip neigh flush all", "host.neigh.flush(all=True)"),
        ("ip -6 neigh", "print(host.neigh.show(family=6))"),
        ("iptables -nvL --line-numbers", "print(host.iptables.list(numeric=True, verbose=True, line_numbers=True))"),
        ("sysctl -p", "host.sysctl.load()"),
        ("ip netns identify $$", "print(host.netns.identify())"),
        ("ip netns exec a ping -c 2 10.0.0.1", 'print(a.ping("10.0.0.1", count=2))'),
        ("python3 -m http.server &", 'host.start("python3", "-m", "http.server")'),
        ("curl -s http://10.0.0.1", 'host.exec("curl", "-s", "http://10.0.0.1")'),
        ("for i in 1 2; do ip link add $i; done", 'host.exec("bash", "-c", "for i in 1 2; do ip link add $i; done")'),
        ("ip lnik add x type dummy", 'host.exec("ip", "lnik", "add", "x", "type", "dummy")'),
        ("ip addr add $IP/24 dev eth0", 'eth0.addr.add(f"{IP}/24")'),
    ],
)  # fmt: skip
def test_lines(line: str, python: str) -> None:
    """A line becomes the call that a person would write, or `exec` where there is none; nothing is mended."""
    assert python in [found.strip() for found in convert(line).python.splitlines()]


def test_a_link_is_followed() -> None:
    """Once it has a variable, a link is called by it wherever it has gone, and whatever it is called by then."""
    text = """
        ip netns add net1
        ip link add v0 type veth peer name v1
        ip link set v1 netns net1
        ip -n net1 link set v1 name eth0
        ip netns exec net1 ip link set dev eth0 up
    """
    found = convert(text)
    assert found.untyped == []
    assert [line.strip() for line in found.python.splitlines() if line.strip().startswith("v1.")] == [
        "v1.set(netns=net1)",
        'v1.set(name="eth0")',
        "v1.up()",
    ]


def test_prompts_hosts_and_output() -> None:
    """Of a transcript only what was typed counts; two machines' prompts make two machines; shells are entered."""
    text = (
        "[root@node1 ~]# ip netns add a\n[root@node1 ~]# ip netns exec a bash\n[root@node1 ~]# ip addr\n"
        "1: lo: <LOOPBACK>\u00a0mtu 65536\n    link/loopback 00:00\n[root@node1 ~]# exit\n"
        "root@node2:~# ip link set \u201ceth0\u201d up\r\n这是输出\n"
    )
    found = convert(text)
    assert "def build(node1: Host, node2: Host) -> None:" in found.python
    assert "with a.enter():" in found.python
    assert (found.commands, found.typed) == (3, 3)
    ran = run(found.python, "node1", "node2")
    assert ran[0] == ("ip", "netns", "add", "a")
    assert ran[-1] == ("ip", "link", "set", "dev", "eth0", "up")


def test_markdown_becomes_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prose stays prose, code becomes cells with a picture after each, and what is entered lasts."""
    first, second = "ip netns add a\nip netns exec a bash\n", "ip link set lo up\nexit\n"
    text = f"# Title\n\nSome prose.\n\n```sh\n{first}```\nMore.\n```\n{second}```\n"
    (tmp_path / "in.md").write_text(text)
    assert main(["convert", str(tmp_path / "in.md"), "-o", str(tmp_path / "out.ipynb")]) == 0
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    assert [cell["cell_type"] for cell in cells] == ["code", "markdown", "code", "markdown", "code"]
    assert cells[1]["source"] == "# Title\n\nSome prose."
    assert all(cell["source"].endswith("Topology.of(host)") for cell in cells[2::2])
    names: dict[str, Any] = {}
    # What the notebook has in use is in use no more after it.
    monkeypatch.setattr(site, "_used", None)
    try:
        for cell in cells[::2]:
            exec(cell["source"], names)
        assert names["lo"].show().up
    finally:
        names["host"].close()


def test_the_script_is_clean(tmp_path: Path) -> None:
    """What is written is as formatters and strict checkers have it."""
    pytest.importorskip("mypy", reason="no mypy here: the legs on the CPython of ./scripts/test run it")
    lines = [line for _, lines in STEPS.values() for line in lines if not line.startswith("docker")]
    file = tmp_path / "converted.py"
    file.write_text(convert("\n".join(lines)).python)
    for words in (
        ("ruff", "format", "--isolated", "--check", "--no-cache"),
        ("mypy", "--strict", "--cache-dir", os.devnull),
    ):
        done = subprocess.run((sys.executable, "-m", *words, file), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment", "no shell at all: 这", "cat <<EOF\nhalf", "((((", "\0"]
)
def test_odd_text(text: str) -> None:
    """Text that is no shell, or half of it, becomes a script that is Python."""
    compile(convert(text).python, "converted.py", "exec")


def test_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no text, and a file that is not there."""
    with pytest.raises(InvalidArgumentError, match=r"^text="):
        convert(5)  # type: ignore[arg-type]
    assert main(["convert", "/nonexistent/file"]) == 1
    assert "No such file" in capsys.readouterr().err


def test_spellings() -> None:
    """What tutorials spell in their own ways is typed: objects cut short, other orders, families, paths of tools."""
    text = (Path(__file__).parent / "spellings.sh").read_text(encoding="utf-8")
    converted = convert(text)
    assert converted.untyped == []
    assert converted.typed == converted.commands > 200


def test_nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lasts is not waited for in the dry run, where it never listens."""
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    assert convert("ip monitor route\n").untyped == []


def test_comments_prompts_and_what_goes_on() -> None:
    """A comment is none of a script's commands, and is kept; # is a prompt where commands stand behind it alone."""
    script = convert("#!/bin/sh\n# make a namespace\nip netns add a  # the first\nip link add br0 \\\n  type bridge\n")
    assert (script.typed, script.untyped) == (2, [])
    assert "        # make a namespace\n        # ip netns add a\n" in script.python
    typed = convert("# ip netns add a\n# and now\n# ip netns\na\n$ ip link add br0 \\\n> type bridge\n")
    assert (typed.typed, typed.untyped) == (3, [])
    assert "        # and now\n" in typed.python


def test_a_here_document_behind_prompts() -> None:
    """A here-document of a transcript is one command with its text; a prompt without a name is the last host's."""
    found = convert("root@gw:~# ip netns add a\n$ cat >x.conf <<EOF\nnet.ipv4.ip_forward = 1\nEOF\n$ ip netns\n")
    assert found.untyped == ["cat >x.conf <<EOF\nnet.ipv4.ip_forward = 1\nEOF"]
    assert "def build(gw: Host) -> None:" in found.python


def test_markdown_whose_code_is_indented() -> None:
    """Where there are no fences, what is indented below prose is the code."""
    found = convert(
        "# A bridge\n\nOn host A:\n\n    ip link add br0 type bridge\n    ip link set br0 up\n\nThat is all.\n"
    )
    assert (found.typed, found.untyped) == (2, [])
    assert "# On host A:" in found.python
    assert convert("# a script\nif true; then\n    ip link\nfi\n").typed == 0


def test_a_variable_of_several_words() -> None:
    """A variable that stands for a part of a command is put in, word by word."""
    found = convert('FILTER="tc filter add dev eth0 parent 1: u32"\n$FILTER match ip dport 80 0xffff flowid 1:10\n')
    assert (found.typed, found.untyped) == (1, [])


def test_what_is_behind_a_pipe() -> None:
    """A plain `| grep WORD` of an answer with rows keeps those that have it; of others it is left to Python."""
    found = convert("ip link | grep veth\nip link show br0 | grep stp\nip addr | grep -c x\ncurl x | grep y\n").python
    assert 'print(Rows(one for one in host.link.show() if "veth" in repr(one)))' in found
    assert found.count("# (what is behind the pipe is up to Python)") == 3
    assert "from netns_kit import Host, Rows, Topology" in found
