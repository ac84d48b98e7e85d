"""Whatever ran, its script runs it again: every word and every input byte for byte, in order, and nothing else."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from netns_kit import Transcript
from netns_kit.commands.command import Command, Result

BASH = shutil.which("bash") or "bash"
TRANSCRIPTS = int(os.environ.get("NETNS_KIT_TRANSCRIPTS", "2000"))
PARTS = 10

# What runs instead of every program: it writes down its words and its input, and ends as its last word says.
STUB = r"""#!/bin/sh
for last in "${0##*/}" "$@"; do :; done
case $last in begun-*) until [ -e "$LOG.${last#begun-}" ]; do REAL_SLEEP 0.01; done ;; esac
{
    printf '%s\0' "$AT" "$#" "${0##*/}" "$@"
    case $last in
        bash | sh) ;;
        *) [ /dev/stdin -ef /dev/null ] || { printf '<'; REAL_CAT; printf '>'; } ;;
    esac
} >>"$LOG"
case $last in
    bash) exec REAL_BASH ;;
    sh) exec REAL_SH ;;
    exit-*) exit "${last#exit-}" ;;
    kill-*) kill "-${last#kill-}" $$ ;;
    lasts-*) : >"$LOG.${last#lasts-}"; exec REAL_SLEEP 60 ;;
esac
"""
# How a host is reached. This sh waits for what lasts, and would alone be ended, as SSH's would.
REACH = r"""#!/bin/sh
export AT="$1"
case $1:$2 in
    *[02468]:* | *lasts-*) exec REAL_BASH -c "$2" ;;
    *) exec REAL_SH -c "$2" ;;
