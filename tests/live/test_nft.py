"""The firewall by nft's own words."""

from __future__ import annotations

import pytest

from netns_kit import ExistsError, Host, InvalidArgumentError, NetnsKitError, NotFoundError
from tests.conftest import needs_tool

pytestmark = needs_tool("nft")


def test_tables_chains_and_rules(host: Host) -> None:
    """They are added by their words, read typed, and deleted by handle; a packet is dropped by what they say."""
    host.nft.add("table", "inet", "filter")
    host.nft.add("chain", "inet", "filter", "output", "{ type filter hook output priority 0; policy accept; }")
    host.nft.add("rule", "inet", "filter", "output", "ip", "daddr", "127.0.0.2", "drop")
    table, chain, rule = host.nft.ruleset()
    assert (table.object, table.family, table.name) == ("table", "inet", "filter")
    assert (chain.chain, chain.hook, chain.priority, chain.policy) == ("output", "output", 0, "accept")
    assert (rule.table, rule.chain, {"drop": None} in rule.expr) == ("filter", "output", True)
    assert not host.ping("127.0.0.2", count=1, wait=1, check=False)
    assert "drop" in host.nft.list("table", "inet", "filter").stdout
    host.nft.delete("rule", "inet", "filter", "output", "handle", rule.handle or 0)
    assert host.ping("127.0.0.2", count=1).ok
    host.nft.flush("ruleset")
    assert host.nft.ruleset() == ()


def test_refused(host: Host) -> None:
    """What is there already, what is not there, what is no rule, and nothing at all."""
    host.nft.load("table ip one {\n}\n")
    with pytest.raises(ExistsError):
        host.nft.create("table", "ip", "one")
    with pytest.raises(NotFoundError):
        host.nft.delete("table", "ip", "two")
    with pytest.raises(NetnsKitError):
        host.nft.add("nonsense")
    with pytest.raises(InvalidArgumentError, match=r"^words="):
        host.nft.add()
    with pytest.raises(InvalidArgumentError, match=r"^words="):
        host.nft.add("table", "a\nb")
