"""Commands and processes: `exec`, `start`, `shell`."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netns_kit import (
    CommandError,
    Host,
    InvalidArgumentError,
    Link,
    Namespace,
    NotFoundError,
    NotYetError,
    TimedOutError,
    ToolMissingError,
)
from scripts.testing.waiting import LONG


def test_exec_in_a_namespace(host: Host) -> None:
    """`exec` runs any command where it is typed, with its output captured and the caller's locale."""
    net = Namespace("net0").add()
    assert net.exec("ip", "-o", "link").stdout.count("\n") == 1
    assert net.exec("sh", "-c", "echo out; echo err >&2").stderr == "err\n"
    assert net.exec("printenv", "LC_ALL", check=False).stdout.strip() == os.environ.get("LC_ALL", "")


def test_input(host: Host) -> None:
    """What is given as input is read to its end; without it a command reads nothing."""
    assert host.exec("cat", input="a\nb").stdout == "a\nb"
    assert host.exec("cat").stdout == ""
    text = "0123456789" * 300_000
    assert host.exec("wc", "-c", input=text).stdout.strip() == str(len(text))


def test_output_that_is_large_or_no_text(host: Host) -> None:
    """Ten megabytes come whole; non-ASCII comes as it is, and bytes that are no UTF-8 survive there and back."""
    assert len(host.exec("head", "-c", str(10_000_000), "/dev/zero").stdout) == 10_000_000
    assert host.exec("printf", "%s", "Überprüfung 网络").stdout == "Überprüfung 网络"
    raw = host.exec("printf", r"\377\376").stdout
    assert raw.encode(errors="surrogateescape") == b"\xff\xfe"
    assert host.exec("printf", "%s", raw).stdout == raw
    assert host.exec("cat", input=raw).stdout == raw


def test_argv_that_is_large(host: Host) -> None:
    """An argv of a megabyte runs, one that the kernel refuses is an error, and NUL is refused before."""
    assert host.exec("sh", "-c", "echo $#", "sh", *(["x" * 1000] * 1000)).stdout == "1000\n"
    with pytest.raises(CommandError, match="Argument list too long"):
        host.exec("true", "x" * 200_000)
    for argv in ((), ("",), ("echo", "a\0b")):
        with pytest.raises(InvalidArgumentError, match="argv"):
            host.exec(*argv)


def test_the_folder_is_the_callers(host: Host, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command runs in the folder that the caller is in, and in / where that is gone."""
    monkeypatch.chdir(str(tmp_path))
    assert host.exec("pwd").stdout == f"{tmp_path}\n"
    with host.start("pwd") as process:
        assert list(process) == [str(tmp_path)]


def test_a_background_process_ends_with_its_block(host: Host) -> None:
    """A process runs within its block, gives its lines as they come, and has ended behind it."""
    net = Namespace("net0").add()
    with net.start("sh", "-c", "for i in 1 2 3; do echo line $i; done; exec sleep 100") as process:
        lines = process.lines()
        assert [next(lines) for _ in range(3)] == ["line 1", "line 2", "line 3"]
        assert process.running
        assert net.pids() == (process.pid,)
    assert not process.running
    assert net.pids() == ()
    started = host.transcript[[result.background for result in host.transcript].index(True)]
    assert (started.argv[:4], started.returncode) == (("ip", "netns", "exec", "net0"), -signal.SIGTERM)


def test_lines_with_a_time_out(host: Host) -> None:
    """Reading lines ends with its time-out while the process goes on, and can go on later."""
    with host.start("sh", "-c", "echo one; sleep 0.5; echo two; exec sleep 100") as process:
        assert list(process.lines(0.25)) == ["one"]
        assert process.running
        assert next(process.lines(5)) == "two"


def test_a_process_that_ends_by_itself(host: Host) -> None:
    """The lines of a process that ends are all there, and its result says how it ended."""
    with host.start("sh", "-c", "seq 5000; echo oops >&2; exit 3", check=False) as process:
        assert list(process) == [str(number) for number in range(1, 5001)]
        result = process.wait(5)
    assert (result.returncode, result.stderr) == (3, "oops\n")
    assert result.stdout.splitlines() == [str(number) for number in range(1, 5001)]


def test_a_process_that_will_not_end_is_killed(host: Host) -> None:
    """Where SIGTERM is ignored, SIGKILL follows when patience is over."""
    process = host.start("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done")
    assert next(iter(process)) == "ready"
    with pytest.raises(TimedOutError):
        process.wait(0.1)
    assert process.stop(patience=0.2).returncode == -signal.SIGKILL


def test_a_process_is_typed_to(host: Host) -> None:
    """What is written to a process it reads, until its input is closed."""
    with host.start("sh", "-c", "while read -r word; do echo got $word; done; echo end") as process:
        lines = iter(process)
        process.write("one\n")
        assert next(lines) == "got one"
        process.write("two\n")
        process.close_input()
        assert list(lines) == ["got two", "end"]


def test_processes_from_many_threads(host: Host) -> None:
    """Background processes can be started and stopped from many threads at once."""

    def run(number: int) -> list[str]:
        with host.start("sh", "-c", f"echo {number}; exec sleep 100") as process:
            return [next(iter(process))]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(16))) == [[str(number)] for number in range(16)]


def test_a_process_ends_with_the_host() -> None:
    """Background processes have ended when their host is closed."""
    with Host.private() as host:
        process = host.start("sleep", "100")
    assert not process.running


SHELL = """
import sys
from netns_kit import Host, Namespace
with Host.private() as host:
    net1 = Namespace("net1").add()
    print("status", net1.shell(%s))
    print("usable", host.exec("echo", "yes").stdout)
"""


def at_a_terminal(script: str, *typed: tuple[bytes, bytes]) -> str:
    """Run a script at a terminal of its own; type each text once what comes before it has been seen."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["PYTHONPATH"] = ":".join(sys.path)
        os.execv(sys.executable, (sys.executable, "-c", script))
    said, waiting = b"", list(typed)
    seen = 0
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        if waiting and waiting[0][0] in said[seen:]:
            seen = len(said)
            # Ctrl-C that comes while a shell hands the terminal over reaches neither; a person is slower.
            time.sleep(0.3)
            os.write(terminal, waiting.pop(0)[1])
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:
                break
    else:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)
    return said.decode(errors="replace")


