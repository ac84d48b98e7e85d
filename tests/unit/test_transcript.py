"""The transcript: every command in order, as a shell script, Markdown, a table, and JSON lines."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from netns_kit import Host, InvalidArgumentError, Transcript
from netns_kit.commands.command import Command, Result


def entry(*argv: str, status: int | None = 0, stdout: str = "", stderr: str = "", **more: object) -> Result:
    """A command that ran, and what came of it."""
    known = {key: more.pop(key) for key in ("input", "within", "timeout", "netns") if key in more}
    return Result(Command(argv, **known), "node1", status, stdout, stderr, **more)


def script(*results: Result) -> list[str]:
    """The lines of the script that these commands give, without its head."""
    transcript = Transcript()
    for result in results:
        transcript.append(result)
    return transcript.as_shell().splitlines()[1:]


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (entry("ip", "netns", "add", "net0"), "ip netns add net0"),
        (entry("echo", "two words", "it's", "$HOME", "*", ""), "echo 'two words' 'it'\"'\"'s' '$HOME' '*' ''"),
        (entry("false", status=1), "false || true"),
        (entry("sleep", "9", status=-9, timed_out=True, timeout=1.5), "timeout 1.5 sleep 9 || true"),
        (entry("cat", input="a\nb'"), "printf %s 'a\nb'\"'\"'' | cat"),
        (entry("cat", status=1, input="x"), "printf %s x | cat || true"),
        (entry("cat", input="\0\\é\udcff%"), "printf %b '\\0000\\0134é\\0377%' | cat"),
        (entry("ip", "link", "help", status=255), "ip link help || true"),
        (entry("sh", "-c", "exit 3", status=3, duration=1, background=True), "sh -c 'exit 3' || true"),
        (entry("cat", status=-9, input="x", timed_out=True, timeout=2), "printf %s x | timeout 2 cat || true"),
    ],
)
def test_shell_line(result: Result, line: str) -> None:
    """Words are quoted, input is piped in, and a failure that was let be does not end the script."""
    assert "\n".join(script(result)[1:]) == line


@pytest.mark.parametrize("word", ["two words", "it's", "$HOME", "a\nb", "\\", '"', "`id`", "ü", "!"])
def test_quoting_holds(word: str) -> None:
    """bash reads each word of the script as the same word."""
    text = "\n".join(script(entry("printf", "%s", word)))
    done = subprocess.run(("bash", "-e"), input=text, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == word


def test_hosts_are_named() -> None:
    """Where the host changes, the script says so; on several, each has a function, which is told how to reach it."""
    assert script(entry("true"), entry("false")) == ["# on node1", "true", "false"]
    other = Result(Command(("echo", "two words", "$HOME")), "node2", 0)
    comment, _, *functions, first, one, second, two = script(entry("true"), other)
    assert "how each is reached" in comment
    assert [line.partition("()")[0] for line in functions] == ["node1", "node2"]
    assert (first, one, second, two) == ("# on node1", "node1 true", "# on node2", "node2 echo 'two words' '$HOME'")
    whole = "\n".join(script(entry("true"), other))
    reach = {**os.environ, "node1": "sh -c", "node2": "bash -c"}
    assert (
        subprocess.run(("bash", "-e"), input=whole, text=True, env=reach, capture_output=True).stdout
        == "two words $HOME\n"
    )
    refused = subprocess.run(("bash", "-e"), input=whole, text=True, capture_output=True)
    assert "how to reach node1" in refused.stderr
    odd = [Result(Command(("true",)), name, 0) for name in ("a b", "exit", "}$(id)")]
    assert [line.partition("()")[0] for line in script(*odd)[2:5]] == ["host1", "host2", "host3"]
    assert subprocess.run(("bash", "-n"), input="\n".join(script(*odd)), text=True).returncode == 0


@pytest.mark.parametrize(
    "names", [("host2", "a b"), ("PATH", "node1"), ("printf", "words"), ("aé", "true"), ("kill", "_")]
)
def test_each_host_is_reached(names: tuple[str, ...]) -> None:
    """Each host has a function of its own, also if it is called like another one's, a variable or a builtin."""
    text = "\n".join(script(*(Result(Command(("sh", "-c", "echo $AT"), input="x"), name, 1) for name in names)))
    functions = [line.partition("()")[0] for line in text.splitlines() if "how to reach" in line]
    reach = {name: f"env AT={number} sh -c" for number, name in enumerate(functions)}
    env = {**os.environ, **reach}
    # A function that called itself would go on for ever, each in a process of its own.
    bash = (shutil.which("timeout"), "-s", "KILL", "10", shutil.which("bash"), "-e")
    done = subprocess.run(bash, input=text, text=True, env=env, capture_output=True)
    assert done.stdout == "0\n1\n"