esac
"""

PLAIN = (
    "ip", "bridge", "tc", "a b", "a\nb", "a\ncanary", "'", '"', "$HOME", "$(canary)", "`canary`", "-x", "--", "~", "#x",
    "~root", "!!", "*", "?", "[a]", "{a,b}", "\\", "a;canary", "a|canary", "a&canary", "é", "\udcff", "x\udc80=y", "\t",
    "=", "=x", "a=b c", "é=b", "2", "2>canary", "&", "TYPED", "\r", " ", "ip\r", "\x01", "\x7f", "1=2", "a=$(canary)",
    "[[a", "then:", "a=\udcfe", "a\udcc3=\udc81\udc82", "../bin/ip", "../a=b/$(canary)", "../a=b/ip",
)  # fmt: skip
# To a shell that they are typed into these are its own; a script at its top has programs of such names.
OF_SHELLS = (
    "A=b", "A+=b", "a[1]=b", "PATH=canary", "!", ":", "{", "}", "[[", "]]", "%", "%1", "%a b", "alias", "bg",
    "bind", "break", "builtin", "caller", "case", "cd", "command", "compgen", "complete", "compopt", "continue",
    "coproc", "declare", "dirs", "disown", "do", "done", "elif", "else", "enable", "esac", "eval", "exec", "exit",
    "export", "fc", "fg", "fi", "for", "function", "getopts", "hash", "help", "history", "if", "in", "jobs", "let",
    "local", "logout", "mapfile", "popd", "pushd", "read", "readarray", "readonly", "return", "select", "set", "shift",
    "shopt", "source", "suspend", "then", "time", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias",
    "unset", "until", "wait", "while",
)  # fmt: skip
BUILTIN = (("A=b",), (":",), (":", "$(canary)"), ("cd", "."), ("export", "x=`canary`"), ("set", "--", "\n", "*"))
SHELLS = (("bash",), ("sh",), ("ip", "netns", "exec", "a\nTYPED", "bash"), ("A=b", "sh"), ("exec", "\udcff", "bash"))

ODD = (
    "", "a", "two words", "TYPED", "TYPED_", "TYPED__", "\nTYPED\n", "a\nTYPED\ncanary\n", "EOF", "<<TYPED",
    "$(canary)", "`canary`", "; canary", "&& canary", "|| canary", "\ncanary\n", "\rcanary", "> canary", "<canary",
    "'\ncanary\n'", '"\ncanary\n"', "'; canary; '", "';canary;'", '$(canary)"', "\\'; canary #", "-n", "-", "--", "-c",
    "~", "~root", "~+", "a=~", "#", "#a", "!", "!!", "!$", "{a,b}", "*", "?", "[!a]", "$HOME", "${x:?}", "$'a'", '$"a"',
    "\\", "\\\n", "a\\", "'", "''", '"', "\"'\"", "netns", "4711", "/proc/12/ns/net", "/proc/12/\ncanary", "A=b", "if",
    "fi", "then", "esac", ";;", "2>&1", "2", "1", "|", "&", "(", ")", "%s", "%", "\\0", "\\0101", "\\x41", "\t", "\r\n",
    "\udcff", "\udcc3", "\udc80\udc81\udc82", "a\udcff\n", "\udcff'", "\udcff\\", "é", "日本", "\u2028", "\x01", "\x7f",
    "\x1b[2J", "\ue000", "\U0001f600", "help", "</dev/null", "|| true", "exit", "true", "$$", "\\$(canary)", "x" * 5000,
)  # fmt: skip
CHARACTERS = "aZ0 \t\n\r'\"\\$`!#~&|;<>(){}[]*?=%-+.,:/@^\x01\x08\x7fé日\x85\udc80\udc81\udcc3\udcff"
HOSTS = (
    "node1", "node2", "R1", "a b", "exit", "if", "}$(canary)", "`canary`", "'", '"', "it's", "printf", "sleep", "kill",
    "true", "words", "PATH", "HOME", "IFS", "LOG", "PS4", "_", "host1", "host2", "host3", "ñ", "aé", "", "a\ncanary",
    "timeout", "env", "exec", "\udcff", "${x}", "A=b", "-n", "#x", "\\", "node1 ", "a}b", "jobs", "trap", "echo", "ip",
    "LC_ALL", "BASHPID", "UID", "a\rcanary",
)  # fmt: skip


class Random:
    """A transcript as its seed has it."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.clock, self.lasting = 1000.0, 0
        bounded = self.rng.randint(1, 5) if self.perhaps(0.05) else None
        self.transcript = Transcript(commands=bounded)
        several = self.perhaps(0.2)
        self.hosts = self.rng.sample(HOSTS, self.rng.randint(2, 4) if several else 1)
        for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3, 5))):
            chosen = self.rng.choices((self.plain, self.session, self.background), (8, 2, 0 if bounded else 1))
            chosen[0](self.rng.choice(self.hosts))

    def perhaps(self, chance: float = 0.5) -> bool:
        """True as often as this says."""
        return self.rng.random() < chance

    def word(self) -> str:
        """A word that is odd, or of odd characters."""
        if self.perhaps(0.7):
            return self.rng.choice(ODD)
        return "".join(self.rng.choices(CHARACTERS, k=self.rng.randint(1, 8)))

    def words(self) -> list[str]:
        """A few of them."""
        return [self.word() for _ in range(self.rng.choice((0, 1, 1, 2, 2, 3, 5)))]

    def input(self) -> str | None:
        """None mostly; else any text, with NUL, and long at times."""
        if self.perhaps(0.85):
            return None
        text = self.rng.choice(("", "\n", " ", "\0")).join(self.words())
        return (text * 1000)[:200_000] if self.perhaps(0.02) else text

    def command(self, *programs: str, host: str, within: Command | None = None) -> Result:
        """A command with what came of it, which its last word tells the stub to repeat."""
        status = self.rng.choice((0, 0, 0, 1, 3, 255, -9, -15))
        timed_out = status == -9 and self.perhaps()
        timeout = self.rng.choice((60, 30.5, 1e6)) if timed_out else 60
        end = f"exit-{status}" if status > 0 else f"kill-{-status}"
        program = self.rng.choice(programs)
        argv = (program, *self.words(), *((end,) if status else ()))
        command = Command(argv, input=self.input(), timeout=timeout, within=within)
        return Result(command, host, status, started=self.clock, timed_out=timed_out)

    def add(self, result: Result) -> None:
        """Record it, a while behind the one before."""
        self.clock += self.rng.choice((0.0, 0.01, 1.0))
        self.transcript.append(evolve(result, started=self.clock))

    def plain(self, host: str) -> None:
        """A command of whatever name, or the help of a tool, which ends with 255 and is well."""
        if self.perhaps(0.05):
            self.add(Result(Command(("help-255", "help"), leading=0), host, 255))
        self.add(self.command(*PLAIN, *OF_SHELLS, host=host))

    def session(self, host: str) -> None:
        """A shell, and what was typed into it."""
        shell = Command(self.rng.choice(SHELLS))
        left = self.rng.choice(("exit", "exit 3", ""))
        self.add(Result(shell, host, 3 if left == "exit 3" else 0, background=True))
        # One that nothing was typed into would be a command in the background.
        for _ in range(self.rng.choice((0, 1, 2, 3, 4) if left else (1, 2))):
            if self.perhaps(0.1):
                self.add(Result(Command(self.rng.choice(BUILTIN), within=shell), host, 0))
            else:
                self.add(self.command(*PLAIN, host=host, within=shell))
        if left:
            self.add(Result(Command(left.split(), within=shell), host, 3 if left == "exit 3" else 0))

    def background(self, host: str) -> None:
        """What ended by itself, or what lasts, and then a command that waits for its start."""
        argv = (self.rng.choice((*PLAIN, *OF_SHELLS)), *self.words())
        if self.perhaps():
            status = self.rng.choice((0, 3))
            self.add(Result(Command((*argv, f"exit-{status}")), host, status, background=True))
            self.clock += 1
            return
        self.lasting += 1
        status, stopped = self.rng.choice(((None, False), (-15, True)))
        lasting = Command((*argv, f"lasts-{self.lasting}"))
        self.add(Result(lasting, host, status, background=True, stopped=stopped))
        self.add(Result(Command(("ip", f"begun-{self.lasting}")), host, 0))


