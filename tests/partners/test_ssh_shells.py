"""The shells that stay open behind SSH: what a command sees, says and reads, and what happens when one of them dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netns_kit import Bridge, CommandError, ConnectionLostError, Host, Namespace, SshError, TimedOutError
from scripts.testing.ssh_lab import SshLab
from scripts.testing.waiting import wait_for

from .test_ssh import left_there


def shells_there() -> list[int]:
    """The shells that stay open, by their ids: those on lab hosts share this machine's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sh", b"-c"] and words[3:4] == [b"netns_kit"] and b"while" in words[4]:
            found.append(int(path.parent.name))
    return found


def test_one_shell_serves_one_command_after_the_other(node1: Host) -> None:
    """Commands in a row go through one shell, and a command's own way out of it leaves it open."""
    before = set(shells_there())
    for argv in (("true",), ("ip", "link"), ("sh", "-c", "exit 3"), ("sh", "-c", "kill 0"), ("no-such-tool",)):
        node1.exec(*argv, check=False)
    assert len(set(shells_there()) - before) == 1


@pytest.mark.parametrize(
    "said", [b"", b"no newline", b"\n\n", b"a\0b\xff\xfe\r\n\\0101 %s $(id)", bytes(range(256)) * 40]
)
def test_outputs_byte_for_byte(node1: Host, said: bytes) -> None:
    """Both outputs come as they were written, and so does what is read, NUL and what is no text among it."""
    text = said.decode(errors="surrogateescape")
    result = node1.exec("sh", "-c", "tee /dev/stderr", input=text)
    assert (result.stdout, result.stderr) == (text, text)


def test_much_on_both_outputs(node1: Host) -> None:
    """Ten megabytes on each output, both at once, and as much to read."""
    script = "head -c 10000000 /dev/zero & head -c 10000000 /dev/zero >&2; wait"
    result = node1.exec("sh", "-c", script)
    assert (len(result.stdout), len(result.stderr)) == (10_000_000, 10_000_000)
    assert node1.exec("wc", "-c", input="x" * 2_000_000).stdout == "2000000\n"


def test_what_is_not_read_disturbs_nobody(node1: Host) -> None:
    """A command that reads nothing, some or all of what it is given, or that is given nothing, ends all the same."""
    for argv in (("true",), ("head", "-c", "3"), ("cat",)):
        assert node1.exec(*argv, input="abc\n" * 50_000).ok
    assert node1.exec("cat").stdout == ""
    assert node1.exec("sh", "-c", "read line; echo $?").stdout == "1\n"


def test_what_is_left_running_writes_into_nobody_s_output(node1: Host) -> None:
    """A command has ended when nobody writes to its outputs any more, be it what it left in the background."""
    late = "echo early; {} -c 'sleep 0.5; echo late; echo late >&2' &"
    for shell in ("sh", "setsid sh"):
        result = node1.exec("sh", "-c", late.format(shell))
        assert (result.stdout, result.stderr) == ("early\nlate\n", "late\n")
    quiet = node1.exec("sh", "-c", "sleep 4731 >/dev/null 2>&1 & echo gone")
    assert quiet.stdout == "gone\n"
    (pid,) = left_there("4731")
    os.kill(pid, signal.SIGKILL)


def test_many_at_once(node1: Host) -> None:
    """Commands of many threads run at once, and each gets its own answer."""

    def work(number: int) -> list[str]:
        return [node1.exec("sh", "-c", f"sleep 0.05; echo {number} {turn}").stdout for turn in range(5)]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(16)))
    assert found == [[f"{number} {turn}\n" for turn in range(5)] for number in range(16)]