def test_nothing_runs_until_every_host_can_be_reached(tmp_path: Path) -> None:
    """A script that was told of one host alone runs nothing there, and nothing that the other one's name says."""
    results = (Result(Command(("touch", "ran"), input=""), name, 1) for name in ("node1", "$(touch ran)"))
    env = {**os.environ, "node1": "sh -c"}
    done = subprocess.run(
        ("bash", "-e"),
        input="\n".join(script(*results)),
        text=True,
        env=env,
        cwd=tmp_path,
        capture_output=True,
        timeout=20,
    )
    assert done.returncode
    assert "how to reach $(touch ran)" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_words_as_a_host_reads_them() -> None:
    """The shell of a host, which need not be bash, reads each word as it was; none becomes an assignment."""
    words = ("a\nb", "it's", "é\t", "\udcff", "", "\\")
    results = (Result(Command(argv), name, 0) for name, argv in (("a", ("printf", "[%s]", *words)), ("b", ("X=1",))))
    env = {**os.environ, "a": "sh -c", "b": "sh -c", "LC_ALL": "C"}
    text = "\n".join(script(*results)).encode()
    done = subprocess.run(("bash", "-e"), input=text, env=env, capture_output=True, timeout=20)
    assert done.stdout == "".join(f"[{word}]" for word in words).encode(errors="surrogateescape")
    assert done.returncode == 127


def test_background_on_several_hosts_ends_with_the_script() -> None:
    """What is ended with the script is the way to the host itself, and not a shell of the script's around it."""
    lines = script(entry("sleep", "60", status=None, background=True), Result(Command(("true",)), "node2", 0))
    env = {**os.environ, "node1": "bash -c", "node2": "bash -c"}
    # What goes on holds its output open.
    subprocess.run(
        ("bash", "-e"), input="\n".join(lines), text=True, check=True, env=env, stdout=subprocess.PIPE, timeout=20
    )


def test_what_a_script_waits_for() -> None:
    """Behind a background command the script waits as long as was waited then."""
    server = entry("server", status=None, started=10.0, background=True)
    assert script(server, entry("client", started=10.4))[-3:] == ["server &", "sleep 0.5", "client"]
    assert script(server, entry("client", started=10.01))[-2:] == ["server &", "client"]


def test_processes_that_are_gone() -> None:
    """A command that names a process of that time says so."""
    lines = script(entry("ip", "link", "set", "dev", "a", "netns", "4711"), entry("nsenter", "--net=/x", "true"))
    assert lines[1].startswith("# 4711 was a process")
    assert lines[2:] == ["ip link set dev a netns 4711", "nsenter --net=/x true"]
    assert script(entry("ls", "/proc/12/ns/net"))[1].startswith("# 12 was a process")


def test_a_here_document_ends_where_it_should() -> None:
    """What was typed cannot end the document that it stands in, and bytes that are no text come back."""
    shell = Command(("cat",))
    typed = [Result(shell, "node1", 0, background=True), entry("echo", "a\nTYPED\nb", within=shell)]
    lines = script(*typed)
    assert (lines[1], lines[-1]) == ("cat <<'TYPED_'", "TYPED_")
    line = script(entry("printf", "%s", "\udcff'\\"))[1]
    for shell in ("bash", "sh"):
        assert subprocess.run((shell, "-c", line), capture_output=True).stdout == b"\xff'\\"


def test_background_ends_with_the_script() -> None:
    """A background process gets an ampersand, and a trap that ends it with the script, which really runs so."""
    lines = script(entry("sleep", "60", status=-15, background=True, stopped=True), entry("true"))
    end = "trap 'for try in 1 2 3; do kill $(jobs -pr) 2>/dev/null || break; sleep 0.1; done' EXIT"
    assert lines == [end, "# on node1", "sleep 60 &", "true"]
    subprocess.run(("bash", "-e"), input="\n".join(lines), text=True, check=True, timeout=20)