def told(result: Result, hosts: list[str]) -> bytes:
    """What the stub writes of a command: which host that was of several, how many words, the words, and the input."""
    command = result.command
    if command.within and command.argv in (*BUILTIN, ("exit",), ("exit", "3")):
        return b""
    at = hosts.index(result.host) if len(hosts) > 1 else ""
    program = command.argv[0].rpartition("/")[2]
    words = "".join(f"{word}\0" for word in (at, len(command.argv) - 1, program, *command.argv[1:]))
    given = "" if command.input is None else f"<{command.input}>"
    return (words + given).encode(errors="surrogateescape")


def all_told(results: list[Result], hosts: list[str]) -> Iterator[bytes]:
    """What the stubs write of all that is in a script."""
    for result in results:
        if result.command.within is None:
            yield told(result, hosts)
            yield from (told(one, hosts) for one in results if one.command.within is result.command)


class Stubs:
    """A folder in which every program is the stub, and nothing else is found."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.script = folder / "bin", folder / "log", folder / "script"
        self.place = folder / "place"
        self.folder.mkdir()
        self.place.mkdir()
        self.reach = folder / "reach"
        for path, text in ((self.folder / "ip", STUB), (self.reach, REACH)):
            for name in ("bash", "sh", "sleep", "cat"):
                text = text.replace(f"REAL_{name.upper()}", shutil.which(name) or name)
            path.write_text(text)
            path.chmod(0o755)
        for name in {*PLAIN, *OF_SHELLS, "bash", "sh", "help-255", "canary"} - {"ip"}:
            if "/" not in name:
                os.link(self.folder / "ip", self.folder / name)
        (folder / "a=b").symlink_to(self.folder)
        for name in ("env", "timeout"):
            (self.folder / name).symlink_to(shutil.which(name) or name)
        (self.folder / "sleep").write_text("#!/bin/sh\n")
        (self.folder / "sleep").chmod(0o755)

    def run(self, script: str, hosts: int, locale: str) -> tuple[bytes, int | None, str]:
        """Run a script: what that ran, its exit status, None if something goes on, and what was said."""
        self.script.write_bytes(script.encode())
        self.log.write_bytes(b"")
        known = {"PATH": str(self.folder), "HOME": "/root", "LC_ALL": locale, "LOG": str(self.log)}
        functions = re.findall(r"^(?!words\()(\w+)\(\) \{", script, re.MULTILINE)[:hosts] if hosts > 1 else []
        reached = {name: f"{self.reach} {number}" for number, name in enumerate(functions)}
        process = subprocess.Popen(
            (BASH, "-e", self.script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**known, **reached}, cwd=self.place, start_new_session=True,
        )  # fmt: skip
        try:
            # What lasts holds its output open, and would be waited for.
            said, _ = process.communicate(timeout=30)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, status = process.communicate()[0], None
        for begun in self.log.parent.glob("log.*"):
            begun.unlink()
        return self.log.read_bytes(), status, said.decode(errors="replace")


@pytest.mark.parametrize("part", range(PARTS))
def test_scripts_run_what_ran(part: int, tmp_path: Path) -> None:
    """Thousands of transcripts of odd words, inputs, sessions, failures, background processes and hosts' names."""
    stubs = Stubs(tmp_path)
    for number in range(TRANSCRIPTS // PARTS):
        seed = f"{part}.{number}"
        drawn = Random(seed)
        results = list(drawn.transcript)
        hosts = list(dict.fromkeys(one.host for one in results if one.command.within is None))
        script, locale = drawn.transcript.as_shell(), drawn.rng.choice(("C", "C.UTF-8"))
        ran, status, said = stubs.run(script, len(hosts), locale)
        wanted = b"".join(all_told(results, hosts))
        assert (ran, status) == (wanted, 0), f"Random({seed!r}), {locale}, said {said}:\n{script}"
        assert os.listdir(stubs.place) == [], f"Random({seed!r}):\n{script}"
        if len(hosts) > 1 and drawn.perhaps(0.1):
            ran, status, said = stubs.run(script, 0, locale)
            assert (ran, status in (1, 127)) == (b"", True), f"Random({seed!r}), told of none, said {said}:\n{script}"
