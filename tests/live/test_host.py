"""Private hosts: what they are, side by side, in threads, in forked processes, within each other, where forbidden."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netns_kit import Bridge, Host, Namespace, NoPlaceError, PermissionDeniedError, PlaceClosedError, TimedOutError
from netns_kit.machines.private.switches import explain, forbidding_switch


def python(script: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a script by a Python of its own."""
    return subprocess.run(
        (sys.executable, "-c", script),
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        **options,  # type: ignore[call-overload]
    )


def test_it_starts_empty(host: Host) -> None:
    """A private host has lo, up and with its addresses, and no other link, namespace, route or rule of a firewall."""
    assert [(link.name, link.up) for link in host.link.list()] == [("lo", True)]
    assert [str(address) for address in host.addr.show()] == ["127.0.0.1/8", "::1/128"]
    assert host.netns.list() == ()
    assert host.route.show() == ()
    assert [str(rule) for rule in host.iptables.rules()] == [
        f"-P {name} ACCEPT" for name in ("INPUT", "FORWARD", "OUTPUT")
    ]
    assert host.exec("id", "-u").stdout == "0\n"


def test_nothing_of_it_is_seen_outside(host: Host) -> None:
    """Links and namespaces of a private host are not this machine's, nor another private host's."""
    Bridge("br0").add()
    Namespace("net0").add()
    assert not Path("/run/netns/net0").exists()
    assert not Path("/sys/class/net/br0").exists()
    with Host.private() as other:
        assert not other.link("br0").exists()
        assert other.netns.list() == ()


def test_side_by_side_in_threads() -> None:
    """Hosts in threads of their own, each with a bridge of the same name, do not disturb each other."""

    def build(number: int) -> list[str]:
        with Host.private(f"host{number}") as host:
            Bridge("br0").add().addr.add(f"10.0.{number}.1/24")
            return [str(address) for address in host.link("br0").addr.show(family=4)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(build, range(8))) == [[f"10.0.{number}.1/24"] for number in range(8)]


def test_many_commands_at_once(host: Host) -> None:
    """A hundred commands from sixteen threads each get their own answer."""
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda number: host.exec("sh", "-c", f"echo {number}; exit 0").stdout, range(100)))
    assert said == [f"{number}\n" for number in range(100)]
    assert len(host.transcript) == 100


def test_a_closed_host_says_so() -> None:
    """Commands on a closed host are refused with PlaceClosedError; closing twice is nothing."""
    host = Host.private("gone")
    host.close()
    host.close()
    for refused in (host.link.list, lambda: host.start("true"), host.socket, lambda: host.shell("true")):
        with pytest.raises(PlaceClosedError, match="gone"):
            refused()


def test_closing_ends_a_command_of_another_thread() -> None:
    """A command that runs while its host is closed raises PlaceClosedError in its thread."""
    host = Host.private()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(host.exec, "sleep", "60")
        time.sleep(0.2)
        host.close()
        with pytest.raises(PlaceClosedError):
            running.result(5)


def test_a_host_whose_agent_was_killed_says_so() -> None:
    """When something else ends a host, its commands raise PlaceClosedError."""
    with Host.private() as host:
        os.kill(host.pid, signal.SIGKILL)
        time.sleep(0.1)
        with pytest.raises(PlaceClosedError):
            host.exec("true")


def test_time_out_ends_the_command_and_all_of_its_children(host: Host) -> None:
    """A command that takes too long is killed with its children, and what it printed until then is kept."""
    seconds = f"{os.getpid()}.25"
    with pytest.raises(TimedOutError, match="echo early") as caught:
        host.exec("sh", "-c", f"echo early; sleep {seconds} & sleep {seconds}", timeout=5)
    assert caught.value.stdout == "early\n"
    assert caught.value.result.timed_out
    assert 2 <= caught.value.result.duration < 60
    assert f"sleep {seconds}" not in host.exec("ps", "-e", "-o", "args").stdout.splitlines()
    assert host.exec("echo", "usable").stdout == "usable\n"


INTERRUPTED = """
import os, signal, threading, time
from netns_kit import Host

with Host.private() as host:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        host.exec("sh", "-c", "sleep 60; echo never")
    except KeyboardInterrupt:
        print("interrupted")
    last = host.transcript[-1]
    print(last.argv[0], last.returncode, last.stderr.strip())
    print(host.exec("echo", "usable").stdout.strip())
    states = host.exec("ps", "-o", "stat=,args=", "--ppid", str(host.pid)).stdout
    print("Z" not in states and "sleep" not in states)
"""


def test_ctrl_c() -> None:
    """Ctrl-C ends the command and leaves no zombie; the host stays usable, and the transcript has the command."""
    done = python(INTERRUPTED)
    assert done.stdout.splitlines() == ["interrupted", "sh -2 interrupted", "usable", "True"], done.stderr