def test_background_that_had_ended() -> None:
    """A background process that ended before the next command was typed is waited for, and no trap is needed for it."""
    brief = entry("sh", "-c", "echo 1", status=0, started=10.0, duration=0.5, background=True)
    lines = script(brief, entry("echo", "2", started=11.0))
    assert lines == ["# on node1", "sh -c 'echo 1'", "echo 2"]
    assert script(entry("true"), brief)[-1] == "sh -c 'echo 1'"
    assert script(brief, entry("echo", "2", started=10.2))[-3:] == ["sh -c 'echo 1' &", "sleep 0.2", "echo 2"]
    stopped = entry("server", status=0, started=10.0, duration=0.5, background=True, stopped=True)
    assert script(stopped, entry("echo", "2", started=11.0))[-3] == "server &"


@pytest.mark.parametrize(
    "word",
    ["exit", "if", "[[", "{", "alias", "let", "declare", "umask", "type", "builtin", "A=b", "a b=c", "A+=b", "%1", "%"],
)
def test_a_program_is_no_word_of_the_shell(word: str) -> None:
    """A program that is called as a builtin, a keyword or an assignment is looked for, and not there: status 127."""
    text = "\n".join(script(entry(word)))
    done = subprocess.run(("bash",), input=text, capture_output=True, text=True, timeout=20)
    assert done.returncode == 127


