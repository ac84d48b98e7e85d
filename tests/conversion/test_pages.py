"""Tutorials as they come from a page by copy and paste: prose between commands, line ends lost, remarks, buttons."""

from __future__ import annotations

import pytest

from netns_kit import convert
from netns_kit.conversion.shell import reading
from netns_kit.conversion.shell.pages import mended
from tests.conftest import needs_package

pytestmark = needs_package("tree_sitter_bash")


def typed(text: str) -> list[str]:
    """The commands that a text has, as it stands there."""
    return [one.text for block in reading.read(text) for one in block.commands if one.words != ()]


GLUED = {
    "[root@n1 ~]# ip netns add a[root@n1 ~]# ip netns listb a[root@n1 ~]# ip link list1: lo: <LOOPBACK> mtu 65536": [
        "ip netns add a", "ip netns list", "ip link list",
    ],
    "[root@n1 ~]# ip link show 1: lo: mtu 65536 qdisc noop 2: eth0: mtu [root@n1 ~]#ip route default via 10.0.0.1": [
        "ip link show", "ip route",
    ],
    "[root@n1 ~]#ip netns exec a bash //What is typed now is typed there [root@n1 ~]#ip a [root@n1 ~]#exit": [
        "ip netns exec a bash", "ip a", "exit",
    ],
    "[root@n1 ~]# ip netns exec a ping 10.0.0.2PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.^C[root@n1 ~]# ^C": [
        "ip netns exec a ping 10.0.0.2",
    ],
    "[root@n1 ~]# brctl addbr br0[root@n1 ~]# brctl showbridge name bridge id[root@n1 ~]# ip link set br0 up# 开启": [
        "brctl addbr br0", "brctl show", "ip link set br0 up",
    ],
    "# 建立隧道ip tunnel add t0 mode ipip remote 10.0.0.2 local 10.0.0.1# 启动ip link set t0 up\n": [
        "ip tunnel add t0 mode ipip remote 10.0.0.2 local 10.0.0.1", "ip link set t0 up",
    ],
    "ip link set br0 upip -n a link set lo upip -n a addr add 10.0.0.1/24 dev eth0\n": [
        "ip link set br0 up", "ip -n a link set lo up", "ip -n a addr add 10.0.0.1/24 dev eth0",
    ],
    "ip link add v0 type vrf table 10 ip link set br0 master v0\n": [
        "ip link add v0 type vrf table 10", "ip link set br0 master v0",
    ],
    "查看\nsudo ip netns listsudo ip netns add asudo ip netns exec a ip linksudo ip link复制代码\n在 a 里执行 ip a\n": [
        "sudo ip netns list", "sudo ip netns add a", "sudo ip netns exec a ip link", "sudo ip link",
    ],
    "创建容器\ndocker exec -it c /bin/ship a#c的地址\n#在c里执行ping 172.17.0.2复制代码\n": [
        "docker exec -it c /bin/sh", "ip a", "ping 172.17.0.2",
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", GLUED)
def test_line_ends_that_were_lost(text: str) -> None:
    """Commands that stand behind each other, their output and their remarks come apart."""
    assert typed(text) == GLUED[text]


WHOLE = [
    "ip netns exec a ip link set lo up\n",
    "echo skip link add; /sbin/ip link add x type dummy\n",
    "curl http://10.0.0.1/x | tee out  # a remark\n",
    "for one in a b; do ip netns add $one; sudo ip netns exec $one ip link set lo up; done\n",
    "ssh node1 sudo ip link show && sudo ip addr show\n",
    'echo "[root@n1 ~] is a prompt"\n',
    "ip netns\n       ip netns add NAME\n",
    "# 用ip link add创建\nip link add br0 type bridge\n# 使用ip link set br0 up\nip link set br0 up\n",
    'echo "a# b" 启动; iptables -L | grep ^Chain\n',
    "[root@n1 ~]# iptables -L | grep ^Chain\n",
    "mount -t cifs //server/share /mnt\n",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_whole_stays(text: str) -> None:
    """A line that has lost nothing is not taken apart."""
    assert mended(text) == text


PAGE = """
详解网络

1. 建立
# ip netns add net1
# ip netns exec net1 bash // 进入
# ip addr // 在里面
1: lo:  mtu 65536 qdisc noop state DOWN group default qlen 1
# exit // 退出

# ip netns exec net1 /bin/bash --rcfile <(echo "PS1="namespace net1> "")
namespace net1> ping -c 1 10.0.0.1

# ip link add type veth
# ip link set veth0 netns net0
# ip link set veth1 netns net1
#
// 再来一次
# ip link add type veth
# ip link set dev veth1 netns net1

用这个方法:

iptables -A FORWARD -i br0 -j ACCEPT

# ip netns exec net0 ping -c 2 10.0.1.2
"""


def test_a_page() -> None:
    """A # is a prompt where most commands stand behind one; that a shell was left is seen by the prompt."""
    converted = convert(PAGE)
    assert (converted.typed, converted.untyped) == (converted.commands, [])
    assert converted.python.count("with net1.enter():") == 2
    assert '        host.iptables.append("FORWARD", in_interface="br0", jump="ACCEPT")\n' in converted.python
    # The names are free again once the first pair has gone.
    assert "        host_veth0, host_veth1 = VethPair().add()\n" in converted.python


def test_prose_without_prompts() -> None:
    """Prose in other letters is prose, in a notebook too; what is typed is in lines of its own."""
    text = (
        "建立命名空间。\n\nsudo ip netns add a复制代码\n然后启动 lo:\nsudo ip netns exec a ip link set lo up复制代码\n"
    )
    converted = convert(text)
    assert (converted.typed, converted.untyped) == (2, [])
    assert [block.prose.count("\n") for block in reading.read(text) if block.prose] == [0, 0]
    assert "# 建立命名空间" in converted.python


def test_what_a_file_has_is_not_typed() -> None:
    """Lines that a command showed are no commands; a page's own paragraph is one."""
    text = "$ cat setup.sh\nip netns add a\nip netns add b\n$ ip netns list\n\nip netns add c\n\n$ ip netns list\n"
    assert typed(text) == ["cat setup.sh", "ip netns list", "ip netns add c", "ip netns list"]


def test_code_of_several_lines_in_prose() -> None:
    """A loop and a line that goes on stay whole between prose."""
    text = "建立:\n\nfor one in a b; do\nip netns add $one\ndone\n\n再:\nip link add br0 \\\n  type bridge\n"
    assert typed(text) == ["for one in a b; do\nip netns add $one\ndone", "ip link add br0 \\\n  type bridge"]


def test_the_only_host() -> None:
    """What stands behind no prompt is typed on the host that the prompts name."""
    python = convert("ip netns add b\n\n[root@n1 ~]# ip netns add a\n").python
    assert "def build(n1: Host) -> None:" in python
    assert python.count(".add()") == 2