def test_a_shell_at_a_terminal() -> None:
    """A person at the terminal gets a shell in the namespace, whose prompt names it, and its exit status comes back."""
    prompt = b"namespace net1> "
    said = at_a_terminal(
        SHELL % "", (prompt, b"ip -o link | wc -l\n"), (prompt, b"ip netns identify $$\n"), (prompt, b"exit 3\n")
    )
    assert said.count("namespace net1> ") == 3, said
    assert "net1\r\n" in said
    assert "status 3" in said
    assert "usable yes" in said


def test_ctrl_c_in_a_shell_at_a_terminal() -> None:
    """Ctrl-C in a shell ends what runs in it, neither the shell nor the script."""
    prompt = b"namespace net1> "
    said = at_a_terminal(SHELL % "", (prompt, b"echo be''gin; sleep 60\n"), (b"begin", b"\x03"), (prompt, b"exit 4\n"))
    assert "status 4" in said, said
    assert "usable yes" in said


def test_ctrl_c_in_another_program_at_a_terminal() -> None:
    """Ctrl-C goes to a program at the terminal alone: it decides, and Python waits for it."""
    said = at_a_terminal(
        SHELL % "'sh', '-c', \"trap 'echo caught; exit 5' INT; echo begin; while :; do sleep 0.1; done\"",
        (b"begin", b"\x03"),
    )
    assert "caught" in said, said
    assert "status 5" in said
    assert "usable yes" in said


@pytest.mark.parametrize(
    ("script", "out", "err"),
    [
        ("echo a; echo b > /dev/stdout; echo c", "a\nb\nc\n", ""),
        ("echo a > /dev/stderr; echo b >&2", "", "a\nb\n"),
        ("echo a; echo b | tee /dev/stderr; echo c", "a\nb\nc\n", "b\n"),
        ("sleep 60 & echo a", "a\n", ""),
        ("seq 100000; seq 100000 >&2", "".join(f"{n}\n" for n in range(1, 100001)), None),
    ],
    ids=["stdout by name", "stderr by name", "tee", "left running", "much"],
)
def test_outputs_are_as_a_shell_has_them(host: Host, script: str, out: str, err: str | None) -> None:
    """What a command writes arrives whole and in order, whichever way it writes it, and however much it is."""
    done = host.exec("sh", "-c", script, timeout=20)
    assert (done.stdout, done.stderr) == (out, out if err is None else err)


def test_what_was_written_before_a_time_out_is_kept(host: Host) -> None:
    """A command that takes too long is ended, and what it had written until then is in its result."""
    with pytest.raises(TimedOutError) as late:
        host.exec("sh", "-c", "seq 50000; echo why >&2; sleep 600", timeout=6)
    assert late.value.stdout.endswith("50000\n")
    assert late.value.stderr == "why\n"


@pytest.mark.parametrize("where", ["host", "namespace"])
def test_a_background_program_that_is_missing(host: Host, where: str) -> None:
    """Where the program, or the namespace that it belongs to, is not there, `start` itself says so."""
    net = Namespace("net0").add()
    place = host if where == "host" else net
    for options in ({}, {"cwd": "/"}):
        with pytest.raises(ToolMissingError, match="no-such-program"):
            place.start("no-such-program", "--please", **options)
    with pytest.raises(NotFoundError, match="net9"):
        Namespace("net9").start("sleep", "1")
    with pytest.raises(NotFoundError):
        Namespace.of_path("/run/netns/net9").start("sleep", "1")