def test_a_time_out_beside_others(node1: Host) -> None:
    """One that takes too long is ended alone, with what it said until then; those beside it run on."""
    beside: list[str] = []
    thread = threading.Thread(target=lambda: beside.append(node1.exec("sh", "-c", "sleep 5; echo on").stdout))
    thread.start()
    with pytest.raises(TimedOutError) as late:
        node1.exec("sh", "-c", "echo so far; exec sleep 4732", timeout=2)
    assert (late.value.result.stdout, late.value.returncode) == ("so far\n", -signal.SIGKILL)
    assert left_there("4732") == []
    thread.join()
    assert beside == ["on\n"]


def test_a_shell_that_dies(node1: Host) -> None:
    """The command in it fails by name, and is ended; what runs beside it goes on, and the next gets another shell."""
    before = set(shells_there())
    node1.exec("true")
    (shell,) = set(shells_there()) - before
    lasting = node1.start("sleep", "4733")
    wait_for(lambda: left_there("4733") != [])
    threading.Timer(2, os.kill, (shell, signal.SIGKILL)).start()
    with pytest.raises(ConnectionLostError, match="was ended") as lost:
        node1.exec("sh", "-c", "echo so far; exec sleep 4734", timeout=60)
    assert lost.value.result.stdout == "so far\n"
    assert left_there("4734") == []
    assert node1.exec("echo", "on").stdout == "on\n"
    assert lasting.running


def test_an_idle_shell_that_dies(node1: Host) -> None:
    """A shell that died while it had nothing to do is not missed."""
    before = set(shells_there())
    node1.exec("true")
    clients = len(listed := clients_here())
    for shell in set(shells_there()) - before:
        os.kill(shell, signal.SIGKILL)
    wait_for(lambda: len(clients_here() & listed) < clients)
    assert node1.exec("echo", "on").stdout == "on\n"


def clients_here() -> set[int]:
    """The processes of ssh that have not ended."""
    told = subprocess.run(("ps", "-eo", "pid,stat,comm"), capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in told.splitlines())
    return {int(pid) for pid, state, name in rows if name == "ssh" and not state.startswith("Z")}


def test_a_batch_fails_where_it_would(node1: Host) -> None:
    """Of batches that go over together, what is behind the first that fails does not run, and the error says so."""
    nets = [Namespace(f"net{number}", at=node1).add() for number in range(6)]
    with pytest.raises(CommandError) as failed, node1.batch():
        address_all(nets)
    assert failed.value.argv[:3] == ("ip", "-n", "net2")
    ran = {result.argv for result in node1.transcript if result.ok}
    assert all(command.argv not in ran for command in failed.value.not_run)
    assert [result.argv for result in node1.transcript if result.argv[1:3] == ("-n", "net2")][-1] == failed.value.argv
    node1.exec("true")


def address_all(nets: list[Namespace]) -> None:
    """Two changes in each namespace, of which one fails in the third."""
    for number, net in enumerate(nets):
        net.link("lo").up()
        net.link("lo" if number != 2 else "nope").set(mtu=1400)


def start_files(ssh_lab: SshLab, text: str) -> None:
    """Give node1's root a start file of bash, which sshd's shells read."""
    bashrc = Path("~root/.bashrc").expanduser()
    if not bashrc.exists():
        pytest.skip("root has no .bashrc to put another in place of: CI's leg partners runs it")
    ssh_lab.replace("node1", str(bashrc), text)


NOISY = """echo noise; echo noise >&2; echo x >>{folder}/starts
FROM_START_FILE=here; export FROM_START_FILE; local_one=1
alias true=false; ip() {{ echo mine; }}; exec 9</dev/null; trap 'echo trapped' EXIT; cd /tmp; umask 027
"""


