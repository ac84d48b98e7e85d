"""What Tab and ? show in IPython, and in notebooks alike."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import needs_package

pytestmark = needs_package("IPython")

OFFERED = {
    "host.route.add(": {"via=", "dev=", "table=", "onlink="},
    "net1.route.add('default', v": {"via="},
    "host.rule.add(": {"from_=", "table="},
    "br0.qdisc.add(": {"delay=", "rate="},
    "host.iptables.append(": {"in_interface=", "jump=", "ctstate="},
    "Bridge(": {"stp_state=", "mtu=", "at="},
    "vxlan1.change(": {"ttl=", "remote="},
    "br0.set(": {"master=", "up="},
    "Bridge('br0').add().": {"up", "plug", "ports", "fdb", "change"},
    "net1.": {"ping", "route", "enter", "exec"},
}
"""What Tab must offer behind a text, among others."""

SESSION = """
import json, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell(
    "from netns_kit import *; host = Host.dry_run().use(); net1 = Namespace('net1'); br0 = Bridge('br0');"
    " vxlan1 = VxlanLink('vxlan1')"
)
with provisionalcompleter():
    shown = {text: [one.text for one in shell.Completer.completions(text, len(text))] for text in json.load(sys.stdin)}
print(json.dumps([shown, shell.object_inspect_text("host.route.add")]))
"""


@pytest.fixture(scope="module")
def session() -> tuple[dict[str, list[str]], str]:
    """What an IPython of its own shows: behind each text, and of a verb."""
    done = subprocess.run(
        (sys.executable, "-c", SESSION), input=json.dumps(list(OFFERED)), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    shown, told = json.loads(done.stdout.splitlines()[-1])
    return shown, told


@pytest.mark.parametrize("text", OFFERED)
def test_tab(session: tuple[dict[str, list[str]], str], text: str) -> None:
    """Keywords of verbs and of constructors, and the verbs of what a verb gives back."""
    assert OFFERED[text] <= set(session[0][text])


def test_help_says_command_and_keywords(session: tuple[dict[str, list[str]], str]) -> None:
    """`?` behind a verb shows what it stands for, its keywords and what they mean."""
    told = session[1]
    assert "ip [-4|-6] route add" in told
    assert "the gateway" in told
    assert "Annotated" not in told
