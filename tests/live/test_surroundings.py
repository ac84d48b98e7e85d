"""The caller's own state does not matter: what is closed, blocked, ignored or limited, and where it stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WORK = """
import json, os, sys
from netns_kit import Host, NetnsKitError, Namespace
from netns_kit.views import doctor

KEYS = ("SigBlk", "SigIgn")
CLEAN = "grep -E '^Sig(Blk|Ign)' /proc/self/status"
OF_THE_C_LIBRARY = 3 << 31
clean = lambda said: all(int(line.split()[1], 16) in (0, OF_THE_C_LIBRARY) for line in said.splitlines())
seen = {}

def note(name, work):
    try:
        seen[name] = work()
    except NetnsKitError as error:
        seen[name] = type(error).__name__

def command():
    failed = host.exec("sh", "-c", "exit 3", check=False).returncode
    return [failed, clean(host.exec("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status").stdout)]

def batch():
    with host.batch():
        for number in range(3):
            Namespace(f"net{number}").add()
    return len(host.netns.list())

def background():
    with host.start("sh", "-c", f"{CLEAN}; exec cat") as process:
        lines = process.lines(20)
        signals = clean(next(lines) + chr(10) + next(lines))
        process.write("caf\\udce9\\n")
        heard = next(lines)
        process.close_input()
        return [signals, heard == "caf\\udce9", process.wait(20).returncode]

def session():
    with host.session() as shell:
        heard = shell.exec("printf", "%s", "caf\\udce9").stdout
        return [heard == "caf\\udce9", clean(shell.exec("sh", "-c", CLEAN).stdout)]

def local():
    machine = Host.local()
    return [machine.exec("sh", "-c", "exit 3", check=False).returncode, clean(machine.exec("sh", "-c", CLEAN).stdout)]

def examined():
    return doctor.examine().ok

with Host.private() as host:
    for work in (command, batch, background, session, local, examined):
        note(work.__name__, work)
with open(os.environ["SEEN"], "w") as file:
    json.dump(seen, file)
"""
RIGHT = {
    "command": [3, True],
    "batch": 3,
    "background": [True, True, 0],
    "session": [True, True],
    "local": [3, True],
    "examined": True,
}

IN_PYTHON = {
    "all is well": "",
    "input closed": "import os; os.close(0)",
    "output closed": "import os; os.close(1)",
    "errors closed": "import os; os.close(2)",
    "all three closed": "import os; [os.close(fd) for fd in (0, 1, 2)]",
    "SIGCHLD ignored": "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "SIGCHLD blocked": "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})",
    "all blocked": "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "most ignored": "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 10, 12, 13, 14, 15)]",
    "folder gone": "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)",
    "folder shut": "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.chmod(d, 0)",
    "few descriptors": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
    "tight umask": "import os; os.umask(0o277)",
    "no environment": "import os; kept = os.environ['SEEN']; os.environ.clear(); os.environ['SEEN'] = kept",
    "much environment": "import os; os.environ['MUCH'] = 'x' * 100_000",
    "bytes in the environment": "import os; os.environb[b'ODD'] = b'caf\\xe9'",
}
BEFORE_PYTHON = {
    "none of the three from the start": 'exec "$@" <&- >&- 2>&-',
    "SIGCHLD ignored from the start": 'trap "" CHLD; exec "$@"',
    "hung up and interrupted in vain": 'trap "" HUP INT QUIT TERM; exec "$@"',
    "another encoding": 'LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 exec "$@"',
}


@pytest.mark.parametrize("surroundings", [*IN_PYTHON, *BEFORE_PYTHON])
def test_all_works_in_odd_surroundings(surroundings: str, tmp_path: Path) -> None:
    """Commands, batches, background processes, sessions and the doctor do what they do anywhere."""
    seen = tmp_path / "seen"
    script = IN_PYTHON.get(surroundings, "") + WORK
    before = BEFORE_PYTHON.get(surroundings, 'exec "$@"')
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "SEEN": str(seen)}
    done = subprocess.run(
        ("bash", "-c", before, "bash", sys.executable, "-c", script),
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert seen.exists(), done.stderr
    assert json.loads(seen.read_text()) == RIGHT, done.stderr
    assert done.stderr == ""