def test_start_files_run_once(ssh_lab: SshLab) -> None:
    """What a login's start files say is in no answer, they run once, and leave what they leave a session."""
    start_files(ssh_lab, NOISY.format(folder=ssh_lab.folder))
    starts = ssh_lab.folder / "starts"
    with ssh_lab.ssh("node1") as host:
        for _ in range(5):
            result = host.exec("true")
            assert (result.stdout, result.stderr) == ("", "")
        assert [link.name for link in host.link.show()] == ["lo", "eth0"]
        assert starts.read_text() == "x\n" * 2  # that of the connection, and that of the shell
        kept = [host.exec("sh", "-c", line).stdout for line in ("env", "pwd; umask", "ls /proc/self/fd | wc -l")]
    told = ("ssh", "-F", ssh_lab.config, "node1")
    session = [
        subprocess.run((*told, line), capture_output=True, text=True, check=True).stdout.partition("\n")[2]
        for line in ("sh -c env", "sh -c 'pwd; umask'")
    ]
    # bash says how deep it is, which word it ran last and where it was, and each session has a port of its own.
    own = ("NETNS_KIT_COMMAND=", "SHLVL=", "_=", "SSH_", "OLDPWD=", "PATH=", "BASH_FUNC")
    seen = [{line for line in text.splitlines() if not line.startswith(own)} for text in (kept[0], session[0])]
    assert seen[0] == seen[1] - {"trapped"}
    assert "FROM_START_FILE=here" in kept[0]
    assert kept[1] == session[1].replace("trapped\n", "")
    assert kept[2] == "5\n"  # the three, the start file's own, and the folder that ls reads


@pytest.mark.parametrize("shell", ["/bin/dash", "/usr/bin/fish", "/bin/tcsh"])
def test_other_login_shells(ssh_lab: SshLab, shell: str) -> None:
    """Whatever shell the login is given, words arrive as they are, also to what lasts."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here: CI installs it, and its leg partners runs it")
    passwd = Path("/etc/passwd").read_text().splitlines()
    rows = [":".join((*row.split(":")[:6], shell)) if row.startswith("root:") else row for row in passwd]
    ssh_lab.replace("node1", "/etc/passwd", "\n".join(rows) + "\n")
    words = ("a b", "$HOME", "it's", '"', "!!", "\\n", "a\nb", "ö", "*")
    with ssh_lab.ssh("node1") as host:
        assert host.exec("printenv", "SHELL").stdout == f"{shell}\n"
        assert host.exec("printf", "%s|", *words).stdout == "".join(f"{word}|" for word in words)
        with host.start("printf", "%s|", *words) as process:
            assert "\n".join(process.lines(5)) == "".join(f"{word}|" for word in words)
        with host.start("sleep", "4735"):
            wait_for(lambda: left_there("4735") != [])
        assert left_there("4735") == []


def test_a_forced_command_that_lets_others_pass(ssh_lab: SshLab) -> None:
    """Behind a ForceCommand that runs what was asked for, all is as elsewhere."""
    ssh_lab.configure("node1", 'ForceCommand echo noted >&2; eval "$SSH_ORIGINAL_COMMAND"')
    with ssh_lab.ssh("node1") as host:
        result = host.exec("sh", "-c", "echo out; echo err >&2")
        assert (result.stdout, result.stderr) == ("out\n", "err\n")


def test_a_forced_command_that_lets_nothing_pass(ssh_lab: SshLab) -> None:
    """Behind one that runs something else, the error says what that said."""
    ssh_lab.configure("node1", "ForceCommand echo only backups here")
    started = time.monotonic()
    with ssh_lab.ssh("node1") as host, pytest.raises(SshError, match="only backups here"):
        host.exec("true")
    assert time.monotonic() - started < 60


def test_batches_go_over_together(node1: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many namespaces a batch is for, each stage of it is one way there and back for each lane."""
    runner = node1.site.runner.runner  # type: ignore[attr-defined]
    trips: list[int] = []
    whole = runner.run_each
    monkeypatch.setattr(runner, "run_each", lambda commands: (trips.append(len(commands)), whole(commands))[1])
    with node1.batch():
        br0 = Bridge("br0").add()
        for number in range(1, 41):
            br0.plug(Namespace(f"net{number}").add(), address=f"10.0.0.{number}/24", port=f"port{number}")
    assert len(trips) == 3
    assert sum(trips) == 41
