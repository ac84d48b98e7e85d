"""This machine itself as a host, in a network and a mount namespace that stand in for it; and sudo."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netns_kit import Host, ToolMissingError
from tests.conftest import needs_root, needs_tool


def on_a_machine(script: str, prepare: str = ":", become: str = "", **variables: str) -> str:
    """Run a script where `Host.local()` is a machine that only stands in for this one; what it printed."""
    with Host.private() as machine:
        words = ("env", f"PYTHONPATH={':'.join(sys.path)}", *(f"{key}={value}" for key, value in variables.items()))
        line = f'{prepare}\nexec {become} "$@"'
        done = machine.exec("sh", "-ec", line, "sh", *words, sys.executable, "-c", script, timeout=30)
        assert done.stderr == "", done.stderr
        return done.stdout


def test_the_machine_itself() -> None:
    """Namespaces, links, processes, sockets and time-outs work on the machine itself as on a private host."""
    script = """
import os, time
from netns_kit import Host, Namespace, TimedOutError, ToolMissingError, VethPair

with Host.local() as host:
    with Namespace("net0") as net:
        outer, inner = VethPair("outer", "inner", peer_netns=net).add()
        inner.set(netns=host)
        print(sorted(link.name for link in host.link.list()), inner.show().name)
        with net.start("sleep", "100") as process, net.socket() as made:
            print(net.pids() == (process.pid,))
        try:
            net.exec("no-such-tool")
        except ToolMissingError:
            print("missing")
    print(len(host.netns.list()), len(host.transcript) > 5)
"""
    assert on_a_machine(script).splitlines() == ["['inner', 'lo', 'outer'] inner", "True", "missing", "0 True"]


def test_a_time_out() -> None:
    """A time-out ends a command with its children, and keeps what it printed."""
    script = """
from netns_kit import Host, TimedOutError

with Host.local() as host:
    try:
        host.exec("sh", "-c", "echo early; sleep 60 & sleep 600", timeout=5)
    except TimedOutError as error:
        print(repr(error.stdout), error.result.duration < 60)
    print(host.exec("echo", "usable").stdout.strip())
"""
    assert on_a_machine(script).splitlines() == ["'early\\n' True", "usable"]


SUDOERS = """
mount -t tmpfs tmpfs /etc/sudoers.d
printf 'Defaults !use_pty\\nroot ALL=(ALL:ALL) ALL\\n#1234 ALL=(ALL:ALL) %s ALL\\n' > /etc/sudoers.d/sudoers
chmod 440 /etc/sudoers.d/sudoers
mount --bind /etc/sudoers.d/sudoers /etc/sudoers
printf 'root:x:0:0::/root:/bin/sh\\nuser:x:1234:1234::/tmp:/bin/sh\\n' > /etc/sudoers.d/passwd
mount --bind /etc/sudoers.d/passwd /etc/passwd
printf 'root:*:19000::::::\\nuser:*:19000::::::\\n' > /etc/sudoers.d/shadow
mount --bind /etc/sudoers.d/shadow /etc/shadow
"""
# It may read all files, since the interpreter may lie in somebody's home, and is an ordinary user otherwise.
MAY_READ = "--inh-caps +dac_read_search --ambient-caps +dac_read_search"
AS_USER = f"setpriv --reuid 1234 --regid 1234 --clear-groups {MAY_READ}"


@needs_root
@needs_tool("sudo")
def test_sudo_without_a_password() -> None:
    """An ordinary user works under sudo: what is typed begins with `sudo -n`, and what is started can be ended."""
    script = """
import os
from netns_kit import Host, Namespace, TimedOutError

print(os.getuid())
with Host.local(sudo=True) as host:
    net = Namespace("net0").add()
    print([one.name for one in host.netns.list()], host.transcript[0].argv[:4])
    with net.start("sleep", "100") as process:
        pass
    try:
        net.exec("sleep", "100", timeout=0.3)
    except TimedOutError:
        print("timed out", net.pids())
"""
    said = on_a_machine(script, SUDOERS % "NOPASSWD:", AS_USER)
    assert said.splitlines() == ["1234", "['net0'] ('sudo', '-n', 'ip', 'netns')", "timed out ()"]


@needs_root
@needs_tool("sudo")
def test_sudo_with_a_password() -> None:
    """Where sudo wants a password it is PasswordNeededError at once, and says what to do."""
    script = """
from netns_kit import Host, Namespace, PasswordNeededError
with Host.local(sudo=True) as host:
    try:
        host.netns.add("net0")
    except PasswordNeededError as error:
        print("without a password" in str(error))
"""
    assert on_a_machine(script, SUDOERS % "", AS_USER) == "True\n"


def test_a_program_for_a_person_that_is_missing() -> None:
    """Who wants to talk to a program that is not there is told which one that is."""
    with pytest.raises(ToolMissingError, match="no-such-program"):
        Host.local().shell("no-such-program")


@pytest.mark.parametrize("number", ["0", "SIGTERM", "SIGKILL"])
def test_what_was_started_ends(number: str) -> None:
    """What was started on the machine ends with its host, and with the process that started it, by whatever signal."""
    script = f"""
import os, signal, subprocess, sys, time

SCRIPT = '''
import os, signal
from netns_kit import Host, Namespace

with Host.local() as host:
    first = host.start("sleep", "4444.5")
assert not first.running
host = Host.local()
host.start("sleep", "4444.5")
Namespace("net0", at=host).add().start("sleep", "4444.5")
if {number!r} != "0":
    os.kill(os.getpid(), getattr(signal, {number!r}))
'''
print(subprocess.run((sys.executable, "-c", SCRIPT)).returncode)
deadline = time.monotonic() + 20
seek = ("pgrep", "-f", "^sleep 4444.5")
while subprocess.run(seek, stdout=subprocess.DEVNULL).returncode == 0 and time.monotonic() < deadline:
    time.sleep(0.01)
print(time.monotonic() < deadline)
"""
    code = -int(getattr(signal, number, 0))
    assert on_a_machine(script).splitlines() == [str(code), "True"]


def test_ctrl_c_while_a_command_is_started(tmp_path: Path) -> None:
    """A command that was just started when Ctrl-C came does not go on without anybody knowing."""
    script = f"""
import os, signal, subprocess, time
from netns_kit import Host

class Interrupted(subprocess.Popen):
    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        os.kill(os.getpid(), signal.SIGINT)

subprocess.Popen = Interrupted
try:
    Host.local().exec("sh", "-c", "sleep 1; touch {tmp_path}/done")
except KeyboardInterrupt:
    time.sleep(2)
    print(os.listdir({str(tmp_path)!r}))
"""
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
