"""The cheat sheet: each row's Python, run in a dry run, gives the row's command; no form is left out."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest

import netns_kit
from netns_kit import Host, MissingModuleError, Namespace
from tests.documents import readmes
from tests.documents.ledger import STEPS, canonical, typed

ROW = re.compile(r"^\| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)
SHEET = readmes.of("scripts/documents").read_text(encoding="utf-8").partition("## Cheat sheet")[2]
ROWS = ROW.findall(SHEET.partition("\n## ")[0])

WORDS = """
-A -I -L -S -all -c -d -i -it -j -n -p -s -w --bind --name /bin/sh FORWARD add addbr addif addr bash brctl bridge
default delete docker dstport ethtool exec gw help id identify ifconfig inspect ip ipip iptables link list list-id ln
local ls lsmod master mkdir mode modprobe monitor mount netns nsenter peer pids ping remote route run set show sysctl
table touch tunnel type unshare up veth vrf vxlan
"""
KEYWORDS = frozenset(WORDS.split())


def commands_of(python: str) -> list[tuple[str, ...]]:
    """What a line of Python types, canonically; a shell entered and left types nothing of its own."""
    with Host.dry_run() as host:
        public = {name: getattr(netns_kit, name) for name in netns_kit.__all__}
        names: dict[str, Any] = {**public, "host": host, "net1": Namespace("net1")}
        # A dry run has no modules to list.
        with contextlib.suppress(MissingModuleError):
            value = eval(python, names)
            if hasattr(value, "__enter__") and not isinstance(value, netns_kit.Link | netns_kit.VethPair | Namespace):
                with value:
                    pass
        typed_here = (canonical(result.argv) for result in host.transcript)
        return [words for words in typed_here if words != ("exit",) and words[:2] != ("docker", "exec")]


@pytest.mark.parametrize(("command", "python"), ROWS, ids=[row[0][:60] for row in ROWS])
def test_each_row_types_its_command(command: str, python: str) -> None:
    """The Python of a row, in a dry run, types the command of the row."""
    expected = [words for words in typed([command]) if words]
    got = [("ip", "netns", "exec", "net1", "bash") if "--rcfile" in words else words for words in commands_of(python)]
    if "bash" in command and "unshare" not in command:
        assert [words for words in got if words[-1] != "bash"] == []
    else:
        assert got == expected


def form(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command's form: names and numbers left open."""
    return tuple(word if word in KEYWORDS else "_" for word in words)


def test_no_form_of_the_documents_is_left_out() -> None:
    """Every command of the documents has a row of the same form."""
    rows = {form(words) for command, _ in ROWS for words in typed([command])}
    missing = {
        step: line
        for step, (_, lines) in STEPS.items()
        for line in lines
        for words in typed([line])
        if form(words) not in rows and not words[0].startswith(("apt", "exit"))
    }
    assert missing == {}
