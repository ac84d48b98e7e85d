"""The recipes run as they stand, and draw what their README shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import readmes

README = readmes.of("scripts/recipes")
KERNEL = {"vlans": ("vlan",), "vrf": ("vrf",), "shaping": ("netem",), "vxlan": ("vxlan",)}
PARTNERS = ("docker", "ssh")
"""Those that tests/partners runs."""

NAMES = sorted(path.stem for path in README.parent.glob("*.py"))
ALONE = [
    pytest.param(name, marks=[pytest.mark.needs_kernel(*KERNEL[name])] if name in KERNEL else [])
    for name in NAMES
    if name not in PARTNERS
]


def drawing(name: str) -> str:
    """What the README shows below a recipe's heading."""
    section = README.read_text(encoding="utf-8").partition(f"]({name}.py)\n")[2].partition("\n## ")[0]
    return section.partition("```\n")[2].partition("```")[0]


def plain(text: str) -> str:
    """Text without what differs each time: addresses that hosts and even bridges give themselves, Docker's rules."""
    text = re.sub(r"(firewall|NAT): \d+ rules", r"\1: some rules", text)
    return re.sub(r"(br0 bridge up) 2001\S+", r"\1", re.sub(r"2001:db8:1:0:[\da-f:]+/64", "2001::/64", text))


@pytest.mark.parametrize("name", ALONE)
def test_recipe(name: str) -> None:
    """Each runs to its end, what it asserts holds, and it draws what the README shows."""
    if name == "ipv6" and shutil.which("radvd", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("no radvd here: `apt-get install radvd`; CI installs it, and its legs run it")
    command = (sys.executable, README.parent / f"{name}.py")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert plain(drawing(name)) in plain(done.stdout)


def test_each_is_in_the_readme() -> None:
    """README has a heading and a drawing of each, and says what the script itself says."""
    text = README.read_text(encoding="utf-8")
    assert re.findall(r"^## \[.*\]\((.*)\.py\)$", text, re.MULTILINE) != []
    for name in NAMES:
        said = re.match(r'"""(.*?)(?:\n|""")', Path(README.parent, f"{name}.py").read_text(encoding="utf-8"))
        assert said
        assert said[1] in text
        assert "─ " in drawing(name)
