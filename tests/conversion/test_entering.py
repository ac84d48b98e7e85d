"""What a line leads to: shells of namespaces and containers, other machines; and what a text takes as given."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from netns_kit import Host, convert
from netns_kit.__main__ import main
from tests.conftest import needs_package

pytestmark = needs_package("tree_sitter_bash")


def body(text: str) -> str:
    """The lines of `build`."""
    lines = convert(textwrap.dedent(text)).python.partition("-> None:\n")[2].partition("\n\n\nif __name__")[0]
    return textwrap.dedent(lines)


def after(text: str) -> list[str]:
    """The lines that a script runs by itself."""
    return [line.strip() for line in convert(text).python.partition("__main__")[2].splitlines()[1:]]


def test_a_container_has_tools_of_its_own() -> None:
    """In a container's shell all is typed there as it stands, without a terminal, and a ping there ends."""
    text = "sudo docker exec -it c1 /bin/sh\nip a\nping 172.17.0.2\nexit\nip a\n"
    found = convert(text)
    assert body(text).startswith(
        textwrap.dedent(
            """\
            with host.enter():
                # sudo docker exec -it c1 /bin/sh
                with host.session("docker", "exec", "-i", "c1", "/bin/sh") as shell:
                    # ip a
                    shell.exec("ip", "a")
                    # ping 172.17.0.2
                    shell.exec("ping", "172.17.0.2", "-c", "3")
                # ip a
                print(host.addr.list())
            """
        )
    )
    assert (found.commands, found.typed, len(found.untyped)) == (1, 1, 2)


def test_a_shell_that_the_page_does_not_leave() -> None:
    """A block's shell ends with it where a later block names namespaces again; else what follows is typed in it."""
    entering, inside = "# A\n```\nip netns add n\nip netns exec n bash\n", "ip link set lo up\n"
    then, outside = "```\nThen\n```\nip link add b0 type bridge\n```\n", "And\n```\nip netns exec n ip link\n```\n"
    there, here = (f'\n{" " * margin}b0 = Bridge("b0").add()' for margin in (8, 4))
    assert there in body(entering + inside + then)
    assert here in body(entering + inside + then + outside)
    # One that is only entered is for what comes next.
    assert there in body(entering + then + outside)


@pytest.mark.parametrize("line", ["docker exec -ti b sh", "sudo ip a", "ip netns add x", "docker ps"])
def test_a_container_is_left_without_a_word(line: str) -> None:
    """A container has neither sudo nor containers nor named namespaces: who types that is outside again."""
    found = body(f"docker run -it --rm busybox sh\nls\n{line}\n")
    assert 'with host.session("docker", "run", "-i", "--rm", "busybox", "sh") as shell:' in found
    assert f"\n    # {line}\n    " in found


def test_a_shell_in_new_namespaces_is_typed() -> None:
    """In a shell begun by unshare or nsenter the host's tools are there: what is typed is typed there, and runs."""
    text = "ip netns add a\nunshare --net bash\nip link add br0 type bridge\nip netns\nsleep 9 &\nexit\nip link\n"
    found = convert(text + "nsenter --net=/proc/self/ns/net\nip link\n")
    assert 'with host.session("unshare", "--net", "bash") as shell:' in found.python
    assert 'with host.session("nsenter", "--net=/proc/self/ns/net") as shell_2:' in found.python
    assert {"print(shell.netns.list())", "print(shell_2.link.show())", 'shell.exec("sh", "-c", "sleep 9 &")'} <= {
        line.strip() for line in found.python.splitlines()
    }
    assert (found.typed, found.untyped) == (5, ["sleep 9"])
    names: dict[str, Any] = {"__name__": "converted"}
    exec(compile(found.python, "converted.py", "exec"), names)
    with Host.private() as host:
        names["build"](host)
        # The bridge went with its shell.
        assert [link.name for link in host.link.show()] == ["lo"]
        assert [one.name for one in host.netns.list()] == ["a"]