def test_ctrl_c_in_the_terminal_ends_the_command_alone() -> None:
    """A SIGINT to the whole process group, as a terminal sends it, does not end the host."""
    process = subprocess.Popen(
        (
            sys.executable,
            "-c",
            INTERRUPTED.replace(
                "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()", "print(1, flush=True)"
            ),
        ),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert said.splitlines() == ["interrupted", "sh -2 interrupted", "usable", "True"]


FORKED = """
import os, sys, time
from netns_kit import Host

with Host.private() as host:
    pid = os.fork()
    if pid == 0:
        %s
    os.waitpid(pid, 0)
    print(host.exec("echo", "alive").stdout.strip(), flush=True)
"""


@pytest.mark.parametrize("ending", ["sys.exit()", "os._exit(0)", "raise RuntimeError", "host.close(); os._exit(0)"])
def test_a_forked_child_does_not_end_the_host(ending: str) -> None:
    """However a forked child of the caller ends, also out of the host's own block, the host lives on."""
    assert python(FORKED % ending).stdout == "alive\n"


def test_a_forked_child_does_not_keep_the_host() -> None:
    """Closing a host while a forked child of the caller goes on neither waits for it nor leaves the host to it."""
    script = """
import os, time
from netns_kit import Host, Lab
lab = Lab()
host, lone = lab.host("one"), Host.private()
pid = os.fork()
if pid == 0:
    time.sleep(100)
    os._exit(0)
host.close(); lone.close(); lab.close()
print(os.path.exists(f"/proc/{host.pid}"), os.path.exists(f"/proc/{lone.pid}"))
other = Host.private()
del other
os.kill(pid, 9)
"""
    started = time.monotonic()
    done = python(script)
    assert done.stdout == "False False\n", done.stderr
    assert time.monotonic() - started < 60


def test_a_forked_child_can_use_the_host() -> None:
    """multiprocessing's workers, forked, type commands on the host of their parent."""
    script = """
import multiprocessing
from netns_kit import Host

def work(number):
    return host.exec("echo", number).stdout

with Host.private() as host:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(pool.map(work, range(5)))
    print(host.exec("echo", "alive").stdout)
"""
    done = python(script)
    assert done.stdout == f"{[f'{n}{chr(10)}' for n in range(5)]}\nalive\n\n", done.stderr


def test_a_private_host_within_a_private_host(host: Host) -> None:
    """A Python that runs on a private host makes private hosts of its own, which end with it and see nothing of it."""
    Bridge("outer").add()
    script = """
from netns_kit import Bridge, Host
with Host.private() as inner:
    Bridge("inner").add()
    print(*(link.name for link in inner.link.list()))
with Host.local() as local:
    print(*(link.name for link in local.link.list()))
"""
    done = host.exec("env", f"PYTHONPATH={':'.join(sys.path)}", sys.executable, "-c", script)
    assert done.stdout.splitlines() == ["lo inner", "lo outer"]


def test_where_user_namespaces_are_forbidden(host: Host) -> None:
    """Where a switch forbids user namespaces, the error names it and the two ways on: the switch, or sudo."""
    script = """
from netns_kit import Host, PrivateHostError
try:
    Host.private()
except PrivateHostError as error:
    print(error)
"""
    # A user namespace has limits of its own, for those within it; without capabilities Python is an ordinary user.
    lines = (
        "echo 0 > /proc/sys/user/max_user_namespaces",
        f"exec setpriv --bounding-set -all --inh-caps -all env PYTHONPATH={':'.join(sys.path)} "
        f'{sys.executable} -c "$0"',
    )
    done = host.exec(
        "unshare", "--user", "--map-root-user", "--keep-caps", "sh", "-c", "; ".join(lines), script, check=False
    )
    assert "user.max_user_namespaces=0 forbids user namespaces" in done.stdout, done
    assert "`sysctl -w user.max_user_namespaces=15000`" in done.stdout
    assert "sudo" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("kernel/unprivileged_userns_clone", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("user/max_user_namespaces", "0"),
        ("user/max_net_namespaces", "0"),
    ],
)
def test_each_switch_is_named(switch: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the switches is named with its value, and with the command that allows private hosts again."""
    assert forbidding_switch(tmp_path) is None
    (tmp_path / switch).parent.mkdir()
    (tmp_path / switch).write_text(f"{value}\n")
    found = forbidding_switch(tmp_path)
    assert found is not None
    monkeypatch.setattr("netns_kit.machines.private.switches.forbidding_switch", lambda: found)
    said = explain({"errno": errno.EPERM, "message": "Operation not permitted", "what": "user namespace"}, True)
    assert f"{switch.replace('/', '.')}={value} forbids" in said
    assert f"sysctl -w {switch.replace('/', '.')}=" in said
    assert said.endswith("or run Python under sudo.")


def test_places_nest_and_end() -> None:
    """`enter` nests; at a block's end the place before is current again, and without any there is NoPlaceError."""
    with pytest.raises(NoPlaceError, match=r"Host\.private"):
        Bridge("br0")
    with Host.private("one") as one:
        net = Namespace("net0").add()
        with net.enter():
            assert Bridge("br0").site.name == "net0"
            with one.enter():
                assert Bridge("br0").site.name is None
            assert Bridge("br0").site.name == "net0"
        assert Bridge("br0").site.runner.host == "one"
    with pytest.raises(NoPlaceError):
        Bridge("br0")


def test_a_place_in_use_serves_all_threads() -> None:
    """`use` makes a place current in every thread; one that is entered goes before it."""
    from netns_kit.sites import site

    seen: list[str] = []
    with Host.private("used").enter() as host:
        pass
    try:
        host.use()
        thread = threading.Thread(target=lambda: seen.append(Bridge("br0").site.runner.host))
        thread.start()
        thread.join()
        with Host.dry_run("entered"):
            seen.append(Bridge("br0").site.runner.host)
    finally:
        site.use(None)
        host.close()
    assert seen == ["used", "entered"]


def test_what_is_refused_in_a_private_host(private_host: Host) -> None:
    """What only the machine's root may do is not said to need a private host, which this is."""
    with pytest.raises(PermissionDeniedError) as caught:
        private_host.exec("sh", "-c", "echo 'mount: permission denied' >&2; exit 32")
    assert "In a private host all may be done to what is its own" in caught.value.hint
    assert "Host.private()" not in caught.value.hint