def test_a_background_process_that_fails_by_itself(host: Host) -> None:
    """At its block's end it raises what came of it, unless that is not to be checked, or the block has failed, too."""
    failing = ("sh", "-c", "echo why >&2; exit 3")
    with pytest.raises(CommandError, match="why") as caught, host.start(*failing) as process:
        process.wait(5)
    assert caught.value.returncode == 3
    with host.start(*failing, check=False) as process:
        process.wait(5)
    with pytest.raises(NotYetError), host.start(*failing):
        host.wait_until(bool, timeout=0.3)
    with host.start("sleep", "100"):
        """What is stopped has not failed."""


def test_both_outputs_and_a_duration_of_its_own(host: Host) -> None:
    """`wait` and `stop` give both outputs, whoever has read them; how long it took does not hang on who asks when."""
    with host.start("sh", "-c", "echo out; echo err >&2") as process:
        assert list(process) == ["out"]
        ended = process.wait(5)
        time.sleep(0.5)
        assert process.wait(5).duration == ended.duration
    assert (ended.stdout, ended.stderr) == ("out\n", "err\n")
    with host.start("sh", "-c", "echo out; echo err >&2; sleep 100") as process:
        process.wait_for("err")
        stopped = process.stop()
    assert (stopped.stdout, stopped.stderr) == ("out\n", "err\n")


def test_waiting_for_what_a_process_says(host: Host) -> None:
    """`wait_for` sees either output, also what was said before; it ends with the time, and with the process."""
    script = "echo ready; sleep 0.2; echo listening on 80 >&2; sleep 100"
    with host.start("sh", "-c", script) as process:
        process.wait_for("listening on", timeout=10)
        process.wait_for("ready")
        with pytest.raises(NotYetError, match="never"):
            process.wait_for("never", timeout=0.1)
    with host.start("sh", "-c", "echo no >&2; exit 3", check=False) as process, pytest.raises(CommandError, match="no"):
        process.wait_for("yes", timeout=10)
    with host.start("true") as process, pytest.raises(NotYetError, match="ended"):
        process.wait_for("yes", timeout=10)


def test_waiting_for_a_port(host: Host) -> None:
    """`wait_for_port` waits until somebody listens there, TCP or UDP, in this place and no other."""
    net = Namespace("net1").add()
    serve = "import socket, time; time.sleep(0.2); s = socket.socket(); s.bind(('', 8080)); s.listen(); time.sleep(60)"
    with net.start(sys.executable, "-c", serve):
        before = len(host.transcript)
        net.wait_for_port(8080, timeout=10)
        assert len(host.transcript) == before
        with pytest.raises(NotYetError, match="8080"):
            host.wait_for_port(8080, timeout=0.1)
        with pytest.raises(NotYetError, match="udp port 8080 of net1"):
            net.wait_for_port(8080, protocol="udp", timeout=0.1)


def test_waiting_until(host: Host) -> None:
    """`wait_until` gives what its condition gave once that was true; what it types, it types in the place."""
    net = Namespace("net1").add()
    with net.start("sh", "-c", "sleep 0.2; ip link set lo up; sleep 60"):
        assert net.wait_until(lambda: Link("lo").show().up, timeout=10) is True
    with pytest.raises(NotYetError):
        host.wait_until(list, timeout=0.1)
    with pytest.raises(InvalidArgumentError, match="timeout"):
        host.wait_until(lambda: True, timeout="5")  # type: ignore[arg-type]


def test_another_folder_and_more_variables(host: Host, tmp_path: Path) -> None:
    """`cwd` and `env` go with a command, on a host, in a namespace and in the background, and can be read off it."""
    net = Namespace("net1").add()
    show = ("sh", "-c", 'pwd; echo "$A $B"')
    said = f"{tmp_path}\n1 two words\n"
    for place in (host, net):
        assert place.exec(*show, cwd=tmp_path, env={"A": "1", "B": "two words"}).stdout == said
        with place.start(*show, cwd=tmp_path, env={"A": "1", "B": "two words"}) as process:
            assert process.wait(5).stdout == said
    assert str(host.transcript[-1].command).startswith(f"ip netns exec net1 env -C {tmp_path} A=1 'B=two words' sh")
    with pytest.raises(ToolMissingError, match="no-such-tool"):
        host.exec("no-such-tool", env={"A": "1"})
    for wrong in ({"A=": "1"}, {"A": 1}, {"": "x"}):
        with pytest.raises(InvalidArgumentError, match="env"):
            host.exec("true", env=wrong)
    with pytest.raises(InvalidArgumentError, match="cwd"):
        host.exec("true", cwd="-x")
