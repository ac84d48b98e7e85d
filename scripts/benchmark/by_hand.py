"""The same work as the benchmark's scenarios, by hand: scripts of bash, and a shell that stays open."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def kept_shell(command: tuple[str, ...]) -> Iterator[Callable[[str], bytes]]:
    """A shell that is typed into; gives what asks it one thing, and waits for the answer."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as shell:

        def ask(line: str) -> bytes:
            assert shell.stdin is not None
            assert shell.stdout is not None
            shell.stdin.write(f"{line}; echo END\n".encode())
            answer = b""
            while not answer.endswith(b"END\n"):
                answer += shell.stdout.read(1 << 16) or b"END\n"
            return answer

        ask("PATH=$PATH:/usr/sbin:/sbin")
        yield ask


def each(command: str, often: int) -> str:
    """Runs a command so often, and prints how many microseconds all of them took."""
    return (
        f"begin=$EPOCHREALTIME; for ((i = 0; i < {often}; i++)); do {command} >/dev/null; done;"
        " end=$EPOCHREALTIME; echo $((${end/[.,]/} - ${begin/[.,]/}))"
    )


def star(count: int) -> str:
    """As a tutorial types it: the bridge up first, each end moved into its namespace."""
    return f"""
ip link add name br0 type bridge
ip link set dev br0 up
for ((i = 1; i <= {count}; i++)); do
    ip netns add net$i
    ip link add name port$i type veth peer name peer$i
    ip link set dev peer$i netns net$i
    ip -n net$i link set dev peer$i name eth0
    ip -n net$i addr add 10.0.$((i >> 8)).$((i & 255))/16 dev eth0
    ip -n net$i link set dev eth0 up
    ip link set dev port$i master br0
    ip link set dev port$i up
done
"""


def star_by_hand(count: int, *, last: bool = False) -> str:
    """Ends born in place; one batch for the host, then one for each namespace; with `last`, the bridge up last."""
    up = "ip link set dev br0 up"
    return f"""
ip link add name br0 type bridge
{"" if last else up}
for ((i = 1; i <= {count}; i++)); do
    echo netns add net$i
    echo link add name port$i type veth peer name eth0 netns net$i
    echo link set dev port$i master br0
    echo link set dev port$i up
done | ip -batch -
for ((i = 1; i <= {count}; i++)); do
    ip -n net$i -batch - <<END
addr add 10.0.$((i >> 8)).$((i & 255))/16 dev eth0
link set dev eth0 up
END
done
{up if last else ""}
"""


def star_deleted(count: int) -> str:
    """Each namespace by itself, then the bridge."""
    return f"""
for ((i = 1; i <= {count}; i++)); do
    ip netns delete net$i
done
ip link delete dev br0
"""


PORTS_GONE = "while ls /sys/class/net | grep -q port; do sleep 0.005; done"
"""Waits until the kernel has deleted the last port, which it does behind everybody's back."""


def chain(count: int) -> str:
    """Routers in a row, a command at a time."""
    return f"""
for ((i = 1; i <= {count}; i++)); do
    ip netns add net$i
done
for ((i = 1; i < {count}; i++)); do
    next=net$((i + 1))
    ip -n net$i link add name right type veth peer name left netns $next
    ip -n net$i addr add 10.0.$i.1/24 dev right
    ip -n $next addr add 10.0.$i.2/24 dev left
    ip -n net$i link set dev right up
    ip -n $next link set dev left up
done
for ((i = 1; i <= {count}; i++)); do
    [ $i = {count} ] || ip -n net$i route add default via 10.0.$i.2
    [ $i -le 2 ] || ip -n net$i route add 10.0.1.0/24 via 10.0.$((i - 1)).1
    ip netns exec net$i sysctl -qw net.ipv4.ip_forward=1
done
"""


def chain_by_hand(count: int) -> str:
    """Routers in a row, a batch for each."""
    return f"""
for ((i = 1; i <= {count}; i++)); do
    echo netns add net$i
done | ip -batch -
for ((i = 1; i <= {count}; i++)); do
    {{
        [ $i = {count} ] || echo link add name right type veth peer name left netns net$((i + 1))
        [ $i = {count} ] || echo addr add 10.0.$i.1/24 dev right
        [ $i = {count} ] || echo link set dev right up
        [ $i = 1 ] || echo addr add 10.0.$((i - 1)).2/24 dev left
        [ $i = 1 ] || echo link set dev left up
        [ $i = {count} ] || echo route add default via 10.0.$i.2
        [ $i -le 2 ] || echo route add 10.0.1.0/24 via 10.0.$((i - 1)).1
    }} | ip -n net$i -batch -
    ip netns exec net$i sysctl -qw net.ipv4.ip_forward=1
done
"""


def addresses(count: int) -> str:
    """The addresses of each namespace, by a process each."""
    return f"for ((i = 1; i <= {count}; i++)); do ip -n net$i -j -d addr; done >/dev/null"


PAIR = """
ip netns add a
ip netns add b
ip -n a link add name eth0 type veth peer name eth0 netns b
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip -n a link set dev eth0 up
ip -n b link set dev eth0 up
ip netns exec a ping -c1 10.0.0.2 >/dev/null
ip netns delete a
ip netns delete b
"""
"""Two namespaces wired to each other, a ping, and gone."""
