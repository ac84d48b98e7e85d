"""The package as others get it: a wheel, installed in an environment of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import readmes

ROOT = Path(__file__).parents[2]
(PROJECT,) = readmes.blocks(readmes.of("tests"), "python")


def pip(python: Path | str, *words: object) -> None:
    """Run pip for an interpreter; where it reaches no packages, the test cannot be."""
    argv = (python, "-m", "pip", "--disable-pip-version-check", "--quiet", *words)
    done = subprocess.run(tuple(map(str, argv)), capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip("pip reaches no packages here: the leg partners of CI runs it")


def test_a_fresh_project(tmp_path: Path) -> None:
    """From a wheel in a fresh environment: typed, light, and with the pytest plugin, whose report is the README's."""
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("netns_kit-*.whl")
    subprocess.run((sys.executable, "-m", "venv", tmp_path / "venv"), check=True, timeout=120)
    python = tmp_path / "venv" / "bin" / "python"
    pip(python, "install", wheel, "pytest")
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_network.py").write_text(PROJECT)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run((str(python), *words), capture_output=True, text=True, timeout=120, cwd=project)

    said = run("-c", "import netns_kit as n, pathlib as p; print(n.Host, *p.Path(n.__file__).parent.glob('py.typed'))")
    assert "netns_kit.places.host.Host" in said.stdout, said.stderr
    assert str(tmp_path) in said.stdout
    assert "py.typed" in said.stdout
    report = run("-m", "pytest", "-rs").stdout
    assert "plugins: netns_kit" in report
    assert re.search("1 failed, (1 passed, 1 skipped|2 passed)", report)
    assert "private_host: commands" in report
    assert "eth0 veth up 10.0.0.1/24 ── host/net2/eth0" in report
    assert run("-m", "netns_kit", "doctor").returncode in (0, 1)
