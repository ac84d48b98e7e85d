"""`Host.local(sudo=True)` for an ordinary user, in a private host whose users and sudoers are the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netns_kit import Host
from scripts.testing.waiting import wait_for

from .conftest import need
from .test_ssh import left_there

USER = 4242

AS_USER = f"""
import ctypes, os, signal, sys, time
import sh
from netns_kit import *
import netns_kit.machines.process
BEFORE
os.setgroups([]); os.setgid({USER}); os.setuid({USER})
host = Host.local(sudo=True)
with host:
"""

REPLAY = """
import argparse, threading
from scripts.replaying import cells, replay, running
known = {"D3": cells.documents()["D3"]}
first = cells.preamble(known["D3"][0].path)
running.preamble = lambda path: first
"""
"""What an ordinary user may not be able to read, read before."""

Sudo = Callable[..., str]


@pytest.fixture
def sudo(tmp_path: Path) -> Iterator[Sudo]:
    """Runs a script as an ordinary user, with a rule of sudoers: `sudo(rule, script)` gives what it prints."""
    need("sudo", "setpriv")
    tmp_path.chmod(0o755)
    with Host.private() as host:
        for name, line in (
            ("passwd", f"partner:x:{USER}:{USER}::/:/bin/sh"),
            ("group", f"partner:x:{USER}:"),
            ("shadow", "partner:*:19000:0:99999:7:::"),
        ):
            (tmp_path / name).write_text(Path(f"/etc/{name}").read_text() + line + "\n")
        for name in ("passwd", "group", "shadow", "sudoers"):
            (tmp_path / name).touch(mode=0o440 if name == "sudoers" else 0o644)
            host.exec("mount", "--bind", tmp_path / name, f"/etc/{name}")

        def run(rule: str, script: str, before: str = "") -> str:
            (tmp_path / "sudoers").write_text(f"Defaults use_pty\npartner ALL=(root) {rule}\n")
            indented = "".join(f"    {line}\n" for line in script.splitlines())
            path = ("env", f"PYTHONPATH={':'.join(sys.path)}")
            return host.exec(
                *path, sys.executable, "-c", AS_USER.replace("BEFORE", before) + indented, timeout=30
            ).stdout.strip()

        yield run


def test_each_command_is_root_s(sudo: Sudo) -> None:
    """Each command runs under `sudo -n`, and is recorded so."""
    script = "Namespace('test1').add()\nprint(os.getuid(), host.exec('id', '-u'), host.transcript[0].command)"
    assert sudo("NOPASSWD: ALL", script) == f"{USER} 0\n sudo -n ip netns add test1"


def test_a_password_is_never_asked_for(sudo: Sudo) -> None:
    """Where sudo wants a password, there is an error at once that says what to do, instead of a prompt."""
    script = "try: host.link.show()\nexcept PasswordNeededError as error: print(error.hint)"
    assert "without a password in sudoers" in sudo("ALL", script)


def test_a_time_out_ends_root_s_process(sudo: Sudo) -> None:
    """What takes too long is ended, although it is root's."""
    script = "try: host.exec('sleep', '4720', timeout=1)\nexcept TimedOutError as error: print(error.result.timed_out)"
    assert sudo("NOPASSWD: ALL", script) == "True"
    assert left_there("4720") == []


def test_a_time_out_where_only_some_commands_are_allowed(sudo: Sudo) -> None:
    """Where sudoers allows that command alone, so that nobody may end it, the time-out holds all the same."""
    script = (
        "try: host.exec('sleep', '60', timeout=1)\nexcept TimedOutError as error: print(error.result.duration < 30)"
    )
    assert sudo("NOPASSWD: /usr/bin/sleep", script) == "True"


def test_an_interrupt_ends_root_s_process(sudo: Sudo) -> None:
    """Ctrl-C ends it too, and the host is usable afterwards."""
    script = (
        "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
        "signal.setitimer(signal.ITIMER_REAL, 1)\n"
        "try: host.exec('sleep', '4721')\n"
        "except KeyboardInterrupt: print(host.exec('echo', 'on'))"
    )
    assert sudo("NOPASSWD: ALL", script) == "on"
    assert left_there("4721") == []


def test_background_processes_end(sudo: Sudo) -> None:
    """What was started in the background ends with its block."""
    script = (
        "with host.start('sleep', '4722') as process:\n    time.sleep(0.5)\n    print(process.running)\n"
        "print(process.running)"
    )
    assert sudo("NOPASSWD: ALL", script) == "True\nFalse"
    wait_for(lambda: left_there("4722") == [])


def test_d3_as_the_document_spells_it(sudo: Sudo) -> None:
    """D3.2 under sudo, as the document types it: each command is `sudo ip …`, and every check holds."""
    # In a thread nothing is entered: the document's machine is its own.
    script = """options = argparse.Namespace(steps=['D3.2'], sudo=True, transcript=None)
thread = threading.Thread(target=replay.play, args=(options, known))
thread.start()
thread.join()"""
    said = sudo("NOPASSWD: ALL", script, REPLAY)
    assert "1 steps, 2 of 2 checks held" in said
    assert "# sudo -n ip netns add test1" in said
    assert "# sudo -n ip -n test1 link set dev lo up" in said
