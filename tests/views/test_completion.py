"""What Tab and ? show in IPython, and in notebooks alike."""

from __future__ import annotations

from typing import Any

import pytest

from netns_kit import Bridge, Host, Namespace, VxlanLink
from tests.conftest import needs_package

pytestmark = needs_package("IPython")


@pytest.fixture
def shell() -> Any:
    """An IPython with a dry run's host in it."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_cell("from netns_kit import *")
    host = Host.dry_run()
    made = {"net1": Namespace("net1", at=host), "br0": Bridge("br0", at=host), "vxlan1": VxlanLink("vxlan1", at=host)}
    shell.user_ns.update(host=host, **made)
    with host.enter():
        yield shell


def shown(shell: Any, text: str) -> set[str]:
    """What Tab offers behind a text."""
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        return {found.text for found in shell.Completer.completions(text, len(text))}


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("host.route.add(", {"via=", "dev=", "table=", "onlink="}),
        ("net1.route.add('default', v", {"via="}),
        ("host.rule.add(", {"from_=", "table="}),
        ("br0.qdisc.add(", {"delay=", "rate="}),
        ("host.iptables.append(", {"in_interface=", "jump=", "ctstate="}),
        ("Bridge(", {"stp_state=", "mtu=", "at="}),
        ("vxlan1.change(", {"ttl=", "remote="}),
        ("br0.set(", {"master=", "up="}),
        ("Bridge('br0').add().", {"up", "plug", "ports", "fdb", "change"}),
        ("net1.", {"ping", "route", "enter", "exec"}),
    ],
)
def test_tab(shell: Any, text: str, offered: set[str]) -> None:
    """Keywords of verbs and of constructors, and the verbs of what a verb gives back."""
    assert offered <= shown(shell, text)


def test_help_says_command_and_keywords(shell: Any) -> None:
    """`?` behind a verb shows what it stands for, its keywords and what they mean."""
    told = shell.object_inspect_text("host.route.add")
    assert "ip [-4|-6] route add" in told
    assert "via" in told
    assert "the gateway" in told
    assert "Annotated" not in told