@pytest.mark.parametrize(
    "line",
    ["ls | sh", "docker exec c1 sh", "docker exec -it c1 ls", "unshare -n ip link", "nsenter -t 1 -n ip link"],
)
def test_what_begins_no_shell(line: str) -> None:
    """What nobody is to type into is a command like any other."""
    assert ".session(" not in body(f"{line}\nip link\n")


def test_nsenter_by_a_process() -> None:
    """A process's namespace is entered by its number, be it one that the text does not know."""
    assert 'with host.session("nsenter", "-t", "123", "-n") as shell:' in body("nsenter -t 123 -n\nip a\n")
    assert 'with host.session("nsenter", "-t", PID, "-n") as shell:' in body("nsenter -t $PID -n\nip a\n")


def test_machines_by_ssh() -> None:
    """Where prompts say nothing, ssh leads to another machine of the lab, until its shell is left."""
    found = convert("ip link\nssh -p 22 root@node2\nip route\nexit\nip addr\nssh node2 uptime\n")
    assert "def build(host: Host, node2: Host) -> None:" in found.python
    assert "print(node2.route.list())" in found.python
    assert "print(host.addr.list())" in found.python
    assert found.untyped == ["ssh node2 uptime"]


def test_each_machine_has_shells_of_its_own() -> None:
    """A command of one machine stands in no shell of another one, and what was entered is entered again."""
    found = body(
        """\
        [root@n1 ~]# ip netns add a
        [root@n1 ~]# ip netns exec a bash
        [root@n1 ~]# ip link add br0 type bridge
        [root@n2 ~]# ip link add br0 type bridge
        [root@n1 ~]# ip link
        """
    )
    assert [line.strip() for line in found.splitlines() if line.lstrip().startswith("with ")] == [
        "with n1.enter():",
        "with a.enter():",
        "with n2.enter():",
        "with n1.enter():",
        "with a.enter():",
    ]


def test_what_is_taken_as_given() -> None:
    """Namespaces and links that the text uses and never makes are made before it, where it runs by itself."""
    assert after("ip link set v0 netns net0\nip -n net0 link set lo up\nbrctl addbr br0\nbrctl addif br0 eth0\n")[
        1:-2
    ] == [
        "# What the text takes as given.",
        'stand_in("v0", "a link of the machine", at=host)',
        'Namespace("net0", at=host).add()',
        'stand_in("eth0", "a link of the machine", at=host)',
    ]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("ip netns add a\nip netns exec a ip link\nip link show lo\nip link show tunl0\n", []),
        ("touch /run/netns/a\nip -n a link\n./make br7\nip link set br7 up\n", []),
        ("ip link show br0\nip link add br0 type bridge\nip link set br0 up\n", []),
        (
            "ip netns del a\nip netns add a\nip link del br0\nip link add br0 type bridge\n",
            ['Namespace("a", at=host).add()', 'stand_in("br0", "a link of the machine", at=host)'],
        ),
    ],
)
def test_what_is_not_given(text: str, given: list[str]) -> None:
    """What the text makes itself, the kernel, or another command is not; what is cleaned away first is."""
    assert [line for line in after(text) if "at=host" in line] == given


def test_what_joins_two_machines() -> None:
    """A link that two machines have without anybody's doing is a cable between them."""
    vxlan = "type vxlan id 1 dstport 4789 remote 10.0.0.2 dev eth0"
    text = f"[root@n1 ~]# ip link add v1 {vxlan}\n[root@n2 ~]# ip link add v1 {vxlan}\n[root@n2 ~]# ip link set e9 up\n"
    assert after(text)[1:7] == [
        'n1 = lab.host("n1")',
        'n2 = lab.host("n2")',
        "# What the text takes as given.",
        'lab.cable(n1, n2, name="eth0")',
        'stand_in("e9", "a link of the machine", at=n2)',
        "build(n1, n2)",
    ]


