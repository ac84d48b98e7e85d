"""What the doctor says of this machine, and what the command line does with it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from netns_kit import Host, Link
from netns_kit.__main__ import main
from netns_kit.views import doctor, kernel
from netns_kit.views.doctor import Diagnosis, Tool
from netns_kit.views.topology import Topology


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    """What is found here."""
    return doctor.examine()


def test_this_machine(diagnosis: Diagnosis) -> None:
    """The kernel, and the tools that the tests themselves run with."""
    assert diagnosis.kernel == platform.release()
    assert diagnosis.user.startswith("root" if os.geteuid() == 0 else "user")
    assert all(diagnosis.has(tool) for tool in ("ip", "bridge", "ping"))
    assert diagnosis.private is None
    assert diagnosis.ok


def test_kinds_that_are_there_can_be_made(diagnosis: Diagnosis) -> None:
    """Of each kind that it says the kernel has, a link can be made; of each that is missing, none."""
    with Host.private() as host:
        for module in diagnosis.modules:
            if module.kind not in ("netem", "br_netfilter"):
                assert kernel.kernel_has(host, module.kind) is module.there
        assert [link.name for link in host.link.list() if not link.fallback] == ["lo"]


def test_nothing_is_left_behind(diagnosis: Diagnosis) -> None:
    """Looking makes no link on the machine itself."""
    machine = Host.local()
    before = {link.name for link in machine.link.list()}
    doctor.examine()
    assert {link.name for link in machine.link.list()} == before
    assert not Link("probe", at=machine).exists()


def test_what_is_missing_is_told(diagnosis: Diagnosis) -> None:
    """A tool that is missing comes with the package that brings it, and the whole is no longer well."""
    tools = (Tool("ip", None, "iproute2"), *(tool for tool in diagnosis.tools if tool.name != "ip"))
    poorer = evolve(diagnosis, tools=tools, private="No private host: because.")
    assert not poorer.ok
    assert "ip         missing: apt-get install iproute2" in str(poorer)
    assert "No private host: because." in str(poorer)


def test_the_trap_of_bridged_packets(diagnosis: Diagnosis) -> None:
    """Bridged packets through a FORWARD chain that drops are warned of."""
    advice = doctor._advice((), (), None, trap=True)
    assert advice == (doctor.BRIDGED_TRAP,)
    assert "FORWARD" in doctor.BRIDGED_TRAP


def test_the_older_tools_are_looked_for(diagnosis: Diagnosis) -> None:
    """`route` and `ifconfig`, which one of the tutorials types, come with the package that brings them."""
    assert {tool.name for tool in diagnosis.tools if tool.package == "net-tools"} == {"route", "ifconfig"}


@pytest.mark.parametrize(
    ("machine", "package"), [("x86_64", "linux-image-amd64"), ("aarch64", "linux-image-arm64"), ("riscv64", None)]
)
def test_kernels_that_have_more(machine: str, package: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel lacks something, the package of one that has it is named for this kind of machine."""
    monkeypatch.setattr(platform, "machine", lambda: machine)
    lacking = (kernel.Module("ipip", "ipip", "IPIP tunnels", "missing"), kernel.Module("vrf", "vrf", "VRFs", "missing"))
    (told,) = doctor._advice((), lacking, None, trap=False)
    assert told.startswith("This kernel has no IPIP tunnels, no VRFs: ")
    assert (f"`apt-get install {package}`" in told) if package else ("apt-get" not in told)


def test_json(capsys: pytest.CaptureFixture[str], diagnosis: Diagnosis) -> None:
    """`doctor --json` prints the same as data; the exit status says whether private hosts work."""
    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kernel"] == diagnosis.kernel
    assert {tool["name"] for tool in told["tools"]} == set(doctor.VERSION_WORDS)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    """`doctor` prints what there is, part by part."""
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert all(f"\n{part}\n" in told for part in ("tools", "kernel", "private hosts and labs", "what to do"))


def test_module_run() -> None:
    """`python -m netns_kit` without a command says what there is."""
    command = (sys.executable, "-m", "netns_kit")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "doctor" in done.stderr or "COMMAND" in done.stderr


def test_a_picture_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be written is one line of complaint, and an exit status."""
    monkeypatch.setattr(Topology, "of", lambda host: Topology(()))
    monkeypatch.setattr(Topology, "as_svg", lambda topology: "<svg/>")
    assert main(["show", "--svg", "/nonexist/a.svg"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "/nonexist/a.svg: No such file or directory\n")


def test_two_forms_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A picture in a file and Mermaid on the terminal are refused together: neither is dropped without a word."""
    with pytest.raises(SystemExit, match="2"):
        main(["show", "--svg", str(tmp_path / "a.svg"), "--mermaid"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into this machine's namespaces: the root legs run it")
def test_show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`show` draws this machine: as a tree, as Mermaid, as an SVG file."""
    assert main(["show"]) == 0
    assert capsys.readouterr().out.startswith("host host\n")
    assert main(["show", "--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR\n")
    if shutil.which("dot"):
        assert main(["show", "--svg", str(tmp_path / "machine.svg")]) == 0
        assert "</svg>" in (tmp_path / "machine.svg").read_text()
