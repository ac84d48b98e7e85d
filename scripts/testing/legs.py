"""The tests, leg by leg, and what each leg ran.

static        format, lint, types
root X.Y      natively as root
user X.Y      natively as an ordinary user
partners      natively as root, beside the virtual machines: with Docker, SSH and sudo
vm            as root in small virtual machines, what this machine's kernel has no modules for

The CPython that ./scripts/test runs on has both native legs; of the others that are installed, from 3.10 on, each has
one, root and user in turn, without what is slow and the same everywhere. A test that fails has failed: nothing is tried
twice.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attrs import define, field

import netns_kit
from netns_kit import Link
from netns_kit.pytest_plugin import lacks
from scripts.testing.ordinary_user import NOBODY, as_nobody

TOP = Path(__file__).parents[2]
MINE = f"{sys.version_info[0]}.{sys.version_info[1]}"
MARK = "---- report ----"
LONGEST = "1800"  # seconds that a leg may take
EMPTY_REPORT = "<testsuites/>"
VIRTUAL_SCRIPT = """
"$0" -m pytest -v --durations=20 -o cache_dir=/tmp/cache --junitxml=/tmp/report.xml {words}
status=$?
echo "{mark}"
cat /tmp/report.xml 2>/dev/null
exit $status
"""
PARTS = 2
"""Virtual machines for each processor, side by side: their tests wait more than they work."""

OF_KINDS = "tests/live/"
"""Where the tests of single kinds of links are."""

OF_FAULTS = "tests/diagnosis/"
"""Where the tests of single faults are."""

PARTNERS = "tests/partners"
# What is slow and the same on every CPython runs on one.
ONCE = (
    "tests/live/test_surroundings.py",
    "tests/live/test_scope.py",
    "tests/live/test_scope_cases.py",
    "tests/live/test_record.py",
    "tests/live/test_rebuild.py",
    "tests/live/test_usage.py",
    PARTNERS,
    "tests/notebooks",
    "tests/documents",
    "tests/types",
    "tests/diagnosis",
    "tests/unit/test_architecture.py",
    "tests/unit/test_refusals.py",
    "tests/live/test_transcript_campaign.py",
)
# Where root runs both legs of a CPython, what is the same for everybody, or slow, runs in one of them.
SAME_FOR_ALL = (
    "tests/types",
    "tests/unit",
    "tests/documents/test_reference.py",
    "tests/notebooks/test_notebooks.py",
    "tests/live/test_usage.py",
    "tests/live/test_transcript_campaign.py",
)
AS_USERS = ("tests/notebooks/test_browser.py",)
# Most tests wait more than they work. Those of a file stay together until a worker has no others left.
SIDE_BY_SIDE = ("-n", str(3 * len(os.sched_getaffinity(0))), "--dist", "worksteal")


@define
class Leg:
    """A leg and what came of it: outcomes by test, and whether the run itself ended well."""

    name: str
    outcomes: dict[str, str] = field(factory=dict)
    ok: bool = True
    why: str = ""
    seconds: float = 0.0

    def counts(self) -> str:
        """How many tests passed, failed and were skipped."""
        found = Counter(self.outcomes.values())
        return ", ".join(f"{found[one]} {one}" for one in ("passed", "failed", "skipped"))

    def read(self, report: str) -> Leg:
        """Take the outcomes from a JUnit report."""
        for case in ElementTree.fromstring(report).iter("testcase"):
            kinds = {child.tag for child in case}
            outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
            self.outcomes[f"{case.get('classname')}::{case.get('name')}"] = outcome
        return self

    def skipped(self) -> list[str]:
        """The tests that were skipped."""
        return [test for test, outcome in self.outcomes.items() if outcome == "skipped"]


def interpreters() -> dict[str, Path]:
    """One CPython of each version from 3.10 on: this one, pyenv's, the system's."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = {MINE: Path(sys.executable)}
    candidates = [*sorted(root.glob("versions/3.*/bin/python3")), *Path("/usr/bin").glob("python3.1?")]
    for candidate in candidates:
        asked = subprocess.run(
            (candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        version = asked.stdout.strip()
        if asked.returncode == 0 and tuple(map(int, version.split("."))) >= (3, 10):
            found.setdefault(version, candidate)
    return dict(sorted(found.items(), key=lambda pair: tuple(map(int, pair[0].split(".")))))


def environment(version: str, interpreter: Path) -> Path:
    """The interpreter of a virtual environment for that CPython, with the package and the tests' tools in it."""
    if interpreter == Path(sys.executable):
        return interpreter
    folder = TOP / ".venv" / f"cpython-{version}"
    stamp, wanted = folder / "stamp", (TOP / "pyproject.toml").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Setting up CPython {version} …", flush=True)
        subprocess.run((interpreter, "-m", "venv", "--clear", folder), check=True)
        pip = (folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
        subprocess.run((*pip, "install", "-e", f"{TOP}[test]", "pytest-xdist>=3.5"), check=True)
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def prepared(version: str, interpreter: Path, arguments: list[str]) -> Path:
    """That environment; where all tests run, what each of their processes would compile for itself is compiled."""
    python = environment(version, interpreter)
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for words in (("compileall", "-q", "netns_kit", "scripts"), ("pytest", "--collect-only", "-qq", "tests")):
        # What cannot be compiled or collected fails in the leg, which says so.
        if not arguments:
            subprocess.run((python, "-m", *words), cwd=TOP, env=variables, stdout=subprocess.DEVNULL, check=False)
    return python


def static() -> Leg:
    """Format, lint and types."""
    leg = Leg("static")
    started = time.monotonic()
    for name, command in (
        ("format", ("ruff", "format", "--check", ".")),
        ("lint", ("ruff", "check", ".")),
        ("types", ("mypy", "netns_kit")),
    ):
        done = subprocess.run((sys.executable, "-m", *command), cwd=TOP, check=False)
        leg.outcomes[name] = "passed" if done.returncode == 0 else "failed"
    leg.ok = "failed" not in leg.outcomes.values()
    leg.seconds = time.monotonic() - started
    return leg


def run(
    leg: Leg, enter: Callable[..., Iterable[object]], folder: Path, parts: list[list[str]], **variables: str
) -> Leg:
    """Run the parts of a leg one after the other, each a pytest of its own, and read their reports."""
    started = time.monotonic()
    environment = {**os.environ, **variables, "NETNS_KIT_LEG": leg.name, "PYTHONDONTWRITEBYTECODE": "1"}
    for number, words in enumerate(parts):
        report = folder / f"{leg.name.replace(' ', '-')}-{number}.xml"
        pytest = ("-m", "pytest", "-q", f"--junitxml={report}", "-o", f"cache_dir={report}-cache", *words)
        command = ("timeout", "--foreground", LONGEST, *map(str, enter(*pytest)))
        done = subprocess.run(command, cwd=TOP, check=False, stdin=subprocess.DEVNULL, env=environment)
        if report.exists():
            leg.read(report.read_text())
        leg.ok &= done.returncode == 0
    leg.seconds = time.monotonic() - started
    return leg


def parts(arguments: list[str], python: Path, elsewhere: Iterable[str] = ()) -> list[list[str]]:
    """What pytest is told: everything side by side, but the partners, which count what runs, for themselves.

    On this CPython it leaves out what runs `elsewhere`, on others what is the same on each.
    """
    if arguments:
        return [arguments]
    if python != Path(sys.executable):
        return [["tests", *SIDE_BY_SIDE, *(f"--ignore={path}" for path in ONCE)]]
    return [["tests", *SIDE_BY_SIDE, *(f"--ignore={path}" for path in (PARTNERS, *elsewhere))], [PARTNERS]]


def share(number: int, arguments: list[str]) -> dict[str, str]:
    """Which of the native faults a leg runs where root runs both; all of them where tests are asked for."""
    return {} if arguments else {"NETNS_KIT_SHARE": f"{number}/2"}


def native(version: str, python: Path, arguments: list[str], work: Path) -> Leg:
    """The tests as whoever runs this; those of the partners are a leg of their own for root."""
    if os.geteuid() != 0:
        return run(Leg(f"user {version}"), lambda *words: (python, *words), work, parts(arguments, python))
    chosen = parts(arguments, python, AS_USERS)[:1]
    return run(Leg(f"root {version}"), lambda *words: (python, *words), work, chosen, **share(0, arguments))


def partners(arguments: list[str], work: Path) -> Leg:
    """The tests with Docker, SSH and sudo, as root. Tests that were asked for have run in the leg before."""
    return run(Leg("partners"), lambda *words: (sys.executable, *words), work, [] if arguments else [[PARTNERS]])


def as_user(version: str, python: Path, arguments: list[str], work: Path) -> Leg:
    """The tests as an ordinary user, in mounts of the leg's own."""
    home = work / f"user-{version}"
    home.mkdir()
    shutil.chown(home, NOBODY, NOBODY)
    told = subprocess.run(
        (python, "-c", "import sys; print(sys.base_prefix)"), capture_output=True, text=True, check=True
    )
    needed = (Path(told.stdout.strip()), TOP)

    def enter(*words: object) -> tuple[str, ...]:
        return as_nobody(needed, work / "kept", TOP, python, *words)

    variables = {"HOME": str(home), "TMPDIR": str(home), **share(1, arguments)}
    return run(Leg(f"user {version}"), enter, home, parts(arguments, python, SAME_FOR_ALL), **variables)


def of_other_kernels() -> list[str]:
    """The files with tests that need more than every kernel has: in the virtual machine, collecting takes its time."""
    files = sorted(TOP.glob("tests/*/test_*.py"))
    return [str(path.relative_to(TOP)) for path in files if "mark.needs_kernel" in path.read_text(encoding="utf-8")]


def kinds_of_links() -> set[str]:
    """What the package's public classes make."""
    public = (getattr(netns_kit, name) for name in netns_kit.__all__)
    return {one.kind for one in public if isinstance(one, type) and issubclass(one, Link) and one.kind}


def shares(several: int) -> list[tuple[list[str], str]]:
    """All the tests that need other kernels, in so many parts that take about as long: files, and a share of them."""
    files = of_other_kernels()
    kinds = [path for path in files if path.startswith(OF_KINDS)]
    faults = [path for path in files if path.startswith(OF_FAULTS)]
    rest = [path for path in files if path not in (*kinds, *faults)]
    left = max(1, several - 2)
    return [(kinds, "0/1"), *((faults, f"{number}/{left}") for number in range(left)), (rest, "0/1")]


def virtual(arguments: list[str]) -> Leg:
    """What this machine's kernel cannot run, in virtual machines: a part of it in each, some for each processor.

    What Linux in user mode cannot run either is run by a machine that is emulated. The tests of single
    kinds, some of which it has to run, are a part of their own, so that it starts once.
    """
    leg = Leg("vm")
    started = time.monotonic()
    here = " ".join(sorted({kind for kind in kinds_of_links() if not lacks(kind)}))
    processors = sorted(os.sched_getaffinity(0))
    several = PARTS * len(processors)
    chosen = [(arguments, f"{number}/{several}") for number in range(several)] if arguments else shares(several)

    def part(number: int) -> list[Virtual]:
        paths, share = chosen[number]
        variables = {"NETNS_KIT_HERE": here, "NETNS_KIT_PART": share, "VM_CPUS": "1"}
        # The others give way to the part that ends by emulating a machine.
        pinned = ("nice", "-n", str(10 * bool(number)), "taskset", "-c", str(processors[number % len(processors)]))
        done = [virtual_machine(("-m", "needs_kernel", *paths), variables, *pinned)]
        lacking = Leg("vm").read(done[0].report or EMPTY_REPORT).skipped()
        if lacking:
            done.append(virtual_machine(list(map(path_of, lacking)), {"VM_ENGINE": "qemu"}))
        return done

    with ThreadPoolExecutor(len(chosen)) as pool:
        for done in pool.map(part, range(len(chosen))):
            for one in done:
                take(leg, one)
    leg.seconds = time.monotonic() - started
    return leg


@define
class Virtual:
    """What pytest did in a virtual machine: whether it went well, what it said, and its report."""

    ok: bool
    said: str
    report: str


def virtual_machine(words: Sequence[str], variables: dict[str, str], *before: str) -> Virtual:
    """Run pytest in a virtual machine, by a command that has other words before it."""
    script = VIRTUAL_SCRIPT.format(words=shlex.join(words), mark=MARK)
    settings = ("NETNS_KIT_LEG=vm", *(f"{name}={value}" for name, value in variables.items()))
    vm = (*before, "timeout", "--foreground", LONGEST, TOP / "scripts" / "vm", "env", *settings)
    done = subprocess.run(
        (*vm, "sh", "-c", script, sys.executable),
        cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace", check=False,
        env={**os.environ, **variables},
    )  # fmt: skip
    said, _, report = done.stdout.partition(f"{MARK}\n")
    # A part may be empty, which pytest tells by 5.
    return Virtual(done.returncode in (0, 5), said, report.strip())


def take(leg: Leg, one: Virtual) -> None:
    """Take what a virtual machine ran."""
    print(one.said, flush=True)
    leg.ok &= one.ok and bool(one.report)
    leg.read(one.report or EMPTY_REPORT)


def path_of(test: str) -> str:
    """What pytest calls a test of a report."""
    module, _, name = test.partition("::")
    return f"{module.replace('.', '/')}.py::{name}"


def table(legs: list[Leg]) -> None:
    """What each leg ran."""
    print("\nleg         result   time  tests")
    for leg in legs:
        result = "not run" if leg.why else "ok" if leg.ok else "FAILED"
        print(f"{leg.name:10}  {result:7} {leg.seconds:4.0f} s  {leg.why or leg.counts()}")


def everywhere_skipped(legs: list[Leg]) -> list[str]:
    """The tests that no leg ran."""
    ran = {test for leg in legs for test, outcome in leg.outcomes.items() if outcome != "skipped"}
    known = {test for leg in legs for test in leg.outcomes}
    # A file that is skipped as a whole has the name of no test.
    files = {f"::{test.partition('::')[0]}" for test in ran}
    return sorted(known - ran - files)


def main() -> int:
    """The command line. The exit status is 0 only if every leg that can run here is green."""
    parser = argparse.ArgumentParser(
        prog="scripts/test", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--leg", action="append", help='only this leg, such as static, vm, or "root 3.11"; may be repeated'
    )
    options, arguments = parser.parse_known_args()
    known = interpreters()
    root = os.geteuid() == 0

    def wanted(name: str) -> bool:
        return not options.leg or name in options.leg

    natives = [(name, version) for name, version in native_legs(known, root) if wanted(f"{name} {version}")]
    last = [name for name in ("partners", "vm") if root and wanted(name)]
    with ThreadPoolExecutor() as pool, tempfile.TemporaryDirectory(prefix="netns_kit-") as folder:
        versions = [version for _, version in natives] + [MINE] * bool(last)
        # The first leg need not wait until the last one's packages are there.
        pythons = {one: pool.submit(prepared, one, known[one], arguments) for one in dict.fromkeys(versions)}
        legs = [static()] if wanted("static") and not arguments else []
        work = Path(folder)
        work.chmod(0o755)
        for name, version in natives:
            print(f"\n== {name} {version}", flush=True)
            function = as_user if root and name == "user" else native
            legs.append(function(version, pythons[version].result(), arguments, work))
        if last:
            print(f"\n== {', '.join(last)}", flush=True)
            pythons[MINE].result()
        if "vm" in last:
            # What it takes is installed once, before several machines want it at the same time.
            subprocess.run((TOP / "scripts" / "vm", "true"), check=False, stdin=subprocess.DEVNULL)
        # Both wait much: they go side by side.
        runs = {"partners": lambda: partners(arguments, work), "vm": lambda: virtual(arguments)}
        legs += [run.result() for run in [pool.submit(runs[name]) for name in last]]
    if not root:
        legs.append(Leg("vm", why="only root can set it up: run ./scripts/test as root"))
        legs.append(Leg("root", why="run ./scripts/test as root"))
    table(legs)
    return verdict(legs, whole=root and not options.leg and not arguments)


def native_legs(known: dict[str, Path], root: bool) -> list[tuple[str, str]]:
    """Who runs the tests on which CPython: an ordinary user cannot become root."""
    others = [version for version in known if version != MINE]
    if not root:
        return [("user", version) for version in (MINE, *others)]
    return [("root", MINE), ("user", MINE), *zip(itertools.cycle(("root", "user")), others, strict=False)]


def verdict(legs: list[Leg], *, whole: bool) -> int:
    """The last lines: tests that no leg ran, and the sum of all."""
    left = everywhere_skipped(legs)
    if left and whole:
        print("\nSkipped in every leg:", *left, sep="\n  ")
    counts = Counter(outcome for leg in legs for outcome in leg.outcomes.values())
    # CI has all that the tests could need; elsewhere a partner may be missing.
    good = all(leg.ok for leg in legs) and not (left and whole and "CI" in os.environ)
    print(f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