def test_a_shell_is_typed_its_own_words() -> None:
    """What was typed into a shell is its builtin in the script, too."""
    shell = Command(("bash",))
    session = [Result(shell, "node1", 0, background=True), entry("cd", "/", within=shell), entry("pwd", within=shell)]
    done = subprocess.run(
        ("bash", "-e"), input="\n".join(script(*session)), capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout == "/\n"


def test_a_host_name_stays_in_its_comment() -> None:
    """The name of a host is one line of the script, whatever is in it."""
    assert script(Result(Command(("true",)), "a\nrm x", 0)) == ["# on a⏎rm x", "true"]


def test_session_is_typed_into_its_shell() -> None:
    """What was typed into a shell stands in a here-document for it, each shell with its own; the script runs so."""
    shells = [Command(("bash",)), Command(("bash",))]
    typed = [
        one
        for number, shell in enumerate(shells)
        for one in (
            Result(shell, "node1", None, background=True),
            entry("echo", str(number), within=shell),
            entry("exit", within=shell),
        )
    ]
    lines = script(*typed, entry("sleep", "0", status=None, background=True), entry("bash", "-c", "true"))
    assert lines[2:] == [
        *("bash <<'TYPED'", "echo 0 </dev/null", "exit", "TYPED"),
        *("bash <<'TYPED'", "echo 1 </dev/null", "exit", "TYPED"),
        "sleep 0 &",
        "bash -c true",
    ]
    text = "\n".join(lines)
    done = subprocess.run(("bash", "-e"), input=text, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "0\n1\n"


def test_a_shell_that_failed() -> None:
    """A session whose shell ended with another status than 0, as after `exit 3`, does not end the script."""
    shell = Command(("bash",))
    typed = [Result(shell, "node1", 3, background=True), entry("exit", "3", status=3, within=shell), entry("echo", "1")]
    done = subprocess.run(
        ("bash", "-e"), input="\n".join(script(*typed)), capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout == "1\n"


def test_a_shell_of_an_odd_name() -> None:
    """The program that leads to a session's shell is no word of the script's shell."""
    for name, line in (("exec", "env exec bash <<'TYPED'"), ("A=b", "'A=b' bash <<'TYPED'")):
        shell = Command((name, "bash"))
        assert script(Result(shell, "node1", 0, background=True), entry("exit", within=shell))[1] == line


def test_what_was_typed_into_a_forgotten_shell() -> None:
    """A script says that it lacks what was typed into a shell whose start is not kept."""
    transcript, shell = Transcript(commands=2), Command(("bash",))
    for result in (Result(shell, "node1", 0, background=True), entry("cd", "/", within=shell), entry("true")):
        transcript.append(result)
    assert transcript.as_shell().splitlines()[1:] == [
        "# 2 commands before these are not kept: alone they may not do.",
        "# on node1",
        "true",
    ]


def test_background_beside_an_equal_shell() -> None:
    """A background process that looks like a session's shell is none."""
    shell = Command(("bash",))
    session = [Result(shell, "node1", 0, background=True), entry("exit", within=shell)]
    assert script(*session, entry("bash", status=None, background=True))[-1] == "bash &"


def test_markdown() -> None:
    """Each command is a block with what it printed; its fence is longer than any run of backticks within."""
    transcript = Transcript()
    transcript.append(entry("ip", "netns"))
    transcript.append(entry("cat", "x y", status=1, stdout="````\n", stderr="no\n"))
    assert transcript.as_markdown() == (
        "On node1:\n```console\n# ip netns\n```\n\n"
        "On node1:\n`````console\n# cat 'x y'\n````\nno\n(exit status 1)\n`````\n"
    )


def test_table() -> None:
    """The columns stand under each other; a background process that runs has no status yet."""
    transcript = Transcript()
    transcript.append(entry("ip", "link", duration=0.0012))
    transcript.append(entry("ip", "netns", "exec", "net0", "iperf3", "-s", status=None, netns="net0", background=True))
    assert transcript.as_table().splitlines() == [
        "host   namespace  status  ms   command",
        "node1             0       1.2  ip link",
        "node1  net0       …       0.0  ip netns exec net0 iperf3 -s",
    ]


def test_table_of_nothing() -> None:
    """An empty transcript is a head and nothing else."""
    assert Transcript().as_table().splitlines() == ["host  namespace  status  ms  command"]
    assert Transcript().as_markdown() == ""
    assert Transcript().as_shell() == "#!/bin/bash -e\n"


def test_save(tmp_path: Path) -> None:
    """JSON lines, one a command, also where outputs are no UTF-8; nothing is lost on the way."""
    transcript = Transcript()
    transcript.append(entry("cat", "ü", stdout="caf\udce9\n", netns="net0"))
    transcript.append(entry("true"))
    transcript.save(tmp_path / "lines")
    lines = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    assert lines == transcript.as_dicts()
    assert lines[0]["argv"] == ["cat", "ü"]
    assert (lines[0]["netns"], lines[0]["returncode"]) == ("net0", 0)
    assert lines[0]["stdout"].encode(errors="surrogateescape") == b"caf\xe9\n"


def test_is_a_sequence() -> None:
    """It is read like a list: by number, by slice, from its end; its text is the script."""
    host = Host.dry_run()
    for name in ("a", "b", "c"):
        host.netns.add(name)
    assert len(host.transcript) == 3
    assert [shlex.join(result.argv) for result in host.transcript[1:]] == ["ip netns add b", "ip netns add c"]
    assert host.transcript[-1].argv[-1] == "c"
    assert str(host.transcript) == host.transcript.as_shell()


def test_watched() -> None:
    """A listener hears of each command of its block; one that stops listening meanwhile does no harm to others."""
    transcript, heard = Transcript(), []
    with transcript.watched(lambda result: heard.append(result.argv[0])), transcript.watched(heard.append):
        transcript.append(entry("one"))
    transcript.append(entry("two"))
    assert heard == ["one", transcript[0]]


def test_one_transcript_feeds_another() -> None:
    """A lab's transcript has its hosts' commands, and what came of background ones."""
    lab = Transcript()
    host = Transcript(lab)
    started = entry("iperf3", status=None, background=True)
    host.append(started)
    host.ended(Result(started.command, "node1", -15, background=True))
    assert [result.returncode for result in (*host, *lab)] == [-15, -15]


def test_many_threads() -> None:
    """Commands of many threads are all recorded, each once, while others read."""
    host = Host.dry_run()

    def work(number: int) -> None:
        for count in range(100):
            host.netns.add(f"net{number}.{count}")
            if count % 50 == 0:
                host.transcript.as_shell()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.argv[-1] for result in host.transcript) == sorted(
        f"net{number}.{count}" for number in range(8) for count in range(100)
    )


def test_bounded() -> None:
    """It keeps the last commands and the beginnings of outputs, says what is missing, and can forget it all."""
    transcript = Transcript(commands=3, output=10)
    for number in range(5):
        transcript.append(entry("echo", str(number), stdout="0123456789" * number, stderr="short"))
    assert [one.argv[1] for one in transcript] == ["2", "3", "4"]
    assert transcript.forgotten == 2
    assert transcript[0].stdout == "0123456789\n… and 10 characters more\n"
    assert transcript[0].stderr == "short"
    assert "# 2 commands before these are not kept: alone they may not do." in transcript.as_shell().splitlines()
    transcript.clear()
    assert (len(transcript), transcript.forgotten) == (0, 5)
    background = entry("sleep", "9", status=None, background=True)
    transcript.append(background)
    transcript.ended(Result(background.command, "node1", 0, "x" * 50))
    assert transcript[0].stdout.endswith("… and 40 characters more\n")


@pytest.mark.parametrize("limits", [{"commands": 0}, {"output": -1}, {"commands": "many"}, {"output": True}])
def test_bounds_that_are_none(limits: dict[str, int]) -> None:
    """A limit is a number, and at least one."""
    with pytest.raises(InvalidArgumentError, match=next(iter(limits))):
        Transcript(**limits)