@pytest.mark.parametrize(
    ("first", "second", "cable"),
    [
        ("10.0.0.1", "10.0.0.2", 'lab.cable(n1, n2, name="eth0", addresses=("10.0.0.1/24", "10.0.0.2/24"))'),
        ("10.0.0.1", "10.9.0.2", 'lab.cable(n1, n2, name="eth0", addresses=("10.0.0.1/8", "10.9.0.2/8"))'),
        ("fd00::1", "fd00::2", 'lab.cable(n1, n2, name="eth0", addresses=("fd00::1/64", "fd00::2/64"))'),
    ],
)
def test_the_way_of_a_tunnel(first: str, second: str, cable: str) -> None:
    """Two machines that a tunnel joins are wired, with the addresses that it goes between, unless the text does it."""
    kind = "ip6gre" if ":" in first else "gre"
    text = "".join(
        f"[root@{host} ~]# ip link add t1 type {kind} local {local} remote {remote}\n"
        for host, local, remote in (("n1", first, second), ("n2", second, first))
    )
    assert cable in after(text)
    assert "lab.cable" not in " ".join(after(f"[root@n1 ~]# ip addr add {first}/24 dev eth0\n{text}"))


def test_the_way_of_a_tunnel_that_the_text_does_not_know() -> None:
    """An address that is asked for is the cable's, too."""
    line = "ip tunnel add t1 mode gre local {} remote {}\n"
    text = f"[root@n1 ~]# {line.format('$A', '$B')}[root@n2 ~]# {line.format('$B', '$A')}"
    assert 'lab.cable(n1, n2, name="eth0", addresses=(f"{A}/24", f"{B}/24"))' in after(text)
    assert 'addresses=(f\\"{A}/24\\"' in convert(text).as_notebook()


def test_what_would_change_the_machine_is_left() -> None:
    """Nothing is installed by a script that was made from a text, and no machine goes down."""
    found = body("sudo apt install -y bridge-utils\nreboot\nip link\n")
    assert "exec" not in found
    assert found.count("# (this is left to you)") == 2


def test_what_may_fail() -> None:
    """What leads out of all private hosts may fail, and so may what the text shows failing; all else raises."""
    found = body(
        """\
        $ ping -c 1 8.8.8.8
        $ ping -c 1 www.example.org
        $ ping -c 1 10.0.0.2
        64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms
        $ ping -c 1 10.0.0.3
        connect: Network is unreachable
        $ ip route add default via 10.9.9.9
        RTNETLINK answers: Network is unreachable
        $ ip link add br0 type bridge
        RTNETLINK answers: File exists
        $ route -n
        """
    )
    lines = [line.strip() for line in found.splitlines() if not line.strip().startswith("#")]
    assert lines[1:] == [
        'print(host.ping("8.8.8.8", count=1, check=False))',
        'print(host.ping("www.example.org", count=1, check=False))',
        'print(host.ping("10.0.0.2", count=1))',
        'print(host.ping("10.0.0.3", count=1, check=False))',
        "with suppress(CommandError):",
        'host.route.add("default", via="10.9.9.9")',
        'br0 = Bridge("br0")',
        "with suppress(CommandError):",
        "br0.add()",
        'host.exec("route", "-n", check=False)',
    ]
    compile(convert("$ ip route del default\nRTNETLINK answers: No such process\n").python, "converted.py", "exec")


def test_a_notebook_enters_its_shells_again(tmp_path: Path) -> None:
    """A shell that lasts over several cells is begun in each, and what is given is made in the first one."""
    text = "# T\n\n```\nip netns exec a bash\nip link\n```\nmore\n```\nip addr\n```\n"
    (tmp_path / "in.md").write_text(text)
    assert main(["convert", str(tmp_path / "in.md"), "-o", str(tmp_path / "out.ipynb")]) == 0
    cells = [one["source"] for one in json.loads((tmp_path / "out.ipynb").read_text())["cells"]]
    assert cells[0].endswith('# What the text takes as given.\nNamespace("a", at=host).add()')
    assert sum("with a.enter():" in cell for cell in cells) == 2
